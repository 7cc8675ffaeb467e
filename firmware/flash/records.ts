/**
 * The record store: key -> bytes, in a ring of pages. A value is written first and its entry in the page's table last, so that
 * after a power cut the old or the new value is there. The newest entry of a key counts. The oldest page of the ring is emptied
 * a few entries at a time, by copying what still counts to the newest page; each page is erased as often as any other.
 */
import { OUT_OF_REGION, PAGES_FAILING, RECORDS_FULL, type ErrorCode } from '../errors.js';
import type { StoreParts } from './journal.js';
import { PAGE_BYTES } from './layout.js';
import {
  BLANK, FAILING_PAGES, FLOOR, GENERATION, HEADER_BYTES, INDEXED, JOURNAL_MAGIC, RECORDS_MAGIC, isBlank, readPageHeader, readWords, writePageHeader,
} from './page-header.js';
import {
  ENTRY_BYTES, REMOVED_PLACE, VALUE_MAX, encodeEntry, encodeValue, entriesOf, isEntry, lengthAt, placeOf, sizeOf, valueAt,
} from './record-format.js';
import { INDEX_AT, INDEX_KEY, SLOTS, keyOf, noteEntries, slotOf } from './record-index.js';
import { openRegion } from './region.js';

export interface Records {
  /** Pages known to fail (counted from the first access on). */
  failing: number;
  get(key: number): Uint8Array | undefined;
  /** Stores at most 1024 bytes under `key` (1..63, or one of the log's). No bytes: the same as `remove`. Old or new value after any cut. */
  set(key: number, bytes: Uint8Array): ErrorCode;
  remove(key: number): ErrorCode;
  /** All keys that hold a value, in rising order. */
  keys(): number[];
  /** Removes everything but the keys in `keep` (together at most a page) in one step: all or nothing after any cut. */
  wipe(keep: number[]): ErrorCode;
  /** How much can still be stored; a value takes its length, rounded up to 4, and 16 bytes. */
  freeBytes(): number;
}

/** Bytes that may count, on average over all pages but two: so much fits a page however badly values and page ends fall. */
export const BYTES_PER_PAGE = 2048;
/** In a header's word of failing pages: no other page was free when this one was begun. */
const LAST_FREE = 1 << 31;

/** Opens the store. Reads nothing before it is first used and writes nothing before the first change. */
export function openRecords(parts: StoreParts): Records {
  const crc32 = parts.crc32;
  const region = openRegion(parts.flash, parts.span, crc32, parts.spare);
  const own = parts.span.pages;
  /** Generation of each page in the ring, 0 for pages that may be erased. */
  const generations = new Uint32Array(region.pages);
  /** The index: place of the newest value of each key, 0 where there never was one. */
  let where = new Uint16Array(0);
  let generation = 0;
  /** Generation of the oldest page of the ring. */
  let oldest = 1;
  /** The newest page, its table entries, and where its values begin. */
  let head = -1;
  let entries = 0;
  let low = 0;
  /** Bytes of all values that count, overhead included; -1 until somebody asks. */
  let live = -1;
  /** Next entry of the oldest page to be looked at. */
  let cursor = 0;
  /** One bit a page. */
  let failingPages = 0;
  /** While this is the oldest page's generation, the newest page holds nothing but copies from that page. */
  let onlyCopiesOf = 0;

  function load(): void {
    where = new Uint16Array(SLOTS);
    generation = cursor = onlyCopiesOf = records.failing = 0;
    oldest = 1;
    head = live = -1;
    let indexed = 0;
    for (let page = 0; page < region.pages; page++) {
      const header = readPageHeader(region, crc32, page, RECORDS_MAGIC);
      generations[page] = header ? header[GENERATION]! : 0;
      if (!header) continue;
      const flags = header[FAILING_PAGES]!;
      if (flags & INDEXED) indexed |= 1 << page;
      if (header[GENERATION]! <= generation) continue;
      generation = header[GENERATION]!;
      oldest = header[FLOOR]!;
      failingPages |= flags & ~(LAST_FREE | INDEXED);
      onlyCopiesOf = flags & LAST_FREE ? oldest : 0;
      head = page;
    }
    for (let page = 0; page < region.pages; page++) {
      if (generations[page]! < oldest) generations[page] = 0;
      if (failingPages & (1 << page)) records.failing++;
    }
    while (oldest < generation && generations.indexOf(oldest) < 0) oldest++;
    if (head >= 0) fillIndex(indexed);
  }

  /** Begins with the newest index in flash, adds the entries that came after it, and finds where the newest page goes on. */
  function fillIndex(indexed: number): void {
    let age = generation + 1;
    let index: Uint8Array | undefined;
    while (!index && age > oldest) {
      const page = generations.indexOf(--age);
      if (page >= 0 && indexed & (1 << page)) index = valueAt(region, crc32, page * (PAGE_BYTES / 4) + INDEX_AT / 4, INDEX_KEY);
    }
    if (index) new Uint8Array(where.buffer).set(index);
    for (; age <= generation; age++) {
      const page = generations.indexOf(age);
      if (page < 0) continue;
      const table = tableOf(page);
      low = noteEntries(table, page, where) || (indexed & (1 << page) ? INDEX_AT : PAGE_BYTES);
      entries = table.length >> 1;
    }
  }

  /** Words of a page's table. */
  function tableOf(page: number): Uint32Array {
    return readWords(region, page * PAGE_BYTES + HEADER_BYTES, entriesOf(region, page) * 2);
  }

  /** Place of the newest intact value of `key` (-1: none), for when the value in the index turned out damaged. */
  function search(key: number): number {
    for (let age = generation; age >= oldest; age--) {
      const page = generations.indexOf(age);
      const table = page < 0 ? new Uint32Array(0) : tableOf(page);
      for (let i = table.length - 2; i >= 0; i -= 2) {
        if (!isEntry(table[i]!, table[i + 1]!) || (table[i]! & 0xffff) !== key) continue;
        const place = placeOf(page, table[i]!);
        if (place & REMOVED_PLACE || valueAt(region, crc32, place, key)) return place;
      }
    }
    return -1;
  }

  function fail(page: number): void {
    if (failingPages & (1 << page)) return;
    failingPages |= 1 << page;
    records.failing++;
  }

  /** A page that may be erased, -1 if there is none. The ring's order balances the wear; spares serve only when a page fails. */
  function freePage(): number {
    for (let i = 1; i <= region.pages; i++) {
      const page = (head + i) % region.pages;
      if (generations[page] || failingPages & (1 << page)) continue;
      if (page < own || (records.failing && !readPageHeader(region, crc32, page, JOURNAL_MAGIC))) return page;
    }
    return -1;
  }

  /** Writes a value and its entry to the newest page. RECORDS_FULL if it does not fit there. */
  function write(key: number, bytes: Uint8Array): ErrorCode {
    const value = encodeValue(crc32, key, bytes);
    const from = low - value.length;
    const base = head * PAGE_BYTES;
    const entryAt = HEADER_BYTES + entries * ENTRY_BYTES;
    // The entry after this one stays blank: it ends the table.
    if (head < 0 || from < entryAt + 2 * ENTRY_BYTES) return RECORDS_FULL;
    // What a cut left behind is never written over.
    if (!isBlank(region, crc32, base + entryAt, ENTRY_BYTES) || !isBlank(region, crc32, base + from, value.length)) return RECORDS_FULL;
    const entry = encodeEntry(key, from, !value.length);
    const code = (value.length && region.program(base + from, value)) || region.program(base + entryAt, entry);
    if (code) {
      fail(head);
      return code;
    }
    low = from;
    entries++;
    const slot = slotOf(key);
    if (live >= 0) live += sizeOf(bytes.length) - (where[slot] ? sizeOf(lengthAt(region, where[slot]!)) : 0);
    where[slot] = placeOf(head, entry[0]! | (entry[1]! << 8) | (entry[2]! << 16) | (entry[3]! << 24));
    return 0;
  }

  /** Erases a free page and makes it the newest of the ring; with `keep`, of a ring that holds nothing but these keys. */
  function begin(keep?: number[]): ErrorCode {
    for (let page = freePage(); page >= 0; page = freePage()) {
      let code = region.erase(page);
      let flags = 0;
      generations[page] = 1;
      const last = freePage() < 0;
      generations[page] = 0;
      // A header that fails may still have one intact copy: the next try has to be newer.
      generation++;
      const floor = keep ? generation : oldest;
      if (!code) {
        head = page;
        entries = 0;
        low = PAGE_BYTES;
        for (let i = 0; keep && i < keep.length && !code; i++) {
          const value = records.get(keep[i]!);
          if (value) code = write(keep[i]!, value);
        }
        flags = failingPages | (last ? LAST_FREE : keep ? 0 : INDEXED);
        code = code || writePageHeader(region, crc32, page, RECORDS_MAGIC, generation, floor, flags);
      }
      if (!code) {
        generations[page] = generation;
        onlyCopiesOf = last ? floor : 0;
        if (!(flags & INDEXED)) return 0;
        low = INDEX_AT;
        // Without it, the next start goes through the entries of older pages.
        if (region.program(page * PAGE_BYTES + low, encodeValue(crc32, INDEX_KEY, new Uint8Array(where.buffer)))) fail(page);
        return 0;
      }
      fail(page);
    }
    load();
    return PAGES_FAILING;
  }

  /**
   * Looks at the next entry of the oldest page and copies its value if it counts; after the last entry the page leaves the ring.
   * Returns 1 for a copy, 0 without, -1 if the newest page did not take it.
   */
  function step(): number {
    const page = generations.indexOf(oldest);
    const entryAt = HEADER_BYTES + cursor * ENTRY_BYTES;
    const words = readWords(region, page * PAGE_BYTES + entryAt, 2);
    if (page < 0 || entryAt >= PAGE_BYTES || (words[0] === BLANK && words[1] === BLANK)) {
      if (page >= 0) generations[page] = 0;
      cursor = 0;
      while (oldest < generation && generations.indexOf(oldest) < 0) oldest++;
      return 0;
    }
    const key = words[0]! & 0xffff;
    const place = (words[0]! ^ words[1]!) === RECORDS_MAGIC ? where[slotOf(key)] : 0;
    if (place && place === placeOf(page, words[0]!)) {
      const value = place & REMOVED_PLACE ? new Uint8Array(0) : records.get(key);
      // The cursor stays: at the next step this entry no longer counts.
      if (value) return write(key, value) ? -1 : 1;
    }
    cursor++;
    return 0;
  }

  /**
   * Empties old pages until one can be erased. New values are written only then: a page begun as the last free one holds nothing
   * but copies until the oldest page is empty, so if a cut left it blocked, it can be given up.
   */
  function drain(): ErrorCode {
    for (let tries = 0; tries < region.pages; tries++) {
      let blocked = false;
      while (!blocked && oldest < generation && (onlyCopiesOf === oldest || freePage() < 0)) blocked = step() < 0;
      if (!blocked) return 0;
      if (freePage() < 0) {
        if (onlyCopiesOf !== oldest) return PAGES_FAILING;
        // Not an erase: cut short, that could leave entries without their values.
        region.program(head * PAGE_BYTES, new Uint8Array(HEADER_BYTES));
        load();
      }
      const code = begin();
      if (code) return code;
    }
    return PAGES_FAILING;
  }

  /** After a change: some steps, while the ring takes more than a good third of the pages. */
  function tidy(changed: number): void {
    let copies = 2 + (changed >> 7);
    for (let steps = 8 + (changed >> 5); steps > 0 && copies > 0 && generation - oldest + 2 >= own / 2; steps--) {
      const copied = step();
      if (copied >= 0) copies -= copied;
      else if (begin()) return;
    }
  }

  const records: Records = {
    failing: 0,
    get: function (key) {
      if (!where.length) load();
      const slot = slotOf(key);
      const place = where[slot];
      if (!place || place & REMOVED_PLACE) return undefined;
      const value = valueAt(region, crc32, place, key);
      if (value) return value;
      const older = search(key);
      if (older < 0) return undefined;
      where[slot] = older;
      cursor = 0;
      return valueAt(region, crc32, older, key);
    },
    set: function (key, bytes) {
      if (!where.length) load();
      const slot = slotOf(key);
      if (slot < 0 || bytes.length > VALUE_MAX) return OUT_OF_REGION;
      const place = where[slot]!;
      if (!bytes.length && (!place || place & REMOVED_PLACE)) return 0;
      const grows = sizeOf(bytes.length) - (place ? sizeOf(lengthAt(region, place)) : 0);
      // A short ring cannot hold too much, so the bytes that count need not be counted, which takes long.
      const mayBeFull = (generation - oldest + 1) * PAGE_BYTES > (own - 2) * BYTES_PER_PAGE;
      if (grows > 0 && mayBeFull && grows > records.freeBytes()) return RECORDS_FULL;
      for (let tries = 0; tries < region.pages * 2; tries++) {
        let code = drain();
        if (code) return code;
        if (!write(key, bytes)) {
          tidy(bytes.length);
          return 0;
        }
        code = begin();
        if (code) return code;
      }
      return PAGES_FAILING;
    },
    remove: function (key) {
      return records.set(key, new Uint8Array(0));
    },
    keys: function () {
      if (!where.length) load();
      const held: number[] = [];
      for (let slot = 1; slot < SLOTS; slot++) {
        if (where[slot] && !(where[slot]! & REMOVED_PLACE)) held.push(keyOf(slot));
      }
      return held;
    },
    wipe: function (keep) {
      if (!where.length) load();
      let kept = 0;
      for (let i = 0; i < keep.length; i++) {
        const value = records.get(keep[i]!);
        if (value) kept += sizeOf(value.length);
      }
      if (kept > PAGE_BYTES - HEADER_BYTES - ENTRY_BYTES) return RECORDS_FULL;
      const code = drain() || begin(keep);
      load();
      return code;
    },
    freeBytes: function () {
      if (!where.length) load();
      if (live < 0) {
        live = 0;
        for (let slot = 1; slot < SLOTS; slot++) if (where[slot]) live += sizeOf(lengthAt(region, where[slot]!));
      }
      const usable = region.pages - records.failing;
      const free = ((usable < own ? usable : own) - 2) * BYTES_PER_PAGE - live;
      return free > 0 ? free : 0;
    },
  };
  return records;
}
