/** Who may open when, and what is in flash before the bolt moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BAD_SCHEDULE, CODE_USED_UP, FLASH_READ_BACK, MODE_RESTRICTS, OUTSIDE_SCHEDULE, RECORDS_FULL, TIME_UNKNOWN, USER_DISABLED, WRONG_CODE,
} from '../../firmware/errors.js';
import { CODES, HOLIDAYS, SCHEDULES, SETTINGS } from '../../firmware/flash/keys.js';
import { admit, judgeHolder, logOf, opensMenu } from '../../firmware/lock/access.js';
import { addCode } from '../../firmware/lock/codes-table.js';
import { CARD_CODE, DISABLED_USER, holderOf, type Holder } from '../../firmware/lock/codes.js';
import {
  clearHoliday, HOLIDAY, HOLIDAYS_MAX, isScheduled, localTime, modeInForce, storeSchedule, timeSchedule, WEEK_DAY, weekDaySchedule, YEAR_DAY,
} from '../../firmware/lock/schedules.js';
import { changeSetting, EXPIRING_MINUTES, OPERATING_MODE, readSettings, UTC_OFFSET } from '../../firmware/lock/settings.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, FORCED_USER, LOG_FORCED_USER, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, MASTER_USER, MODE_NO_REMOTE,
  MODE_NORMAL, MODE_PASSAGE, MODE_PRIVACY, MODE_VACATION, NOBODY, NON_ACCESS_USER, PROGRAMMING_USER, RECOVERY_USER, REMOTE_ONLY_USER,
  SCHEDULE_RESTRICTED_USER, SOURCE_KEYPAD, SOURCE_REMOTE, SOURCE_RFID, UNRESTRICTED_USER, WEEK_DAY_USER, YEAR_DAY_USER,
} from '../../firmware/lock/states.js';
import { setUser, storeUserSchedule } from '../../firmware/lock/users.js';
import { Flash, sha256, World } from './world.js';

const { platform } = new World();
const RECOVERY = sha256('recovery');
const value = (seed: number) => sha256(`code ${seed}`);
const seconds = (text: string) => Date.parse(`${text}Z`) / 1000;
const NOON = seconds('2026-11-21T12:00:00');
const DAY = 86400;

function lock(type = 0, schedule = 0) {
  const flash = new Flash();
  const { records } = flash;
  const parts = { platform, records, settings: readSettings(records.get(SETTINGS)) };
  expect(addCode(platform, records, RECOVERY, value(1), 1, type, schedule)).toBe(0);
  const holder = (code = 1): Holder => holderOf(platform, records, RECOVERY, value(code));
  return {
    flash, records, parts, holder,
    type: (time: number, source = SOURCE_KEYPAD, code = 1) => admit(parts, holder(code), time, source),
    set: (at: number, to: number) => expect(changeSetting(records, parts.settings, at, to)).toBe(0),
  };
}
const nobody = (user: number): Holder => ({ user, type: 0, status: 0, schedule: 0 });

describe('A user', () => {
  it('opens, or is refused with the reason, by type; without the time only who needs it is refused', () => {
    const answers = (type: number) => {
      const door = lock(type);
      const keypad = door.type(0);
      return [keypad, judgeHolder(door.parts, door.holder(), NOON, SOURCE_RFID), judgeHolder(door.parts, door.holder(), NOON, SOURCE_REMOTE)];
    };
    expect(answers(UNRESTRICTED_USER)).toEqual([0, 0, 0]);
    expect(answers(YEAR_DAY_USER)).toEqual([TIME_UNKNOWN, OUTSIDE_SCHEDULE, OUTSIDE_SCHEDULE]);
    expect(answers(WEEK_DAY_USER)).toEqual([TIME_UNKNOWN, OUTSIDE_SCHEDULE, OUTSIDE_SCHEDULE]);
    expect(answers(PROGRAMMING_USER)).toEqual([0, 0, 0]);
    expect(answers(NON_ACCESS_USER)).toEqual([USER_DISABLED, USER_DISABLED, USER_DISABLED]);
    expect(answers(FORCED_USER)).toEqual([0, 0, 0]);
    expect(answers(DISPOSABLE_USER)).toEqual([0, CODE_USED_UP, CODE_USED_UP]);
    expect(answers(EXPIRING_USER)).toEqual([TIME_UNKNOWN, 0, 0]);
    expect(answers(SCHEDULE_RESTRICTED_USER)).toEqual([TIME_UNKNOWN, OUTSIDE_SCHEDULE, OUTSIDE_SCHEDULE]);
    expect(answers(REMOTE_ONLY_USER)).toEqual([USER_DISABLED, USER_DISABLED, 0]);
    for (let unknown = 10; unknown < 16; unknown++) expect(answers(unknown)).toEqual([USER_DISABLED, USER_DISABLED, USER_DISABLED]);
  });

  it('who is disabled, or has a schedule beside the type, does not open by the type alone', () => {
    for (let type = 0; type < 10; type++) {
      const door = lock(type);
      expect(setUser(platform, door.records, 1, type, true, 0)).toBe(0);
      expect(door.holder().status).toBe(DISABLED_USER);
      expect(door.type(NOON)).toBe(USER_DISABLED);
      expect(setUser(platform, door.records, 1, type, false, 1)).toBe(0);
      expect([OUTSIDE_SCHEDULE, USER_DISABLED]).toContain(door.type(NOON));
    }
    const cleaner = lock(DISPOSABLE_USER, 1);
    expect(storeUserSchedule(platform, cleaner.records, timeSchedule(1, YEAR_DAY, 1, NOON, NOON + 60))).toBe(0);
    expect([cleaner.type(NOON - 1), cleaner.type(0), cleaner.type(NOON), cleaner.type(NOON)]).toEqual([OUTSIDE_SCHEDULE, TIME_UNKNOWN, 0, CODE_USED_UP]);
  });

  it('is told in the log as what happened; a code under duress even where it is refused', () => {
    const log = (type: number, code: number) => logOf({ ...nobody(1), type }, code);
    expect([log(0, 0), log(0, OUTSIDE_SCHEDULE), log(NON_ACCESS_USER, USER_DISABLED)]).toEqual([LOG_UNLOCK, LOG_REFUSED, LOG_NON_ACCESS_USER]);
    expect([log(FORCED_USER, 0), log(FORCED_USER, MODE_RESTRICTS)]).toEqual([LOG_FORCED_USER, LOG_FORCED_USER]);
    expect(logOf(nobody(NOBODY), WRONG_CODE)).toBe(LOG_REFUSED);
    expect([opensMenu(nobody(MASTER_USER)), opensMenu({ ...nobody(3), type: PROGRAMMING_USER }), opensMenu(nobody(3)), opensMenu(nobody(RECOVERY_USER))])
      .toEqual([true, true, false, false]);
  });
});

describe('Master and recovery code', () => {
  it('open in every mode, in every holiday, at every time; nobody does not', () => {
    for (const mode of [MODE_NORMAL, MODE_VACATION, MODE_PRIVACY, MODE_NO_REMOTE, MODE_PASSAGE]) {
      for (const time of [0, NOON]) {
        const door = lock();
        door.set(OPERATING_MODE, mode);
        expect(judgeHolder(door.parts, nobody(MASTER_USER), time, SOURCE_KEYPAD)).toBe(0);
        expect(admit(door.parts, nobody(RECOVERY_USER), time, SOURCE_KEYPAD)).toBe(0);
        expect(admit(door.parts, nobody(NOBODY), time, SOURCE_KEYPAD)).toBe(WRONG_CODE);
      }
    }
  });
});

describe('A one-time code', () => {
  it('opens once, by whichever of its codes, and stays used up after a restart', () => {
    const door = lock(DISPOSABLE_USER);
    expect(addCode(platform, door.records, RECOVERY, value(2), 1, CARD_CODE, 0)).toBe(0);
    expect(door.type(0)).toBe(0);
    const again = { ...door.parts, records: door.flash.records };
    for (const code of [1, 2]) expect(admit(again, holderOf(platform, again.records, RECOVERY, value(code)), NOON, SOURCE_KEYPAD)).toBe(CODE_USED_UP);
  });

  it('does not open where that cannot be stored', () => {
    const door = lock(DISPOSABLE_USER);
    door.flash.works = false;
    expect([door.type(0), door.type(0)]).toEqual([FLASH_READ_BACK, FLASH_READ_BACK]);
    door.flash.works = true;
    expect([door.type(0), door.type(0)]).toEqual([0, CODE_USED_UP]);
  });

  it('is marked before the door is told to open, wherever power fails, also with codes in several tables', () => {
    for (let cut = 0; cut < 3; cut++) {
      for (const after of [false, true]) {
        const door = lock(DISPOSABLE_USER);
        for (let user = 2; user <= 51; user++) addCode(platform, door.records, RECOVERY, value(user), user, 0, 0);
        expect(addCode(platform, door.records, RECOVERY, value(1000), 1, CARD_CODE, 0)).toBe(0);
        let opened = 0;
        let left = cut;
        const records = {
          get: door.records.get,
          set: (key: number, bytes: Uint8Array) => {
            if (left-- > 0) return door.records.set(key, bytes);
            if (after) door.records.set(key, bytes);
            throw new Error('cut');
          },
        };
        try {
          if (!admit({ ...door.parts, records }, door.holder(), 0, SOURCE_KEYPAD)) opened++;
        } catch (error) {
          expect(String(error)).toContain('cut');
        }
        for (const code of [1, 1000, 1, 1000]) if (!door.type(0, SOURCE_KEYPAD, code)) opened++;
        expect(opened).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('An expiring code', () => {
  it('opens until so many minutes after its first use, then never again, whatever the clock says', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 65535 }), fc.array(fc.integer({ min: -100000, max: 4_000_000 }), { maxLength: 20 }), (minutes, times) => {
      const door = lock(EXPIRING_USER);
      door.set(EXPIRING_MINUTES, minutes);
      expect(door.type(NOON)).toBe(0);
      let expired = false;
      for (const past of times) {
        const wanted: number = expired || past >= minutes * 60 ? CODE_USED_UP : past < 0 ? TIME_UNKNOWN : 0;
        expect(door.type(NOON + past)).toBe(wanted);
        expired = wanted === CODE_USED_UP;
      }
    }));
  });

  it('keeps its end when the setting or the offset changes, and needs room for it', () => {
    const door = lock(EXPIRING_USER);
    door.flash.works = false;
    expect(door.type(NOON)).toBe(FLASH_READ_BACK);
    door.flash.works = true;
    expect(door.type(NOON)).toBe(0);
    door.set(EXPIRING_MINUTES, 65535);
    door.set(UTC_OFFSET, 720);
    expect([door.type(NOON + DAY - 1), door.type(NOON + DAY)]).toEqual([0, CODE_USED_UP]);
    const full = lock(EXPIRING_USER);
    for (let table = 0; table < 4; table++) full.flash.values.set(SCHEDULES + table, new Uint8Array(1024));
    expect(full.type(NOON)).toBe(RECORDS_FULL);
  });

  it('that is over is refused even where that cannot be stored', () => {
    const door = lock(EXPIRING_USER);
    door.type(NOON);
    door.flash.works = false;
    expect(door.type(NOON + DAY)).toBe(CODE_USED_UP);
  });
});

describe('Modes', () => {
  const refused = (type: number, mode: number, source: number) => {
    const door = lock(type);
    door.set(OPERATING_MODE, mode);
    return door.type(0, source) === MODE_RESTRICTS;
  };

  it('restrict whom Matter says they restrict', () => {
    const table = [UNRESTRICTED_USER, PROGRAMMING_USER, FORCED_USER].map((type) => [SOURCE_KEYPAD, SOURCE_RFID, SOURCE_REMOTE].map((source) => (
      [MODE_NORMAL, MODE_VACATION, MODE_PRIVACY, MODE_NO_REMOTE, MODE_PASSAGE].map((mode) => (refused(type, mode, source) ? '-' : 'o')).join(''))));
    expect(table).toEqual([['o--oo', 'o--oo', 'oo--o'], ['oo-oo', 'oo-oo', 'oo--o'], ['o--oo', 'o--oo', 'oo--o']]);
  });

  it('of a holiday are in force while it lasts, by local time, and only where the time is known', () => {
    const door = lock();
    expect(storeSchedule(platform, door.records, timeSchedule(MODE_VACATION, HOLIDAY, 1, NOON, NOON + DAY))).toBe(0);
    expect(storeSchedule(platform, door.records, timeSchedule(MODE_PASSAGE, HOLIDAY, 2, NOON + DAY, NOON + DAY + 1))).toBe(0);
    const mode = (time: number) => modeInForce(platform, door.records, door.parts.settings, time);
    expect([NOON - 1, NOON, NOON + DAY - 1, NOON + DAY, NOON + DAY + 1, 0].map(mode)).toEqual([0, 1, 1, 4, 0, 0]);
    expect([door.type(NOON), door.type(NOON + DAY), door.type(0)]).toEqual([MODE_RESTRICTS, 0, 0]);
    door.set(UTC_OFFSET, 1440 + 60);
    expect([mode(NOON - 3601), mode(NOON - 3600)]).toEqual([0, 1]);
    door.set(OPERATING_MODE, MODE_PRIVACY);
    expect([mode(NOON), mode(NOON + DAY - 3600)]).toEqual([MODE_PRIVACY, MODE_PRIVACY]);
    expect(clearHoliday(platform, door.records, 1)).toBe(0);
    door.set(OPERATING_MODE, MODE_NO_REMOTE);
    expect(mode(NOON)).toBe(MODE_NO_REMOTE);
  });

  it('of a damaged holiday restrict, and 20 holidays fit', () => {
    const door = lock();
    const entry = timeSchedule(MODE_PASSAGE, HOLIDAY, 1, NOON, NOON + DAY)!;
    entry[0] = 5;
    door.flash.values.set(HOLIDAYS, entry);
    expect([door.type(NOON), door.type(NOON + DAY)]).toEqual([MODE_RESTRICTS, 0]);
    for (let index = 1; index <= HOLIDAYS_MAX; index++) expect(storeSchedule(platform, door.records, timeSchedule(0, HOLIDAY, index, 1, 2))).toBe(0);
    expect(storeSchedule(platform, door.records, timeSchedule(0, HOLIDAY, 21, 1, 2))).toBe(RECORDS_FULL);
    expect(storeSchedule(platform, door.records, timeSchedule(1, HOLIDAY, 20, 1, 2))).toBe(0);
  });
});

describe('A week-day schedule', () => {
  const within = (at: string, days: number, start: number, end: number) => {
    const door = lock(WEEK_DAY_USER);
    expect(storeUserSchedule(platform, door.records, weekDaySchedule(1, 1, days, start, end))).toBe(0);
    return door.type(seconds(at)) === 0;
  };
  const SATURDAY = 64;
  const SUNDAY = 1;

  it('covers its days from its first minute to the one before its last', () => {
    // 2026-11-21 is a Saturday.
    const hours = (at: string) => within(at, SATURDAY, 480, 600);
    expect(['2026-11-21T07:59:59', '2026-11-21T08:00:00', '2026-11-21T09:59:59', '2026-11-21T10:00:00'].map(hours)).toEqual([false, true, true, false]);
    expect([hours('2026-11-20T09:00:00'), hours('2026-11-22T09:00:00'), hours('2026-11-28T09:00:00')]).toEqual([false, false, true]);
    expect([within('2026-11-22T00:00:00', SUNDAY, 0, 1440), within('2026-11-22T23:59:59', SUNDAY, 0, 1440), within('2026-11-23T00:00:00', SUNDAY, 0, 1440)]).toEqual([true, true, false]);
  });

  it('goes on over midnight into the next day, and the next week', () => {
    const night = (at: string) => within(at, SATURDAY, 1320, 360);
    expect(['2026-11-21T05:00:00', '2026-11-21T21:59:59', '2026-11-21T22:00:00', '2026-11-22T05:59:59', '2026-11-22T06:00:00', '2026-11-22T23:00:00'].map(night))
      .toEqual([false, false, true, true, false, false]);
  });

  it('is what a walk over all minutes of the week says, at any offset', () => {
    const minute = fc.integer({ min: 0, max: 1440 });
    fc.assert(fc.property(fc.integer({ min: 1, max: 127 }), minute, minute, fc.integer({ min: 720, max: 2280 }), fc.nat(4e9), (days, start, end, offset, time) => {
      const door = lock(WEEK_DAY_USER);
      door.set(UTC_OFFSET, offset);
      const entry = weekDaySchedule(1, 1, days, start, end);
      fc.pre(entry !== undefined && time > 2 * DAY);
      expect(storeUserSchedule(platform, door.records, entry)).toBe(0);
      // JavaScript's own calendar; the schedule as a set of minutes of the week.
      const local = new Date((time + (offset - 1440) * 60) * 1000);
      const open = new Set<number>();
      for (let day = 0; day < 7; day++) {
        if (!(days >> day & 1)) continue;
        for (let m = start; m < (start < end ? end : end + 1440); m++) open.add((day * 1440 + m) % 10080);
      }
      expect(door.type(time) === 0).toBe(open.has(local.getUTCDay() * 1440 + local.getUTCHours() * 60 + local.getUTCMinutes()));
    }), { numRuns: 200 });
  });

  it('or a year-day schedule that makes no sense is not made, nor stored', () => {
    const week: Array<[number, number, number, number]> = [
      [0, 1, 0, 10], [1, 0, 0, 10], [1, 128, 0, 10], [1, -1, 0, 10], [1, 1, 5, 5], [1, 1, 1440, 5], [1, 1, 5, 1441], [1, 1, -1, 5], [1, 1, 0.5, 5],
      [256, 1, 0, 10], [1, NaN, 0, 10], [1, 1, 0, NaN],
    ];
    for (const [index, days, start, end] of week) expect(weekDaySchedule(1, index, days, start, end), `${[index, days, start, end]}`).toBeUndefined();
    const times: Array<[number, number, number]> = [[0, 1, 2], [256, 1, 2], [1, 2, 2], [1, 3, 2], [1, -1, 2], [1, 1, 4294967296], [1, NaN, 2], [1, 1, NaN], [1, 0.5, 2]];
    for (const [index, from, until] of times) expect(timeSchedule(1, YEAR_DAY, index, from, until), `${[index, from, until]}`).toBeUndefined();
    for (const mode of [5, -1, 0.5]) expect(timeSchedule(mode, HOLIDAY, 1, 1, 2)).toBeUndefined();
    const { records } = lock();
    expect(storeUserSchedule(platform, records, undefined)).toBe(BAD_SCHEDULE);
  });

  it('in flash that makes no sense never opens', () => {
    const raw = (days: number, start: number, end: number) => new Uint8Array([1, WEEK_DAY, 1, days, start & 255, start >> 8, end & 255, end >> 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (const bad of [raw(0, 0, 1440), raw(255, 0, 1440), raw(127, 0, 0), raw(127, 1440, 1439), raw(127, 0, 65535), raw(127, 65535, 1440), raw(127, 0, 1440).subarray(0, 15)]) {
      const door = lock(WEEK_DAY_USER);
      door.flash.values.set(SCHEDULES, bad);
      for (let hour = 0; hour < 168; hour++) expect(door.type(NOON + hour * 3600 + 1)).toBe(OUTSIDE_SCHEDULE);
    }
  });
});

describe('Schedules of both kinds', () => {
  it('count by type as Matter says: one kind, the other, or one of each that there is', () => {
    const covers = (type: number, week: boolean[], year: boolean[]) => {
      const door = lock(type);
      week.forEach((now, i) => expect(storeUserSchedule(platform, door.records, weekDaySchedule(1, i + 1, now ? 64 : 1, 0, 1440))).toBe(0));
      year.forEach((now, i) => expect(storeUserSchedule(platform, door.records, timeSchedule(1, YEAR_DAY, i + 1, now ? NOON : NOON + 1, NOON + 2))).toBe(0));
      return door.type(NOON) === 0;
    };
    for (const week of [[], [true], [false], [false, true]]) {
      for (const year of [[], [true], [false], [false, true]]) {
        const inWeek = week.includes(true);
        const inYear = year.includes(true);
        expect(covers(WEEK_DAY_USER, week, year)).toBe(inWeek);
        expect(covers(YEAR_DAY_USER, week, year)).toBe(inYear);
        expect(covers(SCHEDULE_RESTRICTED_USER, week, year)).toBe((inWeek || !week.length) && (inYear || !year.length) && week.length + year.length > 0);
      }
    }
  });

  it('are each user\'s own', () => {
    const { records } = lock();
    expect(storeSchedule(platform, records, timeSchedule(2, YEAR_DAY, 1, 1, 4e9))).toBe(0);
    expect([isScheduled(platform, records, 1, 0, 5), isScheduled(platform, records, 2, 0, 5)]).toEqual([false, true]);
  });

  it('are in local time', () => {
    const { parts, set } = lock();
    expect([localTime(parts.settings, 0), localTime(parts.settings, 100000)]).toEqual([0, 100000]);
    set(UTC_OFFSET, 1440 - 90);
    expect(localTime(parts.settings, 100000)).toBe(94600);
  });
});

describe('Any bytes at all', () => {
  it('in the tables let no user in whom the type or the status refuses', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 128 }), fc.uint8Array({ maxLength: 64 }), fc.nat(9), fc.integer({ min: 1, max: 4294967295 }), (schedules, holidays, type, time) => {
      const door = lock(type);
      door.flash.values.set(SCHEDULES, schedules);
      door.flash.values.set(HOLIDAYS, holidays);
      expect(setUser(platform, door.records, 1, type, true, 0)).toBe(0);
      expect(door.type(time)).toBe(USER_DISABLED);
      expect(setUser(platform, door.records, 1, NON_ACCESS_USER, false, 0)).toBe(0);
      expect(door.type(time)).not.toBe(0);
      const used = door.flash.values.get(CODES)!;
      used[17] = DISPOSABLE_USER | 0x40;
      expect(door.type(time)).toBe(CODE_USED_UP);
    }));
  });
});
