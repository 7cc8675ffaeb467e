/**
 * A window on flash. Every write of the firmware goes through one: it refuses what lies outside, reads back what it wrote, and
 * checks what it erased. Offsets count from the region's start.
 */
import { FLASH_READ_BACK, OUT_OF_REGION, type ErrorCode } from '../errors.js';
import type { FlashPort } from '../platform/types.js';
import { PAGE_BYTES, type Span } from './layout.js';

/** CRC-32 (IEEE 802.3), unsigned. */
export type Crc32 = (data: Uint8Array | string) => number;

/** CRC-32 of a page of 0xFF. */
const BLANK_PAGE_CRC = 0xf154670a;

export interface Region {
  /** Pages of 4096 bytes, those of the spare span included. */
  pages: number;
  /** A copy in RAM; empty where offset or length lie outside. */
  read(offset: number, length: number): Uint8Array;
  /** Flash as a string read in place; empty where offset or length lie outside. */
  text(offset: number, length: number): string;
  /** Programs `data` (offset and length multiples of 4) and compares. 0, FLASH_READ_BACK (after one retry) or OUT_OF_REGION. */
  program(offset: number, data: Uint8Array | string): ErrorCode;
  /** Erases one page and checks that it reads 0xFF. 0, FLASH_READ_BACK (after one retry) or OUT_OF_REGION. */
  erase(page: number): ErrorCode;
}

/** Opens `span`, followed by the first two pages of `spare` where one is given (they need not be neighbours in flash). */
export function openRegion(flash: FlashPort, span: Span, crc32: Crc32, spare?: Span): Region {
  const start = span.address;
  const ownBytes = span.pages * PAGE_BYTES;
  const spareBytes = spare ? (spare.pages < 2 ? spare.pages : 2) * PAGE_BYTES : 0;

  /** Absolute address, or -1 where the range leaves the region. No length is not asked of the chip: Espruino reads it as "all". */
  function address(offset: number, length: number): number {
    if (!(offset >= 0 && offset === (offset | 0) && length >= 0)) return -1;
    if (offset + length <= ownBytes) return start + offset;
    if (spare && offset >= ownBytes && offset + length <= ownBytes + spareBytes) return spare.address + offset - ownBytes;
    return -1;
  }

  return {
    pages: span.pages + (spareBytes ? (spareBytes > PAGE_BYTES ? 2 : 1) : 0),
    // The case of nearly every call first: the bootloader makes some dozens of them.
    read: function (offset, length) {
      if (offset >= 0 && length > 0 && offset + length <= ownBytes && offset === (offset | 0)) return flash.read(length, start + offset);
      const from = address(offset, length);
      return from < 0 || !length ? new Uint8Array(0) : flash.read(length, from);
    },
    text: function (offset, length) {
      const from = address(offset, length);
      return from < 0 || !length ? '' : flash.text(from, length);
    },
    program: function (offset, data) {
      const to = address(offset, data.length);
      if (to < 0 || (offset | data.length) & 3) return OUT_OF_REGION;
      const wanted = crc32(data);
      for (let tries = 0; tries < 2; tries++) {
        flash.write(data, to);
        if (crc32(flash.text(to, data.length)) === wanted) return 0;
      }
      return FLASH_READ_BACK;
    },
    erase: function (page) {
      const from = page === (page | 0) ? address(page * PAGE_BYTES, PAGE_BYTES) : -1;
      if (from < 0) return OUT_OF_REGION;
      for (let tries = 0; tries < 2; tries++) {
        flash.erase(from);
        if (crc32(flash.text(from, PAGE_BYTES)) === BLANK_PAGE_CRC) return 0;
      }
      return FLASH_READ_BACK;
    },
  };
}
