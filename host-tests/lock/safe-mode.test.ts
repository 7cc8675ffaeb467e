/** What the door does without where the bundle is safe mode's. */
import { expect, it, vi } from 'vitest';
import { TIME_UNKNOWN } from '../../firmware/errors.js';
import { admit } from '../../firmware/lock/access.js';
import { addCode } from '../../firmware/lock/codes-table.js';
import { holderOf } from '../../firmware/lock/codes.js';
import { WANTS_HOLD } from '../../firmware/lock/menu.js';
import { storeSchedule, timeSchedule, HOLIDAY } from '../../firmware/lock/schedules.js';
import { readSettings } from '../../firmware/lock/settings.js';
import { ACCEPTED, MENU, REFUSED } from '../../firmware/lock/signals.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, LOG_LOCK, LOG_MASTER_CHANGED, LOG_SOFT_RESET, LOG_UNLOCK, LOG_WINDOW, MODE_PRIVACY, SCHEDULE_RESTRICTED_USER,
  SOURCE_KEYPAD, UNRESTRICTED_USER, WEEK_DAY_USER, YEAR_DAY_USER,
} from '../../firmware/lock/states.js';
import { Keypad, identity, platform, valueOf } from './menu-keypad.js';
import { Flash } from './world.js';

vi.mock('../../firmware/safe-mode.js', () => import('../../bootloader/in-safe-mode.js'));

const NOON = Date.parse('2026-11-21T12:00Z') / 1000;

it('the menu opens, locks, gives a window, a new master code and resets, and refuses the rest', () => {
  expect([1, 2, 8].map((choice) => new Keypad().type(`${choice}#`).did)).toEqual([[LOG_UNLOCK], [LOG_LOCK], [LOG_WINDOW]]);
  const keypad = new Keypad().type('3# 4# 5# 6# 7# 9#');
  expect(keypad.played).toEqual([MENU, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED]);
  keypad.type('0# 1111# 1111#');
  expect(keypad.did).toEqual([LOG_MASTER_CHANGED]);
  expect(keypad.played.at(-1)).toBe(`${ACCEPTED}-${MENU}`);
  expect(keypad.type('98# 98#').did).toEqual([LOG_MASTER_CHANGED, LOG_SOFT_RESET]);
  expect(new Keypad().type('99#').menu.wants).toBe(WANTS_HOLD);
});

it('whoever needs the time is refused whatever a clock says, all others open, and no holiday is known', () => {
  const answer = (type: number, schedule: number): number => {
    const { records } = new Flash();
    expect(addCode(platform, records, identity.recoveryHash, valueOf('1234'), 1, type, schedule)).toBe(0);
    expect(storeSchedule(platform, records, timeSchedule(MODE_PRIVACY, HOLIDAY, 1, NOON - 1000, NOON + 1000))).toBe(0);
    const holder = holderOf(platform, records, identity.recoveryHash, valueOf('1234'));
    return admit({ platform, records, settings: readSettings(undefined) }, holder, NOON, SOURCE_KEYPAD);
  };
  expect([UNRESTRICTED_USER, DISPOSABLE_USER].map((type) => answer(type, 0))).toEqual([0, 0]);
  for (const type of [EXPIRING_USER, WEEK_DAY_USER, YEAR_DAY_USER, SCHEDULE_RESTRICTED_USER]) expect(answer(type, 0)).toBe(TIME_UNKNOWN);
  expect(answer(UNRESTRICTED_USER, 1)).toBe(TIME_UNKNOWN);
});
