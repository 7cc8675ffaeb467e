/**
 * What never changes after provisioning: one record in each of the two identity pages. The lock reads the first intact copy.
 * Every byte: `docs/flash-format.md`.
 */
import { PAGE_BYTES } from './layout.js';
import { readWords } from './page-header.js';
import type { Crc32, Region } from './region.js';

export interface Identity {
  /** 8 bytes. */
  deviceId: Uint8Array;
  /** Id of the chip family (`boards/families.ts`). */
  family: number;
  /** Hardware revision of the maker's board, 0 to 65535. */
  hardware: number;
  /** False: a dev board. */
  production: boolean;
  /** Factory public keys, 32 bytes each; the second is all zero where there is none. */
  keys: [Uint8Array, Uint8Array];
  /** 16 bytes, mixed into every stored code. */
  codeSalt: Uint8Array;
  /** 32 bytes. */
  recoveryHash: Uint8Array;
  /** ASCII, at most 32 characters. */
  serial: string;
  /** JSON text, ASCII, at most 1024 characters. */
  wiring: string;
}

export const SERIAL_MAX = 32;
export const WIRING_MAX = 1024;
/** "DLI1" */
const MAGIC = 0x31494c44;
const FIXED_BYTES = 136;
const IDENTITY_PAGES = 2;

/** Bytes of both identity pages, as provisioning writes them. Undefined if a text is too long or not ASCII. Hosts only. */
export function buildIdentity(identity: Identity, crc32: Crc32): Uint8Array | undefined {
  const text = identity.serial + identity.wiring;
  if (identity.serial.length > SERIAL_MAX || identity.wiring.length > WIRING_MAX) return undefined;
  const length = FIXED_BYTES + text.length;
  const pages = new Uint8Array(IDENTITY_PAGES * PAGE_BYTES).fill(0xff);
  const view = new DataView(pages.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, length, true);
  pages[6] = identity.family;
  pages[7] = identity.production ? 1 : 0;
  view.setUint16(8, identity.hardware, true);
  pages[10] = identity.serial.length;
  pages[11] = 0;
  view.setUint16(12, identity.wiring.length, true);
  view.setUint16(14, 0, true);
  pages.set(identity.deviceId, 16);
  pages.set(identity.codeSalt, 24);
  pages.set(identity.keys[0], 40);
  pages.set(identity.keys[1], 72);
  pages.set(identity.recoveryHash, 104);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 126) return undefined;
    pages[FIXED_BYTES + i] = text.charCodeAt(i);
  }
  view.setUint32((length + 3) & ~3, crc32(pages.subarray(0, length)), true);
  pages.set(pages.subarray(0, PAGE_BYTES), PAGE_BYTES);
  return pages;
}

/** The identity from the first intact copy. */
export function parseIdentity(region: Region, crc32: Crc32): Identity | undefined {
  for (let at = 0; at < IDENTITY_PAGES * PAGE_BYTES; at += PAGE_BYTES) {
    const fixed = region.read(at, FIXED_BYTES);
    if (fixed.length < FIXED_BYTES) return undefined;
    const view = new DataView(fixed.buffer, fixed.byteOffset);
    const length = view.getUint16(4, true);
    const serialLength = fixed[10]!;
    const wiringLength = view.getUint16(12, true);
    if (view.getUint32(0, true) !== MAGIC || length !== FIXED_BYTES + serialLength + wiringLength) continue;
    if (serialLength > SERIAL_MAX || wiringLength > WIRING_MAX) continue;
    if (readWords(region, at + ((length + 3) & ~3), 1)[0] !== crc32(region.text(at, length))) continue;
    return {
      deviceId: fixed.subarray(16, 24),
      family: fixed[6]!,
      hardware: view.getUint16(8, true),
      production: fixed[7] === 1,
      keys: [fixed.subarray(40, 72), fixed.subarray(72, 104)],
      codeSalt: fixed.subarray(24, 40),
      recoveryHash: fixed.subarray(104, 136),
      serial: region.text(at + FIXED_BYTES, serialLength),
      wiring: region.text(at + FIXED_BYTES + serialLength, wiringLength),
    };
  }
  return undefined;
}
