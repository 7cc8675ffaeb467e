/** The writing side of the journal: adds records, and moves the journal to another page when the current one is full or fails. */
import { JOURNAL_FULL, OUT_OF_REGION, PAGES_FAILING, type ErrorCode } from '../errors.js';
import { CELL_BYTES, CELLS, CRC_AT, KINDS, MARKS_PER_CELL, OWN_MARKS, RECORD_BYTES, type JournalState } from './journal-state.js';
import { BLANK, isBlank, JOURNAL_MAGIC, readPageHeader, RECORDS_MAGIC, writePageHeader } from './page-header.js';

/** Bytes of a record's payload, and its marks, at most. */
export const PAYLOAD_MAX = 84;
export const MARKS_MAX = 232;

export interface JournalWriter {
  /** See `Journal`. There is a current page. */
  append(kind: number, payload: Uint8Array, marks: number): ErrorCode;
  format(): ErrorCode;
  /** The mark at this offset could not be programmed: moves the journal, and leaves that mark out. */
  moveWithout(mark: number): ErrorCode;
}

/** Makes the writer of a journal and leaves it in `state.writer`. */
export function openWriter(state: JournalState): void {
  const region = state.region;
  const newest = state.newest;
  const sequences = state.sequences;

  function fail(page: number): void {
    if (state.failingPages & (1 << page)) return;
    state.failingPages |= 1 << page;
    state.journal.failing++;
    state.journal.sure = false;
  }

  /** Whether `page` may be erased: not current, no newest record in it, not taken by the record store. */
  function isReplaceable(page: number): boolean {
    if (page === state.currentPage) return false;
    for (let kind = 1; kind < KINDS; kind++) if (newest[kind] && newest[kind]! >> 5 === page) return false;
    return page < state.ownPages || !readPageHeader(region, state.crc32, page, RECORDS_MAGIC);
  }

  /**
   * Moves the journal to another page, with `record` as the newest of its kind, and without the mark at `freshMark`. Pages known to
   * fail are tried last; spare pages from their end, because the record store takes them from their beginning.
   */
  function compact(record: Uint8Array | undefined, freshMark: number): ErrorCode {
    const own = state.ownPages;
    for (let tries = 0; tries < region.pages * 2; tries++) {
      const nth = tries % region.pages;
      const page = nth < own ? nth : own + region.pages - 1 - nth;
      if (!isReplaceable(page) || (tries < region.pages && state.failingPages & (1 << page))) continue;
      const code = region.erase(page) || copyTo(page, record, freshMark);
      if (!code || code === JOURNAL_FULL) return code;
      fail(page);
    }
    return PAGES_FAILING;
  }

  function copyTo(page: number, record: Uint8Array | undefined, freshMark: number): ErrorCode {
    const moved = new Uint8Array(KINDS);
    let to = page * CELLS + 1;
    for (let kind = 1; kind < KINDS; kind++) {
      const isNew = record && record[0] === kind;
      const from = newest[kind]!;
      if (!isNew && !from) continue;
      const cells = 1 + (isNew ? record[2]! : state.followingCells[kind]!);
      if (to + cells > (page + 1) * CELLS) return JOURNAL_FULL;
      for (let cell = 0; cell < (isNew ? 1 : cells); cell++) {
        const at = (from + cell) * CELL_BYTES;
        const bytes = isNew ? record : region.read(at, CELL_BYTES);
        if (freshMark >= at && freshMark < at + CELL_BYTES) bytes.fill(0xff, freshMark - at, freshMark - at + 4);
        const code = region.program((to + cell) * CELL_BYTES, bytes);
        if (code) return code;
      }
      moved[kind] = to;
      to += cells;
    }
    // A header that fails may still have one intact copy: the next try has to be newer.
    const code = writePageHeader(region, state.crc32, page, JOURNAL_MAGIC, ++state.generation, state.floorSequence, state.failingPages);
    if (code) return code;
    newest.set(moved);
    if (record) state.followingCells[record[0]!] = record[2]!;
    state.currentPage = page;
    state.free = to - page * CELLS;
    state.journal.valid = true;
    return 0;
  }

  /** One record: everything of a cell but its marks. */
  function encodeRecord(kind: number, following: number, sequence: number, payload: Uint8Array): Uint8Array {
    const words = new Uint32Array(RECORD_BYTES / 4).fill(BLANK);
    const bytes = new Uint8Array(words.buffer);
    words[0] = kind | (payload.length << 8) | (following << 16);
    words[1] = sequence;
    bytes.set(payload, 8);
    words[CRC_AT / 4] = state.crc32(bytes.subarray(0, CRC_AT));
    return bytes;
  }

  function append(kind: number, payload: Uint8Array, marks: number): ErrorCode {
    if (!(kind > 0 && kind < KINDS) || payload.length > PAYLOAD_MAX || marks > MARKS_MAX) return OUT_OF_REGION;
    const following = marks > OWN_MARKS ? (marks - OWN_MARKS + MARKS_PER_CELL - 1) >> 5 : 0;
    const sequence = state.nextSequence++;
    const record = encodeRecord(kind, following, sequence, payload);
    while (state.free + following < CELLS) {
      const cell = state.currentPage * CELLS + state.free++;
      if (!isBlank(region, state.crc32, cell * CELL_BYTES, (1 + following) * CELL_BYTES)) continue;
      state.free += following;
      if (!region.program(cell * CELL_BYTES, record)) {
        newest[kind] = cell;
        state.followingCells[kind] = following;
        sequences[kind] = sequence;
        return 0;
      }
      fail(state.currentPage);
      break;
    }
    const code = compact(record, -1);
    if (!code) sequences[kind] = sequence;
    return code;
  }

  function format(): ErrorCode {
    const before = new Uint8Array(newest);
    const sequencesBefore = new Uint32Array(sequences);
    const floorBefore = state.floorSequence;
    newest.fill(0);
    sequences.fill(0);
    state.floorSequence = state.nextSequence;
    const code = compact(undefined, -1);
    if (code) {
      newest.set(before);
      sequences.set(sequencesBefore);
      state.floorSequence = floorBefore;
    }
    return code;
  }

  function moveWithout(mark: number): ErrorCode {
    fail(mark >> 12);
    return compact(undefined, mark);
  }

  state.writer = { append, format, moveWithout };
}
