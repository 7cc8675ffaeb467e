/**
 * The journal: boot and update state as small records, each added by one program, so that after a power cut a record is there or
 * it is not. The newest intact record of a kind counts. A full page is compacted into another, whose header is written last and
 * makes it the current one. Marks are single fresh words behind a record: they are used without an erase.
 * Every byte: `docs/flash-format.md`.
 */
import { JOURNAL_FULL, JOURNAL_LOST, OUT_OF_REGION, PAGES_FAILING, type ErrorCode } from '../errors.js';
import type { FlashPort } from '../platform/types.js';
import type { Span } from './layout.js';
import {
  BLANK, FAILING_PAGES, FLOOR, GENERATION, JOURNAL_MAGIC, RECORDS_MAGIC, isBlank, readPageHeader, readWords, writePageHeader,
} from './page-header.js';
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
  /** Pages known to fail; another page has taken over for each. */
  failing: number;
  /** Starts an empty journal. Old or empty after any cut. */
  format(): ErrorCode;
  /** Payload of the newest intact record of `kind`. */
  read(kind: number): Uint8Array | undefined;
  /** Sequence number of that record, 0 if there is none. Larger is newer, across kinds. */
  sequenceOf(kind: number): number;
  /** Adds a record: at most 84 bytes of payload, room for at least `markWords` marks (8 without asking, at most 232). */
  append(kind: number, payload: Uint8Array, markWords?: number): ErrorCode;
  /** Uses mark `index` of the newest record of `kind`; `value` is 0..0xFFFF. JOURNAL_FULL if that mark is used already. */
  mark(kind: number, index: number, value?: number): ErrorCode;
  /** All marks of the newest record of `kind` as they lie in flash, for `markValue`: one reading instead of one for each. None without a record. */
  marks(kind: number): Uint32Array;
  /** -1 unused (or no such mark), 0..0xFFFF its value, -2 used but torn. */
  markAt(kind: number, index: number): number;
  /** Index of the first unused mark, or the number of marks when none is left (0 without a record). */
  firstUnused(kind: number): number;
}

export const PAYLOAD_MAX = 84;
export const MARKS_MAX = 232;
const KINDS = 16;
const CELL_BYTES = 128;
const CELLS = 32;
/** Head, sequence, payload and CRC; the rest of a cell are marks. */
const RECORD_BYTES = 96;
const CRC_AT = 92;
const OWN_MARKS = 8;
const MARKS_PER_CELL = 32;
const CELLS_PER_READ = 8;
/** CRC-32 of as many cells of 0xFF. */
const BLANK_CELLS_CRC = 0xb83afff4;

/** Finds the current page and the newest records. Writes nothing, and throws nothing whatever flash holds. */
export function openJournal(parts: StoreParts): Journal {
  const crc32 = parts.crc32;
  const region = openRegion(parts.flash, parts.span, crc32, parts.spare);
  /** Cell of the newest record of each kind, counted over all pages; 0 is none (cell 0 of a page is its header). */
  const newest = new Uint8Array(KINDS);
  const sequences = new Uint32Array(KINDS);
  let current = -1;
  let generation = 0;
  /** Records with a lower sequence were there before the last `format`. */
  let floor = 1;
  let nextSequence = 1;
  /** First cell of the current page that may be free. */
  let free = 1;
  /** One bit a page. */
  let failingPages = 0;

  /** Notes the newest records of a page. True if anything in it is neither blank nor intact. */
  function scan(page: number): boolean {
    let damaged = false;
    let words = new Uint32Array(0);
    let next = 1;
    for (let cell = 0; cell < CELLS; cell++) {
      const at = (cell % CELLS_PER_READ) * (CELL_BYTES / 4);
      if (!at) {
        words = readWords(region, (page * CELLS + cell) * CELL_BYTES, CELLS_PER_READ * (CELL_BYTES / 4));
        // Most of a page is free on most days, and a look at each cell takes the bootloader's time.
        if (crc32(new Uint8Array(words.buffer)) === BLANK_CELLS_CRC) {
          cell += CELLS_PER_READ - 1;
          continue;
        }
      }
      const head = words[at]!;
      const sequence = words[at + 1]!;
      if (cell < next || (head === BLANK && sequence === BLANK)) continue;
      next = cell + 1;
      if (words[at + CRC_AT / 4] === crc32(new Uint8Array(words.buffer, at * 4, CRC_AT))) {
        const kind = head & (KINDS - 1);
        if (sequence >= floor && sequence > sequences[kind]!) {
          newest[kind] = page * CELLS + cell;
          sequences[kind] = sequence;
        }
        if (sequence >= nextSequence) nextSequence = sequence + 1;
        next += (head >>> 16) & 0xff;
      } else damaged = true;
    }
    if (page === current) free = next;
    return damaged;
  }

  function fail(page: number): void {
    if (failingPages & (1 << page)) return;
    failingPages |= 1 << page;
    journal.failing++;
  }

  /** Marks of the newest record of `kind`, 0 without one. */
  function marksOf(kind: number): number {
    return newest[kind] ? OWN_MARKS + MARKS_PER_CELL * region.read(newest[kind]! * CELL_BYTES + 2, 1)[0]! : 0;
  }

  /** Offset of a mark, -1 where there is none. */
  function markOffset(kind: number, index: number): number {
    return index >= 0 && index < marksOf(kind) ? newest[kind]! * CELL_BYTES + RECORD_BYTES + index * 4 : -1;
  }

  /** Whether `page` may be erased: not current, no newest record in it, not taken by the record store. */
  function isReplaceable(page: number): boolean {
    if (page === current) return false;
    for (let kind = 1; kind < KINDS; kind++) if (newest[kind] && newest[kind]! >> 5 === page) return false;
    return page < parts.span.pages || !readPageHeader(region, crc32, page, RECORDS_MAGIC);
  }

  /**
   * Moves the journal to another page, with `record` as the newest of its kind, and without the mark at `freshMark`. Pages known to
   * fail are tried last; spare pages from their end, because the record store takes them from their beginning.
   */
  function compact(record: Uint8Array | undefined, freshMark: number): ErrorCode {
    const own = parts.span.pages;
    for (let tries = 0; tries < region.pages * 2; tries++) {
      const nth = tries % region.pages;
      const page = nth < own ? nth : own + region.pages - 1 - nth;
      if (!isReplaceable(page) || (tries < region.pages && failingPages & (1 << page))) continue;
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
      const cells = 1 + (isNew ? record[2]! : region.read(from * CELL_BYTES + 2, 1)[0]!);
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
    const code = writePageHeader(region, crc32, page, JOURNAL_MAGIC, ++generation, floor, failingPages);
    if (code) return code;
    newest.set(moved);
    current = page;
    free = to - page * CELLS;
    journal.valid = true;
    return 0;
  }

  const journal: Journal = {
    valid: false,
    failing: 0,
    format: function () {
      const before = new Uint8Array(newest);
      const sequencesBefore = new Uint32Array(sequences);
      const floorBefore = floor;
      newest.fill(0);
      sequences.fill(0);
      floor = nextSequence;
      const code = compact(undefined, -1);
      if (code) {
        newest.set(before);
        sequences.set(sequencesBefore);
        floor = floorBefore;
      }
      return code;
    },
    read: function (kind) {
      if (!newest[kind]) return undefined;
      const at = newest[kind]! * CELL_BYTES;
      return region.read(at + 8, region.read(at + 1, 1)[0]!);
    },
    sequenceOf: function (kind) {
      return sequences[kind] || 0;
    },
    append: function (kind, payload, markWords) {
      const marks = markWords || 0;
      if (current < 0) return JOURNAL_LOST;
      if (!(kind > 0 && kind < KINDS) || payload.length > PAYLOAD_MAX || marks > MARKS_MAX) return OUT_OF_REGION;
      const following = marks > OWN_MARKS ? (marks - OWN_MARKS + MARKS_PER_CELL - 1) >> 5 : 0;
      const sequence = nextSequence++;
      const record = encodeRecord(crc32, kind, following, sequence, payload);
      while (free + following < CELLS) {
        const cell = current * CELLS + free++;
        if (!isBlank(region, crc32, cell * CELL_BYTES, (1 + following) * CELL_BYTES)) continue;
        free += following;
        if (!region.program(cell * CELL_BYTES, record)) {
          newest[kind] = cell;
          sequences[kind] = sequence;
          return 0;
        }
        fail(current);
        break;
      }
      const code = compact(record, -1);
      if (!code) sequences[kind] = sequence;
      return code;
    },
    mark: function (kind, index, value) {
      const at = markOffset(kind, index);
      if (at < 0) return current < 0 ? JOURNAL_LOST : OUT_OF_REGION;
      if (readWords(region, at, 1)[0] !== BLANK) return JOURNAL_FULL;
      const low = (value || 0) & 0xffff;
      const bytes = new Uint8Array(new Uint32Array([low | (~low << 16)]).buffer);
      if (!region.program(at, bytes)) return 0;
      fail(at >> 12);
      return compact(undefined, at) || region.program(markOffset(kind, index), bytes);
    },
    markAt: function (kind, index) {
      const at = markOffset(kind, index);
      return at < 0 ? -1 : markValue(readWords(region, at, 1)[0]!);
    },
    marks: function (kind) {
      return readWords(region, newest[kind]! * CELL_BYTES + RECORD_BYTES, marksOf(kind));
    },
    firstUnused: function (kind) {
      const marks = journal.marks(kind);
      const first = marks.indexOf(BLANK);
      return first < 0 ? marks.length : first;
    },
  };

  const found: number[] = [];
  for (let page = 0; page < region.pages; page++) {
    const header = readPageHeader(region, crc32, page, JOURNAL_MAGIC);
    if (!header) continue;
    found.push(page);
    if (header[GENERATION]! <= generation) continue;
    generation = header[GENERATION]!;
    floor = nextSequence = header[FLOOR]!;
    failingPages = header[FAILING_PAGES]!;
    current = page;
    journal.valid = true;
  }
  for (let page = 0; page < region.pages; page++) if (failingPages & (1 << page)) journal.failing++;
  // A damaged record may have an older, intact copy in a page that was current before.
  if (current >= 0 && scan(current)) for (let i = 0; i < found.length; i++) if (found[i] !== current) scan(found[i]!);
  return journal;
}

/** One record: everything of a cell but its marks. */
function encodeRecord(crc32: Crc32, kind: number, following: number, sequence: number, payload: Uint8Array): Uint8Array {
  const words = new Uint32Array(RECORD_BYTES / 4).fill(BLANK);
  const bytes = new Uint8Array(words.buffer);
  words[0] = kind | (payload.length << 8) | (following << 16);
  words[1] = sequence;
  bytes.set(payload, 8);
  words[CRC_AT / 4] = crc32(bytes.subarray(0, CRC_AT));
  return bytes;
}

/** -1 unused, 0..0xFFFF its value, -2 used but torn: a mark holds its value and, above it, the complement. */
export function markValue(word: number): number {
  if (word === BLANK) return -1;
  return ((word ^ (word >>> 16)) & 0xffff) === 0xffff ? word & 0xffff : -2;
}
