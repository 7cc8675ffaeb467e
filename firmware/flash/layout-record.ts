/**
 * The layout record in page 0, behind Storage's file header: what hosts and bootloader check before they trust an address. Two
 * copies of 48 bytes, one after the other. Every byte: `docs/flash-format.md`.
 */
import type { Geometry } from './layout.js';
import type { Crc32 } from './region.js';

export interface LayoutRecord {
  /** Id of the chip family. */
  family: number;
  geometry: Geometry;
}

/** Bytes of both copies. */
export const LAYOUT_RECORD_BYTES = 96;
const COPY_BYTES = 48;
const CRC_AT = 40;
/** "DLL1" */
const MAGIC = 0x314c4c44;

/** Bytes that follow Storage's file header in page 0. Hosts only. */
export function buildLayoutRecord(geometry: Geometry, family: number, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(LAYOUT_RECORD_BYTES).fill(0xff);
  const view = new DataView(bytes.buffer);
  const words = [
    MAGIC, family, geometry.base, geometry.pages, geometry.bootPages, geometry.identityPages, geometry.journalPages,
    geometry.recordPages, geometry.offerPages, geometry.slotPages,
  ];
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, words[i]!, true);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  bytes.set(bytes.subarray(0, COPY_BYTES), COPY_BYTES);
  return bytes;
}

/** Reads the record from the bytes that follow Storage's file header in page 0. */
export function parseLayoutRecord(bytes: Uint8Array, crc32: Crc32): LayoutRecord | undefined {
  for (let at = 0; at + COPY_BYTES <= bytes.length && at < LAYOUT_RECORD_BYTES; at += COPY_BYTES) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    if (view.getUint32(0, true) !== MAGIC || view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(at, at + CRC_AT))) continue;
    return {
      family: view.getUint32(4, true),
      geometry: {
        base: view.getUint32(8, true),
        pages: view.getUint32(12, true),
        bootPages: view.getUint32(16, true),
        identityPages: view.getUint32(20, true),
        journalPages: view.getUint32(24, true),
        recordPages: view.getUint32(28, true),
        offerPages: view.getUint32(32, true),
        slotPages: view.getUint32(36, true),
      },
    };
  }
  return undefined;
}
