/** Checks an image's body in one go: native code all the way, where the page list takes a round of JavaScript for each page. */
import { BAD_IMAGE_DIGEST, type ErrorCode } from '../firmware/errors.js';
import type { ImageInfo } from '../firmware/image/format.js';
import { bytesEqual } from '../firmware/image/keys.js';
import { startPages, type HashTools, type ImageSource } from '../firmware/image/pages.js';

/** 18 ms on an ESP32 (calculated): with what a turn may have taken before, 50 ms. An app has at most 64 KB. */
export const WHOLE_BYTES = 73728;

/**
 * In the place of `startPages`, for a mapped flash: elsewhere the text would be copied to the stack, which does not hold it. Header, body and
 * protected TLVs have a digest of their own, which is signed as the page list is. An image too large for one turn is checked page by page.
 */
export function startWhole(slot: ImageSource, list: ImageSource, image: ImageInfo, tools: HashTools): () => ErrorCode {
  const bytes = image.protectedOffset + image.protectedBytes;
  if (bytes > WHOLE_BYTES) return startPages(slot, list, image, tools);
  return () => (bytesEqual(tools.sha256(slot.text(0, bytes)), image.hash) ? 0 : BAD_IMAGE_DIGEST);
}
