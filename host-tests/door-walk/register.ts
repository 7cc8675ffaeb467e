/**
 * Who may open, read from the bytes in flash and judged by the words of docs, with none of the firmware's code: tags are hashed here,
 * tables taken apart here, days counted by the host's calendar.
 */
import { createHash } from 'node:crypto';
import { CODES, HOLIDAYS, MASTER, MORE_CODES, SCHEDULES, SETTINGS } from '../../firmware/flash/keys.js';
import * as states from '../../firmware/lock/states.js';
import type { World } from './device/parts.js';

export interface Person {
  user: number;
  type: number;
  usedUp: boolean;
  disabled: boolean;
  schedule: number;
  tags: string[];
}

const CODE_TABLES = [CODES, MORE_CODES, MORE_CODES + 1, MORE_CODES + 2, MORE_CODES + 3];
const SCHEDULE_TABLES = [SCHEDULES, SCHEDULES + 1, SCHEDULES + 2, SCHEDULES + 3];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function entries(world: World, keys: number[], size: number): Buffer[] {
  return keys.flatMap((key) => {
    const table = Buffer.from(world.stores.peek(key) ?? []);
    return Array.from({ length: Math.floor(table.length / size) }, (_, index) => table.subarray(index * size, (index + 1) * size));
  });
}

export function peopleIn(world: World): Map<number, Person> {
  const people = new Map<number, Person>();
  for (const entry of entries(world, CODE_TABLES, 20)) {
    const [user, type] = [entry[16]!, entry[17]!];
    const known = people.get(user);
    if (known) known.tags.push(hex(entry.subarray(0, 16)));
    else people.set(user, { user, type: type & 15, usedUp: (type & 64) > 0, disabled: (type & 128) > 0,
      schedule: entry.readUInt16LE(18), tags: [hex(entry.subarray(0, 16))] });
  }
  return people;
}

/** One text a user: differs when anything about that user does. */
export function describePeople(world: World): Map<number, string> {
  return new Map([...peopleIn(world)].map(([user, person]) => [user, JSON.stringify(person)]));
}

const hashes = new Map<string, string>();

/** The tag of a code at this lock. */
export function tagOf(world: World, digits: string): string {
  const name = `${hex(world.salt)} ${digits}`;
  let tag = hashes.get(name);
  if (tag) return tag;
  let value: Buffer = createHash('sha256').update(world.salt).update(digits).digest();
  for (let i = 0; i < world.wiring.stretch; i++) value = createHash('sha256').update(value).digest();
  tag = hex(value.subarray(0, 16));
  hashes.set(name, tag);
  return tag;
}

/** Whose code this is. */
export function ownerOf(world: World, digits: string): number {
  const tag = tagOf(world, digits);
  const master = world.stores.peek(MASTER);
  if (hex(world.recoveryHash.subarray(0, 16)) === tag) return states.RECOVERY_USER;
  if (master && hex(master) === tag) return states.MASTER_USER;
  for (const person of peopleIn(world).values()) if (person.tags.includes(tag)) return person.user;
  return states.NOBODY;
}

/** A setting that stands in flash. */
export function settingIn(world: World, at: number, isWord: boolean): number {
  const stored = world.stores.peek(SETTINGS);
  if (!stored) return new Map([[5, 5], [6, 10], [8, 1], [14, 1], [15, 1440], [18, 1440]]).get(at) ?? 0;
  return isWord ? stored[at]! | stored[at + 1]! << 8 : stored[at]!;
}

export const modeIn = (world: World): number => settingIn(world, 4, false);

/** UTC seconds of first use and end. */
export function expiryOf(world: World, user: number): { from: number; until: number } | undefined {
  const entry = entries(world, SCHEDULE_TABLES, 16).find((each) => each[0] === user && each[1] === 3);
  return entry && { from: entry.readUInt32LE(8), until: entry.readUInt32LE(12) };
}

function localOf(world: World, seconds: number): number {
  return seconds + (settingIn(world, 18, true) - 1440) * 60;
}

function covers(entry: Buffer, local: number): boolean {
  if (entry[1] === 2 || entry[1] === 4) return local >= entry.readUInt32LE(8) && local < entry.readUInt32LE(12);
  const [days, start, end] = [entry[3]!, entry.readUInt16LE(4), entry.readUInt16LE(6)];
  const date = new Date(local * 1000);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const on = (day: number): boolean => (days >> day % 7 & 1) > 0;
  if (start < end) return on(date.getUTCDay()) && minute >= start && minute < end;
  return minute >= start && on(date.getUTCDay()) || minute < end && on(date.getUTCDay() + 6);
}

/** The setting's, or a holiday's while it lasts. */
export function modeAt(world: World, seconds: number): number {
  const mode = modeIn(world);
  const holiday = seconds && mode !== states.MODE_PRIVACY && entries(world, [HOLIDAYS], 16).find((each) => covers(each, localOf(world, seconds)));
  return holiday ? holiday[0]! : mode;
}

/** May that user open at the keypad at that second of UTC (0: the lock does not know the time)? */
export function mayEnter(world: World, person: Person, seconds: number): boolean {
  const { type, user } = person;
  const mode = modeAt(world, seconds);
  if (person.usedUp || person.disabled || type === states.NON_ACCESS_USER || type === states.REMOTE_ONLY_USER) return false;
  if (mode === states.MODE_PRIVACY || mode === states.MODE_VACATION && type !== states.PROGRAMMING_USER) return false;
  if (type === states.EXPIRING_USER) {
    const expiry = expiryOf(world, user);
    if (!seconds || expiry && (seconds >= expiry.until || seconds < expiry.from)) return false;
  }
  const kinds = type === states.WEEK_DAY_USER ? [1] : type === states.YEAR_DAY_USER ? [2]
    : type === states.SCHEDULE_RESTRICTED_USER || person.schedule ? [1, 2] : [];
  if (!kinds.length) return true;
  const local = localOf(world, seconds);
  const mine = entries(world, SCHEDULE_TABLES, 16).filter((each) => each[0] === user && kinds.includes(each[1]!));
  const has = kinds.filter((kind) => mine.some((each) => each[1] === kind));
  return seconds > 0 && has.length > 0 && has.every((kind) => mine.some((each) => each[1] === kind && covers(each, local)));
}

/** What must stand in flash before the bolt moves for that user does. */
export function isMarked(world: World, user: number): boolean {
  const person = peopleIn(world).get(user);
  if (person?.type === states.DISPOSABLE_USER) return person.usedUp;
  return person?.type !== states.EXPIRING_USER || expiryOf(world, user) !== undefined;
}
