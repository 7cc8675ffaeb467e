import type { ErrorCode } from '../errors.js';
import type { JournalParts } from './journal.js';

/** The parts are the same as the journal's: flash, span, spare, crc32. */
export type RecordsParts = JournalParts;

export interface Records {
  /** Pages known to fail. */
  failing: number;
  get(key: number): Uint8Array | undefined;
  /** Stores at most 1024 bytes under `key` (1..0xFFFE). No bytes: the same as `remove`. Old or new value after any cut. */
  set(key: number, bytes: Uint8Array): ErrorCode;
  remove(key: number): ErrorCode;
  /** All keys that hold a value, in no order. */
  keys(): number[];
  /** Removes everything but the keys in `keep` (at most a page of them) in one step: all or nothing after any cut. */
  wipe(keep: number[]): ErrorCode;
  /** Bytes of values and their overhead (16 each) that can still be stored. */
  freeBytes(): number;
}

export declare function openRecords(parts: RecordsParts): Records;
