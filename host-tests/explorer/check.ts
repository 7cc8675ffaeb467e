/**
 * After a power cut: does the lock boot what it may boot, does it hold the old or the new state, does the right PIN open the door in
 * time and a wrong one not, and does trying the update again end with the new image confirmed?
 */
import { install, powerOn, type Bench, type Ran } from './bench.js';
import { PIN, WRONG_PIN, type ImageName, type Lab } from './lab.js';
import {
  confirmedIn, differences, hex, KEY, KIND, nameOf, readState, sealIn, sealOf, SLOTS, trialIn, wrongTriesIn, type FlashState,
} from './oracle.js';
import { enter, keepTyping } from '../../cli/virtual/person.js';
import type { CutFlash, Replay } from './recording.js';

export interface Expectation {
  /** Images that may run after a cut, and no others. */
  runs: readonly ImageName[];
  /** Images that may be confirmed after a cut. */
  confirmed: readonly ImageName[];
  /** What the owner tries to install afterwards; ends confirmed. */
  retry: ImageName;
  /** The right PIN opens the door within this time of any instant. */
  doorMs: number;
  /** Master codes that may count, where a flow changes it. */
  masterCodes?: readonly string[];
  /** The lock may hold no journal, or the last of them, at first. */
  withoutJournal?: boolean;
}

/** Longest time to a door in design rule 4, and while a bad trial uses up its attempts. */
export const DOOR_MS = 5000;
export const BAD_TRIAL_DOOR_MS = 30_000;

export interface Finding {
  /** What went wrong, in words; empty = nothing. */
  failures: string[];
  /** From power to an open bolt; undefined where it stayed shut. */
  doorMs: number | undefined;
  /** The lock did not end with the image it was to have. */
  bricked: boolean;
  /** The right PIN did not open, or the wrong one did. */
  doorWrong: boolean;
}

export interface CheckOptions {
  /** What flash said before and after the operation that was cut; the cut has to leave one of them. */
  neighbours?: readonly [FlashState, FlashState];
  torn: boolean;
  seed: number;
  /** Try the update again: the long part. */
  retry: boolean;
}

/** Boots `flash` in a new world and checks everything. */
export function check(lab: Lab, flash: CutFlash, expected: Expectation, options: CheckOptions): Finding {
  const finding: Finding = { failures: [], doorMs: undefined, bricked: false, doorWrong: false };
  const fail = (what: string): void => void finding.failures.push(what);
  const before = readState(flash.bytes);
  if (options.neighbours) checkAtomic(before, options.neighbours, options.torn, fail);
  checkState(lab, before, expected, fail);
  checkSeals(lab, flash.bytes, before, fail);

  const bench = powerOn(lab, flash, options.seed);
  checkDoor(bench, expected, finding, fail);
  checkRan(bench, expected, fail);
  const after = bench.state();
  checkState(lab, after, { ...expected, withoutJournal: false }, fail);
  checkFloors(before, after, fail);
  if (options.retry) {
    try {
      install(bench, lab.images[expected.retry], expected.masterCodes);
      checkSlot(bench, expected.retry, fail);
    } catch (error) {
      finding.bricked = true;
      fail(`retry: ${error instanceof Error ? error.message : String(error)}`);
    }
    checkRan(bench, { ...expected, runs: [...expected.runs, expected.retry] }, fail);
  }
  checkDecay(bench, expected, options.retry && !finding.bricked, fail);
  for (const { kind, detail, atMs } of bench.world.violations) fail(`${kind} at ${Math.round(atMs)} ms: ${detail}`);
  for (const { error, atMs } of bench.board.uncaught) fail(`uncaught at ${Math.round(atMs)} ms: ${error instanceof Error ? error.message : String(error)}`);
  return finding;
}

/** A cut leaves what was before the operation or what is after it, never a third thing. A torn mark counts as either. */
function checkAtomic(state: FlashState, [before, after]: readonly [FlashState, FlashState], torn: boolean, fail: (what: string) => void): void {
  const fromBefore = differences(state, before, torn);
  if (!fromBefore.length) return;
  const fromAfter = differences(state, after, torn);
  if (fromAfter.length) fail(`neither the old nor the new state: ${fromBefore.join(', ')} (old); ${fromAfter.join(', ')} (new)`);
}

function checkState(lab: Lab, state: FlashState, expected: Expectation, fail: (what: string) => void): void {
  const confirmed = confirmedIn(state);
  const allowed = expected.confirmed.map((name) => lab.images[name]);
  if (!confirmed) {
    if (!expected.withoutJournal) fail('no image is confirmed');
  } else if (!allowed.some((image) => image.id === confirmed.imageId)) fail(`confirmed is version ${confirmed.version}`);
  else {
    const image = allowed.find((one) => one.id === confirmed.imageId)!;
    const raised = expected.confirmed.some((name) => lab.images[name].counter > image.counter);
    if (raised && confirmed.counter > image.counter) fail(`counter ${confirmed.counter} with version ${image.version}`);
  }
  const codes = state.records.get(KEY.codes);
  if (!codes || hex(codes) !== hex(lab.codes.users)) fail('the codes are lost');
  const master = state.records.get(KEY.master);
  if (!master || !lab.codes.masters.some((one) => hex(one) === hex(master))) fail('the master code is lost');
}

/** Security counter and key epoch never fall. */
function checkFloors(before: FlashState, after: FlashState, fail: (what: string) => void): void {
  const [one, other] = [confirmedIn(before), confirmedIn(after)];
  if (one && other && (other.counter < one.counter || other.keyEpoch < one.keyEpoch)) fail('security counter or key epoch fell');
}

/** The right PIN from the first instant on, then `#` to lock, then a wrong one. */
function checkDoor(bench: Bench, expected: Expectation, finding: Finding, fail: (what: string) => void): void {
  const { board, world } = bench;
  finding.doorMs = keepTyping(board, `${PIN}#`, world.bolt.unlocked, expected.doorMs + 2000);
  if (finding.doorMs === undefined || finding.doorMs > expected.doorMs) {
    finding.doorWrong = true;
    fail(`door: the right PIN ${finding.doorMs === undefined ? 'does not open' : `takes ${Math.round(finding.doorMs)} ms`}`);
    if (finding.doorMs === undefined) return;
  }
  keepTyping(board, '#', world.bolt.locked, 5000);
  if (!world.bolt.locked()) return fail('door: it does not lock');
  enter(board, `${WRONG_PIN}#`);
  if (!wrongTriesIn(bench.state())) fail('door: a wrong PIN is not counted');
  if (!world.bolt.unlocked()) return;
  finding.doorWrong = true;
  fail('door: a wrong PIN opens it');
}

function checkRan(bench: Bench, expected: Expectation, fail: (what: string) => void): void {
  const wrong = bench.ran.filter((name: Ran) => name === 'safe mode' || !expected.runs.includes(name));
  if (wrong.length) fail(`${wrong.join(', ')} ran`);
  const last = bench.ran.at(-1);
  const state = bench.state();
  const id = last && last !== 'safe mode' ? bench.lab.images[last].id : undefined;
  if (id !== confirmedIn(state)?.imageId && id !== trialIn(state)?.imageId) fail(`${last ?? 'nothing'} runs, which is neither confirmed nor on trial`);
}

/** A seal that counts stands for a genuine image that lies in its slot, whole. */
function checkSeals(lab: Lab, flash: Uint8Array, state: FlashState, fail: (what: string) => void): void {
  for (const slot of [0, 1] as const) {
    const seal = sealIn(state, slot);
    if (!seal) continue;
    const at = SLOTS[slot].page * 4096;
    const holds = Object.values(lab.images).find(({ file }) => Buffer.compare(flash.subarray(at, at + file.length), file) === 0);
    if (!holds || sealOf(holds.file, slot) !== seal) fail(`the seal of slot ${slot ? 'B' : 'A'} does not fit what lies there`);
  }
}

/** Pages whose last erase was cut short lose bits some day: nothing that counts may lie there. */
function checkDecay(bench: Bench, expected: Expectation, installed: boolean, fail: (what: string) => void): void {
  const { nor } = bench.world;
  if (!nor.weak.size) return;
  const before = bench.state();
  for (let time = 0; time < 8; time++) nor.decay();
  const lost = differences(before, bench.state(), false);
  if (lost.length) fail(`a page whose erase was cut short is in use: ${lost.join(', ')}`);
  if (installed) checkSlot(bench, expected.retry, fail);
}

/** The slot that is confirmed holds the file, byte for byte. */
function checkSlot(bench: Bench, name: ImageName, fail: (what: string) => void): void {
  const { file } = bench.lab.images[name];
  const slot = confirmedIn(bench.state())?.slot ?? 0;
  const at = bench.world.layout.slots[slot === 1 ? 1 : 0].address - bench.world.nor.base;
  if (Buffer.compare(bench.world.nor.bytes.subarray(at, at + file.length), file) !== 0) fail(`the slot does not hold ${name}`);
}

/**
 * A flow without any cut: after each of its operations the lock holds what it may hold, and no journal record or code is lost on the
 * way. A page that was in use until then may be erased only when its content lives elsewhere.
 */
export function checkHistory(lab: Lab, expected: Expectation, source: Replay): string[] {
  const found: string[] = [];
  let last: FlashState | undefined;
  for (let at = 0; at <= source.recording.operations.length; at++) {
    const state = readState(source.before(at));
    const fail = (what: string): void => void found.push(`operation ${at}: ${what}`);
    checkState(lab, state, expected, fail);
    checkSeals(lab, source.before(at), state, fail);
    checkAttempts(state, fail);
    if (last) checkFloors(last, state, fail);
    for (const [kind, record] of last?.journal ?? []) {
      const now = state.journal?.get(kind);
      if (!now || now.sequence < record.sequence) fail(`journal ${nameOf(KIND, kind)}: lost`);
      else if (now.sequence === record.sequence && record.marks.some((mark, index) => mark !== 'free' && now.marks[index] === 'free')) {
        fail(`journal ${nameOf(KIND, kind)}: a used mark is free again`);
      }
    }
    for (const key of last?.records.keys() ?? []) if (!state.records.has(key)) fail(`record ${nameOf(KEY, key)}: lost`);
    last = state;
  }
  return found;
}

/** An image on trial is verified, and sealed, only in an attempt that was marked before. */
function checkAttempts(state: FlashState, fail: (what: string) => void): void {
  const trial = trialIn(state);
  const set = state.journal?.get(KIND.trial)?.sequence ?? 0;
  const sealed = state.journal?.get(trial?.slot ? KIND.sealB : KIND.sealA)?.sequence ?? 0;
  if (trial && sealed > set && !trial.attempts) fail('the image on trial was verified before the attempt was marked');
}
