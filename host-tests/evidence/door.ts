/**
 * A door walked through a million events under the eyes of an oracle (host-tests/door-walk); the first ten thousand of them again on the real
 * interpreter, to the same trace; and faults planted in the sources, which the oracle must notice. One walk again, with what led to what went
 * wrong: `npm run -s evidence -- door --repeat SEED:EVENT`.
 */
import { openWalkers, type Walkers } from '../door-walk/campaign.js';
import { FAULTS } from '../door-walk/faults.js';
import { INVARIANTS, type Violation } from '../door-walk/invariants.js';
import { walkDoor } from '../door-walk/walker.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import type { EvidenceOptions, Progress } from './index.js';

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

/** The first walks are short, because the interpreter walks them too, a hundred times slower; the others go on for longer. */
const FIRST = { seeds: 10, events: 1000 };
const OTHERS = { seeds: 198, events: 5000 };
const WALKS_SHARE = 0.4;
const FAULTS_SHARE = 0.5;

export async function door({ progress, repeat }: EvidenceOptions): Promise<DoorEvidence | RepeatedWalk> {
  if (repeat !== undefined) return repeatWalk(repeat);
  const walkers = openWalkers();
  try {
    return await walkAll(walkers, progress);
  } finally {
    walkers.close();
  }
}

async function walkAll(walkers: Walkers, progress: Progress): Promise<DoorEvidence> {
  const result: DoorEvidence = { events: 0, violations: 0, seeds: 0, hours: 0, starts: 0, invariants: INVARIANTS.length, planted: FAULTS.length,
    caught: 0, onInterpreter: 0 };
  const seeds = Array.from({ length: FIRST.seeds + OTHERS.seeds }, (_, index) => index + 1);
  await walkers.run(seeds.map((seed) => ({ kind: 'walk', seed, events: seed <= FIRST.seeds ? FIRST.events : OTHERS.events })), (_job, answer) => {
    if (answer.kind !== 'walked') return;
    const { walked } = answer;
    result.events += walked.events;
    result.seeds++;
    result.hours += walked.hours;
    result.starts += walked.starts;
    result.violations += walked.violations.length;
    walked.violations.slice(0, 1).forEach(report);
    progress(result.seeds / seeds.length * WALKS_SHARE, `${result.events} events, ${result.violations} violations`);
  });
  result.hours = Math.round(result.hours);
  let tried = 0;
  await walkers.run(FAULTS.map(({ name }) => ({ kind: 'fault', name })), (job, answer) => {
    if (job.kind !== 'fault' || answer.kind !== 'fault') return;
    if (answer.violation) result.caught++;
    else console.error(`planted fault not noticed: ${job.name}`);
    progress(WALKS_SHARE + ++tried / FAULTS.length * (FAULTS_SHARE - WALKS_SHARE), 'planted faults');
  });
  const { missing } = findEspruino();
  if (missing) return { ...result, skipped: `on the interpreter: ${missing}` };
  tried = 0;
  await walkers.run(seeds.slice(0, FIRST.seeds).map((seed) => ({ kind: 'interpreter', seed, events: FIRST.events })), (_job, answer) => {
    if (answer.kind !== 'interpreter') return;
    if (answer.difference) console.error(`not the same on the interpreter: ${answer.difference}`);
    else result.onInterpreter += FIRST.events;
    progress(FAULTS_SHARE + ++tried / FIRST.seeds * (1 - FAULTS_SHARE), 'the first walks on the real interpreter');
  });
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
