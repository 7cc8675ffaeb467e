/** What a person types: digits, ended by `#`, cleared by `*` or by ten seconds of doing nothing. */
import { TOO_MANY_KEYS, type ErrorCode } from '../errors.js';
import { HELD, STUCK } from './keypad-parts.js';

export const ENTRY_MAX = 12;
export const ENTRY_TIMEOUT_MS = 10000;

/** The caller's record, changed in place by `stepEntry`. */
export interface Entry {
  /** ASCII digits. Overwritten as soon as they are not needed. */
  digits: Uint8Array;
  /** Digits typed; `ENTRY_MAX + 1` = more than fit. */
  count: number;
  lastMs: number;
  /** Keys since `keysSinceMs`, a minute ago at most, without a right code. */
  keys: number;
  keysSinceMs: number;
  /** `nowMs` until which the keypad takes nothing: somebody plays with it. */
  restsUntilMs: number;
}

/**
 * More keys in a minute than people type who do not know what to type: five tries of a recovery code are 65, and after that codes are
 * disabled anyway.
 */
export const KEYS_MAX = 80;
const MINUTE_MS = 60000;
/** The keypad rests for this long then. */
export const REST_MS = 30000;

export const NOTHING = 0;
export const DIGIT = 1;
export const CLEARED = 2;
/** `#` after 1 to 12 digits. The caller reads the digits and calls `wipeEntry`. */
export const SUBMITTED = 3;
/** `#` alone. */
export const HASH_ALONE = 4;
/** `#` after more than 12 digits, which are no code of any kind. */
export const TOO_LONG = 5;
/** A card's number; what was typed before it is forgotten. */
export const CARD = 6;

export function newEntry(): Entry {
  return { digits: new Uint8Array(ENTRY_MAX), count: 0, lastMs: 0, keys: 0, keysSinceMs: 0, restsUntilMs: 0 };
}

export function wipeEntry(entry: Entry): void {
  entry.digits.fill(0);
  entry.count = 0;
}

/** What `Keypad.poll` gave, or `''` for the passing of time. Returns one of the constants above. */
export function stepEntry(entry: Entry, key: string, nowMs: number): number {
  if (entry.count && nowMs - entry.lastMs >= ENTRY_TIMEOUT_MS) {
    wipeEntry(entry);
    if (!key) return CLEARED;
  }
  if (!key || key === STUCK || key.charAt(0) === HELD) return NOTHING;
  entry.lastMs = nowMs;
  if (key.length > 1) {
    wipeEntry(entry);
    return CARD;
  }
  if (key === '#') {
    if (!entry.count) return HASH_ALONE;
    if (entry.count <= ENTRY_MAX) return SUBMITTED;
  }
  if (key === '#' || key === '*') {
    wipeEntry(entry);
    return key === '#' ? TOO_LONG : CLEARED;
  }
  if (entry.count < ENTRY_MAX) entry.digits[entry.count] = key.charCodeAt(0);
  if (entry.count <= ENTRY_MAX) entry.count++;
  return DIGIT;
}

/**
 * Counts a key, before anything else is done with it; not those of somebody whose code was right, in the menu. `TOO_MANY_KEYS` once: from
 * now on, until `restsUntilMs`, the caller takes no key and no card, and lets the keypad say so.
 */
export function countKey(entry: Entry, nowMs: number): ErrorCode {
  if (nowMs < entry.restsUntilMs) return 0;
  if (nowMs - entry.keysSinceMs >= MINUTE_MS) {
    entry.keysSinceMs = nowMs;
    entry.keys = 0;
  }
  if (entry.keys++ < KEYS_MAX) return 0;
  entry.keys = 0;
  entry.restsUntilMs = entry.keysSinceMs = nowMs + REST_MS;
  wipeEntry(entry);
  return TOO_MANY_KEYS;
}

/** A code was right. */
export function forgiveKeys(entry: Entry): void {
  entry.keys = entry.restsUntilMs = 0;
}
