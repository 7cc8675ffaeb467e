/**
 * The header that makes a page part of the journal or of the record store, and two helpers both use. It is 64 bytes with two
 * copies, each with a CRC of its own: one damaged bit does not lose a page. A page has a header only if its erase was completed
 * and checked in the same power session; without one it is erased again before it is used, whatever it reads.
 */
import type { ErrorCode } from '../errors.js';
import { PAGE_BYTES } from './layout.js';
import type { Crc32, Region } from './region.js';

export const HEADER_BYTES = 64;
/** "DLJ1" and "DLR1", little-endian. */
export const JOURNAL_MAGIC = 0x314a4c44;
export const RECORDS_MAGIC = 0x31524c44;
/** An erased word. */
export const BLANK = 0xffffffff;

// Words of a header copy; the fifth is the CRC-32 of these four.
export const GENERATION = 1;
export const FLOOR = 2;
export const FAILING_PAGES = 3;
/** In the last word, of a record page: the end of the page is kept for the index as it was when the page was begun. */
export const INDEXED = 1 << 30;

const COPY_BYTES = 32;

/** Little-endian words of flash; none where offset or length lie outside. */
export function readWords(region: Region, offset: number, count: number): Uint32Array {
  return new Uint32Array(region.read(offset, count * 4).buffer);
}

/** Whether a stretch of flash reads 0xFF. */
export function isBlank(region: Region, crc32: Crc32, offset: number, length: number): boolean {
  return crc32(region.text(offset, length)) === crc32(new Uint8Array(length).fill(0xff));
}

/** The words of a page's header, from its first intact copy. */
export function readPageHeader(region: Region, crc32: Crc32, page: number, magic: number): Uint32Array | undefined {
  // Both copies in one reading: each way through the region takes the bootloader's time.
  return headerIn(readWords(region, page * PAGE_BYTES, COPY_BYTES / 2), crc32, magic);
}

/** The same in the first words of a page. */
export function headerIn(words: Uint32Array, crc32: Crc32, magic: number): Uint32Array | undefined {
  if (words[0] === magic && words[4] === crc32(new Uint8Array(words.buffer, 0, 16))) return words;
  if (words[COPY_BYTES / 4] !== magic || words[COPY_BYTES / 4 + 4] !== crc32(new Uint8Array(words.buffer, COPY_BYTES, 16))) return undefined;
  return new Uint32Array(words.buffer, COPY_BYTES);
}

/** Writes both copies in one program of 52 bytes. */
export function writePageHeader(
  region: Region, crc32: Crc32, page: number, magic: number, generation: number, floor: number, failingPages: number,
): ErrorCode {
  const words = new Uint32Array(13).fill(BLANK);
  for (let at = 0; at < 13; at += COPY_BYTES / 4) {
    words[at] = magic;
    words[at + GENERATION] = generation;
    words[at + FLOOR] = floor;
    words[at + FAILING_PAGES] = failingPages;
    words[at + 4] = crc32(new Uint8Array(words.buffer, at * 4, 16));
  }
  return region.program(page * PAGE_BYTES, new Uint8Array(words.buffer));
}
