import type { Geometry } from './layout.js';
import type { Crc32 } from './region.js';

export interface LayoutRecord {
  /** Id of the chip family. */
  family: number;
  geometry: Geometry;
}

/** Bytes that follow Storage's file header in page 0. Hosts only. */
export declare function buildLayoutRecord(geometry: Geometry, family: number, crc32: Crc32): Uint8Array;

/** Reads the record from the bytes that follow Storage's file header in page 0. */
export declare function parseLayoutRecord(bytes: Uint8Array, crc32: Crc32): LayoutRecord | undefined;
