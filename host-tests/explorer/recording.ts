/**
 * A flow, run once, as the list of its flash operations. Flash as it was before any operation is rebuilt from the list, so that a
 * cut there needs no second run of the flow.
 */
import { applyTorn, type FlashOperation } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';
import type { World } from '../../virtual-board/world.js';

/** One operation and what it left at its place; without `operation`, a change from outside (a bit that decayed, say). */
interface Step {
  operation: FlashOperation | undefined;
  offset: number;
  left: Uint8Array;
}

export interface Recording {
  start: Uint8Array;
  steps: Step[];
  /** Indices of the steps that are operations: where power can fail. */
  operations: number[];
  /** Pages that fail, as the world of the flow had them. */
  bad: Map<number, 'program' | 'erase'>;
}

export type How = 'before' | 'torn' | 'after';

/** A power failure in operation `at` (0 = the first of the recording). `seed` says what a torn operation leaves. */
export interface Cut {
  at: number;
  how: How;
  seed: number;
}

/** What a cut leaves: flash, and pages whose erase was cut short. */
export interface CutFlash {
  bytes: Uint8Array;
  weak: number[];
  bad: Map<number, 'program' | 'erase'>;
}

export interface Recorder {
  /** Writes to flash from outside, not by the lock. */
  change(offset: number, bytes: Uint8Array): void;
  /** The recording so far. */
  finish(): Recording;
}

/** Records what the firmware of `world` does to flash from now on. */
export function record(world: World): Recorder {
  const { nor } = world;
  const start = nor.bytes.slice();
  const steps: Step[] = [];
  let last: FlashOperation | undefined;

  /** What an operation left is known when the next one begins. */
  function note(): void {
    if (last) steps.push({ operation: last, offset: last.offset, left: nor.bytes.slice(last.offset, last.offset + last.length) });
    last = undefined;
  }

  world.onFlash = (operation) => {
    note();
    last = operation;
  };
  return {
    change(offset, bytes) {
      note();
      nor.bytes.set(bytes, offset);
      steps.push({ operation: undefined, offset, left: bytes.slice() });
    },
    finish() {
      note();
      return { start, steps, operations: steps.flatMap((step, index) => (step.operation ? [index] : [])), bad: new Map(nor.bad) };
    },
  };
}

/** Rebuilds flash at cuts. Cheapest where they are asked for in order. */
export interface Replay {
  recording: Recording;
  cut(cut: Cut): CutFlash;
  /** Flash when nothing is cut. */
  end(): CutFlash;
  /** Flash before operation `at`; after the last one for `at` = operations. */
  before(at: number): Uint8Array;
}

export function replay(recording: Recording): Replay {
  const { steps, operations } = recording;
  let bytes = recording.start.slice();
  let done = 0;

  function goTo(step: number): void {
    if (step < done) {
      bytes = recording.start.slice();
      done = 0;
    }
    for (; done < step; done++) bytes.set(steps[done]!.left, steps[done]!.offset);
  }

  function before(at: number): Uint8Array {
    goTo(operations[at] ?? steps.length);
    return bytes.slice();
  }

  return {
    recording,
    before,
    end: () => ({ bytes: before(operations.length), weak: [], bad: recording.bad }),
    cut({ at, how, seed }) {
      const flash = before(at);
      const step = steps[operations[at]!]!;
      const weak: number[] = [];
      if (how === 'torn') {
        if (applyTorn(step.operation!, flash, createRandom(seed))) weak.push(step.offset / 4096);
      } else if (how === 'after') flash.set(step.left, step.offset);
      return { bytes: flash, weak, bad: recording.bad };
    },
  };
}
