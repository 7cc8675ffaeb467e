/** A hundred users come and go, told the same way on every interpreter: what the look-ups and changes answer, one line each. */
import { admit, judgeHolder, logOf, type AccessParts } from '../../../firmware/lock/access.js';
import { clearUser, countUsers, freeUser, markUsers, replaceCode, setUser, storeUserSchedule, userOf } from '../../../firmware/lock/users.js';
import { addCode } from '../../../firmware/lock/codes-table.js';
import { CARD_CODE, holderOf } from '../../../firmware/lock/codes.js';
import { newClock, setClock, timeOf } from '../../../firmware/lock/clock.js';
import { HOLIDAY, storeSchedule, timeSchedule, weekDaySchedule } from '../../../firmware/lock/schedules.js';
import { SETTINGS } from '../../../firmware/flash/keys.js';
import { readSettings } from '../../../firmware/lock/settings.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, FORCED_USER, MODE_VACATION, SCHEDULE_RESTRICTED_USER, SOURCE_KEYPAD, WEEK_DAY_USER,
} from '../../../firmware/lock/states.js';
import type { WritableRecords } from '../../../firmware/lock/tables.js';

/** 32 bytes that look like a stretched code. */
export function valueOf(seed: number): Uint8Array {
  const bytes = new Uint8Array(32);
  let state = seed * 7919 + 17;
  for (let i = 0; i < 32; i++) {
    state = (state * 75 + 74) % 65537;
    bytes[i] = state >> 4;
  }
  return bytes;
}

/** Records in RAM. */
export function plainRecords(): WritableRecords {
  const values: { [key: number]: Uint8Array | undefined } = {};
  return {
    get: (key) => {
      const value = values[key];
      return value && new Uint8Array(value);
    },
    set: (key, bytes) => {
      values[key] = bytes.length ? new Uint8Array(bytes) : undefined;
      return 0;
    },
  };
}

export const USERS = 100;
/** Saturday 2026-11-21 12:00 UTC. */
export const NOON = 1795262400;
const RECOVERY = 9999;

export interface Story {
  parts: AccessParts & { platform: { nowMs(): number } };
  recovery: Uint8Array;
}

/** A lock with a hundred users: every tenth of a special type. */
export function enrol(platform: AccessParts['platform'] & { nowMs(): number }): Story {
  const records = plainRecords();
  const recovery = valueOf(RECOVERY);
  for (let user = 1; user <= USERS; user++) {
    const type = user === 10 ? FORCED_USER : user === 20 ? WEEK_DAY_USER : user === 30 ? DISPOSABLE_USER : user === 40 ? EXPIRING_USER
      : user === 50 ? SCHEDULE_RESTRICTED_USER : 0;
    addCode(platform, records, recovery, valueOf(user), user, type, 0);
  }
  return { parts: { platform, records, settings: readSettings(records.get(SETTINGS)) }, recovery };
}

export function tell(story: Story, say: (line: string) => void): void {
  const parts = story.parts;
  const platform = parts.platform;
  const records = parts.records;
  const clock = newClock();
  function type(code: number, time: number): void {
    const holder = holderOf(platform, records, story.recovery, valueOf(code));
    const judged = admit(parts, holder, time, SOURCE_KEYPAD);
    say('code ' + code + ' user ' + holder.user + ' type ' + holder.type + ' says ' + judged + ' log ' + logOf(holder, judged));
  }
  function look(): void {
    const users = new Uint8Array(251);
    for (let table = 0; table < 5; table++) markUsers(records, table, users);
    say('users ' + countUsers(users) + ' free ' + freeUser(users));
  }
  look();
  for (let code = 0; code <= USERS + 10; code += 10) type(code, 0);
  say('clock ' + setClock({ platform, records }, clock, NOON) + ' ' + (timeOf(clock, platform.nowMs()) >= NOON));
  say('schedule ' + storeUserSchedule(platform, records, weekDaySchedule(20, 1, 64, 11 * 60, 13 * 60)));
  say('schedule ' + storeUserSchedule(platform, records, weekDaySchedule(50, 1, 32, 22 * 60, 13 * 60)));
  say('schedule ' + storeUserSchedule(platform, records, timeSchedule(50, 2, 1, NOON - 10, NOON + 10)));
  say('schedule ' + storeUserSchedule(platform, records, weekDaySchedule(200, 1, 32, 22 * 60, 13 * 60)));
  for (let code = 10; code <= 50; code += 10) for (let hour = 0; hour < 48; hour += 12) type(code, NOON + hour * 3600);
  say('back ' + setClock({ platform, records }, clock, NOON - 86400));
  type(40, NOON);
  say('renew ' + setUser(platform, records, 40, EXPIRING_USER, false, 0) + setUser(platform, records, 30, DISPOSABLE_USER, true, 0));
  type(40, NOON);
  type(30, NOON);
  say('card ' + addCode(platform, records, story.recovery, valueOf(1000), 7, CARD_CODE, 0) + addCode(platform, records, story.recovery, valueOf(1000), 8, 0, 0));
  say('change ' + replaceCode(platform, records, story.recovery, valueOf(1001), 7, false));
  for (let code = 1000; code < 1002; code++) type(code, 0);
  const seven = userOf(platform, records, 7)!;
  say('seven ' + seven.pins + ' ' + seven.cards + ' ' + seven.type + ' ' + seven.status);
  say('clear ' + clearUser(platform, records, 7) + clearUser(platform, records, 7));
  for (let code = 1000; code < 1002; code++) type(code, 0);
  look();
  say('holiday ' + storeSchedule(platform, records, timeSchedule(MODE_VACATION, HOLIDAY, 1, NOON, NOON + 10)));
  type(1, NOON);
  type(1, NOON + 10);
  say('judge ' + judgeHolder(parts, holderOf(platform, records, story.recovery, story.recovery), NOON, SOURCE_KEYPAD));
}
