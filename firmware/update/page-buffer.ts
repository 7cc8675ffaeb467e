/** One page of RAM, shared by upload and offer: whoever takes it starts it empty. It is there only while one of them needs it. */
import { OUT_OF_MEMORY, type ErrorCode } from '../errors.js';
import { PAGE_BYTES } from '../flash/layout.js';
import type { Platform, Wire } from '../platform/types.js';

export const NOBODY = 0;
export const UPLOAD = 1;
export const OFFER = 2;

/** JsVars a page takes on the smallest blocks, and as many again so that what follows does not run out. */
const FREE_VARS = 700;

export interface PageBuffer {
  bytes?: Uint8Array | undefined;
  fill: number;
  owner: number;
}

export function emptyBuffer(): PageBuffer {
  return { bytes: undefined, fill: 0, owner: NOBODY };
}

/** Gives the page to `owner`, empty unless it was its already. */
export function takeBuffer(page: PageBuffer, owner: number, platform: Platform): ErrorCode {
  if (!page.bytes) {
    platform.collect();
    if (platform.freeVars() < FREE_VARS) return OUT_OF_MEMORY;
    page.bytes = new Uint8Array(PAGE_BYTES);
    page.owner = NOBODY;
  }
  if (page.owner !== owner) {
    page.owner = owner;
    page.fill = 0;
  }
  return 0;
}

/** Frees the page, if `owner` has it. */
export function releaseBuffer(page: PageBuffer, owner: number): void {
  if (page.owner !== owner) return;
  page.bytes = undefined;
  page.owner = NOBODY;
  page.fill = 0;
}

/** Adds what fits of `data` and returns how many bytes that were. */
export function fillBuffer(page: PageBuffer, data: Wire, platform: Platform): number {
  const room = PAGE_BYTES - page.fill;
  const taken = data.length < room ? data.length : room;
  page.bytes!.set(platform.toBytes(taken < data.length ? data.substr(0, taken) : data), page.fill);
  page.fill += taken;
  return taken;
}

/** The first bytes of the page, padded with 0xFF to whole words for programming. No copy. */
export function paddedPage(page: PageBuffer): Uint8Array {
  let end = page.fill;
  while (end & 3) page.bytes![end++] = 0xff;
  return bufferPart(page, 0, end);
}

/** A view of the page. */
export function bufferPart(page: PageBuffer, from: number, length: number): Uint8Array {
  return new Uint8Array(page.bytes!.buffer, from, length);
}

/** Whether the page from `from` on is what `text`, a string in flash, holds. */
export function bufferEquals(page: PageBuffer, from: number, text: string, platform: Platform): boolean {
  const part = bufferPart(page, from, text.length);
  return platform.toWire(platform.sha256(part)) === platform.toWire(platform.sha256(text));
}
