/**
 * Who may command the lock from afar: up to 8 owners, numbered from 1, each with a secret key of 32 bytes that the lock shares with that
 * owner's devices. One record (key `OWNERS`):
 *
 *   0  2  epoch, low byte first: 1 in a new lock, one more after each hard reset
 *   2  1  which owners there are: bit 0 = owner 1
 *   3     the keys of those owners, 32 bytes each, in the order of their numbers
 *
 * A record of any other length is none. A key is never changed: an owner who lost one is removed and enrolled again.
 *
 * A new owner is enrolled by somebody who stands at the door with the master code: the phone shows digits, which are typed in the menu. For
 * five minutes whoever proves to know them over the air may hand over a key. The digits themselves are kept nowhere.
 */
import type { Platform } from '../platform/types.js';

export const OWNERS_MAX = 8;
export const OWNER_KEY_BYTES = 32;
const HEAD_BYTES = 3;
/** Ten digits and more: whoever overhears an enrolment may try them all, at leisure, against what was said. */
export const PAIRING_DIGITS_MIN = 10;
export const PAIRING_MS = 300000;
export const PAIRING_TRIES = 3;
/** Of a new lock, and of a record that is damaged or missing. */
const FIRST_EPOCH = 1;

/** Epoch of the keys: a client with an older one learns that the lock was reset. */
export function ownerEpoch(record: Uint8Array | undefined): number {
  return isRecord(record) ? record[0]! | record[1]! << 8 : FIRST_EPOCH;
}

/** The key of owner 1 to 8. */
export function ownerKey(record: Uint8Array | undefined, owner: number): Uint8Array | undefined {
  if (!isRecord(record) || owner < 1 || owner > OWNERS_MAX || !(record[2]! & 1 << owner - 1)) return undefined;
  const at = placeOf(record[2]!, owner);
  return record.subarray(at, at + OWNER_KEY_BYTES);
}

/** The lowest number that nobody has, or 0: all eight are taken. */
export function freeOwner(record: Uint8Array | undefined): number {
  for (let owner = 1; owner <= OWNERS_MAX; owner++) if (!ownerKey(record, owner)) return owner;
  return 0;
}

/** The record with one owner more; `owner` has no key in it yet. */
export function withOwner(record: Uint8Array | undefined, owner: number, key: Uint8Array): Uint8Array {
  const old = isRecord(record) ? record : emptyRecord(FIRST_EPOCH);
  const at = placeOf(old[2]!, owner);
  const bytes = new Uint8Array(old.length + OWNER_KEY_BYTES);
  bytes.set(old.subarray(0, at));
  bytes.set(key, at);
  bytes.set(old.subarray(at), at + OWNER_KEY_BYTES);
  bytes[2] = old[2]! | 1 << owner - 1;
  return bytes;
}

/** The record with one owner less. */
export function withoutOwner(record: Uint8Array, owner: number): Uint8Array {
  if (!ownerKey(record, owner)) return record;
  const at = placeOf(record[2]!, owner);
  const bytes = new Uint8Array(record.length - OWNER_KEY_BYTES);
  bytes.set(record.subarray(0, at));
  bytes.set(record.subarray(at + OWNER_KEY_BYTES), at);
  bytes[2] = record[2]! & ~(1 << owner - 1);
  return bytes;
}

/** After a hard reset: nobody, in the next epoch. The last one stays. */
export function withoutOwners(record: Uint8Array | undefined): Uint8Array {
  const epoch = ownerEpoch(record);
  return emptyRecord(epoch < 0xffff ? epoch + 1 : epoch);
}

/** An enrolment that waits for its phone. In RAM: a restart ends it. */
export interface Pairing {
  /** 32 bytes that phone and lock share: see `pairingSecret`. */
  secret: Uint8Array;
  /** `nowMs` at which it ends. */
  untilMs: number;
  triesLeft: number;
}

/** SHA-256( "deadlatch pairing" | device id (8 bytes) | digits (ASCII) ): of no use at another lock. */
export function pairingSecret(platform: Pick<Platform, 'sha256' | 'toWire'>, deviceId: Uint8Array, digits: string): Uint8Array {
  return platform.sha256('deadlatch pairing' + platform.toWire(deviceId) + digits);
}

export function startPairing(secret: Uint8Array, nowMs: number): Pairing {
  return { secret, untilMs: nowMs + PAIRING_MS, triesLeft: PAIRING_TRIES };
}

/** The secret for one attempt to prove it, undefined where none is open. Each call uses a try, before anything is compared. */
export function takePairing(pairing: Pairing | undefined, nowMs: number): Uint8Array | undefined {
  if (!pairing || nowMs >= pairing.untilMs || !pairing.triesLeft) return undefined;
  pairing.triesLeft--;
  return pairing.secret;
}

/** After an owner was enrolled, or where the menu takes it back: nothing stays. */
export function endPairing(pairing: Pairing): void {
  pairing.secret.fill(0);
  pairing.triesLeft = 0;
}

function emptyRecord(epoch: number): Uint8Array {
  return new Uint8Array([epoch & 255, epoch >> 8, 0]);
}

/** Where the key of `owner` lies or would lie. */
function placeOf(owners: number, owner: number): number {
  return HEAD_BYTES + OWNER_KEY_BYTES * bitsOf(owners & (1 << owner - 1) - 1);
}

function bitsOf(owners: number): number {
  let count = 0;
  for (let left = owners; left; left >>= 1) count += left & 1;
  return count;
}

function isRecord(record: Uint8Array | undefined): record is Uint8Array {
  return record !== undefined && record.length >= HEAD_BYTES && record.length === HEAD_BYTES + OWNER_KEY_BYTES * bitsOf(record[2]!);
}
