/** Pages of an image against its page list: one page at a time, as it arrives in an update, or all of them in steps at boot. */
import { BAD_IMAGE_DIGEST, type ErrorCode } from '../errors.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { DIGEST_BYTES, pageBytes, type ImageInfo } from './format.js';

/** Bytes in flash, as `openRegion` gives them. */
export interface ImageSource {
  read(offset: number, length: number): Uint8Array;
  /** The same bytes as a string, one character (0..255) a byte, read in place. */
  text(offset: number, length: number): string;
}

/** Platform pieces that checking an image takes. */
export interface HashTools {
  sha256(data: Uint8Array | string): Uint8Array;
  toWire(bytes: Uint8Array): string;
  toBytes(text: string): Uint8Array;
}

/**
 * Whether page number `page` in `slot` is what the page list says; `list` holds the list at `image.pageListOffset` and is the slot
 * itself, or the staged offer that `image` was parsed from. About 2 ms on an ESP32.
 */
export function pageMatches(slot: ImageSource, list: ImageSource, image: ImageInfo, page: number, tools: HashTools): boolean {
  const digest = tools.sha256(slot.text(page * PAGE_BYTES, pageBytes(image, page)));
  return digest.length === DIGEST_BYTES
    && tools.toWire(digest) === list.text(image.pageListOffset + page * DIGEST_BYTES, DIGEST_BYTES);
}

/** Pages hashed in one step: about 20 ms on an ESP32. */
const PAGES_A_STEP = 4;

/**
 * Checks some pages a call. -1: go on; 0: all pages are right; BAD_IMAGE_DIGEST at the first wrong one. Body and list are asked for
 * once and cut where they lie, which costs no copy: the way through the region for each page would take longer than hashing it.
 */
export function startPages(slot: ImageSource, list: ImageSource, image: ImageInfo, tools: HashTools): () => ErrorCode {
  const body = slot.text(0, image.headerBytes + image.bodyBytes);
  const digests = list.text(image.pageListOffset, image.pages * DIGEST_BYTES);
  let page = 0;
  return function step() {
    for (let i = 0; i < PAGES_A_STEP; i++) {
      const digest = tools.sha256(body.substr(page * PAGE_BYTES, PAGE_BYTES));
      if (digest.length !== DIGEST_BYTES || tools.toWire(digest) !== digests.substr(page * DIGEST_BYTES, DIGEST_BYTES)) return BAD_IMAGE_DIGEST;
      page++;
      if (page === image.pages) return 0;
    }
    return -1;
  };
}
