/**
 * The journal: boot and update state as small records, each added by one program, so that after a power cut a record is there or
 * it is not. The newest intact record of a kind counts. A full page is compacted into another, whose header is written last and
 * makes it the current one. Marks are single fresh words behind a record: they are used without an erase.
 * This file reads, and uses marks; journal-writer.ts does the rest. Every byte: `docs/flash-format.md`.
 */
import { JOURNAL_FULL, JOURNAL_LOST, OUT_OF_REGION, type ErrorCode } from '../errors.js';
import type { FlashPort } from '../platform/types.js';
import { CELL_BYTES, CELLS, CRC_AT, KINDS, MARKS_AT, MARKS_PER_CELL, OWN_MARKS, RECORD_BYTES, type JournalState } from './journal-state.js';
import { openWriter, type JournalWriter } from './journal-writer.js';
import { bytesOfWords } from './bytes.js';
import { PAGE_BYTES, type Span } from './layout.js';
import { BLANK, FAILING_PAGES, FLOOR, GENERATION, HEADER_BYTES, headerIn, JOURNAL_MAGIC, readWords } from './page-header.js';
import { openRegion, type Crc32 } from './region.js';

/** What the journal and the record store need. Two pages of `spare` can stand in for failing ones. */
export interface StoreParts {
  flash: FlashPort;
  span: Span;
  spare: Span;
  crc32: Crc32;
}

export interface Journal {
  /** False: no valid page was found. Reads give nothing until `format`. */
  valid: boolean;
  /**
   * Nothing speaks against that this is the newest state the journal was ever in: every page of it is intact, or blank and next in turn.
   * A page that is damaged, or half written, may hold something newer.
   */
  sure: boolean;
  /** Set where many writes follow each other: its writing side, made for each write otherwise, is kept. */
  writes?: boolean;
  /** Pages known to fail; another page has taken over for each. */
  failing: number;
  /** Starts an empty journal. Old or empty after any cut. */
  format(): ErrorCode;
  /** Payload of the newest intact record of `kind`. */
  read(kind: number): Uint8Array | undefined;
  /** The same if the first mark of that record is unused. */
  readUnmarked(kind: number): Uint8Array | undefined;
  /** Sequence number of that record, 0 if there is none. Larger is newer, across kinds. */
  sequenceOf(kind: number): number;
  /** Adds a record: at most PAYLOAD_MAX bytes of payload, room for at least `markWords` marks (8 without asking, at most MARKS_MAX). */
  append(kind: number, payload: Uint8Array, markWords?: number): ErrorCode;
  /** Uses mark `index` of the newest record of `kind`; `value` is 0..0xFFFF. JOURNAL_FULL if that mark is used already. */
  mark(kind: number, index: number, value?: number): ErrorCode;
  /** The newest record of `kind` as it lies in flash, its marks from word MARKS_AT on, for `markValue`: one reading instead of one for each. */
  words(kind: number): Uint32Array;
  /** -1 unused (or no such mark), 0..0xFFFF its value, -2 used but torn. */
  markAt(kind: number, index: number): number;
  /** Index of the first unused mark, or the number of marks when none is left (0 without a record). */
  firstUnused(kind: number): number;
}

const CELL_WORDS = CELL_BYTES / 4;
const CELLS_PER_READ = 8;
const GROUP_WORDS = CELLS_PER_READ * CELL_WORDS;
/** CRC-32 of what is left of a blank page behind the first, second and third group of cells that are read together. */
const BLANK_REST_CRC = [0, 0xbd8538d6, 0x3f55d17f, 0xb83afff4];

/** Finds the current page and the newest records. Writes nothing, and throws nothing whatever flash holds. */
export function openJournal(parts: StoreParts): Journal {
  const region = openRegion(parts.flash, parts.span, parts.crc32, parts.spare);
  const newest = new Uint8Array(KINDS);
  const following = new Uint8Array(KINDS);
  const sequences = new Uint32Array(KINDS);

  /** Offset of a mark, -1 where there is none. */
  function markOffset(kind: number, index: number): number {
    return index >= 0 && index < marksOf(kind) ? newest[kind]! * CELL_BYTES + RECORD_BYTES + index * 4 : -1;
  }

  /** Marks of the newest record of `kind`, 0 without one. */
  function marksOf(kind: number): number {
    return newest[kind] ? OWN_MARKS + MARKS_PER_CELL * following[kind]! : 0;
  }

  function writing(): JournalWriter {
    if (!state.writer) openWriter(state);
    const writer = state.writer!;
    if (!journal.writes) state.writer = undefined;
    return writer;
  }

  const journal: Journal = {
    valid: false,
    sure: false,
    failing: 0,
    format: function () {
      return writing().format();
    },
    read: function (kind) {
      if (!newest[kind]) return undefined;
      const cell = region.read(newest[kind]! * CELL_BYTES, RECORD_BYTES);
      return cell.subarray(8, 8 + cell[1]!);
    },
    readUnmarked: function (kind) {
      if (!newest[kind]) return undefined;
      const words = readWords(region, newest[kind]! * CELL_BYTES, MARKS_AT + 1);
      const cell = new Uint8Array(words.buffer);
      return words[MARKS_AT] === BLANK ? cell.subarray(8, 8 + cell[1]!) : undefined;
    },
    sequenceOf: function (kind) {
      return sequences[kind] || 0;
    },
    append: function (kind, payload, markWords) {
      return state.currentPage < 0 ? JOURNAL_LOST : writing().append(kind, payload, markWords || 0);
    },
    mark: function (kind, index, value) {
      const at = markOffset(kind, index);
      if (at < 0) return state.currentPage < 0 ? JOURNAL_LOST : OUT_OF_REGION;
      if (readWords(region, at, 1)[0] !== BLANK) return JOURNAL_FULL;
      const low = (value || 0) & 0xffff;
      const bytes = bytesOfWords([low | (~low << 16)]);
      return region.program(at, bytes) && (writing().moveWithout(at) || region.program(markOffset(kind, index), bytes));
    },
    markAt: function (kind, index) {
      const at = markOffset(kind, index);
      return at < 0 ? -1 : markValue(readWords(region, at, 1)[0]!);
    },
    words: function (kind) {
      return readWords(region, newest[kind]! * CELL_BYTES, newest[kind] ? MARKS_AT + marksOf(kind) : 0);
    },
    firstUnused: function (kind) {
      const first = journal.words(kind).indexOf(BLANK, MARKS_AT);
      return first < 0 ? marksOf(kind) : first - MARKS_AT;
    },
  };
  const state: JournalState = {
    journal, region, crc32: parts.crc32, ownPages: parts.span.pages, newest, followingCells: following, sequences,
    currentPage: -1, generation: 0, floorSequence: 1, nextSequence: 1, free: 1, failingPages: 0, writer: undefined,
  };
  findNewest(state);
  return journal;
}

function findNewest(state: JournalState): void {
  const journal = state.journal;
  const region = state.region;
  const found: number[] = [];
  let first: Uint32Array | undefined;
  let generation = 0;
  let before = 0;
  let nextUnused = false;
  for (let page = 0; page < region.pages; page++) {
    // Of the journal's own pages as much as the search for records begins with: one reading less.
    const words = readWords(region, page * PAGE_BYTES, page < state.ownPages ? GROUP_WORDS : HEADER_BYTES / 4);
    const header = headerIn(words, state.crc32, JOURNAL_MAGIC);
    if (page === 1) nextUnused = words[CELL_WORDS] === BLANK && words[CELL_WORDS + 1] === BLANK;
    if (!header) continue;
    found.push(page);
    if (header[GENERATION]! <= generation) {
      if (header[GENERATION]! > before) before = header[GENERATION]!;
      continue;
    }
    before = generation;
    generation = header[GENERATION]!;
    state.floorSequence = state.nextSequence = header[FLOOR]!;
    state.failingPages = header[FAILING_PAGES]!;
    state.currentPage = page;
    first = words;
  }
  const current = state.currentPage;
  if (current < 0) return;
  state.generation = generation;
  journal.valid = true;
  for (let bits = state.failingPages & ((1 << region.pages) - 1); bits; bits &= bits - 1) journal.failing++;
  // Page 1 follows page 0 while neither fails. Before the first compaction it is blank, and the cell behind its header is the first to be written.
  journal.sure = !state.failingPages && found.length < 3
    && (found.length === 2 ? before === generation - 1 : generation === 1 && !current && nextUnused);
  if (!scan(state, current, current < state.ownPages ? first : undefined)) return;
  // A damaged record may have an older, intact copy in a page that was current before.
  journal.sure = false;
  for (let i = 0; i < found.length; i++) if (found[i] !== current) scan(state, found[i]!);
}

/** Notes the newest records of a page. True if anything in it is neither blank nor intact. `known`: its first group, where it was read before. */
function scan(state: JournalState, page: number, known?: Uint32Array): boolean {
  const region = state.region;
  const crc32 = state.crc32;
  const sequences = state.sequences;
  const first = page * CELLS;
  let damaged = false;
  let next = 1;
  for (let group = 0; group < CELLS; group += CELLS_PER_READ) {
    // Most of a page is free on most days, and a look at each cell takes the bootloader's time.
    if (group && crc32(region.text((first + group) * CELL_BYTES, (CELLS - group) * CELL_BYTES)) === BLANK_REST_CRC[group / CELLS_PER_READ]) break;
    const words = !group && known || readWords(region, (first + group) * CELL_BYTES, GROUP_WORDS);
    for (let at = 0, cell = group; at < words.length; at += CELL_WORDS, cell++) {
      const head = words[at]!;
      const sequence = words[at + 1]!;
      if (cell < next || (head === BLANK && sequence === BLANK)) continue;
      next = cell + 1;
      if (words[at + CRC_AT / 4] === crc32(new Uint8Array(words.buffer, at * 4, CRC_AT))) {
        const kind = head & (KINDS - 1);
        if (sequence >= state.floorSequence && sequence > sequences[kind]!) {
          state.newest[kind] = first + cell;
          state.followingCells[kind] = head >>> 16;
          sequences[kind] = sequence;
        }
        if (sequence >= state.nextSequence) state.nextSequence = sequence + 1;
        next += (head >>> 16) & 0xff;
      } else damaged = true;
    }
  }
  if (page === state.currentPage) state.free = next;
  return damaged;
}

/** -1 unused, 0..0xFFFF its value, -2 used but torn: a mark holds its value and, above it, the complement. */
export function markValue(word: number): number {
  if (word === BLANK) return -1;
  return ((word ^ (word >>> 16)) & 0xffff) === 0xffff ? word & 0xffff : -2;
}
