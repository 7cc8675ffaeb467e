/** What both sides of the journal know: what lies where in its pages, and what was found there. */
import type { Journal } from './journal.js';
import type { JournalWriter } from './journal-writer.js';
import type { Crc32, Region } from './region.js';

/** Kinds of records, 0 for none. */
export const KINDS = 16;
export const CELL_BYTES = 128;
export const CELLS = 32;
/** Head, sequence, payload and CRC; the rest of a cell are marks. */
export const RECORD_BYTES = 96;
export const CRC_AT = 92;
/** The same in words: where its marks begin. */
export const MARKS_AT = RECORD_BYTES / 4;
export const OWN_MARKS = 8;
export const MARKS_PER_CELL = 32;

/** What the reading side found, and the writing side changes. */
export interface JournalState {
  journal: Journal;
  region: Region;
  crc32: Crc32;
  /** Pages that are the journal's own; behind them in `region` those that may stand in. */
  ownPages: number;
  /** Cell of the newest record of each kind, counted over all pages; 0 is none (cell 0 of a page is its header). */
  newest: Uint8Array;
  /** Cells behind that one which hold its further marks. */
  followingCells: Uint8Array;
  sequences: Uint32Array;
  /** Page, -1 without one. */
  currentPage: number;
  generation: number;
  /** Records with a lower sequence were there before the last `format`. */
  floorSequence: number;
  nextSequence: number;
  /** First cell of the current page that may be free. */
  free: number;
  /** One bit a page. */
  failingPages: number;
  /** There while it writes: it is made for that, and let go unless more is to come. */
  writer: JournalWriter | undefined;
}
