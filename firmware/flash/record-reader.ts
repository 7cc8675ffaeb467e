/** Reads single records without the store's index: for the bootloader, which asks for two of them at each start and writes none. */
import type { StoreParts } from './journal.js';
import { PAGE_BYTES } from './layout.js';
import { FLOOR, GENERATION, HEADER_BYTES, RECORDS_MAGIC, readPageHeader, readWords } from './page-header.js';
import { ENTRY_BYTES, entriesOf, isEntry, placeOf, valueAt } from './record-format.js';
import { openRegion } from './region.js';

export interface RecordReader {
  get(key: number): Uint8Array | undefined;
}

/** `get` looks from the newest page to the oldest, and in each from the newest entry; nothing is kept between two calls. */
export function openRecordReader(parts: StoreParts): RecordReader {
  const region = openRegion(parts.flash, parts.span, parts.crc32, parts.spare);

  /** The page with the highest generation below `below`; -1: none is left. */
  function pageBelow(below: number): { page: number; generation: number; floor: number } {
    const found = { page: -1, generation: 0, floor: 0 };
    for (let page = 0; page < region.pages; page++) {
      const header = readPageHeader(region, parts.crc32, page, RECORDS_MAGIC);
      if (!header || header[GENERATION]! >= below || header[GENERATION]! <= found.generation) continue;
      found.page = page;
      found.generation = header[GENERATION]!;
      found.floor = header[FLOOR]!;
    }
    return found;
  }

  /** An entry of `page` for `key`: its value, undefined for none, null where the newest entry says "removed". */
  function newestIn(page: number, key: number): Uint8Array | null | undefined {
    for (let entry = entriesOf(region, page) - 1; entry >= 0; entry--) {
      const words = readWords(region, page * PAGE_BYTES + HEADER_BYTES + entry * ENTRY_BYTES, 2);
      if (!isEntry(words[0]!, words[1]!) || (words[0]! & 0xffff) !== key) continue;
      if ((words[0]! >>> 16) & 1) return null;
      const value = valueAt(region, parts.crc32, placeOf(page, words[0]!), key);
      if (value) return value;
    }
    return undefined;
  }

  return {
    get: function (key) {
      let current = pageBelow(0x100000000);
      const floor = current.floor;
      while (current.page >= 0 && current.generation >= floor) {
        const value = newestIn(current.page, key);
        if (value !== undefined) return value || undefined;
        current = pageBelow(current.generation);
      }
      return undefined;
    },
  };
}
