/**
 * Before a run of all tests: builds and signs what several files of tests take, one after the other. Each would do it otherwise, at the same time as
 * the others, and a signature takes seconds. Runs of single files do what they need themselves.
 */
import type { TestProject } from 'vitest/node';
import { prepareCast } from '../../cli/story/cast.js';
import { createTeller } from '../../cli/story/tell.js';

export default async function setup({ vitest }: TestProject): Promise<void> {
  if (vitest.filenamePattern?.length) return;
  await prepareCast(createTeller({ print: () => undefined, terminal: false }));
}
