/**
 * The access log: a ring of 256 records (keys `LOG_FIRST`..`LOG_LAST`), one entry each, written when the motor has stopped. An entry
 * that cannot be written is lost; nothing waits for it. Sixteen bytes, low byte first:
 *
 *   0 sequence u32, from 1; entry n lies under key LOG_FIRST + (n - 1) % 256
 *   4 time u32, seconds since 1970; 0 = the clock was not set
 *   8 uptime u32, seconds since this start
 *  12 what u8 (`LOG_*`), source u8, user u8, error code u8
 */
import { readU32 } from '../flash/bytes.js';
import { LOG_FIRST, LOG_LAST } from '../flash/keys.js';
import type { WritableRecords } from './tables.js';

export const LOG_ENTRY_BYTES = 16;
const RING = LOG_LAST - LOG_FIRST + 1;

export interface LogEntry {
  sequence: number;
  time: number;
  uptime: number;
  what: number;
  source: number;
  user: number;
  code: number;
}

export function parseLogEntry(bytes: Uint8Array): LogEntry {
  return {
    sequence: readU32(bytes, 0), time: readU32(bytes, 4), uptime: readU32(bytes, 8),
    what: bytes[12]!, source: bytes[13]!, user: bytes[14]!, code: bytes[15]!,
  };
}

function sequenceAt(records: WritableRecords, index: number): number {
  const bytes = records.get(LOG_FIRST + index);
  return bytes && bytes.length === LOG_ENTRY_BYTES ? readU32(bytes, 0) : 0;
}

/** Sequence of the newest entry, 0 if there is none. Sequences rise by one along the ring up to the newest, so halving finds it. */
export function newestSequence(records: WritableRecords): number {
  const first = sequenceAt(records, 0);
  if (!first) return 0;
  let low = 0;
  let high = RING - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sequenceAt(records, middle) === first + middle) low = middle;
    else high = middle - 1;
  }
  return first + low;
}

/**
 * Writes an entry as the one after `newest` (below 0: not known yet); returns the newest sequence, which stays where it was when the write
 * fails.
 */
export function writeLogEntry(records: WritableRecords, known: number, entry: LogEntry): number {
  const newest = known < 0 ? newestSequence(records) : known;
  const bytes = new Uint8Array(LOG_ENTRY_BYTES);
  const words = [newest + 1, entry.time, entry.uptime];
  for (let i = 0; i < 12; i++) bytes[i] = words[i >> 2]! >>> ((i & 3) * 8);
  bytes.set([entry.what, entry.source, entry.user, entry.code], 12);
  return records.set(LOG_FIRST + newest % RING, bytes) ? newest : newest + 1;
}
