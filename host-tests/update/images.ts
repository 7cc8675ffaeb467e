/** Signed images for tests, made straight from the format's description. Signing takes seconds: signatures are kept. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { slh_dsa_sha2_128s } from '@noble/post-quantum/slh-dsa.js';
import type { Version } from '../../firmware/image/version.js';

export interface ImageSpec {
  version?: string;
  counter?: number;
  family?: number;
  hardware?: [number, number];
  minBootloader?: string;
  minVersion?: string;
  channel?: number;
  minUpdater?: number;
  bodyBytes?: number;
  /** Makes bodies of the same size differ. */
  flavour?: number;
  keyChange?: { epoch: number; key: Uint8Array };
  key?: KeyPair;
}

export interface KeyPair {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

export interface TestImage {
  file: Uint8Array;
  /** Header and TLVs. */
  offer: Uint8Array;
  /** Value of the TLV 0x10. */
  hash: Uint8Array;
  imageId: Uint8Array;
  version: Version;
  bodyBytes: number;
}

/** Signatures of the images that tests make over and over, named by what they sign; others are kept in the cache, from where new ones are copied here. */
const KEPT = fileURLToPath(new URL('signatures/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/deadlatch-test-signatures/', import.meta.url));

/** What was kept under this name, or else what `make` makes: it is kept from then on. */
function kept(name: string, make: () => Uint8Array): Uint8Array {
  const path = [KEPT, CACHE].map((folder) => folder + name).find(existsSync);
  if (path) return new Uint8Array(readFileSync(path));
  const made = make();
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(CACHE + name, made);
  return made;
}

export function keyOf(seed: number): KeyPair {
  const both = kept(`key-${seed}`, () => {
    const { publicKey, secretKey } = slh_dsa_sha2_128s.keygen(new Uint8Array(48).fill(seed));
    return Uint8Array.from([...publicKey, ...secretKey]);
  });
  return { publicKey: both.slice(0, 32), secretKey: both.slice(32) };
}

export const makerKey = keyOf(7);
export const otherKey = keyOf(8);

export const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return new Uint8Array(hash.digest());
};

export function sign(message: Uint8Array, key: KeyPair): Uint8Array {
  return kept(Buffer.from(sha256(message, key.publicKey)).toString('hex').slice(0, 24), () => slh_dsa_sha2_128s.sign(message, key.secretKey));
}

export function versionOf(text: string): Version {
  const [major = 0, minor = 0, revision = 0, build = 0] = text.split('.').map(Number);
  return { major, minor, revision, build };
}

const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const versionBytes = (version: Version): number[] => [version.major, version.minor, ...u16(version.revision), ...u32(version.build)];
const tlv = (type: number, value: ArrayLike<number>): number[] => [...u16(type), ...u16(value.length), ...Array.from(value)];

export function imageOf(spec: ImageSpec = {}): TestImage {
  const version = versionOf(spec.version ?? '2.0.0');
  const bodyBytes = spec.bodyBytes ?? 9000;
  const key = spec.key ?? makerKey;
  const line = `(function(handover){/* ${spec.flavour ?? 0} */})\n`;
  const body = Buffer.from(line.repeat(Math.ceil(bodyBytes / line.length)).slice(0, bodyBytes), 'latin1');
  const listed = Math.ceil((32 + bodyBytes) / 4096);
  const keyChange = spec.keyChange ? tlv(0xa7, [...u32(spec.keyChange.epoch), ...spec.keyChange.key]) : [];
  const protectedBytes = 65 + keyChange.length + 4 + 32 * listed;
  const header = Uint8Array.from([
    ...u32(0x96f3b83d), ...u32(0), ...u16(32), ...u16(protectedBytes), ...u32(bodyBytes), ...u32(0), ...versionBytes(version), ...u32(0),
  ]);
  const paged = Buffer.concat([header, body]);
  const list: number[] = [];
  for (let page = 0; page < listed; page++) list.push(...sha256(paged.subarray(page * 4096, page * 4096 + 4096)));
  const guarded = Uint8Array.from([
    ...u16(0x6908), ...u16(protectedBytes),
    ...tlv(0x50, u32(spec.counter ?? 1)), ...tlv(0xa0, [spec.family ?? 4]), ...tlv(0xa1, [...u16(spec.hardware?.[0] ?? 1), ...u16(spec.hardware?.[1] ?? 9)]),
    ...tlv(0xa2, versionBytes(versionOf(spec.minBootloader ?? '1.0.0'))), ...tlv(0xa3, versionBytes(versionOf(spec.minVersion ?? '0.0.0'))),
    ...tlv(0xa4, [spec.channel ?? 0]), ...tlv(0xa5, u16(spec.minUpdater ?? 1)), ...tlv(0xa6, [1]), ...keyChange, ...tlv(0xa8, list),
  ]);
  const hash = sha256(header, body, guarded);
  const message = Uint8Array.from([...Buffer.from('deadlatch image v1', 'latin1'), ...sha256(header, guarded), ...hash]);
  const signature = sign(message, key);
  const open = Uint8Array.from([...u16(0x6907), ...u16(7936), ...tlv(0x10, hash), ...tlv(0x01, sha256(key.publicKey)), ...tlv(0xa9, signature)]);
  return {
    file: Uint8Array.from([...header, ...body, ...guarded, ...open]),
    offer: Uint8Array.from([...header, ...guarded, ...open]),
    hash, imageId: sha256(message), version, bodyBytes,
  };
}
