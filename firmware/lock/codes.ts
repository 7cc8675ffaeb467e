/**
 * Codes at the keypad. What is stored of a code is its tag: the first 16 bytes of
 *
 *   x(0) = SHA-256( codeSalt (16 bytes) | digits (ASCII) )
 *   x(i) = SHA-256( x(i-1) ),   i = 1 .. iterations
 *
 * that is of x(iterations). The identity keeps all 32 bytes of the recovery code's. The salt is the lock's own secret: tags of one lock
 * are worth nothing on another. Iterations are the wiring record's `stretch`.
 *
 * A PIN has 4 to 10 digits, the recovery code 12. The code of a card is the text `c` and the card's number in decimal, which nobody can
 * type; what is said of digits here holds for it.
 *
 * Code tables (`tables.ts`, first key `CODES`) have entries of 20 bytes:
 *
 *    0 16 tag
 *   16  1 user number, 1 to 250. One user may have several codes: each has its entry, and the bytes below are the same in all of them
 *   17  1 Matter's user type in bits 0 to 3; bit 5: this code is a card's; bit 6: used up; bit 7: disabled
 *   18  2 not 0: opens only while one of the user's schedules says so, whatever the type
 *
 * An entry with another user number is nobody's: it opens nothing, and does not stand in the way of another entry with that tag.
 */
import { CODES, MASTER } from '../flash/keys.js';
import { readU16 } from '../flash/bytes.js';
import { TRIES } from '../flash/kinds.js';
import { FLASH_READ_BACK, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import { DISABLE_TIME, WRONG_CODE_LIMIT, wordSetting } from './settings.js';
import { MASTER_USER, NOBODY, RECOVERY_USER } from './states.js';
import { eachEntry, NEXT, STOP, type Wires, type WritableRecords } from './tables.js';

export const TAG_BYTES = 16;
export const USERS_MAX = 250;
/** Offsets in an entry. */
export const USER_AT = 16;
export const TYPE_AT = 17;
export const SCHEDULE_AT = 18;
/** Of byte 17. */
export const TYPE_BITS = 0x0f;
export const CARD_CODE = 0x20;
export const USED_UP = 0x40;
export const DISABLED_USER = 0x80;

/**
 * Each hash takes some free variables in a row and leaves them elsewhere in the list of free ones, where the next has to look for others: from about a
 * hundred on that takes longer than hashing. A collection puts the list in order.
 */
const ITERATIONS_A_COLLECTION = 94;
/** Hashing about 30 ms of an ESP32; with collections and everything else, the turn takes 48 to 60 (calculated from samples on the Linux interpreter). */
const COLLECTIONS_A_TURN = 3;

export type CodeRecords = Pick<WritableRecords, 'get'>;
/** What of `Journal` tries need. */
export interface TryJournal {
  read(kind: number): Uint8Array | undefined;
  append(kind: number, payload: Uint8Array, markWords?: number): ErrorCode;
  mark(kind: number, index: number, value?: number): ErrorCode;
  markAt(kind: number, index: number): number;
  firstUnused(kind: number): number;
}

/** A code being stretched. */
export interface Stretch {
  value: Uint8Array;
  left: number;
}

/** Begins with the digits at the start of `digits`, and leaves no copy of them. */
export function startStretch(sha256: Platform['sha256'], salt: Uint8Array, digits: Uint8Array, count: number, iterations: number): Stretch {
  const message = new Uint8Array(salt.length + count);
  message.set(salt);
  for (let i = 0; i < count; i++) message[salt.length + i] = digits[i]!;
  const value = sha256(message);
  message.fill(0);
  return { value, left: iterations };
}

/** One turn's share; true when `value` is ready. Loop and hash are the interpreter's own: nothing of it is JavaScript. */
export function stepStretch(stretch: Stretch, platform: Pick<Platform, 'digest' | 'collect'>): boolean {
  for (let i = 0; i < COLLECTIONS_A_TURN && stretch.left; i++) {
    const count = stretch.left < ITERATIONS_A_COLLECTION ? stretch.left : ITERATIONS_A_COLLECTION;
    platform.collect();
    stretch.value = new Uint8Array(new Uint8Array(count).reduce(platform.digest as (value: Uint8Array) => Uint8Array, stretch.value));
    stretch.left -= count;
  }
  return !stretch.left;
}

/** Whose code it is. */
export interface Holder {
  /** 1..250, `MASTER_USER`, `RECOVERY_USER`, or `NOBODY`. */
  user: number;
  type: number;
  /** `USED_UP`, `DISABLED_USER` and `CARD_CODE`, or 0. */
  status: number;
  schedule: number;
}

/** Finds the holder of a stretched code. What changes a user (access.ts, users.ts) goes by the number. */
export function holderOf(platform: Wires, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array): Holder {
  const whole = platform.toWire(value);
  const tag = whole.substr(0, TAG_BYTES);
  const master = records.get(MASTER);
  const holder: Holder = { user: NOBODY, type: 0, status: 0, schedule: 0 };
  if (whole === platform.toWire(recoveryHash)) holder.user = RECOVERY_USER;
  else if (master && platform.toWire(master) === tag) holder.user = MASTER_USER;
  else eachEntry(platform, records, CODES, 0, tag, (bytes, at) => {
    const user = bytes[at + USER_AT]!;
    if (!user || user > USERS_MAX) return NEXT;
    holder.user = user;
    holder.type = bytes[at + TYPE_AT]! & TYPE_BITS;
    holder.status = bytes[at + TYPE_AT]! & ~TYPE_BITS;
    holder.schedule = readU16(bytes, at + SCHEDULE_AT);
    return STOP;
  });
  return holder;
}

/**
 * Tries of codes. Journal kind `TRIES`: payload { wrong tries so far u8 }, then one mark a try (value 1), one when a right code took
 * the count back to zero (value 2), and one when a code was right and refused, so that its try was none (value 3). A torn mark counts
 * as a try.
 *
 * A right code that is refused (disabled, used up, not at this time, not in this mode) leaves the count as it was before it. It is no
 * guess, so it must not bring the wait nearer; and it does not take the count back, or whoever holds one old code could guess for ever,
 * typing it after every fourth guess.
 */
export interface Tries {
  /** Wrong tries since the last right code. */
  count(): number;
  /** Before a code is compared. Counts in RAM where the journal cannot. */
  mark(): void;
  /** After a right code. `refused`: it may not open now, and only its own try is taken back. */
  clear(refused?: boolean): void;
  /** How long codes are disabled now, from the last wrong try or the last start. */
  delayMs(): number;
}

const TRY = 1;
const RIGHT = 2;
const NO_TRY = 3;
const TRY_MARKS = 64;

/** `first` seconds at the limit (Matter's UserCodeTemporaryDisableTime), doubling with each further try, at most 255 s. */
export function disableSeconds(count: number, limit: number, first: number): number {
  const over = count - limit;
  const seconds = over < 0 ? 0 : over > 7 ? 255 : first << over;
  return seconds > 255 ? 255 : seconds;
}

/** `settings`: limit and first wait, read at each wrong code. */
export function openTries(journal: TryJournal, settings: Uint8Array): Tries {
  let count = 0;
  const record = journal.read(TRIES);
  let ready = record !== undefined;
  if (record) {
    count = record[0]!;
    for (let i = 0; i < TRY_MARKS; i++) {
      const value = journal.markAt(TRIES, i);
      if (value === -1) break;
      count = value === RIGHT ? 0 : value !== NO_TRY ? count + 1 : count ? count - 1 : 0;
    }
  }
  /** After a failure the next write begins a new record, with the count that RAM kept. */
  function write(value: number, before: number): ErrorCode {
    let code = FLASH_READ_BACK;
    try {
      let next = ready ? journal.firstUnused(TRIES) : TRY_MARKS;
      code = 0;
      // A try begins only where its end has room too.
      if (next >= TRY_MARKS - (value === TRY ? 1 : 0)) {
        code = journal.append(TRIES, new Uint8Array([before > 250 ? 250 : before]), TRY_MARKS);
        next = 0;
      }
      code = code || journal.mark(TRIES, next, value);
    } catch (error) {
      code = FLASH_READ_BACK;
    }
    ready = !code;
    return code;
  }
  function waitMs(): number {
    return 1000 * disableSeconds(count, settings[WRONG_CODE_LIMIT]!, wordSetting(settings, DISABLE_TIME));
  }
  return {
    count: () => count,
    mark: () => {
      write(TRY, count++);
    },
    clear: (refused) => {
      const before = refused ? count : 0;
      count = refused && count ? count - 1 : 0;
      const value = refused ? NO_TRY : RIGHT;
      if (write(value, before)) write(value, before);
    },
    delayMs: waitMs,
  };
}
