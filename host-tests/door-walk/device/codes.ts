/** Who has which code at this door, and what an owner changes about it. */
import { CODES, MASTER, MORE_CODES, SCHEDULES, SETTINGS } from '../../../firmware/flash/keys.js';
import { addCode, removeCodes, setMaster, stretchCode } from '../../../firmware/lock/codes-table.js';
import { CARD_CODE } from '../../../firmware/lock/codes.js';
import { clearHoliday, clearSchedules, HOLIDAY, storeSchedule, timeSchedule, weekDaySchedule, YEAR_DAY } from '../../../firmware/lock/schedules.js';
import { AUTO_RELOCK, changeSetting, DOOR_OPEN_PERIOD, EXPIRING_MINUTES, readSettings, UTC_OFFSET } from '../../../firmware/lock/settings.js';
import { storeUserSchedule, setUser, userOf } from '../../../firmware/lock/users.js';
import { cardNumber, CARDS, holderOfCard } from './reader.js';
import type { World } from './parts.js';

export const RECOVERY = '271828182845';
/** Users 1, 2, ... */
export const USERS = 12;

export function pinOf(user: number): string {
  return ['', '1234', '24681', '905517', '7788', '4455667', '8899001122', '3141', '60606', '135790', '246802', '5550123', '8642'][user]!;
}

/** Matter's type of a user who is added: 4 opens once, 5 is under duress, 6 may not, 8 expires, 9 to 11 have schedules, 12 may program. */
export function typeOf(user: number): number {
  return [0, 0, 0, 0, 6, 5, 4, 0, 7, 2, 1, 8, 3][user]!;
}

/** Master codes that are in use one after the other. */
export const MASTERS = 3;

export function masterOf(index: number): string {
  return ['998877', '112358', '75319'][index]!;
}

// What an owner may change: a user is added or removed, shut out or let in again, gets a schedule of the week or of the year, loses them;
// a holiday is set or removed; the user gets the card that there is for some; from TYPE on the user gets the type behind it.
export const ADD_OR_REMOVE = 0;
export const SHUT_OR_LET = 1;
export const WEEK = 2;
export const YEAR = 3;
export const NO_SCHEDULE = 4;
export const SET_HOLIDAY = 5;
export const NO_HOLIDAY = 6;
export const GIVE_CARD = 7;
export const TYPE = 10;

export interface Codes {
  /** Stretched codes of users, then of masters, then of cards. */
  values: Uint8Array[];
}

/** Stretches all of them and sets the lock up: users, the first master code, and settings that differ from seed to seed. */
export function enrol(world: World, seed: number): Codes {
  const values: Uint8Array[] = [];
  const codes = { values };
  const platform = world.platform;
  const records = world.stores.records;
  const stretch = (code: string): Uint8Array => stretchCode(platform, world.salt, code, world.wiring.stretch);
  for (let i = 0; i < world.salt.length; i++) world.salt[i] = i * 37 + 11;
  world.recoveryHash = stretch(RECOVERY);
  for (let user = 1; user <= USERS; user++) values[user] = stretch(pinOf(user));
  for (let i = 0; i < MASTERS; i++) values[USERS + 1 + i] = stretch(masterOf(i));
  for (let i = 0; i < CARDS && world.readerBits; i++) values[USERS + MASTERS + 1 + i] = stretch('c' + cardNumber(i));
  setMaster(platform, records, world.recoveryHash, values[USERS + 1]!);
  for (let user = 1; user <= USERS; user++) if (user !== 7) changeUser(world, codes, user, ADD_OR_REMOVE, 0);
  for (let i = 0; i < CARDS - 1 && world.readerBits; i++) changeUser(world, codes, holderOfCard(i), GIVE_CARD, 0);
  changeUser(world, codes, 9, WEEK, seed * 7);
  changeUser(world, codes, 10, YEAR, seed * 5);
  changeUser(world, codes, 11, WEEK, seed * 3);
  changeUser(world, codes, 11, YEAR, seed);
  const settings = readSettings(records.get(SETTINGS));
  changeSetting(records, settings, AUTO_RELOCK, seed % 3 ? 2 + seed % 9 : 0);
  changeSetting(records, settings, DOOR_OPEN_PERIOD, seed % 2 ? 20 : 0);
  changeSetting(records, settings, EXPIRING_MINUTES, seed % 4 ? 1 + seed % 7 : 1440);
  changeSetting(records, settings, UTC_OFFSET, 1440 + (seed % 5 - 2) * 210);
  return codes;
}

/** What an owner does to a user, `choice` deciding what there is to choose. 0, or why not. */
export function changeUser(world: World, codes: Codes, user: number, what: number, choice: number): number {
  const records = world.stores.records;
  const platform = world.platform;
  const known = userOf(platform, records, user);
  const from = 1700000000 + choice % 100 * 2000000;
  if (what === SET_HOLIDAY) return storeSchedule(platform, records, timeSchedule(choice % 5, HOLIDAY, 1, from, from + 20000000));
  if (what === NO_HOLIDAY) return clearHoliday(platform, records, 1);
  if (what === GIVE_CARD) {
    let card = 0;
    while (card < CARDS - 1 && holderOfCard(card) !== user) card++;
    return addCode(platform, records, world.recoveryHash, codes.values[USERS + MASTERS + 1 + card]!, user, typeOf(user) | CARD_CODE, 0);
  }
  if (!known) return addCode(platform, records, world.recoveryHash, codes.values[user]!, user, typeOf(user), 0);
  if (what === ADD_OR_REMOVE) return removeCodes(platform, records, user);
  if (what === SHUT_OR_LET) return setUser(platform, records, user, known.type, (known.status & 128) === 0, known.schedule);
  if (what === WEEK) return storeUserSchedule(platform, records, weekDaySchedule(user, 1, 1 + choice % 127, choice * 37 % 1440, choice * 61 % 1440 + 1));
  if (what === YEAR) return storeUserSchedule(platform, records, timeSchedule(user, YEAR_DAY, 1, from, from + 60000000));
  if (what === NO_SCHEDULE) return clearSchedules(platform, records, user, 1 + choice % 2);
  return setUser(platform, records, user, what - TYPE, false, choice & 1);
}

/** A look into the tables that is not the firmware's. */
export function isStored(world: World, value: Uint8Array): boolean {
  for (let key = CODES; key < SCHEDULES; key = key === CODES ? MORE_CODES : key + 1) {
    const table = world.stores.peek(key);
    if (table && indexOfTag(table, value) >= 0) return true;
  }
  return false;
}

/** The master code in force, or `''` where it is none of those that this walk gives. A user's code may have become it, when that user was gone. */
export function masterIn(world: World, codes: Codes): string {
  const stored = world.stores.peek(MASTER);
  for (let i = USERS + MASTERS; stored && i > 0; i--) if (!indexOfTag(stored, codes.values[i]!)) return i > USERS ? masterOf(i - USERS - 1) : pinOf(i);
  return '';
}

function indexOfTag(table: Uint8Array, value: Uint8Array): number {
  for (let at = 0; at + 16 <= table.length; at += 20) {
    let same = 0;
    while (same < 16 && table[at + same] === value[same]) same++;
    if (same === 16) return at;
  }
  return -1;
}
