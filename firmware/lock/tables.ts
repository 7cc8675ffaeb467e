/**
 * Tables of entries of one size in the record store: as many as fit a record, packed, in records that follow one another. An entry is
 * found by a native string search for some of its bytes: looking at 100 entries one by one takes an ESP32 a quarter of a second.
 * What does not fill an entry at the end of a record is not read, and gone with the next change of that record.
 *
 *   first key    entry bytes   records   entries of each
 *   CODES             20          5            51
 *   SCHEDULES         16          4            64
 *   HOLIDAYS          16          1            64
 */
import { CODES, HOLIDAYS, MORE_CODES } from '../flash/keys.js';
import { VALUE_MAX } from '../flash/record-format.js';
import type { ErrorCode } from '../errors.js';
import type { Wire } from '../platform/types.js';

/** What of `Records` tables need. */
export interface WritableRecords {
  get(key: number): Uint8Array | undefined;
  set(key: number, bytes: Uint8Array): ErrorCode;
}
/** What of `Platform` tables need. */
export interface Wires {
  toWire(bytes: Uint8Array): Wire;
}

export const CODE_ENTRY_BYTES = 20;
export const SCHEDULE_ENTRY_BYTES = 16;

function entryBytes(first: number): number {
  return first === CODES ? CODE_ENTRY_BYTES : SCHEDULE_ENTRY_BYTES;
}

export function tablesOf(first: number): number {
  return first === CODES ? 5 : first === HOLIDAYS ? 1 : 4;
}

/** Record key of a table; `table` from 0. */
export function tableKey(first: number, table: number): number {
  return first === CODES && table ? MORE_CODES + table - 1 : first + table;
}

/** A byte as it stands in the text of a table. */
export function byteText(byte: number): Wire {
  return String.fromCharCode(byte);
}

/**
 * Offset of the first entry from `from` on whose bytes at `offset` are `needle`, or -1. A hit is compared again: Espruino's `indexOf`
 * also finds the beginning of the needle at the very end of the table, and from there it never gets any further.
 */
export function entryIn(table: Wire, needle: Wire, size: number, offset: number, from: number): number {
  let at = from + offset;
  while (at <= table.length - needle.length) {
    const hit = table.indexOf(needle, at);
    if (hit < at) return -1;
    const entry = hit - offset;
    if (entry % size === 0 && entry + size <= table.length && table.substr(hit, needle.length) === needle) return entry;
    at = hit + 1;
  }
  return -1;
}

// What a visitor says of an entry
export const NEXT = 0;
/** Enough: no further entry is visited, and nothing of this table is written. */
export const STOP = 1;
export const REMOVE = 2;

/**
 * Calls `visit` with each entry whose bytes at `offset` are `needle`; it may change them in place. One write a table, none where nothing
 * differs. A cut between two tables leaves the later ones as they were, and the same call goes on from there.
 */
export function eachEntry(
  platform: Wires, records: WritableRecords, first: number, offset: number, needle: Wire, visit: (bytes: Uint8Array, at: number, table: number) => number,
): ErrorCode {
  const size = entryBytes(first);
  const tables = tablesOf(first);
  // `tableKey` for all but the first.
  const more = tableKey(first, 1) - 1;
  for (let table = 0; table < tables; table++) {
    const key = table ? more + table : first;
    const bytes = records.get(key);
    if (!bytes) continue;
    const text = platform.toWire(bytes);
    let removed = 0;
    let isHit = false;
    for (let at = entryIn(text, needle, size, offset, 0); at >= 0; at = entryIn(text, needle, size, offset, at + size)) {
      const place = at - removed;
      const say = visit(bytes, place, table);
      if (say === STOP) return 0;
      if (say) {
        bytes.set(bytes.subarray(place + size), place);
        removed += size;
      }
      isHit = true;
    }
    if (!isHit || !removed && platform.toWire(bytes) === text) continue;
    const code = records.set(key, bytes.subarray(0, bytes.length - bytes.length % size - removed));
    if (code) return code;
  }
  return 0;
}

/** A visitor that removes. */
export function removeEntry(): number {
  return REMOVE;
}

/** Adds an entry, to table `beside` (-1: no matter which) if it has room, or to the first that has. `full` where none has. */
export function appendEntry(records: WritableRecords, first: number, beside: number, entry: Uint8Array, full: ErrorCode): ErrorCode {
  for (let i = -1; i < tablesOf(first); i++) {
    const table = i < 0 ? beside : i;
    if (table < 0) continue;
    const old = records.get(tableKey(first, table));
    const length = old ? old.length - old.length % entry.length : 0;
    if (length + entry.length > VALUE_MAX) continue;
    const bytes = new Uint8Array(length + entry.length);
    if (old) bytes.set(old.subarray(0, length));
    bytes.set(entry, length);
    return records.set(tableKey(first, table), bytes);
  }
  return full;
}
