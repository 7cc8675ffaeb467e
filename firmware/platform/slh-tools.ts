/**
 * The chip's half of signature verification (firmware/image/slh-dsa.ts). Everything is the interpreter's own function, called
 * without a wrapper: `crypto.SHA256` gives an ArrayBuffer of 32 bytes, which `Uint8Array.set` takes and cuts to the view.
 */
import type { SlhTools } from '../image/slh-dsa.js';

declare const E: {
  mapInPlace: SlhTools['digits'];
  sum: SlhTools['sum'];
  toString(data: ArrayLike<number>): string;
};
declare const process: { memory(): unknown };
declare function require(name: 'crypto'): { SHA256(data: Uint8Array | string): ArrayLike<number> };

export function createSlhTools(): SlhTools {
  const sha256 = require('crypto').SHA256;
  return {
    sha256,
    hash: sha256,
    bytesOf: E.toString as (text: unknown) => unknown as SlhTools['bytesOf'],
    digits: E.mapInPlace,
    sum: E.sum,
    text: E.toString,
    collect: process.memory,
  };
}
