/** Many walks, in Node and on the interpreter, and planted faults, spread over processes. */
import { openJobs, type Jobs } from '../tooling/jobs.js';
import type { Violation } from './invariants.js';
import type { Walked } from './walker.js';

export type Job =
  | { kind: 'walk'; seed: number; events: number }
  | { kind: 'interpreter'; seed: number; events: number }
  | { kind: 'fault'; name: string };

export type Answer =
  | { kind: 'walked'; walked: Walked }
  | { kind: 'fault'; violation: Violation | undefined }
  | { kind: 'interpreter'; difference: string | undefined };

export type Walkers = Jobs<Job, Answer>;

export function openWalkers(): Walkers {
  return openJobs(new URL('./worker.ts', import.meta.url));
}
