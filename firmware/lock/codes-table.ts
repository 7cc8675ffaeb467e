/** Writes codes into the record store: at provisioning, and for an owner who manages users. The lock itself only reads them. */
import { MASTER } from '../flash/keys.js';
import { BAD_CODE, CODE_IN_USE, RECORDS_FULL, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import {
  CODE_ENTRY_BYTES, CODE_TABLES, CODES_PER_TABLE, holderOf, startStretch, stepStretch, TAG_BYTES, tableKey, type CodeRecords,
} from './codes.js';
import { MASTER_USER, NOBODY } from './states.js';

export const PIN_MIN = 4;
/** Twelve digits are a recovery code's. */
export const PIN_MAX = 11;
export const USERS_MAX = 250;

export interface WritableRecords extends CodeRecords {
  set(key: number, bytes: Uint8Array): ErrorCode;
}

/** All 32 bytes of a stretched code in one go: on hosts. `code`: ASCII digits. */
export function stretchCode(platform: Platform, salt: Uint8Array, code: string, iterations: number): Uint8Array {
  const stretch = startStretch(platform.sha256, salt, platform.toBytes(code), code.length, iterations);
  while (!stepStretch(stretch, platform.sha256));
  return stretch.value;
}

/** 4 to 11 digits. */
export function isPin(code: string): boolean {
  if (code.length < PIN_MIN || code.length > PIN_MAX) return false;
  for (let i = 0; i < code.length; i++) if ('0123456789'.indexOf(code.charAt(i)) < 0) return false;
  return true;
}

/**
 * Adds the code with that stretched value. `user` 1..250, `type` a Matter user type, `schedule` 0 = none. Refused where anybody has it
 * already: two people with one code cannot be told apart.
 */
export function addCode(
  platform: Platform, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array, user: number, type: number, schedule: number,
): ErrorCode {
  if (user < 1 || user > USERS_MAX) return BAD_CODE;
  if (holderOf(platform, records, recoveryHash, value).user !== NOBODY) return CODE_IN_USE;
  for (let table = 0; table < CODE_TABLES; table++) {
    const old = records.get(tableKey(table));
    const length = old ? old.length : 0;
    if (length >= CODES_PER_TABLE * CODE_ENTRY_BYTES) continue;
    const bytes = new Uint8Array(length + CODE_ENTRY_BYTES);
    if (old) bytes.set(old);
    bytes.set(value.subarray(0, TAG_BYTES), length);
    bytes.set([user, type, schedule & 255, schedule >> 8], length + TAG_BYTES);
    return records.set(tableKey(table), bytes);
  }
  return RECORDS_FULL;
}

/** Removes every code of a user. */
export function removeCodes(records: WritableRecords, user: number): ErrorCode {
  for (let table = 0; table < CODE_TABLES; table++) {
    const bytes = records.get(tableKey(table));
    if (!bytes) continue;
    let kept = 0;
    for (let at = 0; at < bytes.length; at += CODE_ENTRY_BYTES) {
      if (bytes[at + TAG_BYTES] === user) continue;
      bytes.set(bytes.subarray(at, at + CODE_ENTRY_BYTES), kept);
      kept += CODE_ENTRY_BYTES;
    }
    if (kept === bytes.length) continue;
    const code = records.set(tableKey(table), bytes.subarray(0, kept));
    if (code) return code;
  }
  return 0;
}

/** Replaces the master code by the one with that stretched value, which may be the old one but nobody else's. */
export function setMaster(platform: Platform, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array): ErrorCode {
  const user = holderOf(platform, records, recoveryHash, value).user;
  return user === NOBODY || user === MASTER_USER ? records.set(MASTER, value.subarray(0, TAG_BYTES)) : CODE_IN_USE;
}
