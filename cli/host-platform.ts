/** The firmware's own modules on a host: the parts of `Platform` that need no board, over flash held in memory. */
import { createHash } from 'node:crypto';
import { crc32 } from 'crc';
import type { FlashPort, Platform } from '../firmware/platform/types.js';
import { PAGE_BYTES } from '../firmware/flash/layout.js';

const bytesOf = (data: Uint8Array | string): Uint8Array => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

export type HostPlatform = Pick<Platform, 'flash' | 'sha256' | 'digest' | 'crc32' | 'toWire' | 'toBytes' | 'collect'>;

/** Flash over `bytes`, which begin at address `base`. AND semantics, as on the chip. */
export function flashOver(bytes: Uint8Array, base: number): FlashPort {
  return {
    read: (length, address) => bytes.slice(address - base, address - base + length),
    write(data, address) {
      const source = bytesOf(data);
      for (let i = 0; i < source.length; i++) bytes[address - base + i]! &= source[i]!;
    },
    erase: (address) => void bytes.fill(0xff, address - base, address - base + PAGE_BYTES),
    text: (address, length) => Buffer.from(bytes.buffer, bytes.byteOffset + address - base, length).toString('latin1'),
  };
}

export function createHostPlatform(bytes: Uint8Array, base: number): HostPlatform {
  return {
    flash: flashOver(bytes, base),
    sha256: (data) => new Uint8Array(createHash('sha256').update(bytesOf(data)).digest()),
    digest: (data) => new Uint8Array(createHash('sha256').update(bytesOf(data)).digest()),
    crc32: (data) => crc32(Buffer.from(bytesOf(data))) >>> 0,
    toWire: (data) => Buffer.from(data).toString('latin1'),
    toBytes: (wire) => new Uint8Array(Buffer.from(wire, 'latin1')),
    collect: () => undefined,
  };
}
