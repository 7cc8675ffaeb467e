/**
 * What opens the record store and what changes it. Between two changes nobody needs any of this, so the build nests all of it into
 * `loadChanges`: its functions are made by a call, and gone when the caller is done with what it got. The state is in the ring.
 */
import { OUT_OF_REGION, PAGES_FAILING, RECORDS_FULL, type ErrorCode } from '../errors.js';
import { PAGE_BYTES } from './layout.js';
import {
  BLANK, FAILING_PAGES, FLOOR, GENERATION, HEADER_BYTES, INDEXED, JOURNAL_MAGIC, RECORDS_MAGIC, isBlank, readPageHeader, readWords, writePageHeader,
} from './page-header.js';
import {
  ENTRY_BYTES, REMOVED_PLACE, VALUE_MAX, encodeEntry, encodeValue, entriesOf, isEntry, lengthAt, placeOf, sizeOf, valueAt,
} from './record-format.js';
import { INDEX_AT, INDEX_KEY, SLOTS, noteEntries, slotOf } from './record-index.js';
import type { Ring } from './records.js';

/** Bytes that may count, on average over all pages but two: so much fits a page however badly values and page ends fall. */
export const BYTES_PER_PAGE = 2048;
/** In a header's word of failing pages: no other page was free when this one was begun. */
const LAST_FREE = 1 << 31;

export interface Changes {
  /** Place of the newest intact value of a key, -1: none. */
  search(key: number): number;
  /** See `Records`. */
  set(key: number, bytes: Uint8Array): ErrorCode;
  /** How much can still be stored; a value takes its length, rounded up to 4, and 16 bytes. */
  freeBytes(): number;
  reload(): void;
  drain(): ErrorCode;
  begin(keep?: number[]): ErrorCode;
}

/** Reads the index first, where that was not done before. */
export function loadChanges(ring: Ring): Changes {
  const region = ring.region;
  const crc32 = ring.crc32;
  const own = ring.own;
  const generations = ring.generations;

  function reload(): void {
    ring.places = new Uint16Array(SLOTS);
    ring.generation = ring.cursor = ring.onlyCopiesOf = ring.failing = 0;
    ring.oldest = 1;
    ring.head = ring.live = -1;
    let indexed = 0;
    for (let page = 0; page < region.pages; page++) {
      const header = readPageHeader(region, crc32, page, RECORDS_MAGIC);
      generations[page] = header ? header[GENERATION]! : 0;
      if (!header) continue;
      const flags = header[FAILING_PAGES]!;
      if (flags & INDEXED) indexed |= 1 << page;
      if (header[GENERATION]! <= ring.generation) continue;
      ring.generation = header[GENERATION]!;
      ring.oldest = header[FLOOR]!;
      ring.failingPages |= flags & ~(LAST_FREE | INDEXED);
      ring.onlyCopiesOf = flags & LAST_FREE ? ring.oldest : 0;
      ring.head = page;
    }
    for (let page = 0; page < region.pages; page++) {
      if (generations[page]! < ring.oldest) generations[page] = 0;
      if (ring.failingPages & (1 << page)) ring.failing++;
    }
    while (ring.oldest < ring.generation && generations.indexOf(ring.oldest) < 0) ring.oldest++;
    if (ring.head >= 0) fillIndex(indexed);
  }

  /** Begins with the newest index in flash, adds the entries that came after it, and finds where the newest page goes on. */
  function fillIndex(indexed: number): void {
    let age = ring.generation + 1;
    let index: Uint8Array | undefined;
    while (!index && age > ring.oldest) {
      const page = generations.indexOf(--age);
      if (page >= 0 && indexed & (1 << page)) index = valueAt(region, crc32, page * (PAGE_BYTES / 4) + INDEX_AT / 4, INDEX_KEY);
    }
    if (index) new Uint8Array(ring.places.buffer).set(index);
    for (; age <= ring.generation; age++) {
      const page = generations.indexOf(age);
      if (page < 0) continue;
      const table = tableOf(page);
      ring.low = noteEntries(table, page, ring.places) || (indexed & (1 << page) ? INDEX_AT : PAGE_BYTES);
      ring.entries = table.length >> 1;
    }
  }

  /** Words of a page's table. */
  function tableOf(page: number): Uint32Array {
    return readWords(region, page * PAGE_BYTES + HEADER_BYTES, entriesOf(region, page) * 2);
  }

  /** Place of the newest intact value of `key` (-1: none), for when the value in the index turned out damaged. */
  function search(key: number): number {
    for (let age = ring.generation; age >= ring.oldest; age--) {
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
    if (ring.failingPages & (1 << page)) return;
    ring.failingPages |= 1 << page;
    ring.failing++;
  }

  /** A page that may be erased, -1 if there is none. The ring's order balances the wear; spares serve only when a page fails. */
  function freePage(): number {
    for (let i = 1; i <= region.pages; i++) {
      const page = (ring.head + i) % region.pages;
      if (generations[page] || ring.failingPages & (1 << page)) continue;
      if (page < own || (ring.failing && !readPageHeader(region, crc32, page, JOURNAL_MAGIC))) return page;
    }
    return -1;
  }

  /** Writes a value and its entry to the newest page. RECORDS_FULL if it does not fit there. */
  function write(key: number, bytes: Uint8Array): ErrorCode {
    const value = encodeValue(crc32, key, bytes);
    const from = ring.low - value.length;
    const base = ring.head * PAGE_BYTES;
    const entryAt = HEADER_BYTES + ring.entries * ENTRY_BYTES;
    // The entry after this one stays blank: it ends the table.
    if (ring.head < 0 || from < entryAt + 2 * ENTRY_BYTES) return RECORDS_FULL;
    // What a cut left behind is never written over.
    if (!isBlank(region, crc32, base + entryAt, ENTRY_BYTES) || !isBlank(region, crc32, base + from, value.length)) return RECORDS_FULL;
    const entry = encodeEntry(key, from, !value.length);
    const code = (value.length && region.program(base + from, value)) || region.program(base + entryAt, entry);
    if (code) {
      fail(ring.head);
      return code;
    }
    ring.low = from;
    ring.entries++;
    const slot = slotOf(key);
    if (ring.live >= 0) ring.live += sizeOf(bytes.length) - (ring.places[slot] ? sizeOf(lengthAt(region, ring.places[slot]!)) : 0);
    ring.places[slot] = placeOf(ring.head, entry[0]! | (entry[1]! << 8) | (entry[2]! << 16) | (entry[3]! << 24));
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
      ring.generation++;
      const floor = keep ? ring.generation : ring.oldest;
      if (!code) {
        ring.head = page;
        ring.entries = 0;
        ring.low = PAGE_BYTES;
        for (let i = 0; keep && i < keep.length && !code; i++) {
          const value = ring.get(keep[i]!);
          if (value) code = write(keep[i]!, value);
        }
        flags = ring.failingPages | (last ? LAST_FREE : keep ? 0 : INDEXED);
        code = code || writePageHeader(region, crc32, page, RECORDS_MAGIC, ring.generation, floor, flags);
      }
      if (!code) {
        generations[page] = ring.generation;
        ring.onlyCopiesOf = last ? floor : 0;
        if (!(flags & INDEXED)) return 0;
        ring.low = INDEX_AT;
        // Without it, the next start goes through the entries of older pages.
        if (region.program(page * PAGE_BYTES + ring.low, encodeValue(crc32, INDEX_KEY, new Uint8Array(ring.places.buffer)))) fail(page);
        return 0;
      }
      fail(page);
    }
    reload();
    return PAGES_FAILING;
  }

  /**
   * Looks at the next entry of the oldest page and copies its value if it counts; after the last entry the page leaves the ring.
   * Returns 1 for a copy, 0 without, -1 if the newest page did not take it.
   */
  function step(): number {
    const page = generations.indexOf(ring.oldest);
    const entryAt = HEADER_BYTES + ring.cursor * ENTRY_BYTES;
    const words = readWords(region, page * PAGE_BYTES + entryAt, 2);
    if (page < 0 || entryAt >= PAGE_BYTES || (words[0] === BLANK && words[1] === BLANK)) {
      if (page >= 0) generations[page] = 0;
      ring.cursor = 0;
      while (ring.oldest < ring.generation && generations.indexOf(ring.oldest) < 0) ring.oldest++;
      return 0;
    }
    const key = words[0]! & 0xffff;
    const place = (words[0]! ^ words[1]!) === RECORDS_MAGIC ? ring.places[slotOf(key)] : 0;
    if (place && place === placeOf(page, words[0]!)) {
      const value = place & REMOVED_PLACE ? new Uint8Array(0) : ring.get(key);
      // The cursor stays: at the next step this entry no longer counts.
      if (value) return write(key, value) ? -1 : 1;
    }
    ring.cursor++;
    return 0;
  }

  /**
   * Empties old pages until one can be erased. New values are written only then: a page begun as the last free one holds nothing
   * but copies until the oldest page is empty, so if a cut left it blocked, it can be given up.
   */
  function drain(): ErrorCode {
    for (let tries = 0; tries < region.pages; tries++) {
      let blocked = false;
      while (!blocked && ring.oldest < ring.generation && (ring.onlyCopiesOf === ring.oldest || freePage() < 0)) blocked = step() < 0;
      if (!blocked) return 0;
      if (freePage() < 0) {
        if (ring.onlyCopiesOf !== ring.oldest) return PAGES_FAILING;
        // Not an erase: cut short, that could leave entries without their values.
        region.program(ring.head * PAGE_BYTES, new Uint8Array(HEADER_BYTES));
        reload();
      }
      const code = begin();
      if (code) return code;
    }
    return PAGES_FAILING;
  }

  /** After a change: some steps, while the ring takes more than a good third of the pages. */
  function tidy(changed: number): void {
    let copies = 2 + (changed >> 7);
    for (let steps = 8 + (changed >> 5); steps > 0 && copies > 0 && ring.generation - ring.oldest + 2 >= own / 2; steps--) {
      const copied = step();
      if (copied >= 0) copies -= copied;
      else if (begin()) return;
    }
  }

  function set(key: number, bytes: Uint8Array): ErrorCode {
    const slot = slotOf(key);
    if (slot < 0 || bytes.length > VALUE_MAX) return OUT_OF_REGION;
    const place = ring.places[slot]!;
    if (!bytes.length && (!place || place & REMOVED_PLACE)) return 0;
    const grows = sizeOf(bytes.length) - (place ? sizeOf(lengthAt(region, place)) : 0);
    // A short ring cannot hold too much, so the bytes that count need not be counted, which takes long.
    const mayBeFull = (ring.generation - ring.oldest + 1) * PAGE_BYTES > (own - 2) * BYTES_PER_PAGE;
    if (grows > 0 && mayBeFull && grows > freeBytes()) return RECORDS_FULL;
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
  }

  /** How much can still be stored. */
  function freeBytes(): number {
    if (ring.live < 0) {
      ring.live = 0;
      for (let slot = 1; slot < SLOTS; slot++) if (ring.places[slot]) ring.live += sizeOf(lengthAt(region, ring.places[slot]!));
    }
    const usable = region.pages - ring.failing;
    const free = ((usable < own ? usable : own) - 2) * BYTES_PER_PAGE - ring.live;
    return free > 0 ? free : 0;
  }

  if (!ring.places.length) reload();
  return { search, set, freeBytes, reload, drain, begin };
}
