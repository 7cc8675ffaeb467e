/**
 * The image file: MCUboot's container with our TLVs, parsed strictly. The same parser reads a whole image (a file, a slot) and an
 * offer, which is the image without its body. All numbers are little-endian.
 *
 *   header, 32 bytes    0 magic u32 | 4 load address u32 = 0 | 8 header bytes u16 = 32 | 10 protected bytes u16 | 12 body bytes u32
 *                       16 flags u32 = 0 | 20 version (u8, u8, u16, u32) | 28 padding u32 = 0
 *   body                one program, not padded: ASCII, or Espruino's tokens between its words
 *   protected TLVs      0x6908 u16 | bytes of this area u16, then in this order, each type u16 | length u16 | value:
 *                       0x50 security counter u32 | 0xA0 chip family u8 | 0xA1 hardware revisions from u16, to u16
 *                       0xA2 least bootloader version, 8 bytes | 0xA3 least version it may be installed from, 8 bytes
 *                       0xA4 channel u8 | 0xA5 least updater version u16 | 0xA6 release type u8
 *                       0xA7 key change: epoch u32, public key 32 bytes (only where there is one)
 *                       0xA8 page list: SHA-256 of each 4096 bytes of header and body, the last one of what is left
 *   unprotected TLVs    0x6907 u16 | bytes of this area u16 = 7936, then in this order:
 *                       0x10 SHA-256 of header, body and protected TLVs | 0x01 SHA-256 of the public key | 0xA9 signature, 7856 bytes
 *
 * Every TLV has one place and one length, so an unknown, missing, repeated or misplaced one is refused without being looked up.
 */
import { BAD_HEADER, BAD_KEY_CHANGE, BAD_PAGE_LIST, BAD_TLV, IMAGE_TOO_LARGE, SLOT_EMPTY, type ErrorCode } from '../errors.js';
import { readU16, readU32 } from '../flash/bytes.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { readVersion, type Version } from './version.js';

export const IMAGE_MAGIC = 0x96f3b83d;
export const HEADER_BYTES = 32;
export const PROTECTED_MAGIC = 0x6908;
export const UNPROTECTED_MAGIC = 0x6907;
export const DIGEST_BYTES = 32;
export const SIGNATURE_BYTES = 7856;

export const TLV_KEY_HASH = 0x01;
export const TLV_SHA256 = 0x10;
export const TLV_COUNTER = 0x50;
export const TLV_FAMILY = 0xa0;
export const TLV_HARDWARE = 0xa1;
export const TLV_MIN_BOOTLOADER = 0xa2;
export const TLV_MIN_VERSION = 0xa3;
export const TLV_CHANNEL = 0xa4;
export const TLV_MIN_UPDATER = 0xa5;
export const TLV_RELEASE_TYPE = 0xa6;
export const TLV_KEY_CHANGE = 0xa7;
export const TLV_PAGE_LIST = 0xa8;
export const TLV_SIGNATURE = 0xa9;

export const CHANNEL_STABLE = 0;
export const CHANNEL_BETA = 1;
/** For development boards only: a production board refuses it. */
export const CHANNEL_DEV = 2;

export const RELEASE_SECURITY = 0;
export const RELEASE_FEATURE = 1;
export const RELEASE_BUG_FIX = 2;

/** Bytes of the protected TLVs before a key change and the page list: 4 for the area, 8 fixed TLVs. */
export const FIXED_PROTECTED_BYTES = 65;
export const KEY_CHANGE_TLV_BYTES = 40;
export const UNPROTECTED_BYTES = 4 + 4 + DIGEST_BYTES + 4 + DIGEST_BYTES + 4 + SIGNATURE_BYTES;
/** Bytes of the unprotected TLVs before the signature itself. */
const BEFORE_SIGNATURE = UNPROTECTED_BYTES - SIGNATURE_BYTES;

export interface KeyChange {
  /** Above 0, and above the epoch of the lock that takes it. */
  epoch: number;
  /** The public key that counts from then on, 32 bytes. */
  key: Uint8Array;
}

/** What an image says about itself. Nothing of it is to be believed before its signature or seal was checked. */
export interface ImageInfo {
  headerBytes: number;
  bodyBytes: number;
  protectedBytes: number;
  /** Bytes of the whole file, body included, also when an offer was parsed. */
  totalBytes: number;
  version: Version;
  /** Security counter: never falls on a lock. */
  counter: number;
  /** `id` of a chip family (boards/families.ts). */
  family: number;
  hardwareMin: number;
  hardwareMax: number;
  minBootloader: Version;
  minVersion: Version;
  channel: number;
  minUpdater: number;
  releaseType: number;
  keyChange?: KeyChange | undefined;
  /** Offsets count from the start of what was parsed: an offer has them without the body. */
  protectedOffset: number;
  pageListOffset: number;
  signatureOffset: number;
  /** Pages that header and body fill; the page list has as many digests. */
  pages: number;
  /** Value of the TLV 0x10: what SMP clients call the image's hash. */
  hash: Uint8Array;
  /** SHA-256 of the public key that is said to have signed. */
  keyHash: Uint8Array;
}

/** `image` is there if and only if `code` is 0. */
export interface ParsedImage {
  code: ErrorCode;
  image?: ImageInfo;
}

/** Reads `length` bytes at `offset`; fewer bytes, or none, mean "not there". */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/** Parses a whole image. `limit`: bytes of the slot it must fit into, or of the file that holds it. Errors: see `parse`. */
export function parseImage(read: ReadBytes, limit: number): ParsedImage {
  return parse(read, limit, false);
}

/** Parses an offer: header, protected TLVs, unprotected TLVs. `limit`: bytes of the slot the whole image would go to. */
export function parseOffer(read: ReadBytes, limit: number): ParsedImage {
  return parse(read, limit, true);
}

/** Bytes of the offer that belongs to an image. */
export function offerBytes(image: ImageInfo): number {
  return image.totalBytes - image.bodyBytes;
}

/** Bytes that page number `page` covers: 4096, the last page what is left of header and body. */
export function pageBytes(image: ImageInfo, page: number): number {
  const left = image.headerBytes + image.bodyBytes - page * PAGE_BYTES;
  return left < PAGE_BYTES ? left : PAGE_BYTES;
}

/** SLOT_EMPTY (erased flash), BAD_HEADER, IMAGE_TOO_LARGE, BAD_TLV, BAD_PAGE_LIST or BAD_KEY_CHANGE. Never throws if `read` does not. */
function parse(read: ReadBytes, limit: number, isOffer: boolean): ParsedImage {
  const header = read(0, HEADER_BYTES);
  if (header.length !== HEADER_BYTES) return { code: BAD_HEADER };
  const magic = readU32(header, 0);
  if (magic !== IMAGE_MAGIC) return { code: magic === 0xffffffff && !isOffer ? SLOT_EMPTY : BAD_HEADER };
  const bodyBytes = readU32(header, 12);
  if (readU32(header, 4) || readU16(header, 8) !== HEADER_BYTES || readU32(header, 16) || readU32(header, 28) || !bodyBytes) {
    return { code: BAD_HEADER };
  }
  const protectedBytes = readU16(header, 10);
  const totalBytes = HEADER_BYTES + bodyBytes + protectedBytes + UNPROTECTED_BYTES;
  if (totalBytes > limit) return { code: IMAGE_TOO_LARGE };
  const protectedOffset = isOffer ? HEADER_BYTES : HEADER_BYTES + bodyBytes;
  const unprotectedOffset = protectedOffset + protectedBytes;

  const first = read(protectedOffset, FIXED_PROTECTED_BYTES + KEY_CHANGE_TLV_BYTES + 4);
  const last = read(unprotectedOffset, BEFORE_SIGNATURE);
  const keyed = isTlv(first, FIXED_PROTECTED_BYTES, TLV_KEY_CHANGE, KEY_CHANGE_TLV_BYTES - 4);
  const listAt = keyed ? FIXED_PROTECTED_BYTES + KEY_CHANGE_TLV_BYTES : FIXED_PROTECTED_BYTES;
  const code = checkFixed(first, protectedBytes) || checkUnprotected(last) || checkList(first, listAt, protectedBytes, bodyBytes)
    || (keyed ? checkKeyChange(first, FIXED_PROTECTED_BYTES + 4) : 0);
  if (code) return { code };
  return {
    code: 0,
    image: {
      headerBytes: HEADER_BYTES, bodyBytes, protectedBytes, totalBytes,
      version: readVersion(header, 20),
      counter: readU32(first, 8),
      family: first[16]!,
      hardwareMin: readU16(first, 21),
      hardwareMax: readU16(first, 23),
      minBootloader: readVersion(first, 29),
      minVersion: readVersion(first, 41),
      channel: first[53]!,
      minUpdater: readU16(first, 58),
      releaseType: first[64]!,
      keyChange: keyed ? { epoch: readU32(first, 69), key: first.subarray(73, 105) } : undefined,
      protectedOffset,
      pageListOffset: protectedOffset + listAt + 4,
      signatureOffset: unprotectedOffset + BEFORE_SIGNATURE,
      pages: pagesFor(bodyBytes),
      hash: last.subarray(8, 40),
      keyHash: last.subarray(44, 76),
    },
  };
}

/** Pages that header and body fill. */
export function pagesFor(bodyBytes: number): number {
  return Math.ceil((HEADER_BYTES + bodyBytes) / PAGE_BYTES);
}

function isTlv(bytes: Uint8Array, at: number, type: number, length: number): boolean {
  return bytes.length >= at + 4 && readU16(bytes, at) === type && readU16(bytes, at + 2) === length;
}

/** The area's head, and the eight TLVs that every image has, at their places; then their values. */
function checkFixed(bytes: Uint8Array, protectedBytes: number): ErrorCode {
  const fixed = [
    TLV_COUNTER, 4, TLV_FAMILY, 1, TLV_HARDWARE, 4, TLV_MIN_BOOTLOADER, 8, TLV_MIN_VERSION, 8, TLV_CHANNEL, 1, TLV_MIN_UPDATER, 2,
    TLV_RELEASE_TYPE, 1,
  ];
  let at = 4;
  for (let i = 0; i < fixed.length; i += 2) {
    if (bytes[at] !== fixed[i] || bytes[at + 1] || bytes[at + 2] !== fixed[i + 1] || bytes[at + 3]) return BAD_TLV;
    at += 4 + fixed[i + 1]!;
  }
  const ranges = readU16(bytes, 21) > readU16(bytes, 23) || bytes[53]! > CHANNEL_DEV || bytes[64]! > RELEASE_BUG_FIX;
  return ranges || !isTlv(bytes, 0, PROTECTED_MAGIC, protectedBytes) ? BAD_TLV : 0;
}

/** The page list must be the rest of the protected area, one digest a page. */
function checkList(bytes: Uint8Array, at: number, protectedBytes: number, bodyBytes: number): ErrorCode {
  const listBytes = pagesFor(bodyBytes) * DIGEST_BYTES;
  if (bytes.length < at + 4 || readU16(bytes, at) !== TLV_PAGE_LIST || readU16(bytes, at + 2) !== protectedBytes - at - 4) return BAD_TLV;
  return readU16(bytes, at + 2) === listBytes ? 0 : BAD_PAGE_LIST;
}

function checkUnprotected(bytes: Uint8Array): ErrorCode {
  return isTlv(bytes, 0, UNPROTECTED_MAGIC, UNPROTECTED_BYTES) && isTlv(bytes, 4, TLV_SHA256, DIGEST_BYTES)
    && isTlv(bytes, 40, TLV_KEY_HASH, DIGEST_BYTES) && isTlv(bytes, 76, TLV_SIGNATURE, SIGNATURE_BYTES) ? 0 : BAD_TLV;
}

/** `at`: the value. Epoch 0 is the factory's; a key of equal bytes is an erased or blank field, never a key. */
function checkKeyChange(bytes: Uint8Array, at: number): ErrorCode {
  let same = 1;
  for (let i = at + 5; i < at + 36; i++) if (bytes[i] !== bytes[at + 4]) same = 0;
  return same || !readU32(bytes, at) ? BAD_KEY_CHANGE : 0;
}
