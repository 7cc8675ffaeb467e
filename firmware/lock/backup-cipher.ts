/** Keys, key stream and tag of a backup: see backup.ts for the bytes. */
import type { Platform } from '../platform/types.js';
import { startStretch, stepStretch } from './codes.js';
import { hmacSha256 } from './hmac.js';

export const CONTENT_AT = 44;
export const TAG = 32;
/** Of the key stream, in one step: about 25 ms of an ESP32. */
const STEP_WORDS = 40;

export interface Cipher {
  /** Works on the keys; true when they are known. */
  keyStep(): boolean;
  /** The same, then XORs the content in place; true when all of it is done. */
  step(): boolean;
  tag(): Uint8Array;
}

/** Of a backup with its head filled in. `secret`: the password's bytes, or an owner's key. */
export function openCipher(platform: Pick<Platform, 'sha256' | 'digest' | 'collect' | 'toWire'>, secret: Uint8Array, bytes: Uint8Array): Cipher {
  const sha256 = platform.sha256;
  const stretch = startStretch(sha256, bytes.subarray(16, 32), secret, secret.length, bytes[6]! | bytes[7]! << 8);
  const end = bytes.length - TAG;
  let known = false;
  let stream = new Uint8Array(0);
  let tagKey = stream;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + CONTENT_AT, (end - CONTENT_AT) >> 2);
  let at = 0;

  function keyOf(label: string): Uint8Array {
    return sha256(platform.toWire(stretch.value) + 'deadlatch backup ' + label);
  }
  function keyStep(): boolean {
    if (known) return true;
    if (!stepStretch(stretch, platform)) return false;
    const key = keyOf('stream');
    stream = new Uint8Array(44);
    stream.set(key);
    stream.set(bytes.subarray(32, 40), 32);
    tagKey = keyOf('tag');
    known = true;
    return false;
  }
  /** By words: a byte takes the interpreter as long. */
  function step(): boolean {
    if (!keyStep()) return false;
    for (const until = at + STEP_WORDS; at < words.length && at < until;) {
      stream[40] = at >> 3;
      stream[41] = at >> 11;
      const pad = new Int32Array(sha256(stream).buffer);
      for (let i = 0; i < 8 && at < words.length; i++, at++) words[at] = words[at]! ^ pad[i]!;
    }
    return at >= words.length;
  }
  return { keyStep, step, tag: () => hmacSha256(sha256, tagKey, bytes.subarray(0, end)) };
}
