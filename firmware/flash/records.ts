/**
 * The record store: key -> bytes, in a ring of pages. A value is written first and its entry in the page's table last, so that
 * after a power cut the old or the new value is there. The newest entry of a key counts. The oldest page of the ring is emptied
 * a few entries at a time, by copying what still counts to the newest page; each page is erased as often as any other.
 * How it is opened and changed: `record-changes.ts`.
 */
import type { ErrorCode } from '../errors.js';
import type { StoreParts } from './journal.js';
import { loadChanges } from './record-changes.js';
import { REMOVED_PLACE, valueAt } from './record-format.js';
import { slotOf } from './record-index.js';
import { openRegion, type Crc32, type Region } from './region.js';

export interface Records {
  /** Pages known to fail (counted from the first access on). */
  failing: number;
  get(key: number): Uint8Array | undefined;
  /** Stores at most 1024 bytes under `key` (1..63, or one of the log's). No bytes: it is removed. Old or new value after any cut. */
  set(key: number, bytes: Uint8Array): ErrorCode;
}

/** The store with its state, for those who change it. */
export interface Ring extends Records {
  region: Region;
  crc32: Crc32;
  /** Pages of the store itself; those behind them are spare. */
  own: number;
  /** Generation of each page in the ring, 0 for pages that may be erased. */
  generations: Uint32Array;
  /** The index: place of the newest value of each key, 0 where there never was one. Empty until it is needed. */
  places: Uint16Array;
  generation: number;
  /** Generation of the oldest page of the ring. */
  oldest: number;
  /** The newest page, its table entries, and where its values begin. */
  head: number;
  entries: number;
  low: number;
  /** Bytes of all values that count, overhead included; -1 until somebody asks. */
  live: number;
  /** Next entry of the oldest page to be looked at. */
  cursor: number;
  /** One bit a page. */
  failingPages: number;
  /** While this is the oldest page's generation, the newest page holds nothing but copies from that page. */
  onlyCopiesOf: number;
}

/** Opens the store. Reads nothing before it is first used and writes nothing before the first change. */
export function openRecords(parts: StoreParts): Ring {
  const region = openRegion(parts.flash, parts.span, parts.crc32, parts.spare);
  const ring: Ring = {
    failing: 0, get: (key) => valueOf(ring, key), set: (key, bytes) => loadChanges(ring).set(key, bytes),
    region, crc32: parts.crc32, own: parts.span.pages, generations: new Uint32Array(region.pages), places: new Uint16Array(0), generation: 0, oldest: 1,
    head: -1, entries: 0, low: 0, live: -1, cursor: 0, failingPages: 0, onlyCopiesOf: 0,
  };
  return ring;
}

function valueOf(ring: Ring, key: number): Uint8Array | undefined {
  if (!ring.places.length) loadChanges(ring);
  const slot = slotOf(key);
  const place = ring.places[slot];
  if (!place || place & REMOVED_PLACE) return undefined;
  const value = valueAt(ring.region, ring.crc32, place, key);
  if (value) return value;
  const older = loadChanges(ring).search(key);
  if (older < 0) return undefined;
  ring.places[slot] = older;
  ring.cursor = 0;
  return valueAt(ring.region, ring.crc32, older, key);
}
