/** The host's half of signature verification (firmware/image/slh-dsa.ts): Node's SHA-256 and plain loops. */
import { createHash } from 'node:crypto';
import type { SlhTools } from '../firmware/image/slh-dsa.js';

function sha256(data: Uint8Array | string): Uint8Array {
  return createHash('sha256').update(Buffer.from(data as string, 'latin1')).digest();
}

export const slhTools: SlhTools = {
  sha256,
  hash: (data) => sha256(data).subarray(0, 16),
  bytesOf: (text) => {
    const bytes = Buffer.from(text, 'latin1');
    return { substr: (offset, length) => bytes.subarray(offset, offset + length) };
  },
  digits: (from, to, _map, bits) => {
    let value = 0;
    let held = 0;
    let next = 0;
    for (const byte of from) {
      value = ((value << 8) | byte) & 0xffffff;
      held += 8;
      while (held >= bits && next < to.length) {
        held -= bits;
        to[next++] = (value >> held) & ((1 << bits) - 1);
      }
    }
  },
  sum: (values) => values.reduce((total, value) => total + value, 0),
  text: (bytes) => Buffer.from(bytes).toString('latin1'),
  collect: () => undefined,
};
