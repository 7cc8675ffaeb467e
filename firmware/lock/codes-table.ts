/** Writes codes into the record store: at provisioning, at the keypad's menu, and for an owner who manages users. */
import { readU16 } from '../flash/bytes.js';
import { CODES, MASTER } from '../flash/keys.js';
import { BAD_CODE, CODE_IN_USE, USERS_FULL, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import {
  CARD_CODE, DISABLED_USER, holderOf, SCHEDULE_AT, startStretch, stepStretch, TAG_BYTES, TYPE_AT, TYPE_BITS, USED_UP, USER_AT, USERS_MAX,
} from './codes.js';
import { clearSchedules } from './schedules.js';
import { MASTER_USER, NOBODY } from './states.js';
import { appendEntry, byteText, CODE_ENTRY_BYTES, eachEntry, NEXT, removeEntry, type Wires, type WritableRecords } from './tables.js';


export const PIN_MIN = 4;
export const PIN_MAX = 10;

/** All 32 bytes of a stretched code in one go: on hosts. `code`: ASCII digits, or a card's text. */
export function stretchCode(platform: Platform, salt: Uint8Array, code: string, iterations: number): Uint8Array {
  const stretch = startStretch(platform.sha256, salt, platform.toBytes(code), code.length, iterations);
  while (!stepStretch(stretch, platform));
  return stretch.value;
}

/** 4 to 10 digits. */
export function isPin(code: string): boolean {
  if (code.length < PIN_MIN || code.length > PIN_MAX) return false;
  for (let i = 0; i < code.length; i++) if ('0123456789'.indexOf(code.charAt(i)) < 0) return false;
  return true;
}

export interface User {
  user: number;
  type: number;
  /** `USED_UP` and `DISABLED_USER`, or 0. */
  status: number;
  schedule: number;
  pins: number;
  cards: number;
  /** Table of the first code. */
  table: number;
}

/** What there is to know about a user; undefined: there is none with that number. */
export function userOf(platform: Wires, records: WritableRecords, user: number): User | undefined {
  const found: User = { user, type: 0, status: 0, schedule: 0, pins: 0, cards: 0, table: -1 };
  if (user < 1 || user > USERS_MAX) return undefined;
  eachEntry(platform, records, CODES, USER_AT, byteText(user), (bytes, at, table) => {
    const type = bytes[at + TYPE_AT]!;
    if (found.table < 0) found.table = table;
    found.type = type & TYPE_BITS;
    found.status = found.status | type & (USED_UP | DISABLED_USER);
    found.schedule = readU16(bytes, at + SCHEDULE_AT);
    if (type & CARD_CODE) found.cards++;
    else found.pins++;
    return NEXT;
  });
  return found.pins + found.cards ? found : undefined;
}

/**
 * Adds the code with that stretched value to a user, 1 to 250. A new user gets `type` (Matter's, with `CARD_CODE` for a card) and
 * `schedule`, and nothing that an earlier user of that number left; a user who has codes keeps both. Refused where anybody has the code
 * already: two people with one code cannot be told apart.
 */
export function addCode(
  platform: Wires, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array, user: number, type: number, schedule: number,
): ErrorCode {
  if (user < 1 || user > USERS_MAX) return BAD_CODE;
  if (holderOf(platform, records, recoveryHash, value).user !== NOBODY) return CODE_IN_USE;
  const old = userOf(platform, records, user);
  return !old && clearSchedules(platform, records, user) || storeCode(records, old, value, user, type, schedule);
}

/** The last step of `addCode`. `old`: the user as found; the new code lies beside the others, so that a change of the user is one write. */
export function storeCode(
  records: WritableRecords, old: User | undefined, value: Uint8Array, user: number, type: number, schedule: number,
): ErrorCode {
  const entry = new Uint8Array(CODE_ENTRY_BYTES);
  const kept = old ? old.schedule : schedule;
  entry.set(value.subarray(0, TAG_BYTES));
  entry.set([user, (old ? old.type | old.status : type & TYPE_BITS) | type & CARD_CODE, kept & 255, kept >> 8], USER_AT);
  return appendEntry(records, CODES, old ? old.table : -1, entry, USERS_FULL);
}

/** Removes every code of a user. What is left of the user then, schedules, opens nothing. */
export function removeCodes(platform: Wires, records: WritableRecords, user: number): ErrorCode {
  return eachEntry(platform, records, CODES, USER_AT, byteText(user), removeEntry);
}

/** Replaces the master code by the one with that stretched value, which may be the old one but nobody else's. */
export function setMaster(platform: Wires, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array): ErrorCode {
  const user = holderOf(platform, records, recoveryHash, value).user;
  return user === NOBODY || user === MASTER_USER ? records.set(MASTER, value.subarray(0, TAG_BYTES)) : CODE_IN_USE;
}
