/** Images and keys for tests. Signing takes seconds, so signatures are kept in node_modules/.cache; keys come from fixed seeds. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import { buildImage, sha256, type ImageMetadata } from '../../cli/image/build-image.js';
import { createKey, type PrivateKey } from '../../cli/image/key-file.js';
import { signImage } from '../../cli/image/sign-image.js';
import type { ReadBytes } from '../../firmware/image/format.js';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/deadlatch-signatures');

const keys = new Map<number, PrivateKey>();

/** The key number `number`, the same in every run. */
export function testKey(number: number, dev = false): PrivateKey {
  const key = keys.get(number) ?? createKey(false, new Uint8Array(48).fill(number));
  keys.set(number, key);
  return { ...key, dev };
}

export function testBody(bytes: number): Uint8Array {
  const line = '(function(handover){ return handover; }) // padding\n';
  return Buffer.from(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
}

export function unsignedImage(bodyBytes = 10_000, metadata: Partial<ImageMetadata> = {}): Uint8Array {
  return buildImage(testBody(bodyBytes), { family: 'virtual', version: '1.2.3', counter: 7, hardwareMin: 1, hardwareMax: 3, ...metadata });
}

/** Signs, or takes the signature of an earlier run. */
export function signedImage(unsigned: Uint8Array, key: PrivateKey): Uint8Array {
  return cached(Buffer.from(sha256(Buffer.concat([unsigned, key.secretKey]))).toString('hex'), () => signImage(unsigned, key));
}

function cached(name: string, make: () => Uint8Array): Uint8Array {
  const file = join(CACHE, name);
  try {
    return new Uint8Array(readFileSync(file));
  } catch {
    const made = make();
    mkdirSync(CACHE, { recursive: true });
    const temporary = join(CACHE, randomUUID());
    writeFileSync(temporary, made);
    renameSync(temporary, file);
    return made;
  }
}

export function readerOf(bytes: Uint8Array): ReadBytes {
  return (offset, length) => bytes.slice(offset, offset + length);
}

export interface SignedMessage {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

/** A message of `bytes` bytes signed by @noble/post-quantum with the key made of `number`; cached like images. */
export function signedMessageFixture(number: number, bytes = 82, context = ''): SignedMessage {
  const message = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + number) & 255);
  const { publicKey, secretKey } = slhDsa.keygen(new Uint8Array(48).fill(number));
  const options = context ? { context: Buffer.from(context) } : {};
  return { publicKey, message, signature: cached(`message-${number}-${bytes}-${context}`, () => slhDsa.sign(message, secretKey, options)) };
}
