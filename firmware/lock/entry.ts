/** What a person types: digits, ended by `#`, cleared by `*` or by ten seconds of doing nothing. */

export const ENTRY_MAX = 12;
export const ENTRY_TIMEOUT_MS = 10000;

/** The caller's record, changed in place by `stepEntry`. */
export interface Entry {
  /** ASCII digits. Overwritten as soon as they are not needed. */
  digits: Uint8Array;
  /** Digits typed; `ENTRY_MAX + 1` = more than fit. */
  count: number;
  lastMs: number;
}

export const NOTHING = 0;
export const DIGIT = 1;
export const CLEARED = 2;
/** `#` after 1 to 12 digits. The caller reads the digits and calls `wipeEntry`. */
export const SUBMITTED = 3;
/** `#` alone. */
export const HASH_ALONE = 4;
/** `#` after more than 12 digits, which are no code of any kind. */
export const TOO_LONG = 5;

export function newEntry(): Entry {
  return { digits: new Uint8Array(ENTRY_MAX), count: 0, lastMs: 0 };
}

export function wipeEntry(entry: Entry): void {
  entry.digits.fill(0);
  entry.count = 0;
}

/** One key, or `''` for the passing of time. Returns one of the constants above. */
export function stepEntry(entry: Entry, key: string, nowMs: number): number {
  if (entry.count && nowMs - entry.lastMs >= ENTRY_TIMEOUT_MS) {
    wipeEntry(entry);
    if (!key) return CLEARED;
  }
  if (!key) return NOTHING;
  entry.lastMs = nowMs;
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
