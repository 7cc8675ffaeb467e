/** What Espruino has natively, in Node. */
import { createHash } from 'node:crypto';
import type { Natives } from './device/parts.js';

export const natives: Natives = {
  sha256: (data) => new Uint8Array(createHash('sha256').update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data).digest()),
  toWire: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
  toBytes: (wire) => new Uint8Array(Buffer.from(wire, 'latin1')),
};
