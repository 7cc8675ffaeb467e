/**
 * Codes at the keypad. What is stored of a code is its tag: the first 16 bytes of
 *
 *   x(0) = SHA-256( codeSalt (16 bytes) | digits (ASCII) )
 *   x(i) = SHA-256( x(i-1) ),   i = 1 .. iterations
 *
 * that is of x(iterations). The identity keeps all 32 bytes of the recovery code's. The salt is the lock's own secret: tags of one lock
 * are worth nothing on another. Iterations are the wiring record's `stretch`.
 *
 * Code tables (record keys `CODES`, then `MORE_CODES`, `MORE_CODES` + 1, ...) are entries of 20 bytes one after the other:
 * tag (16), user number u8 (1..250), Matter user type u8, schedule u16 (low byte first; 0 = none). A table has up to 51 entries.
 */
import { CODES, MASTER, MORE_CODES } from '../flash/keys.js';
import { TRIES } from '../flash/kinds.js';
import { FLASH_READ_BACK, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import { MASTER_USER, NOBODY, RECOVERY_USER } from './states.js';

export const TAG_BYTES = 16;
export const CODE_ENTRY_BYTES = 20;
export const CODES_PER_TABLE = 51;
export const CODE_TABLES = 5;

/** About 25 ms of an ESP32: with everything else a turn does, and a collection of memory in every other one, below 50 ms. */
export const ITERATIONS_A_TURN = 48;

/** What of `Records` and `Journal` codes need. */
export interface CodeRecords {
  get(key: number): Uint8Array | undefined;
}
export interface TryJournal {
  read(kind: number): Uint8Array | undefined;
  append(kind: number, payload: Uint8Array, markWords?: number): ErrorCode;
  mark(kind: number, index: number, value?: number): ErrorCode;
  markAt(kind: number, index: number): number;
  firstUnused(kind: number): number;
}

type Sha256 = Platform['sha256'];

/** A code being stretched. */
export interface Stretch {
  value: Uint8Array;
  left: number;
}

/** Begins with the digits at the start of `digits`, and leaves no copy of them. */
export function startStretch(sha256: Sha256, salt: Uint8Array, digits: Uint8Array, count: number, iterations: number): Stretch {
  const message = new Uint8Array(salt.length + count);
  message.set(salt);
  for (let i = 0; i < count; i++) message[salt.length + i] = digits[i]!;
  const value = sha256(message);
  message.fill(0);
  return { value, left: iterations };
}

/** One turn of at most 50 ms; true when `value` is ready. The loop is the interpreter's own: `reduce` calls the hash directly. */
export function stepStretch(stretch: Stretch, sha256: Sha256): boolean {
  const count = stretch.left < ITERATIONS_A_TURN ? stretch.left : ITERATIONS_A_TURN;
  if (count) stretch.value = new Uint8Array(count).reduce(sha256 as (value: Uint8Array) => Uint8Array, stretch.value);
  stretch.left -= count;
  return !stretch.left;
}

/** Whose code it is. */
export interface Holder {
  /** 1..250, `MASTER_USER`, `RECOVERY_USER`, or `NOBODY`. */
  user: number;
  type: number;
  schedule: number;
}

export function tableKey(table: number): number {
  return table ? MORE_CODES + table - 1 : CODES;
}

/** Finds the holder of a stretched code. Native string searches: comparing 100 tags one by one takes an ESP32 a quarter of a second. */
export function holderOf(platform: Platform, records: CodeRecords, recoveryHash: Uint8Array, value: Uint8Array): Holder {
  const whole = platform.toWire(value);
  if (whole === platform.toWire(recoveryHash)) return { user: RECOVERY_USER, type: 0, schedule: 0 };
  const tag = whole.substr(0, TAG_BYTES);
  const master = records.get(MASTER);
  if (master && platform.toWire(master) === tag) return { user: MASTER_USER, type: 0, schedule: 0 };
  for (let table = 0; table < CODE_TABLES; table++) {
    const bytes = records.get(tableKey(table));
    if (!bytes) continue;
    const at = entryIn(platform.toWire(bytes), tag);
    if (at >= 0) return { user: bytes[at + 16]!, type: bytes[at + 17]!, schedule: bytes[at + 18]! + bytes[at + 19]! * 256 };
  }
  return { user: NOBODY, type: 0, schedule: 0 };
}

/**
 * Offset of the entry with that tag, or -1. A hit is compared again: Espruino's `indexOf` also finds the beginning of the tag at the
 * very end of the table, and from there it never gets any further.
 */
export function entryIn(table: string, tag: string): number {
  let at = -1;
  for (let from = 0; from <= table.length - tag.length; from = at + 1) {
    at = table.indexOf(tag, from);
    if (at < from) return -1;
    if (at % CODE_ENTRY_BYTES === 0 && table.substr(at, tag.length) === tag) return at;
  }
  return -1;
}

/**
 * Tries of codes. Journal kind `TRIES`: payload { wrong tries so far u8 }, then one mark a try (value 1) and one when a right code took
 * the count back to zero (value 2). A torn mark counts as a try.
 */
export interface Tries {
  /** Wrong tries since the last right code. */
  count(): number;
  /** Before a code is compared. Counts in RAM where the journal cannot. */
  mark(): void;
  /** After a right code. */
  clear(): void;
  /** How long codes are disabled now, from the last wrong try or the last start. */
  delayMs(): number;
}

const TRY = 1;
const RIGHT = 2;
const TRY_MARKS = 64;
export const WRONG_CODE_LIMIT = 5;

/** 10 s at the limit, doubling with each further try, at most 255 s (Matter's UserCodeTemporaryDisableTime). */
export function disableSeconds(count: number, limit: number): number {
  const over = count - limit;
  return over < 0 ? 0 : over > 4 ? 255 : 10 << over;
}

export function openTries(journal: TryJournal, limit: number): Tries {
  let count = 0;
  const record = journal.read(TRIES);
  let ready = record !== undefined;
  if (record) {
    count = record[0]!;
    for (let i = 0; i < TRY_MARKS; i++) {
      const value = journal.markAt(TRIES, i);
      if (value === -1) break;
      count = value === RIGHT ? 0 : count + 1;
    }
  }
  function write(value: number, before: number): ErrorCode {
    try {
      let next = ready ? journal.firstUnused(TRIES) : TRY_MARKS;
      // A try begins only where its RIGHT has room too.
      if (next >= TRY_MARKS - (value === TRY ? 1 : 0)) {
        const code = journal.append(TRIES, new Uint8Array([before > 250 ? 250 : before]), TRY_MARKS);
        if (code) return code;
        ready = true;
        next = 0;
      }
      return journal.mark(TRIES, next, value);
    } catch (error) {
      return FLASH_READ_BACK;
    }
  }
  return {
    count: () => count,
    mark: () => {
      write(TRY, count++);
    },
    clear: () => {
      count = 0;
      if (write(RIGHT, 0)) write(RIGHT, 0);
    },
    delayMs: () => disableSeconds(count, limit) * 1000,
  };
}
