/** A campaign: flows, cuts and nested cuts spread over processes, one for each core. */
import { openJobs, type Jobs } from '../tooling/jobs.js';
import { addTally, emptyTally, type Tally } from './explore.js';
import { IMAGE_NAMES, type ImageName } from './lab.js';

export type Job =
  | { kind: 'sign'; image: ImageName }
  | { kind: 'flow'; flow: string }
  | { kind: 'cuts'; flow: string; from: number; to: number; torn: number }
  | { kind: 'nested'; from: number; to: number }
  | { kind: 'fault'; name: string };

export type Answer =
  | { kind: 'done' }
  | { kind: 'flow'; operations: number; history: string[] }
  | { kind: 'tally'; tally: Tally }
  | { kind: 'fault'; caught: string | undefined };

export type Pool = Jobs<Job, Answer>;

export function openPool(processes?: number): Pool {
  return openJobs(new URL('./worker.ts', import.meta.url), processes);
}

export interface CampaignOptions {
  flows: readonly string[];
  /** Cuts wanted in all; every operation is cut before, after, and as often inside as that takes. */
  cuts: number;
  nested: number;
  /** First seed of the nested cuts, and of the choice of operations where only some are cut. */
  seed: number;
  /** Cuts only every n-th group of operations. */
  operationsStep?: number;
  /** 0 to 1, with a word about what is done. */
  progress?: (share: number, words: string) => void;
}

export interface CampaignResult extends Tally {
  flows: Record<string, { operations: number; cuts: number }>;
  /** Operations that were not cut in all three ways. */
  uncovered: number;
}

/** Operations a job takes: a few seconds of work. */
const OPERATIONS_A_JOB = 4;
const NESTED_A_JOB = 20;

export async function runCampaign(pool: Pool, options: CampaignOptions): Promise<CampaignResult> {
  const { progress = () => undefined } = options;
  progress(0, 'building and signing images');
  await pool.run(IMAGE_NAMES.map((image) => ({ kind: 'sign', image })));
  progress(0, 'running each flow once');
  const flows: CampaignResult['flows'] = {};
  const result: CampaignResult = { ...emptyTally(), flows, uncovered: 0 };
  const jobs = options.flows.map((flow): Job => ({ kind: 'flow', flow }));
  (await pool.run(jobs)).forEach((answer, index) => {
    if (answer.kind !== 'flow') return;
    flows[options.flows[index]!] = { operations: answer.operations, cuts: 0 };
    if (answer.history.length) result.failures.push({ id: options.flows[index]!, failures: answer.history });
  });
  const operations = Object.values(flows).reduce((sum, flow) => sum + flow.operations, 0);
  const torn = Math.max(1, Math.ceil(options.cuts / operations) - 2);
  const step = options.operationsStep ?? 1;
  const cuts = jobsOf(flows, torn, step === 1 ? OPERATIONS_A_JOB : 1).filter((_, index) => (index + options.seed) % step === 0);
  const work = [...cuts, ...nestedJobs(options.seed, options.nested)];
  let finished = 0;
  await pool.run(work, (job, answer) => {
    if (answer.kind !== 'tally') return;
    addTally(result, answer.tally);
    if (job.kind === 'cuts') flows[job.flow]!.cuts += answer.tally.cuts;
    progress(++finished / work.length, `${result.cuts} cuts, ${result.nested} nested, ${result.failures.length} failures`);
  });
  result.uncovered = operations - result.covered;
  return result;
}

function jobsOf(flows: CampaignResult['flows'], torn: number, atOnce: number): Job[] {
  return Object.entries(flows).flatMap(([flow, { operations }]) => (
    Array.from({ length: Math.ceil(operations / atOnce) }, (_, index): Job => {
      const from = index * atOnce;
      return { kind: 'cuts', flow, from, to: Math.min(from + atOnce, operations), torn };
    })
  ));
}

function nestedJobs(seed: number, count: number): Job[] {
  return Array.from({ length: Math.ceil(count / NESTED_A_JOB) }, (_, index) => (
    { kind: 'nested', from: seed + index * NESTED_A_JOB, to: seed + Math.min(count, (index + 1) * NESTED_A_JOB) }
  ));
}
