/**
 * Where everything lies in flash. Storage holds two files: `.boot0` (bootPages) and `deadlatch` (the rest). Page numbers here
 * count from the start of the file `deadlatch`; page 0 carries Storage's 32-byte file header and the layout record.
 */

export const PAGE_BYTES = 4096;
export const STORAGE_HEADER_BYTES = 32;

/** What a chip family fixes. All but `base` in pages of 4096 bytes. */
export interface Geometry {
  /** Address of the first byte of Storage. */
  base: number;
  /** Pages of all of Storage. */
  pages: number;
  bootPages: number;
  identityPages: number;
  journalPages: number;
  recordPages: number;
  offerPages: number;
  slotPages: number;
}

/** Absolute addresses and page counts of every region, in flash order. */
export interface Layout {
  /** Address of page 0 of `deadlatch`. */
  base: number;
  identity: Span;
  journal: Span;
  records: Span;
  offer: Span;
  slots: readonly [Span, Span];
  spare: Span;
}

export interface Span {
  /** Absolute address, a multiple of 4096. */
  address: number;
  pages: number;
}

/** Lays the regions out one after the other, from page 1 of `deadlatch`. */
export function layoutOf(geometry: Geometry): Layout {
  const base = geometry.base + geometry.bootPages * PAGE_BYTES;
  let page = 1;
  function take(pages: number): Span {
    const span = { address: base + page * PAGE_BYTES, pages };
    page += pages;
    return span;
  }
  const identity = take(geometry.identityPages);
  const journal = take(geometry.journalPages);
  const records = take(geometry.recordPages);
  const offer = take(geometry.offerPages);
  const slotA = take(geometry.slotPages);
  const slotB = take(geometry.slotPages);
  const spare = take(geometry.pages - geometry.bootPages - page);
  return { base, identity, journal, records, offer, slots: [slotA, slotB], spare };
}
