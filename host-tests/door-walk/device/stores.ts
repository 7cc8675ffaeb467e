/**
 * Records and the journal of tries in RAM: each write is the old value or the new one, whatever happens. A mark can be torn. They
 * take time, as flash does, and erase a page now and then.
 */
import { CALIBRATION, LOG_FIRST, LOG_LAST, PENDING } from '../../../firmware/flash/keys.js';
import { FLASH_READ_BACK, JOURNAL_FULL, type ErrorCode } from '../../../firmware/errors.js';
import type { TryJournal } from '../../../firmware/lock/codes.js';
import type { WritableRecords } from '../../../firmware/lock/tables.js';
import { READ, STORED, TRY, WIPED, type See } from './seen.js';

/** What becomes of a write. */
export const WRITTEN = 0;
export const REFUSED_WRITE = 1;
/** The power goes before it. */
export const STAYED_OLD = 2;
/** The power goes inside it: a mark is torn, anything else is as before. */
export const TORN = 3;

const ENTRY_BYTES = 16;
const MARKS = 64;
/** A mark that was cut. */
const TORN_VALUE = 0x55;
const SET_MS = 1.5;
const MARK_MS = 0.5;
const ERASE_MS = 45;
/** One page is erased for so many writes. */
const WRITES_A_PAGE = 40;

export interface Stores {
  records: WritableRecords;
  journal: TryJournal;
  /** As it is in flash, without anybody noticing. */
  peek(key: number): Uint8Array | undefined;
  /** What a start makes of an ordered hard reset, in one step; that of the real store is walked by host-tests/explorer. */
  wipe(): ErrorCode;
}

/** `write` decides about each write, after `ms` of it. */
export function openStores(see: See, elapse: (ms: number) => void, write: () => number): Stores {
  const low: (Uint8Array | undefined)[] = [];
  const log = new Uint8Array((LOG_LAST - LOG_FIRST + 1) * ENTRY_BYTES);
  const logged = new Uint8Array(LOG_LAST - LOG_FIRST + 1);
  const marks = new Int16Array(MARKS);
  let payload: Uint8Array | undefined;
  let writes = 0;

  function time(ms: number): void {
    elapse(++writes % WRITES_A_PAGE ? ms : ms + ERASE_MS);
  }
  function peek(key: number): Uint8Array | undefined {
    if (key < LOG_FIRST) return low[key];
    const index = key - LOG_FIRST;
    return logged[index] ? log.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES) : undefined;
  }
  function keep(key: number, bytes: Uint8Array): void {
    if (key < LOG_FIRST) low[key] = bytes.length ? new Uint8Array(bytes) : undefined;
    else {
      log.set(bytes, (key - LOG_FIRST) * ENTRY_BYTES);
      logged[key - LOG_FIRST] = 1;
    }
  }
  function set(key: number, bytes: Uint8Array): ErrorCode {
    time(SET_MS);
    const what = write();
    if (what === WRITTEN) keep(key, bytes);
    const code = what ? FLASH_READ_BACK : 0;
    if (what < STAYED_OLD) see(STORED, key, code, bytes);
    return code;
  }
  function wipe(): ErrorCode {
    time(SET_MS);
    const what = write();
    if (what === WRITTEN) {
      for (let key = 0; key < LOG_FIRST; key++) if (key !== CALIBRATION) low[key] = undefined;
      logged.fill(0);
      low[PENDING] = undefined;
    }
    if (what < STAYED_OLD) see(WIPED, what, 0);
    // Flash that refuses leaves all as it is, and the lock starts with that.
    return what < STAYED_OLD ? 0 : FLASH_READ_BACK;
  }
  function mark(index: number, value: number): ErrorCode {
    time(MARK_MS);
    if (!payload || index >= MARKS || marks[index] !== -1) return JOURNAL_FULL;
    const what = write();
    if (what === WRITTEN || what === TORN) marks[index] = what ? TORN_VALUE : value;
    if (what < STAYED_OLD) see(TRY, value, what ? FLASH_READ_BACK : 0);
    return what ? FLASH_READ_BACK : 0;
  }
  function append(bytes: Uint8Array): ErrorCode {
    time(SET_MS);
    const what = write();
    if (what === WRITTEN) {
      payload = new Uint8Array(bytes);
      for (let i = 0; i < MARKS; i++) marks[i] = -1;
    }
    if (what < STAYED_OLD) see(TRY, 256 + bytes[0]!, what ? FLASH_READ_BACK : 0);
    return what ? FLASH_READ_BACK : 0;
  }
  return {
    peek, wipe,
    records: {
      get: (key) => {
        see(READ, key, 0);
        const found = peek(key);
        return found && new Uint8Array(found);
      },
      set,
    },
    journal: {
      read: () => payload && new Uint8Array(payload),
      append: (_kind, bytes) => append(bytes),
      mark: (_kind, index, value) => mark(index, value === undefined ? 0 : value),
      markAt: (_kind, index) => (payload ? marks[index]! : -1),
      firstUnused: () => {
        for (let i = 0; i < MARKS; i++) if (marks[i] === -1) return i;
        return MARKS;
      },
    },
  };
}
