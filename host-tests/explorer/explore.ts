/** Cuts power in flows: which operations, how, how often, and what became of it. Everything follows from flow, operation, how and seed. */
import { createHash } from 'node:crypto';
import { createRandom } from '../../virtual-board/random.js';
import { powerOn } from './bench.js';
import { check, checkHistory, type Finding } from './check.js';
import { FLOWS, recordFlow, type Flow } from './flows.js';
import { PIN, type Lab } from './lab.js';
import { readState, type FlashState } from './oracle.js';
import { keepTyping } from '../../cli/virtual/person.js';
import { record, replay, type Cut, type How, type Recording, type Replay } from './recording.js';
import { createStages, type Stages } from './stages.js';

export const HOWS: readonly How[] = ['before', 'torn', 'after'];

export interface Failure {
  /** `flow:operation:how:seed`, `nested:seed`, or `flow` for what was wrong without any cut: what `--repeat` takes. */
  id: string;
  failures: string[];
}

export interface Tally {
  cuts: number;
  nested: number;
  /** Operations that were cut in all three ways. */
  covered: number;
  /** Cuts after which nothing was wrong. */
  completed: number;
  bricks: number;
  doorRefused: number;
  maxDoorMs: number;
  failures: Failure[];
}

export const emptyTally = (): Tally => ({ cuts: 0, nested: 0, covered: 0, completed: 0, bricks: 0, doorRefused: 0, maxDoorMs: 0, failures: [] });

export function addTally(to: Tally, from: Tally): void {
  for (const key of ['cuts', 'nested', 'covered', 'completed', 'bricks', 'doorRefused'] as const) to[key] += from[key];
  to.maxDoorMs = Math.max(to.maxDoorMs, from.maxDoorMs);
  to.failures.push(...from.failures);
}

export interface Explorer {
  /** Operations of a flow. Throws where the flow itself fails. */
  operations(flow: string): number;
  /** Those of them that erase a page. */
  erases(flow: string): number[];
  /** What was wrong in a flow without any cut. */
  history(flow: string): string[];
  /** Cuts operations `from` to before `to` of a flow before, after and `torn` times inside each. `stop`: asked after each cut. */
  cut(flow: string, from: number, to: number, torn: number, stop?: (tally: Tally) => boolean): Tally;
  /** For each seed: cuts at the place and in the way that it says, and once more while the lock recovers. */
  nested(from: number, to: number): Tally;
  /** Runs one cut again by its id. */
  repeat(id: string): Finding;
}

/**
 * `stages`: where locks to begin with come from; a planted fault begins with locks that ran without it. `flowLab`: what runs until the
 * cut, where that is something else than after it.
 */
export function createExplorer(lab: Lab, stages: Stages = createStages(lab), flowLab: Lab = lab): Explorer {
  const recordings = new Map<string, Replay>();
  const checked = new Set<string>();

  function replayOf(name: string): Replay {
    let found = recordings.get(name);
    if (!found) {
      found = replay(recordFlow(flowNamed(name), { ...stages, lab: flowLab }));
      recordings.set(name, found);
    }
    return found;
  }

  function checkCut(name: string, cut: Cut, states: readonly [FlashState, FlashState], always: boolean): Finding {
    const flash = replayOf(name).cut(cut);
    const key = createHash('sha1').update(flash.bytes).update(String(flash.weak)).digest('hex');
    const retry = always || !checked.has(key);
    checked.add(key);
    return check(lab, flash, flowNamed(name).expected, { neighbours: states, torn: cut.how === 'torn', seed: cut.seed, retry });
  }

  function statesAround(source: Replay, at: number): readonly [FlashState, FlashState] {
    return [readState(source.before(at)), readState(source.before(at + 1))];
  }

  function checkNested(seed: number): Finding {
    const random = createRandom(seed);
    const flow = FLOWS[random.int(FLOWS.length)]!;
    const first = replayOf(flow.name);
    const cut: Cut = { at: random.int(first.recording.operations.length), how: HOWS[random.int(3)]!, seed };
    const recovery = replay(recover(lab, flow, first, cut));
    const operations = recovery.recording.operations.length;
    if (!operations) return check(lab, recovery.end(), flow.expected, { torn: false, seed, retry: true });
    const second: Cut = { at: random.int(operations), how: HOWS[random.int(3)]!, seed: seed + 1 };
    return check(lab, recovery.cut(second), flow.expected, {
      neighbours: statesAround(recovery, second.at), torn: second.how === 'torn', seed: seed + 1, retry: true,
    });
  }

  function history(name: string): string[] {
    return checkHistory(lab, flowNamed(name).expected, replayOf(name));
  }

  return {
    operations: (name) => replayOf(name).recording.operations.length,
    erases(name) {
      const { operations, steps } = replayOf(name).recording;
      return operations.flatMap((step, at) => (steps[step]!.operation?.kind === 'erase' ? [at] : []));
    },
    history,
    cut(name, from, to, torn, stop = () => false) {
      const tally = emptyTally();
      const source = replayOf(name);
      for (let at = from; at < to; at++) {
        const states = statesAround(source, at);
        const cuts: Cut[] = [{ at, how: 'before', seed: 1 }, { at, how: 'after', seed: 1 }];
        for (let seed = 1; seed <= torn; seed++) cuts.push({ at, how: 'torn', seed: seedOf(name, at, seed) });
        for (const cut of cuts) {
          count(tally, `${name}:${at}:${cut.how}:${cut.seed}`, checkCut(name, cut, states, false));
          tally.cuts++;
          if (stop(tally)) return tally;
        }
        if (torn > 0) tally.covered++;
      }
      return tally;
    },
    nested(from, to) {
      const tally = emptyTally();
      for (let seed = from; seed < to; seed++) count(tally, `nested:${seed}`, checkNested(seed));
      tally.completed = 0;
      tally.nested = to - from;
      return tally;
    },
    repeat(id) {
      const [name = '', at, how, seed] = id.split(':');
      if (name === 'nested') return checkNested(Number(at));
      if (at === undefined) return { failures: history(name), doorMs: undefined, bricked: false, doorWrong: false };
      const cut: Cut = { at: Number(at), how: HOWS.find((one) => one === how) ?? 'torn', seed: Number(seed) };
      const { operations } = replayOf(name).recording;
      if (!(cut.at in operations)) throw new Error(`flow ${name} has operations 0 to ${operations.length - 1}, not ${at}`);
      return checkCut(name, cut, statesAround(replayOf(name), cut.at), true);
    },
  };
}

/** A seed that differs from flow to flow and operation to operation. */
function seedOf(name: string, at: number, seed: number): number {
  return createHash('sha1').update(`${name}:${at}:${seed}`).digest().readUInt32BE(0);
}

function flowNamed(name: string): Flow {
  const flow = FLOWS.find((one) => one.name === name);
  if (!flow) throw new Error(`there is no flow "${name}"; flows are ${FLOWS.map((one) => one.name).join(', ')}`);
  return flow;
}

/** The start after a cut, as a recording of its own: somebody opens the door, and what the lock has to write gets written. */
function recover(lab: Lab, flow: Flow, source: Replay, cut: Cut): Recording {
  let recorder: ReturnType<typeof record> | undefined;
  const bench = powerOn(lab, source.cut(cut), cut.seed, (world) => {
    recorder = record(world);
  });
  keepTyping(bench.board, `${PIN}#`, bench.world.bolt.unlocked, flow.expected.doorMs);
  bench.board.run(2000);
  return recorder!.finish();
}

function count(tally: Tally, id: string, finding: Finding): void {
  if (finding.doorMs !== undefined) tally.maxDoorMs = Math.max(tally.maxDoorMs, finding.doorMs);
  if (finding.bricked) tally.bricks++;
  if (finding.doorWrong) tally.doorRefused++;
  if (finding.failures.length) tally.failures.push({ id, failures: finding.failures });
  else tally.completed++;
}
