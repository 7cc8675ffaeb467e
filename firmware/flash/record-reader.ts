/** Reads single records without filling the store's index: for the bootloader, which asks for two of them at each start and writes none. */
import type { StoreParts } from './journal.js';
import { PAGE_BYTES } from './layout.js';
import { FAILING_PAGES, FLOOR, GENERATION, HEADER_BYTES, INDEXED, RECORDS_MAGIC, readPageHeader, readWords } from './page-header.js';
import { entriesOf, isEntry, placeOf, REMOVED_PLACE, valueAt } from './record-format.js';
import { INDEX_AT, INDEX_KEY } from './record-index.js';
import { openRegion } from './region.js';

export interface RecordReader {
  /** The newest value of a key below `LOW_KEYS`. */
  get(key: number): Uint8Array | undefined;
}

/**
 * `get` looks in the newest page, then where the index in that page says; without one, or where it leads to a damaged value, from page to
 * page to the oldest. The pages are looked for once: nothing may write to the store meanwhile.
 */
export function openRecordReader(parts: StoreParts): RecordReader {
  const crc32 = parts.crc32;
  const region = openRegion(parts.flash, parts.span, crc32, parts.spare);
  /** Generation of each page with a header, 0 for the others; empty until somebody asks. */
  let generations = new Uint32Array(0);
  let newest = 0;
  let floor = 0;
  /** Places of all keys when the newest page was begun. */
  let index: Uint16Array | undefined;

  function load(): void {
    generations = new Uint32Array(region.pages);
    let indexed = -1;
    for (let page = 0; page < region.pages; page++) {
      const header = readPageHeader(region, crc32, page, RECORDS_MAGIC);
      if (!header) continue;
      generations[page] = header[GENERATION]!;
      if (header[GENERATION]! <= newest) continue;
      newest = header[GENERATION]!;
      floor = header[FLOOR]!;
      indexed = header[FAILING_PAGES]! & INDEXED ? page : -1;
    }
    const places = indexed < 0 ? undefined : valueAt(region, crc32, (indexed * PAGE_BYTES + INDEX_AT) / 4, INDEX_KEY);
    index = places && new Uint16Array(places.buffer);
  }

  /** The newest intact value of `key` that has an entry in `page`: undefined for none, null where the newest entry says "removed". */
  function newestIn(page: number, key: number): Uint8Array | null | undefined {
    const table = readWords(region, page * PAGE_BYTES + HEADER_BYTES, entriesOf(region, page) * 2);
    const halves = new Uint16Array(table.buffer);
    let newestValue: Uint8Array | null | undefined;
    // The interpreter's own search: a page may have more than a hundred entries, of the log nearly all.
    for (let at = halves.indexOf(key); at >= 0; at = halves.indexOf(key, at + 1)) {
      const entry = table[at >> 1]!;
      if (at & 3 || !isEntry(entry, table[(at >> 1) + 1]!)) continue;
      const value = (entry >>> 16) & 1 ? null : valueAt(region, crc32, placeOf(page, entry), key);
      if (value !== undefined) newestValue = value;
    }
    return newestValue;
  }

  return {
    get: function (key) {
      if (!generations.length) load();
      for (let generation = newest; generation && generation >= floor; generation--) {
        const page = generations.indexOf(generation);
        if (page < 0) continue;
        const value = newestIn(page, key);
        if (value !== undefined) return value || undefined;
        if (generation < newest || !index) continue;
        const place = index[key]!;
        if (!place || place & REMOVED_PLACE) return undefined;
        const older = valueAt(region, crc32, place, key);
        if (older) return older;
      }
      return undefined;
    },
  };
}
