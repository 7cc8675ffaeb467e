/** What is done with a record store besides reading and writing: by hosts, and by a hard reset. */
import { RECORDS_FULL, type ErrorCode } from '../errors.js';
import { PAGE_BYTES } from './layout.js';
import { HEADER_BYTES, RECORDS_MAGIC, readPageHeader } from './page-header.js';
import { loadChanges } from './record-changes.js';
import { ENTRY_BYTES, REMOVED_PLACE, sizeOf } from './record-format.js';
import { keyOf, SLOTS } from './record-index.js';
import type { Ring } from './records.js';

/** All keys that hold a value, in rising order. */
export function keysOf(ring: Ring): number[] {
  loadChanges(ring);
  const held: number[] = [];
  for (let slot = 1; slot < SLOTS; slot++) {
    if (ring.places[slot] && !(ring.places[slot]! & REMOVED_PLACE)) held.push(keyOf(slot));
  }
  return held;
}

/** Removes everything but the keys in `keep` (together at most a page) in one step: all or nothing after any cut. */
export function wipeRecords(ring: Ring, keep: number[]): ErrorCode {
  const changes = loadChanges(ring);
  let kept = 0;
  for (let i = 0; i < keep.length; i++) {
    const value = ring.get(keep[i]!);
    if (value) kept += sizeOf(value.length);
  }
  if (kept > PAGE_BYTES - HEADER_BYTES - ENTRY_BYTES) return RECORDS_FULL;
  const code = changes.drain() || changes.begin(keep);
  changes.reload();
  return code;
}

/** Erases what void pages still hold of old values. A page that cannot be erased is left to the next change. */
export function scrubRecords(ring: Ring): ErrorCode {
  const changes = loadChanges(ring);
  const region = ring.region;
  let code = 0;
  changes.reload();
  for (let page = 0; page < region.pages; page++) {
    // Behind its own pages lie spare ones, which may be the journal's.
    if (ring.generations[page] || page >= ring.own && !readPageHeader(region, ring.crc32, page, RECORDS_MAGIC)) continue;
    code = region.erase(page) || code;
  }
  return code;
}

export function removeRecord(ring: Ring, key: number): ErrorCode {
  return ring.set(key, new Uint8Array(0));
}

/** How much can still be stored; a value takes its length, rounded up to 4, and 16 bytes. */
export function freeBytesOf(ring: Ring): number {
  return loadChanges(ring).freeBytes();
}
