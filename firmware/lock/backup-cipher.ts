/** Keys, key stream and tag of a backup: see backup.ts for the bytes. */
import type { Platform } from '../platform/types.js';
import { startStretch, stepStretch } from './codes.js';
import { hmacSha256 } from './hmac.js';

export const CONTENT_AT = 44;
export const TAG = 32;
/** Of the key stream, in one step: about 25 ms of an ESP32. */
const STEP_BYTES = 128;

export interface Cipher {
  /** Works on the keys; true when they are known. */
  keyStep(): boolean;
  /** The same, then XORs the content in place; true when all of it is done. */
  step(): boolean;
  tag(): Uint8Array;
}

/** Of a backup with its head filled in. `secret`: the password's bytes, or an owner's key. */
export function openCipher(platform: Pick<Platform, 'sha256' | 'toWire'>, secret: Uint8Array, bytes: Uint8Array): Cipher {
  const sha256 = platform.sha256;
  const stretch = startStretch(sha256, bytes.slice(16, 32), secret, secret.length, bytes[6]! | bytes[7]! << 8);
  const end = bytes.length - TAG;
  let known = false;
  let stream = new Uint8Array(0);
  let tagKey = stream;
  let at = CONTENT_AT;

  function keyOf(label: string): Uint8Array {
    return sha256(platform.toWire(stretch.value) + 'deadlatch backup ' + label);
  }
  function keyStep(): boolean {
    if (known) return true;
    if (!stepStretch(stretch, sha256)) return false;
    const key = keyOf('stream');
    stream = new Uint8Array(44);
    stream.set(key);
    stream.set(bytes.subarray(32, 40), 32);
    tagKey = keyOf('tag');
    known = true;
    return false;
  }
  function step(): boolean {
    if (!keyStep()) return false;
    const until = at + STEP_BYTES;
    while (at < end && at < until) {
      const block = (at - CONTENT_AT) >> 5;
      stream[40] = block;
      stream[41] = block >> 8;
      const pad = sha256(stream);
      for (let i = 0; i < 32 && at < end; i++, at++) bytes[at] = bytes[at]! ^ pad[i]!;
    }
    return at >= end;
  }
  return { keyStep, step, tag: () => hmacSha256(sha256, tagKey, bytes.subarray(0, end)) };
}
