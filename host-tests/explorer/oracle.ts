/**
 * What a lock's flash says, read independently: from docs/flash-format.md alone, with `crc` and @noble/hashes, and with constants of
 * its own. Nothing here comes from bootloader or firmware, so a mistake there cannot hide itself here.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { crc32 } from 'crc';

const PAGE = 4096;
/** Page numbers count from the start of Storage; all of them for chips with 224 pages of it. */
const JOURNAL = { page: 23, pages: 2 };
const RECORDS = { page: 25, pages: 16 };
export const OFFER = { page: 41, pages: 4 };
export const SLOTS = [{ page: 45, pages: 64 }, { page: 109, pages: 64 }] as const;
export const SPARE = { page: 173, pages: 51 };
/** Page numbers of the journal's own two pages. */
export const JOURNAL_PAGES = [JOURNAL.page, JOURNAL.page + 1] as const;
/** The first two spare pages can stand in for pages of journal and record store. */
const SPARE_IN_USE = 2;

const JOURNAL_MAGIC = 0x314a4c44;
const RECORDS_MAGIC = 0x31524c44;

/** Journal kinds and record keys, by the names of docs/flash-format.md. */
export const KIND = {
  confirm: 1, trial: 2, verdict: 3, rollback: 4, sealA: 5, sealB: 6, session: 7, boots: 8, tries: 9, offers: 10, failing: 11, previous: 12, health: 13,
} as const;
export const KEY = { codes: 1, master: 2, wifi: 4, floor: 6, history: 7, logFirst: 0x100, logLast: 0x1ff } as const;

/** One mark word: free, a value, or used without a value that holds. */
export type Mark = 'free' | 'torn' | number;

export interface JournalRecord {
  sequence: number;
  payload: Uint8Array;
  marks: Mark[];
  /** Byte offset of the record in Storage. */
  at: number;
}

export interface FlashState {
  /** Newest intact record of each kind; undefined where no page is a journal. */
  journal: Map<number, JournalRecord> | undefined;
  /** Values of the record store. */
  records: Map<number, Uint8Array>;
  /** Storage page (number from the start of Storage) of the journal's current page, -1 without one. */
  journalPage: number;
}

export function readState(flash: Uint8Array): FlashState {
  const journal = readJournal(flash);
  return { journal: journal?.records, journalPage: journal?.page ?? -1, records: readRecords(flash) };
}

interface PageHeader {
  page: number;
  generation: number;
  floor: number;
}

function word(flash: Uint8Array, at: number): number {
  return (flash[at]! | (flash[at + 1]! << 8) | (flash[at + 2]! << 16) | (flash[at + 3]! << 24)) >>> 0;
}

const intact = (flash: Uint8Array, from: number, length: number, crcAt: number): boolean => (
  word(flash, crcAt) === crc32(Buffer.from(flash.buffer, flash.byteOffset + from, length)) >>> 0
);

/** Headers of the pages that belong to a store: two copies, magic, generation, floor, failing pages, CRC. */
function headersOf(flash: Uint8Array, span: { page: number; pages: number }, magic: number): PageHeader[] {
  const pages = [...pagesOf(span), ...pagesOf({ page: SPARE.page, pages: SPARE_IN_USE })];
  return pages.flatMap((page) => {
    const copy = [page * PAGE, page * PAGE + 32].find((at) => word(flash, at) === magic && intact(flash, at, 16, at + 16));
    return copy === undefined ? [] : [{ page, generation: word(flash, copy + 4), floor: word(flash, copy + 8) }];
  });
}

function pagesOf(span: { page: number; pages: number }): number[] {
  return Array.from({ length: span.pages }, (_, index) => span.page + index);
}

function readJournal(flash: Uint8Array): { page: number; records: Map<number, JournalRecord> } | undefined {
  const headers = headersOf(flash, JOURNAL, JOURNAL_MAGIC);
  if (!headers.length) return undefined;
  const current = headers.reduce((best, one) => (one.generation > best.generation ? one : best));
  const records = new Map<number, JournalRecord>();
  // Another page counts only where the current one is damaged.
  if (readCells(flash, current.page, current.floor, records)) {
    for (const other of headers) if (other !== current) readCells(flash, other.page, current.floor, records);
  }
  return { page: current.page, records };
}

/** Adds the records of a page that are newer than those in `records`. True if a cell is neither blank nor intact. */
function readCells(flash: Uint8Array, page: number, floor: number, records: Map<number, JournalRecord>): boolean {
  let damaged = false;
  for (let cell = 1; cell < 32; cell++) {
    const at = page * PAGE + cell * 128;
    if (word(flash, at) === 0xffffffff && word(flash, at + 4) === 0xffffffff) continue;
    if (!intact(flash, at, 92, at + 92)) {
      damaged = true;
      continue;
    }
    const kind = flash[at]! & 15;
    const following = flash[at + 2]!;
    const sequence = word(flash, at + 4);
    if (sequence >= floor && sequence > (records.get(kind)?.sequence ?? 0)) {
      records.set(kind, { sequence, payload: flash.slice(at + 8, at + 8 + flash[at + 1]!), marks: marksAt(flash, at + 96, 8 + 32 * following), at });
    }
    cell += following;
  }
  return damaged;
}

function marksAt(flash: Uint8Array, at: number, count: number): Mark[] {
  return Array.from({ length: count }, (_, index) => {
    const value = word(flash, at + index * 4);
    if (value === 0xffffffff) return 'free';
    return ((value & 0xffff) ^ (value >>> 16)) === 0xffff ? value & 0xffff : 'torn';
  });
}

/** The page that the record store writes to (number from the start of Storage). */
export function newestRecordPage(flash: Uint8Array): number {
  return recordPages(flash)[0]?.page ?? -1;
}

/** Where the value of `key` lies (offset in Storage), -1 where there is none. */
export function recordPlace(flash: Uint8Array, key: number): number {
  for (const { page } of recordPages(flash)) {
    const entry = entriesOf(flash, page).reverse().find((one) => one.key === key);
    if (entry) return page * PAGE + entry.offset;
  }
  return -1;
}

/** The page that the record store erases when its newest one is full: the next in the ring that does not count. */
export function nextRecordPage(flash: Uint8Array): number {
  const counted = recordPages(flash).map((one) => one.page);
  for (let step = 1; step < RECORDS.pages; step++) {
    const page = RECORDS.page + ((counted[0]! - RECORDS.page + step) % RECORDS.pages);
    if (!counted.includes(page)) return page;
  }
  return -1;
}

/** Pages of the record store that count, newest first. */
function recordPages(flash: Uint8Array): PageHeader[] {
  const headers = headersOf(flash, RECORDS, RECORDS_MAGIC).sort((a, b) => b.generation - a.generation);
  return headers.filter((one) => one.generation >= headers[0]!.floor);
}

/** From the newest entry to the oldest: the first intact value, or removal, of each key counts. */
function readRecords(flash: Uint8Array): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>();
  const settled = new Set<number>();
  for (const { page } of recordPages(flash)) {
    for (const { key, offset, removed } of entriesOf(flash, page).reverse()) {
      if (settled.has(key)) continue;
      const value = removed ? undefined : valueAt(flash, page * PAGE + offset, key);
      if (!removed && !value) continue;
      settled.add(key);
      if (value) values.set(key, value);
    }
  }
  return values;
}

function entriesOf(flash: Uint8Array, page: number): { key: number; offset: number; removed: boolean }[] {
  const entries = [];
  for (let at = page * PAGE + 64; at < (page + 1) * PAGE; at += 8) {
    const entry = word(flash, at);
    if (entry === 0xffffffff && word(flash, at + 4) === 0xffffffff) break;
    if (((entry ^ word(flash, at + 4)) >>> 0) !== RECORDS_MAGIC) continue;
    entries.push({ key: entry & 0xffff, offset: (entry >>> 18) * 4, removed: ((entry >>> 16) & 1) === 1 });
  }
  return entries;
}

function valueAt(flash: Uint8Array, at: number, key: number): Uint8Array | undefined {
  const length = word(flash, at) >>> 16;
  const padded = (length + 3) & ~3;
  if ((word(flash, at) & 0xffff) !== key || length > 1024 || !intact(flash, at, 4 + padded, at + 4 + padded)) return undefined;
  return flash.slice(at + 4, at + 4 + length);
}

/** What a CONFIRM record (or its copy, the FLOOR value) says. */
export interface Confirmation {
  slot: number;
  version: string;
  counter: number;
  keyEpoch: number;
  imageId: string;
}

export function confirmationOf(payload: Uint8Array): Confirmation {
  return {
    slot: payload[0]!, version: versionAt(payload, 4), counter: word(payload, 12), keyEpoch: word(payload, 16), imageId: hex(payload.subarray(52, 84)),
  };
}

export function versionAt(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]! | (bytes[at + 3]! << 8)}`;
}

/** What VERDICT and ROLLBACK records, TRIAL records and entries of the history say. */
export function verdictOf(payload: Uint8Array): { slot: number; result: number; reason: number; version: string; imageId: string } {
  return { slot: payload[0]!, result: payload[1]!, reason: payload[2]!, version: versionAt(payload, 4), imageId: hex(payload.subarray(12, 44)) };
}

/** The confirmed image: by journal, or by its copy where that one has the higher epoch or counter. */
export function confirmedIn(state: FlashState): Confirmation | undefined {
  const first = state.journal?.get(KIND.confirm);
  const copy = state.records.get(KEY.floor);
  const [a, b] = [first && confirmationOf(first.payload), copy && copy.length === 84 ? confirmationOf(copy) : undefined];
  if (!a || !b) return a ?? b;
  return (b.keyEpoch - a.keyEpoch || b.counter - a.counter) > 0 ? b : a;
}

/** The trial that is set or running: newer than the last confirmation and the last rollback. */
export function trialIn(state: FlashState): { slot: number; version: string; imageId: string; attempts: number } | undefined {
  const trial = state.journal?.get(KIND.trial);
  const ended = Math.max(...[KIND.confirm, KIND.rollback].map((kind) => state.journal?.get(kind)?.sequence ?? 0));
  if (!trial || trial.sequence < ended) return undefined;
  const { slot, version, imageId } = verdictOf(trial.payload);
  return { slot, version, imageId, attempts: trial.marks.slice(0, 3).filter((mark) => mark !== 'free').length };
}

/** Wrong codes in a row: the record says how many before it, then each mark is a try, or (2) a right code. */
export function wrongTriesIn(state: FlashState): number {
  const record = state.journal?.get(KIND.tries);
  return (record?.marks ?? []).filter((mark) => mark !== 'free').reduce<number>((count, mark) => (mark === 2 ? 0 : count + 1), record?.payload[0] ?? 0);
}

/** The seal of a slot that counts: SHA-256(signed message | SHA-256 of the key | slot), hex. */
export function sealIn(state: FlashState, slot: 0 | 1): string | undefined {
  const seal = state.journal?.get(slot ? KIND.sealB : KIND.sealA);
  return seal && seal.marks[0] === 'free' ? hex(seal.payload) : undefined;
}

/** The seal that belongs to an image file in a slot. */
export function sealOf(file: Uint8Array, slot: 0 | 1): string {
  return hex(sha256(Buffer.concat([signedMessageOf(file), file.subarray(unprotectedAt(file) + 44, unprotectedAt(file) + 76), Buffer.of(slot)])));
}

/** SHA-256("deadlatch image v1" | SHA-256(header | protected TLVs) | value of TLV 0x10), in hex: the name of an image file. */
export function imageIdOf(file: Uint8Array): string {
  return hex(sha256(signedMessageOf(file)));
}

function signedMessageOf(file: Uint8Array): Uint8Array {
  const at = unprotectedAt(file);
  const head = sha256(Buffer.concat([file.subarray(0, 32), file.subarray(32 + word(file, 12), at)]));
  return Buffer.concat([Buffer.from('deadlatch image v1'), head, file.subarray(at + 8, at + 40)]);
}

function unprotectedAt(file: Uint8Array): number {
  return 32 + word(file, 12) + (file[10]! | (file[11]! << 8));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Differences of two states in words, empty where they say the same. `tornMarks`: a mark may be torn where the other one is not. */
export function differences(a: FlashState, b: FlashState, tornMarks: boolean): string[] {
  const found: string[] = [];
  if (!a.journal !== !b.journal) found.push('journal: there or not');
  for (const kind of new Set([...(a.journal?.keys() ?? []), ...(b.journal?.keys() ?? [])])) {
    const [one, other] = [a.journal?.get(kind), b.journal?.get(kind)];
    const what = `journal ${nameOf(KIND, kind)}`;
    if (!one || !other) found.push(`${what}: ${one ? 'lost' : 'new'}`);
    else if (one.sequence !== other.sequence || hex(one.payload) !== hex(other.payload)) found.push(`${what}: record ${one.sequence} or ${other.sequence}`);
    else if (one.marks.some((mark, index) => mark !== other.marks[index] && !(tornMarks && [mark, other.marks[index]].includes('torn')))) found.push(`${what}: marks`);
  }
  for (const key of new Set([...a.records.keys(), ...b.records.keys()])) {
    const [one, other] = [a.records.get(key), b.records.get(key)];
    if (!one || !other || hex(one) !== hex(other)) found.push(`record ${nameOf(KEY, key)}: ${one ? (other ? 'changed' : 'lost') : 'new'}`);
  }
  return found;
}

export function nameOf(names: Record<string, number>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}
