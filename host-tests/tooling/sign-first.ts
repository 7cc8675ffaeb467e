/**
 * Before a run of all tests: builds and signs what several files of tests take, one after the other. Each would do it otherwise, at the same time as
 * the others, and a signature takes seconds. Runs of single files (`vitest run NAME`) do what they need themselves.
 */
import { prepareCast } from '../../cli/story/cast.js';
import { createTeller } from '../../cli/story/tell.js';

export default async function setup(): Promise<void> {
  const names = process.argv.slice(2).filter((each) => !each.startsWith('-') && each !== 'run');
  if (!names.length) await prepareCast(createTeller({ print: () => undefined, terminal: false }));
}
