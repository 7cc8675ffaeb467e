/**
 * What makes a phone an owner's, as one URI: short enough to be scanned from a terminal, and typed where it cannot be.
 *
 *   deadlatch:1?d=DEVICE&s=SERIAL&m=MODEL&o=OWNER&k=KEY&p=PUBLIC
 *
 * DEVICE (8 bytes), KEY (32 bytes, the owner's secret) and PUBLIC (32 bytes, whose firmware the lock takes) are base64url without
 * padding; SERIAL and MODEL are encoded as in a web form. Whoever reads it owns the lock. A reader ignores fields it does not know; the
 * number in front changes when it must not.
 */
import { SERIAL_MAX } from '../../firmware/flash/identity.js';
import { OWNER_KEY_BYTES, OWNERS_MAX } from '../../firmware/lock/owners.js';
import { Refusal } from '../image/refusal.js';

export interface OwnerUri {
  /** 8 bytes. */
  deviceId: Uint8Array;
  /** 1 to 32 characters, ASCII from space to `}`. */
  serial: string;
  /** The wiring's name, 1 to 32 such characters. */
  model: string;
  /** 1 to 8. */
  owner: number;
  /** 32 bytes. */
  ownerKey: Uint8Array;
  /** The maker's, 32 bytes. */
  publicKey: Uint8Array;
}

const SCHEME = 'deadlatch:';
const VERSION = '1';
const DEVICE_ID_BYTES = 8;
const PUBLIC_KEY_BYTES = 32;
const MODEL_MAX = 32;
/** Longer than any: every character of both texts as three. */
const LONGEST = 512;

export function buildOwnerUri(about: OwnerUri): string {
  const fields = new URLSearchParams({
    d: base64(about.deviceId), s: about.serial, m: about.model, o: String(about.owner), k: base64(about.ownerKey), p: base64(about.publicKey),
  });
  return `${SCHEME}${VERSION}?${fields}`;
}

/** Refuses in one sentence what is not whole. */
export function parseOwnerUri(uri: string): OwnerUri {
  const text = uri.trim();
  if (!text.startsWith(SCHEME) || text.length > LONGEST) throw new Refusal('owner code: it is none of a lock; it begins with "deadlatch:1?"');
  const mark = text.indexOf('?');
  const version = text.slice(SCHEME.length, mark < 0 ? undefined : mark);
  if (!/^\d{1,4}$/.test(version)) throw new Refusal('owner code: it is cut off or changed; copy all of it, from "deadlatch:1?" on');
  if (version !== VERSION) throw new Refusal(`owner code: it is of version ${version}, and this program knows version ${VERSION}; take a newer one`);
  const fields = new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1));
  const owner = one(fields, 'o', 'owner number');
  if (!new RegExp(`^[1-${OWNERS_MAX}]$`).test(owner)) throw new Refusal(`owner code: owner number "${owner}" is not 1 to ${OWNERS_MAX}; copy the code again`);
  return {
    deviceId: bytesIn(fields, 'd', 'device id', DEVICE_ID_BYTES),
    serial: textIn(fields, 's', 'serial number', SERIAL_MAX),
    model: textIn(fields, 'm', 'model', MODEL_MAX),
    owner: Number(owner),
    ownerKey: bytesIn(fields, 'k', 'owner key', OWNER_KEY_BYTES),
    publicKey: bytesIn(fields, 'p', 'maker\'s key', PUBLIC_KEY_BYTES),
  };
}

function one(fields: URLSearchParams, name: string, what: string): string {
  const [value, ...more] = fields.getAll(name);
  if (value === undefined) throw new Refusal(`owner code: the ${what} is missing; copy all of it`);
  if (more.length) throw new Refusal(`owner code: the ${what} is there twice; copy the code again`);
  return value;
}

function textIn(fields: URLSearchParams, name: string, what: string, most: number): string {
  const value = one(fields, name, what);
  if (!new RegExp(`^[ -}]{1,${most}}$`).test(value)) throw new Refusal(`owner code: the ${what} is not 1 to ${most} plain characters; copy the code again`);
  return value;
}

function bytesIn(fields: URLSearchParams, name: string, what: string, length: number): Uint8Array {
  const value = one(fields, name, what);
  const bytes = new Uint8Array(Buffer.from(value, 'base64url'));
  // Written back: what a decoder skips or rounds is no code of ours.
  if (bytes.length !== length || base64(bytes) !== value) throw new Refusal(`owner code: the ${what} is not ${length} bytes in base64url; copy the code again`);
  return bytes;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
