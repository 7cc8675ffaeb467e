/** The short way of an ordinary day: an image that was verified, sealed and confirmed need not be understood again, only recognised. */
import { readU16, readU32 } from '../firmware/flash/bytes.js';
import { HEADER_BYTES } from '../firmware/image/format.js';
import type { HashTools, ImageSource } from '../firmware/image/pages.js';
import { messageOf, sealOf } from '../firmware/image/verify.js';
import { WHOLE_BYTES } from './whole.js';

/** Where the key's hash lies behind what TLV 0x10 covers: see firmware/image/format.ts. */
const KEY_HASH_AT = 44;

/**
 * Whether `slot` holds the very image with `imageId`, under the very `seal`. Header, body and protected TLVs are hashed as they lie in
 * flash, in one native call: no field of them is believed, and TLV 0x10 is not even read. Gives the body, in place; an empty text: look closer.
 */
export function recognise(slot: ImageSource, which: 0 | 1, imageId: Uint8Array, seal: Uint8Array, tools: HashTools): string {
  const header = slot.read(0, HEADER_BYTES);
  const bodyBytes = readU32(header, 12);
  const protectedBytes = readU16(header, 10);
  const bytes = HEADER_BYTES + bodyBytes + protectedBytes;
  if (!bodyBytes || bytes > WHOLE_BYTES) return '';
  const covered = slot.text(0, bytes);
  const message = messageOf(tools.toWire(header) + slot.text(HEADER_BYTES + bodyBytes, protectedBytes), tools.toWire(tools.sha256(covered)), tools);
  const isSame = tools.toWire(tools.sha256(message)) === tools.toWire(imageId)
    && tools.toWire(sealOf(message, slot.text(bytes + KEY_HASH_AT, 32), which, tools)) === tools.toWire(seal);
  return isSame ? covered.substr(HEADER_BYTES, bodyBytes) : '';
}
