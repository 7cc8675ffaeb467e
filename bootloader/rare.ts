/**
 * Whatever is not an ordinary day: a trial, a rollback, an image to verify in full, a journal to rebuild, weak cells, a key chord, safe mode.
 * It lies apart in `.boot0` and is evaluated when it is first needed (scripts/apart.ts).
 */
import type { MatrixWiring } from '../boards/wiring.js';
import { BAD_IMAGE_DIGEST, COUNTER_TOO_LOW, IDENTITY_LOST, JOURNAL_LOST, SLOT_EMPTY, type ErrorCode } from '../firmware/errors.js';
import { identityOf } from '../firmware/flash/identity.js';
import { CONFIRM, HEALTH, ROLLBACK, SEAL_A, TRIAL, VERDICT } from '../firmware/flash/kinds.js';
import { partsOf } from '../firmware/flash/open.js';
import { openRecordReader } from '../firmware/flash/record-reader.js';
import { HEADER_BYTES } from '../firmware/image/format.js';
import { bytesEqual, keysAfter } from '../firmware/image/keys.js';
import { startPages } from '../firmware/image/pages.js';
import { compareVersions } from '../firmware/image/version.js';
import { startVerifyImage, type VerifyResult, type VerifyingImage } from '../firmware/image/verify.js';
import { openMeter, radioAllowed } from '../firmware/lock/battery.js';
import { openPresence } from '../firmware/lock/keypad.js';
import { chordDown } from '../firmware/lock/matrix.js';
import { openSignals, WAIT } from '../firmware/lock/signals.js';
import { LONG_STEP, type SlhTools } from '../firmware/image/slh-dsa.js';
import {
  attemptsUsed, confirmedFloor, decodeTrial, DEGRADED, encodeConfirmed, encodeVerdict, FELL_BACK, previousIn, REBUILT, ROLLED_BACK, SAFE_MODE,
  TRIAL_ATTEMPTS, trialOf,
  type Confirmed, type Trial,
} from '../firmware/update/boot-state.js';
import { DEGRADED_UNCLEAN, isCrashLooping, markLaunched, markStarted, RAN_SAFE_MODE, SAFE_MODE_PLANNED, STARTS_WITHOUT_LAUNCH } from '../firmware/update/boots.js';
import { handoverOf, run, slotOf, type Boot } from './boot.js';
import { action as actionOf, decide, END_TRIAL, ENTER_SAFE_MODE, REBUILD, RUN, USE_ATTEMPT, VERIFY, type BootAction, type BootFacts } from './decide.js';
import { startWhole } from './whole.js';

declare const __MAPPED_FLASH__: boolean;

/** What it takes of the chip besides. */
export interface RareParts {
  slh(): SlhTools;
  /** The text of safe mode, in place. */
  safeMode(): string;
  /** What safe mode takes from the bootloader. */
  shared: object;
}

/** How long the pattern "wait" takes. */
const WAIT_MS = 210;
const CHORD_MS = 3000;
const CHORD_TURN_MS = 50;
/** Time for both fingers to come down. */
const CHORD_SEEN_MS = 200;

/** An image that may be run. */
interface Ready {
  image: Trial;
  /** Its text, in place. */
  body: string;
}

/** A turn begins no further step after this long: with the longest step, 34 ms on an ESP32 (calculated), it stays at 50 ms. */
const TURN_MS = 16;

/** Decides this start, in short turns, so that keys are answered and the watchdog is fed. Returns at once. */
export function openRare(boot: Boot, parts: RareParts): void {
  const input = boot.findings;
  const platform = input.platform;
  const journal = input.journal;
  const cause = input.cause;
  const wiring = input.wiring;
  const trial = trialOf(journal);
  const records = openRecordReader(partsOf(platform, input.layout, input.layout.records));
  const isPressed = wiring && openPresence(platform.pins, platform.nowMs, wiring.keypad);
  const signals = wiring && openSignals(platform, wiring.led, wiring.beeper);
  const results: (VerifyResult | undefined)[] = [undefined, undefined];
  const ready: (Ready | undefined)[] = [undefined, undefined];
  let verifying: VerifyingImage | undefined;
  let onVerified: (slot: 0 | 1, result: VerifyResult) => void = accept;
  let verifyingSlot: 0 | 1 = 0;
  let keyWasDown = false;
  let waitUntilMs = 0;

  function turn(): void {
    const untilMs = platform.nowMs() + TURN_MS;
    platform.feedWatchdog();
    listen();
    while (platform.nowMs() < untilMs) {
      if (verifying) step(verifying);
      else {
        const next = input.identityRecord ? decide(facts) : actionOf(ENTER_SAFE_MODE, 7, 0, IDENTITY_LOST);
        if (next.do === RUN || next.do === ENTER_SAFE_MODE) return finish(next);
        perform(next);
      }
    }
    platform.after(0, turn);
  }

  /** Answers a key that was pressed meanwhile with "wait". */
  function listen(): void {
    const down = !!isPressed && isPressed();
    if (down && !keyWasDown && signals) {
      signals.play(WAIT);
      waitUntilMs = platform.nowMs() + WAIT_MS;
    }
    keyWasDown = down;
  }

  function step(under: VerifyingImage): void {
    const result = under.step(LONG_STEP);
    if (!result) return;
    verifying = undefined;
    onVerified(verifyingSlot, result);
  }

  function perform(next: BootAction): void {
    if (next.do === VERIFY) verify(next.slot, accept, boot.confirmedImage);
    else if (next.do === REBUILD) verify(0, gather, boot.confirmedImage);
    else if (next.do === USE_ATTEMPT) useAttempt();
    else if (next.do === END_TRIAL) endTrial(next.reason);
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
    const source = slotOf(boot, slot);
    onVerified = then;
    verifyingSlot = slot;
    verifying = startVerifyImage({
      source, offer: false, slot, slotBytes: source.pages * 4096, identity: identityOf(input.identityRecord!), trust,
      seal: journal.readUnmarked(SEAL_A + slot),
      tools: platform, slh: parts.slh(), startPages: __MAPPED_FLASH__ ? startWhole : startPages,
    });
  }

  /** The image in `slot` has to be the very one that the journal names; anything else there counts as bad. */
  function accept(slot: 0 | 1, result: VerifyResult): void {
    const confirmed = boot.confirmedImage;
    const wanted = facts.trial && facts.trial.slot === slot ? trial!.imageId
      : confirmed && confirmed.slot === slot ? confirmed.imageId : previousIn(journal, slot);
    let code = result.code;
    if (!code && (!wanted || !bytesEqual(wanted, result.imageId!))) code = wanted ? BAD_IMAGE_DIGEST : SLOT_EMPTY;
    if (!code && confirmed && result.image!.counter < confirmed.counter) code = COUNTER_TOO_LOW;
    if (!code) seal(slot, result);
    facts.checked[slot] = code;
    results[slot] = result;
    if (!code) makeReady(slot, result);
  }

  function makeReady(slot: 0 | 1, result: VerifyResult): void {
    const image = result.image!;
    ready[slot] = { image: { slot, version: image.version, imageId: result.imageId! }, body: slotOf(boot, slot).text(HEADER_BYTES, image.bodyBytes) };
  }

  function seal(slot: 0 | 1, result: VerifyResult): void {
    if (!result.sealed && result.seal) journal.append(SEAL_A + slot, result.seal);
  }

  /** Row 0: one slot after the other, in full; then the highest security counter, then the highest version. */
  function gather(slot: 0 | 1, result: VerifyResult): void {
    results[slot] = result;
    if (slot === 0) return verify(1, gather, trustFrom(result));
    const first = results[0]!;
    const trust = first.code ? trustFrom(result) : boot.confirmedImage;
    if (trust !== boot.confirmedImage) return verify(0, gatherAgain, trust);
    rebuild();
  }

  function gatherAgain(_slot: 0 | 1, result: VerifyResult): void {
    results[0] = result;
    rebuild();
  }

  /** What an image that verified and brings a key change would make the lock trust: to judge the other slot by. */
  function trustFrom(result: VerifyResult): Confirmed | undefined {
    const image = result.image;
    if (result.code || !image || !image.keyChange) return boot.confirmedImage;
    return confirmationOf(0, result);
  }

  function confirmationOf(slot: 0 | 1, result: VerifyResult): Confirmed {
    const image = result.image!;
    const confirmed = boot.confirmedImage;
    const keys = keysAfter(image.keyChange, confirmed);
    const counter = confirmed && confirmed.counter > image.counter ? confirmed.counter : image.counter;
    return { slot, version: image.version, counter, keyEpoch: keys.keyEpoch, key: keys.key, imageId: result.imageId! };
  }

  function rebuild(): void {
    const confirmed = boot.confirmedImage;
    let best: 0 | 1 | -1 = -1;
    for (let slot = 0; slot < 2; slot++) {
      const result = results[slot]!;
      if (result.code || (confirmed && result.image!.counter < confirmed.counter)) continue;
      if (best < 0 || higher(result, results[best]!)) best = slot === 0 ? 0 : 1;
    }
    if (best === -1) {
      facts.rebuildFailed = true;
      return;
    }
    const result = results[best]!;
    const fresh = confirmationOf(best, result);
    if (!journal.valid && !journal.format() && !boot.asleep) markStarted(journal, cause, boot.counts);
    journal.append(CONFIRM, encodeConfirmed(fresh));
    seal(best, result);
    journal.append(VERDICT, encodeVerdict(REBUILT, JOURNAL_LOST, fresh));
    boot.confirmedImage = fresh;
    facts.journal = true;
    facts.confirmedSlot = best;
    facts.checked[best] = 0;
    makeReady(best, result);
  }

  function finish(last: BootAction): void {
    const slot = last.slot;
    const chosen = ready[slot];
    // "Wait" is said to its end before something else is launched: half of it means something else.
    const delayMs = waitUntilMs - platform.nowMs();
    if (!journal.valid) journal.format();
    if (last.do === RUN && chosen) {
      if (last.row === 6) {
        // First, so that no cut leaves the image that takes over with the crashes of the one before.
        markStarted(journal, cause, boot.counts, true);
        journal.append(CONFIRM, encodeConfirmed(confirmationOf(slot, results[slot]!)));
      }
      if (last.row > 4) recordVerdict(last.row === 5 ? DEGRADED : FELL_BACK, last.reason, chosen.image);
      return run(boot, last, chosen.image, chosen.body, delayMs);
    }
    const image = boot.confirmedImage || decodeTrial(new Uint8Array(44));
    recordVerdict(SAFE_MODE, last.reason, image);
    if (!boot.asleep) markLaunched(journal, RAN_SAFE_MODE, boot.counts);
    input.launch(delayMs, parts.safeMode(), handoverOf(boot, last, image), parts.shared);
  }

  /** The same verdict again writes nothing: a lock that stays in safe mode must not wear its journal out. */
  function recordVerdict(result: number, reason: ErrorCode, about: Trial): void {
    const last = journal.read(VERDICT);
    if (!boot.asleep && !(last && last[1] === result && last[2] === reason)) journal.append(VERDICT, encodeVerdict(result, reason, about));
  }

  /** `*` and `#` held from power-on for three seconds: safe mode, whatever the slots hold. */
  function watchChord(keys: MatrixWiring, sinceMs: number): void {
    const heldMs = platform.nowMs() - sinceMs;
    platform.feedWatchdog();
    if (heldMs >= CHORD_SEEN_MS && !chordDown(platform.pins, keys)) return turn();
    if (heldMs >= CHORD_MS) {
      facts.safeModeRequested = true;
      return turn();
    }
    if (signals && heldMs < CHORD_TURN_MS) signals.play(WAIT);
    platform.after(CHORD_TURN_MS, function () {
      watchChord(keys, sinceMs);
    });
  }

  /**
   * What the journal says may be older than what it said before: the record store has a copy of the floors. It is put right at once, because
   * the page that shows the damage may be erased before the next start.
   */
  function mergeFloor(): void {
    const merged = confirmedFloor(journal, records);
    const kept = journal.read(CONFIRM);
    if (merged && kept && !boot.asleep && !bytesEqual(kept, encodeConfirmed(merged))) journal.append(CONFIRM, encodeConfirmed(merged));
    boot.confirmedImage = merged;
  }

  journal.writes = true;
  if (!journal.sure) mergeFloor();
  const known = boot.confirmedImage;
  const facts = factsOf(
    boot, trial, !!known && !!previousIn(journal, known.slot === 0 ? 1 : 0),
    !trial || !wiring || radioAllowed(openMeter(platform, wiring.battery, records), wiring.battery),
  );
  if (wiring && wiring.keypad.type === 'matrix' && input.keyDown) watchChord(wiring.keypad, platform.nowMs());
  else platform.after(0, turn);
}

/** What `decide` begins with. */
export function factsOf(boot: Boot, trial: Trial | undefined, otherOnceConfirmed: boolean, powerForRadio: boolean): BootFacts {
  const journal = boot.findings.journal;
  const confirmed = boot.confirmedImage;
  const counts = boot.counts;
  return {
    journal: journal.valid && !!confirmed,
    rebuildFailed: false,
    safeModeRequested: boot.findings.strapClosed || counts[SAFE_MODE_PLANNED]! > 0,
    startsWithoutLaunch: counts[STARTS_WITHOUT_LAUNCH]!,
    confirmedSlot: confirmed ? confirmed.slot : 0,
    otherOnceConfirmed,
    trial: trial && { slot: trial.slot, attemptsUsed: attemptsUsed(journal), marked: false, unmarkable: false },
    powerForRadio,
    crashLooping: isCrashLooping(counts, boot.findings.cause),
    degradedCrashed: counts[DEGRADED_UNCLEAN]! > 0,
    checked: [undefined, undefined],
  };
}

function higher(a: VerifyResult, b: VerifyResult): boolean {
  const difference = a.image!.counter - b.image!.counter || compareVersions(a.image!.version, b.image!.version);
  return difference > 0;
}
