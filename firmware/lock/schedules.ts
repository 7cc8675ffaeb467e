/**
 * When users may open, and holidays. Entries of 16 bytes, low byte first (`tables.ts`, first keys `SCHEDULES` and `HOLIDAYS`):
 *
 *    0 1 user; of a holiday: the OperatingMode that is in force in it
 *    1 1 kind: 1 week-day, 2 year-day, 3 end of an expiring user, 4 holiday
 *    2 1 index, 1 to 255: as in Matter, user, kind and index together name a schedule
 *    3 1 week-day: days, bit 0 = Sunday
 *    4 2 week-day: from this minute of the day
 *    6 2 week-day: until before this one, at most 1440; not after `start`: on the next day
 *    8 4 others: from, seconds since 1970
 *   12 4 others: until before
 *
 * Times are the lock's local ones, UTC plus the setting, except the end of an expiring user, which is UTC: a change of the offset must not
 * prolong it. An entry that makes no sense opens nothing.
 */
import { HOLIDAYS, SCHEDULES } from '../flash/keys.js';
import { BAD_SCHEDULE, RECORDS_FULL, type ErrorCode } from '../errors.js';
import { bytesOfWords, readU16, readU32 } from '../flash/bytes.js';
import { IN_SAFE_MODE } from '../safe-mode.js';
import { OPERATING_MODE, UTC_OFFSET, wordSetting } from './settings.js';
import { MODE_PASSAGE, MODE_PRIVACY } from './states.js';
import {
  appendEntry, byteText, eachEntry, NEXT, removeEntry, SCHEDULE_ENTRY_BYTES, STOP, tableKey, tablesOf, type Wires, type WritableRecords,
} from './tables.js';

export const WEEK_DAY = 1;
export const YEAR_DAY = 2;
export const EXPIRY = 3;
export const HOLIDAY = 4;

/** That people may set. The tables have room for 256, so that an expiring user finds a place for the end. */
export const SCHEDULES_MAX = 100;
export const HOLIDAYS_MAX = 20;
const DAY_MINUTES = 1440;
const LAST_SECOND = 4294967295;

/** Local time in seconds; 0 = unknown. `time`: UTC, 0 = unknown. */
export function localTime(settings: Uint8Array, time: number): number {
  return time && time + (wordSetting(settings, UTC_OFFSET) - DAY_MINUTES) * 60;
}

/** `local` lies in the week-day schedule at `at`. */
function isInWeek(bytes: Uint8Array, at: number, local: number): boolean {
  const days = bytes[at + 3]!;
  const start = readU16(bytes, at + 4);
  const end = readU16(bytes, at + 6);
  const minutes = Math.floor(local / 60);
  const minute = minutes % DAY_MINUTES;
  // 1970 began on a Thursday.
  const today = (Math.floor(minutes / DAY_MINUTES) + 4) % 7;
  if (!isWeekDay(days, start, end)) return false;
  if (start < end) return minute >= start && minute < end && (days >> today & 1) === 1;
  return minute >= start ? (days >> today & 1) === 1 : minute < end && (days >> (today + 6) % 7 & 1) === 1;
}

function isWeekDay(days: number, start: number, end: number): boolean {
  return days > 0 && days < 128 && start < DAY_MINUTES && end <= DAY_MINUTES && start !== end;
}

/** `time` lies between the two times of the entry at `at`. */
function isBetween(bytes: Uint8Array, at: number, time: number): boolean {
  return time >= readU32(bytes, at + 8) && time < readU32(bytes, at + 12);
}

/**
 * The user has schedules of that kind, and one of them covers `local`: 2; has some, but none does: 1; has none: 0.
 */
function standing(platform: Wires, records: WritableRecords, user: number, kind: number, local: number): number {
  let found = 0;
  eachEntry(platform, records, SCHEDULES, 0, byteText(user) + byteText(kind), (bytes, at) => {
    const isCovered = kind === WEEK_DAY ? isInWeek(bytes, at, local) : isBetween(bytes, at, local);
    found = isCovered ? 2 : 1;
    return isCovered ? STOP : NEXT;
  });
  return found;
}

/**
 * The user's schedules allow `local` (a known time). `kind`: only week-day or year-day schedules count; 0: both do, and as in Matter one of
 * each kind that the user has must cover it. A user without any may not.
 */
export function isScheduled(platform: Wires, records: WritableRecords, user: number, kind: number, local: number): boolean {
  const week = kind === YEAR_DAY ? 0 : standing(platform, records, user, WEEK_DAY, local);
  const year = kind === WEEK_DAY ? 0 : standing(platform, records, user, YEAR_DAY, local);
  return week !== 1 && year !== 1 && week + year > 0;
}

/** First use and end of an expiring user, if there was a first use. UTC seconds. */
export function expiryOf(platform: Wires, records: WritableRecords, user: number): { from: number; until: number } | undefined {
  let found: { from: number; until: number } | undefined;
  eachEntry(platform, records, SCHEDULES, 0, byteText(user) + byteText(EXPIRY), (bytes, at) => {
    found = { from: readU32(bytes, at + 8), until: readU32(bytes, at + 12) };
    return STOP;
  });
  return found;
}

/**
 * The OperatingMode in force: the setting's, or while a holiday lasts, that holiday's (the first one's, where several cover `time`).
 * Privacy was asked for from inside the door and is ended there: no holiday ends it. A mode that does not exist is given as it stands,
 * and restricts.
 */
export function modeInForce(platform: Wires, records: WritableRecords, settings: Uint8Array, time: number): number {
  let mode = settings[OPERATING_MODE]!;
  if (IN_SAFE_MODE || !time || mode === MODE_PRIVACY) return mode;
  const local = localTime(settings, time);
  eachEntry(platform, records, HOLIDAYS, 1, byteText(HOLIDAY), (bytes, at) => {
    if (!isBetween(bytes, at, local)) return NEXT;
    mode = bytes[at]!;
    return STOP;
  });
  return mode;
}

function isWhole(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && value === Math.floor(value);
}

/** The entry of a week-day schedule, or nothing where it makes no sense. */
export function weekDaySchedule(user: number, index: number, days: number, start: number, end: number): Uint8Array | undefined {
  if (!isWhole(index, 1, 255) || !isWhole(days, 1, 127) || !isWhole(start, 0, DAY_MINUTES) || !isWhole(end, 0, DAY_MINUTES)) return undefined;
  if (!isWeekDay(days, start, end)) return undefined;
  return new Uint8Array([user, WEEK_DAY, index, days, start & 255, start >> 8, end & 255, end >> 8, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/** The entry of a year-day schedule or a holiday, or nothing where it makes no sense. `user`: of a holiday the mode. */
export function timeSchedule(user: number, kind: number, index: number, from: number, until: number): Uint8Array | undefined {
  if (!isWhole(index, 1, 255) || !isWhole(from, 0, LAST_SECOND) || !isWhole(until, from + 1, LAST_SECOND)) return undefined;
  return kind === HOLIDAY && !isWhole(user, 0, MODE_PASSAGE) ? undefined : timeEntry(user, kind, index, from, until);
}

function timeEntry(user: number, kind: number, index: number, from: number, until: number): Uint8Array {
  const entry = new Uint8Array(SCHEDULE_ENTRY_BYTES);
  entry.set([user, kind, index]);
  entry.set(bytesOfWords([from, until]), 8);
  return entry;
}

/** Stores the end of an expiring user who has none. UTC seconds. */
export function storeExpiry(records: WritableRecords, user: number, from: number, until: number): ErrorCode {
  return appendEntry(records, SCHEDULES, -1, timeEntry(user, EXPIRY, 1, from, until), RECORDS_FULL);
}

/** How many schedules (or holidays) there are, ends of expiring users left out. */
function count(records: WritableRecords, first: number): number {
  let found = 0;
  for (let table = 0; table < tablesOf(first); table++) {
    const bytes = records.get(tableKey(first, table));
    if (!bytes) continue;
    for (let at = 1; at < bytes.length - SCHEDULE_ENTRY_BYTES + 2; at += SCHEDULE_ENTRY_BYTES) if (bytes[at] !== EXPIRY) found++;
  }
  return found;
}

/**
 * Stores an entry made by one of the two functions above, in the place of the one with its name where there is one: one write. Of a user
 * who has no codes (`NO_SUCH_USER`) the caller knows.
 */
export function storeSchedule(platform: Wires, records: WritableRecords, entry: Uint8Array | undefined): ErrorCode {
  if (!entry) return BAD_SCHEDULE;
  const isHoliday = entry[1] === HOLIDAY;
  const first = isHoliday ? HOLIDAYS : SCHEDULES;
  const from = isHoliday ? 1 : 0;
  const name = platform.toWire(entry.subarray(from, 3));
  let found = false;
  const code = eachEntry(platform, records, first, from, name, (bytes, at) => {
    found = true;
    bytes.set(entry, at);
    return NEXT;
  });
  if (code || found) return code;
  return count(records, first) < (isHoliday ? HOLIDAYS_MAX : SCHEDULES_MAX) ? appendEntry(records, first, -1, entry, RECORDS_FULL) : RECORDS_FULL;
}

/** Removes one schedule of a user, all of a kind (no `index`), or all (no `kind`). What is not there is no error. */
export function clearSchedules(platform: Wires, records: WritableRecords, user: number, kind?: number, index?: number): ErrorCode {
  const name = byteText(user) + (kind ? byteText(kind) + (index ? byteText(index) : '') : '');
  return eachEntry(platform, records, SCHEDULES, 0, name, removeEntry);
}

export function clearHoliday(platform: Wires, records: WritableRecords, index: number): ErrorCode {
  return eachEntry(platform, records, HOLIDAYS, 1, byteText(HOLIDAY) + byteText(index), removeEntry);
}
