/** Makes an unsigned image of a bundle: firmware/image/format.ts says what is where. */
import { createHash } from 'node:crypto';
import { FAMILIES, type FamilyName } from '../../boards/families.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import {
  HEADER_BYTES, IMAGE_MAGIC, pagesFor, PROTECTED_MAGIC, TLV_CHANNEL, TLV_COUNTER, TLV_FAMILY, TLV_HARDWARE, TLV_KEY_CHANGE,
  TLV_MIN_BOOTLOADER, TLV_MIN_UPDATER, TLV_MIN_VERSION, TLV_PAGE_LIST, TLV_RELEASE_TYPE, TLV_SHA256, UNPROTECTED_BYTES,
  UNPROTECTED_MAGIC, type KeyChange,
} from '../../firmware/image/format.js';
import { writeVersion } from '../../firmware/image/version.js';
import { strayByte } from '../../scripts/untokenise.js';
import { channelNumber, parseVersion, releaseNumber, type Channel, type ReleaseType } from './names.js';
import { Refusal } from './refusal.js';

export interface ImageMetadata {
  family: FamilyName;
  /** `1.2.3` */
  version: string;
  /** Security counter: raise it with every release that closes a hole, and older ones are refused from then on. */
  counter: number;
  /** Hardware revisions it runs on; all of them by default. */
  hardwareMin?: number;
  hardwareMax?: number;
  minBootloader?: string;
  /** Least installed version it may replace. */
  minVersion?: string;
  channel?: Channel;
  minUpdater?: number;
  releaseType?: ReleaseType;
  keyChange?: KeyChange;
}

/** Header, body, protected TLVs, and the SHA-256 of these. Throws a `Refusal` that names the field. */
export function buildImage(body: Uint8Array | string, metadata: ImageMetadata): Uint8Array {
  const bodyBytes = bodyOf(body);
  const family = FAMILIES.find((each) => each.name === metadata.family);
  if (!family) throw new Refusal(`family: there is no chip family "${metadata.family}"; choose ${FAMILIES.map((each) => each.name).join(', ')}`);
  const keyChange = metadata.keyChange;
  const protectedBytes = (keyChange ? 109 : 69) + pagesFor(bodyBytes.length) * 32;
  const total = HEADER_BYTES + bodyBytes.length + protectedBytes + UNPROTECTED_BYTES;
  const limit = family.geometry.slotPages * PAGE_BYTES;
  if (total > limit) throw new Refusal(`body: the signed image would have ${total} bytes, a slot of ${family.name} holds ${limit}; make the body smaller`);

  const header = headerOf(bodyBytes.length, protectedBytes, metadata.version);
  const pages = pageDigests(Buffer.concat([header, bodyBytes]));
  const area = Buffer.concat([
    u16(PROTECTED_MAGIC), u16(protectedBytes),
    tlv(TLV_COUNTER, u32(integer(metadata.counter, 'counter', 0xffffffff))),
    tlv(TLV_FAMILY, Buffer.of(family.id)),
    tlv(TLV_HARDWARE, hardwareOf(metadata)),
    tlv(TLV_MIN_BOOTLOADER, version(metadata.minBootloader ?? '0.0.0', 'least bootloader version')),
    tlv(TLV_MIN_VERSION, version(metadata.minVersion ?? '0.0.0', 'least installed version')),
    tlv(TLV_CHANNEL, Buffer.of(channelNumber(metadata.channel ?? 'stable'))),
    tlv(TLV_MIN_UPDATER, u16(integer(metadata.minUpdater ?? 0, 'least updater version', 0xffff))),
    tlv(TLV_RELEASE_TYPE, Buffer.of(releaseNumber(metadata.releaseType ?? 'feature'))),
    ...(keyChange ? [tlv(TLV_KEY_CHANGE, keyChangeOf(keyChange))] : []),
    tlv(TLV_PAGE_LIST, Buffer.concat(pages)),
  ]);
  const covered = Buffer.concat([header, bodyBytes, area]);
  const digest = tlv(TLV_SHA256, sha256(covered));
  return new Uint8Array(Buffer.concat([covered, u16(UNPROTECTED_MAGIC), u16(4 + digest.length), digest]));
}

/** SHA-256 of each 4096 bytes, the last one of what is left. */
export function pageDigests(headerAndBody: Uint8Array): Uint8Array[] {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < headerAndBody.length; at += PAGE_BYTES) digests.push(sha256(headerAndBody.subarray(at, at + PAGE_BYTES)));
  return digests;
}

/** Of bytes, or of text that holds one byte a character. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data).digest());
}

export function tlv(type: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([u16(type), u16(value.length), value]);
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, value >> 8);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function headerOf(bodyBytes: number, protectedBytes: number, versionText: string): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(IMAGE_MAGIC, 0);
  header.writeUInt16LE(HEADER_BYTES, 8);
  header.writeUInt16LE(protectedBytes, 10);
  header.writeUInt32LE(bodyBytes, 12);
  header.set(version(versionText, 'version'), 20);
  return header;
}

function bodyOf(body: Uint8Array | string): Uint8Array {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  if (!text.length) throw new Refusal('body: it is empty; name a built bundle');
  const at = strayByte(text);
  if (at >= 0) throw new Refusal(`body: character ${text.charCodeAt(at)} at ${at} is neither ASCII nor a token of Espruino's; build the bundle with ASCII output`);
  return Buffer.from(text, 'latin1');
}

function version(text: string, field: string): Uint8Array {
  const bytes = new Uint8Array(8);
  writeVersion(bytes, 0, parseVersion(text, field));
  return bytes;
}

function hardwareOf(metadata: ImageMetadata): Uint8Array {
  const from = integer(metadata.hardwareMin ?? 0, 'hardware revision', 0xffff);
  const to = integer(metadata.hardwareMax ?? 0xffff, 'hardware revision', 0xffff);
  if (from > to) throw new Refusal(`hardware revision: the range ${from} to ${to} is empty; give the lower one first`);
  return Buffer.concat([u16(from), u16(to)]);
}

function keyChangeOf(change: KeyChange): Uint8Array {
  if (change.key.length !== 32) throw new Refusal(`key change: the key has ${change.key.length} bytes; give a public key of 32 bytes`);
  const epoch = integer(change.epoch, 'key change epoch', 0xffffffff);
  if (!epoch) throw new Refusal('key change epoch: 0 is the epoch of the factory keys; give 1 or more');
  if (change.key.every((byte) => byte === change.key[0])) throw new Refusal('key change: the key is blank; give a public key file');
  return Buffer.concat([u32(epoch), change.key]);
}

function integer(value: number, field: string, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new Refusal(`${field}: ${value} is not a whole number from 0 to ${max}; correct it`);
  return value;
}
