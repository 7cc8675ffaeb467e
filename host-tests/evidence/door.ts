/**
 * A door walked through a million events under the eyes of an oracle (host-tests/door-walk); the first ten thousand of them again on the real
 * interpreter, to the same trace; and faults planted in the sources, which the oracle must notice. One walk again, with what led to what went
 * wrong: `npm run -s evidence -- door --repeat SEED:EVENT`.
 */
import { openWalkers, type Job } from '../door-walk/campaign.js';
import { FAULTS } from '../door-walk/faults.js';
import { INVARIANTS, type Violation } from '../door-walk/invariants.js';
import { firstDifference } from '../door-walk/interpreter.js';
import { walkDoor } from '../door-walk/walker.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import type { EvidenceOptions } from './index.js';

export interface DoorEvidence {
  events: number;
  violations: number;
  seeds: number;
  /** Of the doors, all together. */
  hours: number;
  starts: number;
  invariants: number;
  planted: number;
  caught: number;
  /** Walked on the real interpreter with the same trace; 0 where there is none. */
  onInterpreter: number;
  skipped?: string;
}

/** What `--repeat` gives instead. */
export interface RepeatedWalk {
  repeated: string;
  invariant: string | null;
  words: string;
  story: string[];
}

const SEEDS = 200;
const EVENTS_A_SEED = 5000;
/** The interpreter walks the first of the seeds, this many at once. */
const INTERPRETER_SEEDS = 2;
const WALKS_SHARE = 0.4;
const FAULTS_SHARE = 0.5;

export async function door({ progress, repeat }: EvidenceOptions): Promise<DoorEvidence | RepeatedWalk> {
  if (repeat !== undefined) return repeatWalk(repeat);
  const result: DoorEvidence = { events: 0, violations: 0, seeds: 0, hours: 0, starts: 0, invariants: INVARIANTS.length, planted: FAULTS.length,
    caught: 0, onInterpreter: 0 };
  const walkers = openWalkers();
  try {
    const walks = Array.from({ length: SEEDS }, (_, index): Job => ({ kind: 'walk', seed: index + 1, events: EVENTS_A_SEED }));
    await walkers.run(walks, (_job, answer) => {
      if (answer.kind !== 'walked') return;
      const { walked } = answer;
      result.events += walked.events;
      result.seeds++;
      result.hours += walked.hours;
      result.starts += walked.starts;
      result.violations += walked.violations.length;
      walked.violations.slice(0, 1).forEach(report);
      progress(result.seeds / SEEDS * WALKS_SHARE, `${result.events} events, ${result.violations} violations`);
    });
    let tried = 0;
    await walkers.run(FAULTS.map(({ name }): Job => ({ kind: 'fault', name })), (job, answer) => {
      if (job.kind !== 'fault' || answer.kind !== 'fault') return;
      if (answer.violation) result.caught++;
      else console.error(`planted fault not noticed: ${job.name}`);
      progress(WALKS_SHARE + ++tried / FAULTS.length * (FAULTS_SHARE - WALKS_SHARE), 'planted faults');
    });
  } finally {
    walkers.close();
  }
  progress(FAULTS_SHARE, 'the same walk on the real interpreter');
  result.hours = Math.round(result.hours);
  const { missing } = findEspruino();
  if (missing) return { ...result, skipped: `on the interpreter: ${missing}` };
  const seeds = Array.from({ length: INTERPRETER_SEEDS }, (_, index) => index + 1);
  const differences = await Promise.all(seeds.map((seed) => firstDifference(seed, EVENTS_A_SEED)));
  for (const difference of differences) {
    if (difference) throw new Error(difference);
    result.onInterpreter += EVENTS_A_SEED;
  }
  return result;
}

/** `SEED:EVENT`: as far as that event, or to what goes wrong before. */
export function repeatWalk(id: string): RepeatedWalk {
  const [, seed, event] = /^(\d+):(\d+)$/.exec(id) ?? [];
  if (!seed || !event) throw new Error('--repeat takes SEED:EVENT, as a failure printed it');
  const { violations, story } = walkDoor(Number(seed), Number(event));
  const violation = violations[0];
  return { repeated: id, invariant: violation?.invariant ?? null, words: violation?.words ?? '', story: violation?.story ?? story };
}

/** What a person needs to find out why. */
export function report({ seed, event, invariant, words, story }: Violation): void {
  console.error([...story.slice(-40), `seed ${seed}, event ${event}: ${invariant}: ${words}`,
    `repeat: npm run -s evidence -- door --repeat ${seed}:${event}`].join('\n'));
}
