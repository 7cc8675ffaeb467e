/**
 * The record store's index: for each possible key the place of its newest value. A slot for each key, because looking a key up by search
 * would take too long on the lock.
 */
import { LOG_FIRST, LOG_LAST, LOW_KEYS } from './keys.js';
import { PAGE_BYTES } from './layout.js';
import { RECORDS_MAGIC } from './page-header.js';
import { ENTRY_BYTES, sizeOf } from './record-format.js';

const LOG_SHIFT = LOG_FIRST - LOW_KEYS;
export const SLOTS = LOG_LAST - LOG_SHIFT + 1;
/** In flash the index is a value of its own, at the end of a page. */
export const INDEX_KEY = 0xffff;
export const INDEX_AT = PAGE_BYTES - sizeOf(SLOTS * 2) + ENTRY_BYTES;

/** Where the index keeps a key; -1 for a number that is no key. */
export function slotOf(key: number): number {
  if (key > 0 && key < LOW_KEYS) return key;
  return key >= LOG_FIRST && key <= LOG_LAST ? key - LOG_SHIFT : -1;
}

export function keyOf(slot: number): number {
  return slot < LOW_KEYS ? slot : slot + LOG_SHIFT;
}

/**
 * Adds the entries of a page to the index. Returns where the value of the last one begins, 0 if there is none. Most of what opening the
 * store takes is spent here, so there are few variables to look up and few calls.
 */
export function noteEntries(table: Uint32Array, page: number, where: Uint16Array): number {
  const base = page * (PAGE_BYTES / 4);
  let last = 0;
  for (let i = 0; i < table.length; i += 2) {
    const entry = table[i]!;
    if ((entry ^ table[i + 1]!) !== RECORDS_MAGIC) continue;
    last = entry;
    // Both are slotOf and placeOf, without a call.
    where[entry & 0xff00 ? (entry & 0xffff) - LOG_SHIFT : entry & 0xff] = (base + (entry >>> 18)) | ((entry & 0x10000) >> 1);
  }
  return (last >>> 18) << 2;
}
