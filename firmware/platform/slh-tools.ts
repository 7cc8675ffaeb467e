/**
 * The chip's half of signature verification (firmware/image/slh-dsa.ts). Everything is the interpreter's own function, called
 * without a wrapper: `crypto.SHA256` gives an ArrayBuffer of 32 bytes, which `Uint8Array.set` takes and cuts to the view.
 */
import type { SlhTools } from '../image/slh-dsa.js';

declare const E: {
  mapInPlace(from: Uint8Array, to: Uint8Array | Uint16Array, map: undefined, bits: number): void;
  sum(values: Uint8Array): number;
};
declare const process: { memory(): unknown };
declare function require(name: 'crypto'): { SHA256(data: Uint8Array): ArrayLike<number> };

export function createSlhTools(): SlhTools {
  const sha256 = require('crypto').SHA256;
  return {
    sha256,
    hash: sha256,
    bytesOf(text) {
      return text.substr.bind(text) as unknown as (offset: number, length: number) => ArrayLike<number>;
    },
    digits(from, to, bits) {
      E.mapInPlace(from, to, undefined, bits);
    },
    sum: E.sum,
    collect: process.memory,
  };
}
