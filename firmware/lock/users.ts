/**
 * Users and their codes, for the keypad's menu and for owners. Each function changes the records at once and gives 0 or the reason. A
 * change is one record write, since a user's codes lie in one table; where they do not (it was full), a cut leaves some codes of that
 * one user as they were, and the same call goes on. Those that look before they change take an ESP32 longer than a turn may last, so the
 * menu takes their steps one a turn. No code can be read: tags never leave the lock.
 *
 *   add a code or card    `addCode` (codes-table.ts)       schedules        `storeUserSchedule`, `clearSchedules` (schedules.ts)
 *   change, remove one    `replaceCode`, `removeCode`      master code      `setMaster` (codes-table.ts)
 *   type, enabled or not  `setUser`                        who there is     `userOf`, `markUsers`, `freeUser`, `countUsers`
 *   remove the user       `clearUser`
 */
import { BAD_SETTING, CODE_IN_USE, NO_SUCH_USER, type ErrorCode } from '../errors.js';
import { CODES } from '../flash/keys.js';
import { CARD_CODE, DISABLED_USER, holderOf, SCHEDULE_AT, TAG_BYTES, TYPE_AT, USED_UP, USER_AT, USERS_MAX } from './codes.js';
import { removeCodes, userOf, type User } from './codes-table.js';
import { clearSchedules, EXPIRY, storeSchedule } from './schedules.js';
import { EXPIRING_USER, NOBODY, REMOTE_ONLY_USER } from './states.js';
import { byteText, CODE_ENTRY_BYTES, eachEntry, NEXT, removeEntry, tableKey, type Wires, type WritableRecords } from './tables.js';

export { userOf, type User } from './codes-table.js';

/**
 * Sets `users[n]` for each user n of one table of codes, 0 to `tablesOf(CODES) - 1`. One table a turn: looking at each entry of all of them
 * takes an ESP32 more than a turn may last. `users` has `USERS_MAX + 1` bytes.
 */
export function markUsers(records: WritableRecords, table: number, users: Uint8Array): void {
  const bytes = records.get(tableKey(CODES, table));
  if (!bytes) return;
  for (let at = USER_AT; at + CODE_ENTRY_BYTES - USER_AT <= bytes.length; at += CODE_ENTRY_BYTES) {
    const user = bytes[at]!;
    if (user && user <= USERS_MAX) users[user] = 1;
  }
}

/** The lowest number that nobody has; 0: there is none. `users`: all tables marked. */
export function freeUser(users: Uint8Array): number {
  const first = users.indexOf(0, 1);
  return first < 0 ? 0 : first;
}

export function countUsers(users: Uint8Array): number {
  return users.reduce((sum, one) => sum + one, 0);
}

/**
 * Gives a user's code another value, in one write: the old code or the new one opens. Of several, the first PIN (or with `isCard` card)
 * changes. Type and status stay, so a new code for a used-up user opens nothing until `setUser` renews the user.
 */
export function replaceCode(
  platform: Wires, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array, user: number, isCard: boolean,
): ErrorCode {
  const other = holderOf(platform, records, recoveryHash, value).user;
  return other === NOBODY ? exchangeCode(platform, records, value, user, isCard) : other === user ? 0 : CODE_IN_USE;
}

/** The last step of `replaceCode`. */
export function exchangeCode(platform: Wires, records: WritableRecords, value: Uint8Array, user: number, isCard: boolean): ErrorCode {
  let found = false;
  const code = eachEntry(platform, records, CODES, USER_AT, byteText(user), (bytes, at) => {
    if (found || ((bytes[at + TYPE_AT]! & CARD_CODE) !== 0) !== isCard) return NEXT;
    found = true;
    bytes.set(value.subarray(0, TAG_BYTES), at);
    return NEXT;
  });
  return found ? code : NO_SUCH_USER;
}

/** Removes the code with that stretched value from a user. The last one takes the user with it. */
export function removeCode(platform: Wires, records: WritableRecords, recoveryHash: Uint8Array, value: Uint8Array, user: number): ErrorCode {
  if (holderOf(platform, records, recoveryHash, value).user !== user) return NO_SUCH_USER;
  return eachEntry(platform, records, CODES, 0, platform.toWire(value.subarray(0, TAG_BYTES)) + byteText(user), removeEntry);
}

/**
 * Sets a user's Matter type, whether the user is disabled, and whether schedules count whatever the type (not 0). A user who becomes
 * another type, or who is used up and enabled now, begins anew: a disposable code opens once more, an expiring one from its next use on.
 * The old end goes first, so that a cut in between leaves what was used up used up.
 */
export function setUser(platform: Wires, records: WritableRecords, user: number, type: number, disabled: boolean, schedule: number): ErrorCode {
  const before = userOf(platform, records, user);
  if (!(type >= 0 && type <= REMOTE_ONLY_USER)) return BAD_SETTING;
  if (!before) return NO_SUCH_USER;
  return beginAnew(platform, records, before, type, disabled) || storeUser(platform, records, before, type, disabled, schedule);
}

function isAnew(before: User, type: number, disabled: boolean): boolean {
  return before.type !== type || (before.status & USED_UP) > 0 && !disabled;
}

/** The second step of `setUser`. */
export function beginAnew(platform: Wires, records: WritableRecords, before: User, type: number, disabled: boolean): ErrorCode {
  return type === EXPIRING_USER && isAnew(before, type, disabled) ? clearSchedules(platform, records, before.user, EXPIRY) : 0;
}

/** The last step of `setUser`. */
export function storeUser(platform: Wires, records: WritableRecords, before: User, type: number, disabled: boolean, schedule: number): ErrorCode {
  const kept = isAnew(before, type, disabled) ? CARD_CODE : CARD_CODE | USED_UP;
  return eachEntry(platform, records, CODES, USER_AT, byteText(before.user), (bytes, at) => {
    bytes[at + TYPE_AT] = type | bytes[at + TYPE_AT]! & kept | (disabled ? DISABLED_USER : 0);
    bytes.set([schedule & 255, schedule >> 8], at + SCHEDULE_AT);
    return NEXT;
  });
}

/** Removes a user with all codes, then the schedules: alone they open nothing, and a new user of that number does not inherit them. */
export function clearUser(platform: Wires, records: WritableRecords, user: number): ErrorCode {
  if (!userOf(platform, records, user)) return NO_SUCH_USER;
  return removeCodes(platform, records, user) || clearSchedules(platform, records, user);
}

/** Stores a schedule of a user; `entry` from `weekDaySchedule` or `timeSchedule` with that user. */
export function storeUserSchedule(platform: Wires, records: WritableRecords, entry: Uint8Array | undefined): ErrorCode {
  return entry && !userOf(platform, records, entry[0]!) ? NO_SUCH_USER : storeSchedule(platform, records, entry);
}
