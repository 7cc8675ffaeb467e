/**
 * The boot decision, design rows 0 to 7, as a pure function. `rare.ts` collects the facts, does what is asked, adds what it
 * learnt to the facts and asks again, until the answer is to run something. Nothing here reads a clock or a pin.
 */
import {
  ATTEMPTS_USED, CRASH_LOOP, DEGRADED_CRASHED, NOTHING_TO_RUN, SAFE_MODE_REQUESTED, STARTS_WITHOUT_LAUNCH, type ErrorCode,
} from '../firmware/errors.js';
import { TRIAL_ATTEMPTS } from '../firmware/update/boot-state.js';

/** What is known at this start. `checked`: what verifying a slot in this start gave; undefined = not verified yet. */
export interface BootFacts {
  /** The journal is readable and names a confirmed image. */
  journal: boolean;
  /** Row 0 was tried in this start and found nothing to run. */
  rebuildFailed: boolean;
  /** Recovery strap, key chord, or a restart into safe mode asked for by the app. */
  safeModeRequested: boolean;
  /** Starts in a row, this one not counted, that reached no launch. */
  startsWithoutLaunch: number;
  confirmedSlot: 0 | 1;
  /** The other slot holds the image that was confirmed before this one. */
  otherOnceConfirmed: boolean;
  trial?: TrialFacts;
  /** Battery above the radio floor, or no trial to start. */
  powerForRadio: boolean;
  crashLooping: boolean;
  /** The last starts crashed although they ran keypad-only. */
  degradedCrashed: boolean;
  checked: [ErrorCode | undefined, ErrorCode | undefined];
}

export interface TrialFacts {
  slot: 0 | 1;
  attemptsUsed: number;
  /** An attempt was marked and read back in this start. */
  marked: boolean;
  /** The mark could not be written: the trial is not run in this start. */
  unmarkable: boolean;
}

/** Starts in a row that reached no launch: so many lead to safe mode. */
export const MOST_LOST_STARTS = 3;

export const REBUILD = 1;
export const USE_ATTEMPT = 2;
export const VERIFY = 3;
export const END_TRIAL = 4;
export const RUN = 5;
export const ENTER_SAFE_MODE = 6;

export interface BootAction {
  do: number;
  /** Row of the decision table. */
  row: number;
  slot: 0 | 1;
  trial: boolean;
  /** Keypad only, radios off. */
  degraded: boolean;
  /** Why, where the row records a reason. */
  reason: ErrorCode;
}

/** What to do next. Total: every combination of facts has an answer, and a repeated answer is never given for learnt facts. */
export function decide(facts: BootFacts): BootAction {
  if (facts.safeModeRequested) return action(ENTER_SAFE_MODE, 1, 0, SAFE_MODE_REQUESTED);
  if (facts.startsWithoutLaunch >= MOST_LOST_STARTS) return action(ENTER_SAFE_MODE, 7, 0, STARTS_WITHOUT_LAUNCH);
  if (!facts.journal) return facts.rebuildFailed ? action(ENTER_SAFE_MODE, 7, 0, NOTHING_TO_RUN) : action(REBUILD, 0, 0, 0);
  const trial = facts.trial;
  if (trial && facts.powerForRadio && !trial.unmarkable) return decideTrial(facts, trial);
  return decideConfirmed(facts);
}

function decideTrial(facts: BootFacts, trial: TrialFacts): BootAction {
  const checked = facts.checked[trial.slot];
  if (checked) return action(END_TRIAL, 3, trial.slot, checked);
  if (!trial.marked) {
    return trial.attemptsUsed < TRIAL_ATTEMPTS
      ? action(USE_ATTEMPT, 2, trial.slot, 0)
      : action(END_TRIAL, 3, trial.slot, ATTEMPTS_USED);
  }
  if (checked === undefined) return action(VERIFY, 2, trial.slot, 0);
  const run = action(RUN, 2, trial.slot, 0);
  run.trial = true;
  return run;
}

function decideConfirmed(facts: BootFacts): BootAction {
  const slot = facts.confirmedSlot;
  const checked = facts.checked[slot];
  if (!facts.degradedCrashed && !checked) {
    if (checked === undefined) return action(VERIFY, 4, slot, 0);
    if (!facts.crashLooping) return action(RUN, 4, slot, 0);
    const run = action(RUN, 5, slot, CRASH_LOOP);
    run.degraded = true;
    return run;
  }
  const other = slot === 0 ? 1 : 0;
  const reason = checked || DEGRADED_CRASHED;
  if (facts.otherOnceConfirmed && !facts.checked[other]) {
    return facts.checked[other] === undefined ? action(VERIFY, 6, other, reason) : action(RUN, 6, other, reason);
  }
  return action(ENTER_SAFE_MODE, 7, slot, reason);
}

/** An action that is neither a trial nor degraded. */
export function action(what: number, row: number, slot: 0 | 1, reason: ErrorCode): BootAction {
  return { do: what, row, slot, trial: false, degraded: false, reason };
}
