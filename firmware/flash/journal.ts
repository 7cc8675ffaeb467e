import type { ErrorCode } from '../errors.js';
import type { FlashPort } from '../platform/types.js';
import type { Span } from './layout.js';
import type { Crc32 } from './region.js';

export interface JournalParts {
  flash: FlashPort;
  span: Span;
  spare: Span;
  crc32: Crc32;
}

export interface Journal {
  /** False: no valid page was found. Reads give nothing until `format`. */
  valid: boolean;
  /** Pages known to fail (their spare has taken over). */
  failing: number;
  /** Starts a fresh, empty journal. Old or fresh after any cut. */
  format(): ErrorCode;
  /** Payload of the newest valid record of `kind`. */
  read(kind: number): Uint8Array | undefined;
  /** Sequence number of that record, 0 if there is none. Larger is newer, across kinds. */
  sequenceOf(kind: number): number;
  /** Adds a record: payload of at most 84 bytes, and room for at least `markWords` marks (8 without asking, at most 232). */
  append(kind: number, payload: Uint8Array, markWords?: number): ErrorCode;
  /** Uses mark `index` of the newest record of `kind`; `value` 0..0xFFFF. One fresh word, no erase. JOURNAL_FULL if it is used already. */
  mark(kind: number, index: number, value?: number): ErrorCode;
  /** -1 unused (or no such mark), 0..0xFFFF its value, -2 used but torn. */
  markAt(kind: number, index: number): number;
  /** Index of the first unused mark, or the number of marks when none is left (0 without a record). */
  firstUnused(kind: number): number;
}

export declare function openJournal(parts: JournalParts): Journal;
