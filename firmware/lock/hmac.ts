/** HMAC-SHA256 (RFC 2104, FIPS 198-1) for keys of at most 64 bytes, over the chip's native SHA-256. */
import type { Platform } from '../platform/types.js';

const BLOCK = 64;

/** 32 bytes. The message is copied once; together with 64 bytes it must not be longer than the chip can hash in one go. */
export function hmacSha256(sha256: Platform['sha256'], key: Uint8Array, message: Uint8Array): Uint8Array {
  return sha256(padded(key, 0x5c, sha256(padded(key, 0x36, message))));
}

/** The key as a block of 64 bytes, each XORed with `pad`, and the message behind it. */
function padded(key: Uint8Array, pad: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BLOCK + message.length);
  bytes.fill(pad, 0, BLOCK);
  for (let i = 0; i < key.length; i++) bytes[i] = key[i]! ^ pad;
  bytes.set(message, BLOCK);
  return bytes;
}

/** Compares all bytes, whatever the first ones say. */
export function equalTags(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= one[i]! ^ other[i]!;
  return !difference;
}
