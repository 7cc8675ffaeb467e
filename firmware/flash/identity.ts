/**
 * What never changes after provisioning: one record in each of the two identity pages. The lock reads the first intact copy.
 * Every byte: `docs/flash-format.md`.
 */
import { readU16 } from './bytes.js';
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

/** The record as it lies in flash, for `identityOf` and `wiringOf`. */
export interface IdentityRecord {
  /** Its first bytes, up to the texts. */
  fixed: Uint8Array;
  /** All of it, in place. */
  text: string;
}

/** The first intact copy. */
export function findIdentity(region: Region, crc32: Crc32): IdentityRecord | undefined {
  for (let at = 0; at < IDENTITY_PAGES * PAGE_BYTES; at += PAGE_BYTES) {
    const words = readWords(region, at, FIXED_BYTES / 4);
    const length = words[1]! & 0xffff;
    const fixed = new Uint8Array(words.buffer);
    const wiringBytes = words[3]! & 0xffff;
    if (words[0] !== MAGIC || length !== FIXED_BYTES + fixed[10]! + wiringBytes || fixed[10]! > SERIAL_MAX || wiringBytes > WIRING_MAX) continue;
    const text = region.text(at, length);
    if (readWords(region, at + ((length + 3) & ~3), 1)[0] === crc32(text)) return { fixed, text };
  }
  return undefined;
}

/** Whether a found record is a production board's: the console stays shut. */
export function isProduction(record: IdentityRecord): boolean {
  return record.fixed[7] === 1;
}

/** The wiring of a found record: JSON text. */
export function wiringOf(record: IdentityRecord): string {
  return record.text.substr(FIXED_BYTES + record.fixed[10]!);
}

export function identityOf(record: IdentityRecord): Identity {
  const fixed = record.fixed;
  return {
    deviceId: fixed.subarray(16, 24),
    family: fixed[6]!,
    hardware: readU16(fixed, 8),
    production: isProduction(record),
    keys: [fixed.subarray(40, 72), fixed.subarray(72, 104)],
    codeSalt: fixed.subarray(24, 40),
    recoveryHash: fixed.subarray(104, 136),
    serial: record.text.substr(FIXED_BYTES, fixed[10]),
    wiring: wiringOf(record),
  };
}

/** The identity from the first intact copy. */
export function parseIdentity(region: Region, crc32: Crc32): Identity | undefined {
  const record = findIdentity(region, crc32);
  return record && identityOf(record);
}
