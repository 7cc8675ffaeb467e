/**
 * One start of the lock: collects the facts, asks `decide`, does what it says one short turn at a time, so that keys are seen and
 * the watchdog is fed between the steps of a verification, and hands over to `launch`.
 */
import {
  BAD_IMAGE_DIGEST, COUNTER_TOO_LOW, IDENTITY_LOST, JOURNAL_LOST, SLOT_EMPTY, type ErrorCode,
} from '../firmware/errors.js';
import { CONFIRM, HEALTH, ROLLBACK, SEAL_A, TRIAL, VERDICT } from '../firmware/flash/kinds.js';
import type { BootStores } from '../firmware/flash/open.js';
import type { RecordReader } from '../firmware/flash/record-reader.js';
import { bytesEqual, keysAfter } from '../firmware/image/keys.js';
import type { startPages } from '../firmware/image/pages.js';
import { compareVersions } from '../firmware/image/version.js';
import { startVerifyImage, type VerifyResult, type VerifyingImage } from '../firmware/image/verify.js';
import type { SlhTools } from '../firmware/image/slh-dsa.js';
import type { Platform, ResetCause } from '../firmware/platform/types.js';
import {
  attemptsUsed, confirmedFloor, decodeTrial, DEGRADED, encodeConfirmed, encodeVerdict, FELL_BACK, previousIn, REBUILT, ROLLED_BACK, SAFE_MODE,
  TRIAL_ATTEMPTS, trialOf, type Confirmed, type Trial,
} from '../firmware/update/boot-state.js';
import {
  countBoots, DEGRADED_UNCLEAN, isCrashLooping, markLaunched, markStarted, RAN_DEGRADED, RAN_SAFE_MODE, RAN_TRIAL, SAFE_MODE_PLANNED,
  STARTS_WITHOUT_LAUNCH, type BootCounts,
} from '../firmware/update/boots.js';
import { action as actionOf, decide, END_TRIAL, ENTER_SAFE_MODE, REBUILD, RUN, USE_ATTEMPT, VERIFY, type BootAction, type BootFacts } from './decide.js';

export interface BootInput {
  platform: Platform;
  stores: BootStores;
  records: RecordReader;
  slh: SlhTools;
  /** How the body of an image is checked: `startPages` or `startWhole`. */
  startPages: typeof startPages;
  /** Recovery strap closed, or the key chord held. */
  safeModeRequested: boolean;
  /** The battery is above the radio floor, or there is no way to tell. */
  powerForRadio: boolean;
  /** Called between steps: answers keys with the "wait" beep. */
  betweenSteps(): void;
  /** Everything is decided and marked: run `image`, whose body has that many bytes; 0 for safe mode. */
  launch(action: BootAction, image: Trial, bodyBytes: number, cause: ResetCause): void;
}

/** A turn begins no further step after this long: with the longest step, 30 ms on an ESP32 (calculated), it stays at 50 ms. */
const TURN_MS = 20;

/** Starts the decision. Returns at once; `launch` follows from a later turn. */
export function startBoot(input: BootInput): void {
  const platform = input.platform;
  const stores = input.stores;
  const records = input.records;
  const journal = stores.journal;
  const cause = platform.resetCause();
  const counts = countBoots(journal, cause);
  const asleep = cause === 'deepSleep';
  if (!asleep && journal.valid) markStarted(journal, cause, counts);
  let confirmed = confirmedFloor(journal, records);
  const trial = trialOf(journal);
  const facts = collectFacts(input, cause, counts, confirmed, trial);
  const results: (VerifyResult | undefined)[] = [undefined, undefined];
  let verifying: VerifyingImage | undefined;
  let onVerified: (slot: 0 | 1, result: VerifyResult) => void = accept;
  let verifyingSlot: 0 | 1 = 0;

  function turn(): void {
    const untilMs = platform.nowMs() + TURN_MS;
    platform.kickWatchdog();
    input.betweenSteps();
    while (platform.nowMs() < untilMs) {
      if (verifying) {
        const result = verifying.step();
        if (result) {
          verifying = undefined;
          onVerified(verifyingSlot, result);
        }
      } else {
        const action = stores.identity ? decide(facts) : actionOf(ENTER_SAFE_MODE, 7, 0, IDENTITY_LOST);
        if (action.do === RUN || action.do === ENTER_SAFE_MODE) return finish(action);
        perform(action);
      }
    }
    platform.after(0, turn);
  }

  function perform(action: BootAction): void {
    if (action.do === VERIFY) verify(action.slot, accept, confirmed);
    else if (action.do === REBUILD) verify(0, gather, confirmed);
    else if (action.do === USE_ATTEMPT) useAttempt();
    else if (action.do === END_TRIAL) endTrial(action.reason);
  }

  function useAttempt(): void {
    const known = facts.trial!;
    if (journal.mark(TRIAL, known.attemptsUsed, 1)) known.unmarkable = true;
    else known.marked = true;
    known.attemptsUsed++;
  }

  /** A reason the app left (a health check that failed) says more than "three attempts were used". */
  function endTrial(reason: ErrorCode): void {
    const health = journal.sequenceOf(HEALTH) > journal.sequenceOf(TRIAL) ? journal.read(HEALTH) : undefined;
    const why = facts.trial!.attemptsUsed < TRIAL_ATTEMPTS || !health ? reason : health[0]!;
    const code = journal.append(ROLLBACK, encodeVerdict(ROLLED_BACK, why, trial!));
    if (code) facts.trial!.unmarkable = true;
    else delete facts.trial;
  }

  function verify(slot: 0 | 1, then: typeof accept, trust: Confirmed | undefined): void {
    const kind = SEAL_A + slot;
    const identity = stores.identity!;
    onVerified = then;
    verifyingSlot = slot;
    const source = stores.slots[slot];
    verifying = startVerifyImage({
      source, offer: false, slot, slotBytes: source.pages * 4096, identity, trust,
      seal: journal.firstUnused(kind) === 0 ? journal.read(kind) : undefined,
      tools: platform, slh: input.slh, startPages: input.startPages,
    });
  }

  /** The image in `slot` has to be the very one that the journal names; anything else there counts as bad. */
  function accept(slot: 0 | 1, result: VerifyResult): void {
    const wanted = facts.trial && facts.trial.slot === slot ? trial!.imageId
      : confirmed && confirmed.slot === slot ? confirmed.imageId : previousIn(journal, slot);
    let code = result.code;
    if (!code && (!wanted || !bytesEqual(wanted, result.imageId!))) code = wanted ? BAD_IMAGE_DIGEST : SLOT_EMPTY;
    if (!code && confirmed && result.image!.counter < confirmed.counter) code = COUNTER_TOO_LOW;
    if (!code) seal(slot, result);
    facts.checked[slot] = code;
    results[slot] = result;
  }

  function seal(slot: 0 | 1, result: VerifyResult): void {
    if (!result.sealed && result.seal) journal.append(SEAL_A + slot, result.seal);
  }

  /** Row 0: one slot after the other, in full; then the highest security counter, then the highest version. */
  function gather(slot: 0 | 1, result: VerifyResult): void {
    results[slot] = result;
    if (slot === 0) return verify(1, gather, trustFrom(result));
    const first = results[0]!;
    const trust = first.code ? trustFrom(result) : confirmed;
    if (trust !== confirmed) return verify(0, gatherAgain, trust);
    rebuild();
  }

  function gatherAgain(_slot: 0 | 1, result: VerifyResult): void {
    results[0] = result;
    rebuild();
  }

  /** What an image that verified and brings a key change would make the lock trust: to judge the other slot by. */
  function trustFrom(result: VerifyResult): Confirmed | undefined {
    const image = result.image;
    if (result.code || !image || !image.keyChange) return confirmed;
    return confirmationOf(0, result);
  }

  function confirmationOf(slot: 0 | 1, result: VerifyResult): Confirmed {
    const image = result.image!;
    const keys = keysAfter(image.keyChange, confirmed);
    const counter = confirmed && confirmed.counter > image.counter ? confirmed.counter : image.counter;
    return { slot, version: image.version, counter, keyEpoch: keys.keyEpoch, key: keys.key, imageId: result.imageId! };
  }

  function rebuild(): void {
    let best: 0 | 1 | undefined;
    for (let slot = 0; slot < 2; slot++) {
      const result = results[slot]!;
      if (result.code || (confirmed && result.image!.counter < confirmed.counter)) continue;
      if (best === undefined || higher(result, results[best]!)) best = slot === 0 ? 0 : 1;
    }
    if (best === undefined) {
      facts.rebuildFailed = true;
      return;
    }
    const result = results[best]!;
    const fresh = confirmationOf(best, result);
    if (!journal.valid && !journal.format() && !asleep) markStarted(journal, cause, counts);
    journal.append(CONFIRM, encodeConfirmed(fresh));
    seal(best, result);
    journal.append(VERDICT, encodeVerdict(REBUILT, JOURNAL_LOST, fresh));
    confirmed = fresh;
    facts.journal = true;
    facts.confirmedSlot = best;
    facts.checked[best] = 0;
  }

  function finish(action: BootAction): void {
    const slot = action.slot;
    const safe = action.do === ENTER_SAFE_MODE;
    const result = safe ? undefined : results[slot];
    const image = result && result.image;
    const about = image ? { slot, version: image.version, imageId: result.imageId! } : confirmed || decodeTrial(new Uint8Array(44));
    if (!journal.valid) journal.format();
    if (action.row === 6 && image) {
      // First, so that no cut leaves the image that takes over with the crashes of the one before.
      markStarted(journal, cause);
      journal.append(CONFIRM, encodeConfirmed(confirmationOf(slot, result)));
    }
    if (!asleep) {
      recordVerdict(safe ? SAFE_MODE : action.row === 5 ? DEGRADED : action.row === 6 ? FELL_BACK : 0, action.reason, about);
      markLaunched(journal, safe ? RAN_SAFE_MODE : slot | (action.trial ? RAN_TRIAL : 0) | (action.degraded ? RAN_DEGRADED : 0));
    }
    input.launch(action, about, image ? image.bodyBytes : 0, cause);
  }

  /** The same verdict again writes nothing: a lock that stays in safe mode must not wear its journal out. */
  function recordVerdict(result: number, reason: ErrorCode, about: Trial): void {
    const last = journal.read(VERDICT);
    if (result && !(last && last[1] === result && last[2] === reason)) journal.append(VERDICT, encodeVerdict(result, reason, about));
  }

  platform.after(0, turn);
}

function collectFacts(input: BootInput, cause: ResetCause, counts: BootCounts, confirmed: Confirmed | undefined, trial: Trial | undefined): BootFacts {
  const journal = input.stores.journal;
  const facts: BootFacts = {
    journal: journal.valid && !!confirmed,
    rebuildFailed: false,
    safeModeRequested: input.safeModeRequested || counts[SAFE_MODE_PLANNED]! > 0,
    startsWithoutLaunch: counts[STARTS_WITHOUT_LAUNCH]!,
    confirmedSlot: confirmed ? confirmed.slot : 0,
    otherOnceConfirmed: !!confirmed && !!previousIn(journal, confirmed.slot === 0 ? 1 : 0),
    powerForRadio: input.powerForRadio,
    crashLooping: isCrashLooping(counts, cause),
    degradedCrashed: counts[DEGRADED_UNCLEAN]! > 0,
    checked: [undefined, undefined],
  };
  if (trial) facts.trial = { slot: trial.slot, attemptsUsed: attemptsUsed(journal), marked: false, unmarkable: false };
  return facts;
}

function higher(a: VerifyResult, b: VerifyResult): boolean {
  const difference = a.image!.counter - b.image!.counter || compareVersions(a.image!.version, b.image!.version);
  return difference > 0;
}
