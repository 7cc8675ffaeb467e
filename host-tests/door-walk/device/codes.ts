/** Who has which code at this door. */
import { CODES, MASTER, MORE_CODES, SCHEDULES, SETTINGS } from '../../../firmware/flash/keys.js';
import { addCode, removeCodes, setMaster, stretchCode } from '../../../firmware/lock/codes-table.js';
import { FORCED_USER, NON_ACCESS_USER, UNRESTRICTED_USER } from '../../../firmware/lock/states.js';
import { AUTO_RELOCK, changeSetting, DOOR_OPEN_PERIOD, readSettings } from '../../../firmware/lock/settings.js';
import type { World } from './world.js';

export const RECOVERY = '271828182845';
/** Users 1, 2, ... */
export const USERS = 8;

export function pinOf(user: number): string {
  return ['', '1234', '24681', '905517', '7788', '4455667', '8899001122', '3141', '60606'][user]!;
}

export function typeOf(user: number): number {
  return user === 5 ? FORCED_USER : user === 6 ? NON_ACCESS_USER : UNRESTRICTED_USER;
}

/** Master codes that are in use one after the other. */
export const MASTERS = 3;

export function masterOf(index: number): string {
  return ['998877', '112358', '75319'][index]!;
}

export interface Codes {
  /** Per user: 1 = enrolled. What the owner was told. */
  live: Uint8Array;
  /** Stretched codes of users, then of masters. */
  values: Uint8Array[];
}

/** Stretches all of them and sets the lock up: users 1 to 6, the first master code, and settings that differ from seed to seed. */
export function enrol(world: World, seed: number): Codes {
  const values: Uint8Array[] = [];
  const codes = { live: new Uint8Array(USERS + 1), values };
  const platform = world.platform;
  const stretch = (code: string): Uint8Array => stretchCode(platform, world.salt, code, world.wiring.stretch);
  for (let i = 0; i < world.salt.length; i++) world.salt[i] = i * 37 + 11;
  world.recoveryHash = stretch(RECOVERY);
  for (let user = 1; user <= USERS; user++) values[user] = stretch(pinOf(user));
  for (let i = 0; i < MASTERS; i++) values[USERS + 1 + i] = stretch(masterOf(i));
  setMaster(platform, world.stores.records, world.recoveryHash, values[USERS + 1]!);
  for (let user = 1; user <= 6; user++) changeUser(world, codes, user);
  const records = world.stores.records;
  changeSetting(records, readSettings(records.get(SETTINGS)), AUTO_RELOCK, seed % 3 ? 2 + seed % 9 : 0);
  changeSetting(records, readSettings(records.get(SETTINGS)), DOOR_OPEN_PERIOD, seed % 2 ? 20 : 0);
  return codes;
}

/** Adds a user, or takes all codes of one away. Where flash refused, or the power went, what is in force is not known here. */
export function changeUser(world: World, codes: Codes, user: number): void {
  const records = world.stores.records;
  const code = codes.live[user] ? removeCodes(world.platform, records, user)
    : addCode(world.platform, records, world.recoveryHash, codes.values[user]!, user, typeOf(user), 0);
  if (!code && !world.dead) codes.live[user] = codes.live[user] ? 0 : 1;
  else codes.live[user] = isStored(world, codes.values[user]!) ? 1 : 0;
}

/** A look into the tables that is not the firmware's. */
export function isStored(world: World, value: Uint8Array): boolean {
  for (let key = CODES; key < SCHEDULES; key = key === CODES ? MORE_CODES : key + 1) {
    const table = world.stores.peek(key);
    if (table && indexOfTag(table, value) >= 0) return true;
  }
  return false;
}

/** The master code in force, or `''`. A user's code may have become it, when that user was gone. */
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
