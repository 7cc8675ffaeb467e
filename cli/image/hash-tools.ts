/** What checking an image takes of a platform, on a host. */
import type { HashTools, ImageSource } from '../../firmware/image/pages.js';
import { sha256 } from './build-image.js';

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export const hashTools: HashTools = { sha256, toWire: textOf, toBytes: (text) => new Uint8Array(Buffer.from(text, 'latin1')) };

/** An image in memory, as a lock finds it in a slot. */
export function sourceOf(bytes: Uint8Array): ImageSource {
  return {
    read: (offset, length) => bytes.slice(offset, offset + length),
    text: (offset, length) => textOf(bytes.subarray(offset, offset + length)),
  };
}
