/**
 * The journal records that boot and update share: what is confirmed, what is on trial, what became of the last trial.
 * All numbers little-endian. Every record is one atomic append; which of them counts follows from their sequence alone.
 */
import type { ErrorCode } from '../errors.js';
import { bytesOfWords, readU32 } from '../flash/bytes.js';
import { FLOOR } from '../flash/keys.js';
import { CONFIRM, PREVIOUS, ROLLBACK, TRIAL } from '../flash/kinds.js';
import type { Journal } from '../flash/journal.js';
import type { RecordReader } from '../flash/record-reader.js';
import { readVersion, writeVersion, type Version } from '../image/version.js';

/** The image that runs when nothing is on trial, and the floors that came with it. Journal kind CONFIRM, 84 bytes. */
export interface Confirmed {
  slot: 0 | 1;
  version: Version;
  /** Security counter floor: an image with a lower one is refused. */
  counter: number;
  /** 0: the factory keys count. Above: only `key`, and the confirmed image itself. */
  keyEpoch: number;
  key: Uint8Array;
  /** SHA-256 of the signed message. */
  imageId: Uint8Array;
}

/** An image to be tried. Journal kind TRIAL, 44 bytes; its first TRIAL_ATTEMPTS marks are the attempts used. */
export interface Trial {
  slot: 0 | 1;
  version: Version;
  imageId: Uint8Array;
}

export const TRIAL_ATTEMPTS = 3;

/** What became of an image. Journal kinds VERDICT and ROLLBACK, 44 bytes. */
export interface Verdict {
  result: VerdictResult;
  /** Error code that says why, 0 for `applied`. */
  reason: number;
  slot: 0 | 1;
  version: Version;
  imageId: Uint8Array;
}

export const APPLIED = 1;
export const ROLLED_BACK = 2;
export const FELL_BACK = 3;
export const DEGRADED = 4;
export const REBUILT = 5;
export const SAFE_MODE = 6;
/** An upload was given up; slot and reason count, version and id are zero. */
export const ABORTED = 7;
export type VerdictResult = number;

const CONFIRMED_BYTES = 84;

export function encodeConfirmed(confirmed: Confirmed): Uint8Array {
  const bytes = new Uint8Array(CONFIRMED_BYTES);
  bytes[0] = confirmed.slot;
  writeVersion(bytes, 4, confirmed.version);
  bytes.set(bytesOfWords([confirmed.counter, confirmed.keyEpoch]), 12);
  bytes.set(confirmed.key, 20);
  bytes.set(confirmed.imageId, 52);
  return bytes;
}

export function decodeConfirmed(bytes: Uint8Array): Confirmed {
  return {
    slot: bytes[0] === 1 ? 1 : 0,
    version: readVersion(bytes, 4),
    counter: readU32(bytes, 12),
    keyEpoch: readU32(bytes, 16),
    key: bytes.subarray(20, 52),
    imageId: bytes.subarray(52, 84),
  };
}

export function encodeTrial(trial: Trial): Uint8Array {
  return encodeVerdict(0, 0, trial);
}

export function decodeTrial(bytes: Uint8Array): Trial {
  return decodeVerdict(bytes);
}

export function encodeVerdict(result: VerdictResult, reason: ErrorCode, image: Trial): Uint8Array {
  const bytes = new Uint8Array(44);
  bytes[0] = image.slot;
  bytes[1] = result;
  bytes[2] = reason;
  writeVersion(bytes, 4, image.version);
  bytes.set(image.imageId, 12);
  return bytes;
}

export function decodeVerdict(bytes: Uint8Array): Verdict {
  return {
    slot: bytes[0] === 1 ? 1 : 0, result: bytes[1]!, reason: bytes[2]!, version: readVersion(bytes, 4), imageId: bytes.subarray(12, 44),
  };
}

/** The confirmed image, if the journal knows one. */
export function confirmedOf(journal: Journal): Confirmed | undefined {
  const bytes = journal.read(CONFIRM);
  return bytes && decodeConfirmed(bytes);
}

/** A trial is set or running: newer than the last confirmation and the last rollback. */
export function isTrialSet(journal: Journal): boolean {
  const sequence = journal.sequenceOf(TRIAL);
  return sequence > 0 && sequence >= journal.sequenceOf(CONFIRM) && sequence >= journal.sequenceOf(ROLLBACK);
}

/** The trial that is set or running. */
export function trialOf(journal: Journal): Trial | undefined {
  return isTrialSet(journal) ? decodeTrial(journal.read(TRIAL)!) : undefined;
}

/** Attempts of the current trial that were used, torn marks included. */
export function attemptsUsed(journal: Journal): number {
  const used = journal.firstUnused(TRIAL);
  return used < TRIAL_ATTEMPTS ? used : TRIAL_ATTEMPTS;
}

/**
 * The confirmed image and its floors: the journal's record or its copy in the record store, whichever has the higher key epoch,
 * then the higher security counter. One of them can be older after a page was lost; floors never fall.
 */
export function confirmedFloor(journal: Journal, records: RecordReader): Confirmed | undefined {
  const first = confirmedOf(journal);
  const bytes = records.get(FLOOR);
  const copy = bytes && bytes.length === CONFIRMED_BYTES ? decodeConfirmed(bytes) : undefined;
  if (!first || !copy) return first || copy;
  const higher = copy.keyEpoch - first.keyEpoch || copy.counter - first.counter;
  return higher > 0 ? copy : first;
}

/**
 * Confirms an image: names the one before (PREVIOUS), then ONE journal record switches image, counter and key together. A cut
 * between the two leaves the old or the new state. The app keeps a copy in the record store (`FLOOR`).
 */
export function confirmImage(journal: Journal, before: Confirmed | undefined, image: Confirmed): ErrorCode {
  if (before) {
    const previous = new Uint8Array(36);
    previous[0] = before.slot;
    previous.set(before.imageId, 4);
    const code = journal.append(PREVIOUS, previous);
    if (code) return code;
  }
  return journal.append(CONFIRM, encodeConfirmed(image));
}

/** Image id that was confirmed in `slot` before the present one, if any. */
export function previousIn(journal: Journal, slot: 0 | 1): Uint8Array | undefined {
  const previous = journal.read(PREVIOUS);
  return previous && previous[0] === slot ? previous.subarray(4, 36) : undefined;
}
