/**
 * Every flash operation of every flow, cut before, inside and after it; then cuts while the lock recovers from a cut; then faults
 * planted in the sources, which the explorer must find. One cut again: `npm run -s evidence -- powercut --repeat flow:operation:how:seed`.
 */
import { openPool, runCampaign, type Job } from '../explorer/campaign.js';
import { createExplorer, type Failure } from '../explorer/explore.js';
import { FAULTS } from '../explorer/faults.js';
import { FLOWS } from '../explorer/flows.js';
import { openLab } from '../explorer/lab.js';

export interface PowercutOptions {
  /** 0 to 1, and what is being done. */
  progress: (share: number, words: string) => void;
  /** Cuts and nested cuts; 20,000 and 1,000 if left out. */
  budget?: { cuts: number; nested: number };
  /** Runs one cut again instead, by the id that its failure printed. */
  repeat?: string;
}

export interface PowercutEvidence {
  flows: Record<string, { operations: number; cuts: number }>;
  cuts: number;
  nested: number;
  uncovered: number;
  completed: number;
  bricks: number;
  doorRefused: number;
  maxDoorMs: number;
  planted: number;
  caught: number;
}

/** What `--repeat` gives instead. */
export interface RepeatedCut {
  repeated: string;
  /** Empty: nothing was wrong. */
  failures: string[];
  doorMs: number | null;
}

/** Share of the time that the cuts take. */
const CUTS_SHARE = 0.97;

export async function powercut(options: PowercutOptions): Promise<PowercutEvidence | RepeatedCut> {
  if (options.repeat !== undefined) return repeatCut(options.repeat);
  const { cuts, nested } = options.budget ?? { cuts: 20_000, nested: 1000 };
  const pool = openPool();
  try {
    const result = await runCampaign(pool, {
      flows: FLOWS.map((flow) => flow.name), cuts, nested, seed: 1, progress: (share, words) => options.progress(share * CUTS_SHARE, words),
    });
    for (const failure of result.failures) report(failure);
    const { missed } = await findFaults(pool, FAULTS.map(({ name }) => name), (share, words) => options.progress(CUTS_SHARE + share * (1 - CUTS_SHARE), words));
    for (const name of missed) console.error(`planted fault not found: ${name}`);
    return {
      flows: result.flows, cuts: result.cuts, nested: result.nested, uncovered: result.uncovered, completed: result.completed, bricks: result.bricks,
      doorRefused: result.doorRefused, maxDoorMs: Math.round(result.maxDoorMs), planted: FAULTS.length, caught: FAULTS.length - missed.length,
    };
  } finally {
    pool.close();
  }
}

/** Plants faults in turn. */
export async function findFaults(
  pool: ReturnType<typeof openPool>, names: readonly string[], progress: (share: number, words: string) => void = () => undefined,
): Promise<{ missed: string[] }> {
  const missed: string[] = [];
  let done = 0;
  await pool.run(names.map((name): Job => ({ kind: 'fault', name })), (job, answer) => {
    progress(++done / names.length, 'planted faults');
    if (job.kind === 'fault' && answer.kind === 'fault' && answer.caught === undefined) missed.push(job.name);
  });
  return { missed };
}

async function repeatCut(id: string): Promise<RepeatedCut> {
  const { failures, doorMs } = createExplorer(await openLab()).repeat(id);
  return { repeated: id, failures, doorMs: doorMs === undefined ? null : Math.round(doorMs) };
}

/** What a person needs to repeat it. */
export function report({ id, failures }: Failure): void {
  console.error(`${id}: ${failures.join('; ')}\n  repeat: npm run -s evidence -- powercut --repeat ${id}`);
}
