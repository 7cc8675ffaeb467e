/**
 * A page of the record store: header, a table of 8-byte entries that grows up, values that grow down. An entry is the commit of
 * its value. Drawing: `docs/flash-format.md`.
 */
import { copyBytes } from './bytes.js';
import { PAGE_BYTES } from './layout.js';
import { HEADER_BYTES, RECORDS_MAGIC, readWords } from './page-header.js';
import type { Crc32, Region } from './region.js';

export const VALUE_MAX = 1024;
export const ENTRY_BYTES = 8;
/** Flag of a removed key in a place. */
export const REMOVED_PLACE = 0x8000;
const PAGE_WORDS = PAGE_BYTES / 4;
/** The same flag in an entry: bit 0 of the offset, which is a multiple of 4. */
const REMOVED_ENTRY = 1;
const ERASED_ENTRY = '\xff\xff\xff\xff\xff\xff\xff\xff';

/** Bytes that a value takes together with its entry; a removed key keeps an entry. */
export function sizeOf(length: number): number {
  return length ? ((length + 3) & ~3) + 8 + ENTRY_BYTES : ENTRY_BYTES;
}

/** Key and length, value, padding, CRC-32. Nothing for an empty value. */
export function encodeValue(crc32: Crc32, key: number, bytes: Uint8Array): Uint8Array {
  const size = sizeOf(bytes.length) - ENTRY_BYTES;
  const words = new Uint32Array(size / 4);
  const value = new Uint8Array(words.buffer);
  if (size) {
    words[0] = key | (bytes.length << 16);
    value.set(bytes, 4);
    words[size / 4 - 1] = crc32(value.subarray(0, size - 4));
  }
  return value;
}

/** Key and offset, then the same combined with the magic: any torn or damaged entry shows. */
export function encodeEntry(key: number, offset: number, removed: boolean): Uint8Array {
  const entry = new Uint32Array(2);
  entry[0] = key | ((offset | (removed ? REMOVED_ENTRY : 0)) << 16);
  entry[1] = entry[0] ^ RECORDS_MAGIC;
  return new Uint8Array(entry.buffer);
}

export function isEntry(first: number, second: number): boolean {
  return (first ^ second) === RECORDS_MAGIC;
}

/** Where the value of an entry begins, in words from the start of the region, with the flag of a removed key. */
export function placeOf(page: number, entry: number): number {
  return (page * PAGE_WORDS + (entry >>> 18)) | ((entry >>> 16) & REMOVED_ENTRY ? REMOVED_PLACE : 0);
}

/**
 * Entries of a page's table, torn ones included. A blank entry always ends it, so values are never taken for entries; no 8 bytes of
 * 0xFF can begin inside an entry that is followed by another.
 */
export function entriesOf(region: Region, page: number): number {
  const end = region.text(page * PAGE_BYTES + HEADER_BYTES, PAGE_BYTES - HEADER_BYTES).indexOf(ERASED_ENTRY);
  return end < 0 ? (PAGE_BYTES - HEADER_BYTES) / ENTRY_BYTES : (end + ENTRY_BYTES - 1) >> 3;
}

/** Length of the value at `place`, 0 if it cannot be one. */
export function lengthAt(region: Region, place: number): number {
  const length = place & REMOVED_PLACE ? 0 : readWords(region, place * 4, 1)[0]! >>> 16;
  return length > VALUE_MAX ? 0 : length;
}

/** The value at `place`, if it is intact and belongs to `key`. */
export function valueAt(region: Region, crc32: Crc32, place: number, key: number): Uint8Array | undefined {
  const length = lengthAt(region, place);
  if (!length) return undefined;
  const checked = 4 + ((length + 3) & ~3);
  const words = readWords(region, place * 4, 1 + checked / 4);
  if ((words[0]! & 0xffff) !== key || words[checked / 4] !== crc32(region.text(place * 4, checked))) return undefined;
  return copyBytes(new Uint8Array(words.buffer), 4, 4 + length);
}
