/** What the door makes of holidays and of days that go by. */
import { expect, it } from 'vitest';
import { MODE_RESTRICTS } from '../../firmware/errors.js';
import { readU32 } from '../../firmware/flash/bytes.js';
import { CLOCK, SCHEDULES } from '../../firmware/flash/keys.js';
import { USED_UP } from '../../firmware/lock/codes.js';
import { HOLIDAY, storeExpiry, storeSchedule, timeSchedule } from '../../firmware/lock/schedules.js';
import { AUTO_RELOCK, OPERATING_MODE } from '../../firmware/lock/settings.js';
import { EXPIRING_USER, LOG_REFUSED, LOG_UNLOCK, MODE_NO_REMOTE, MODE_NORMAL, MODE_PASSAGE, SOURCE_REMOTE } from '../../firmware/lock/states.js';
import { userOf } from '../../firmware/lock/users.js';
import { World } from './world.js';

const NOON = Date.parse('2026-11-21T12:00Z') / 1000;
const HOUR_MS = 3600_000;

/** A door at noon of a day on which that mode is in force; `known` false: it does not know the time. */
function onHoliday(mode: number, known = true, usual = MODE_NORMAL): World {
  const world = World.provisioned((w) => {
    w.store([AUTO_RELOCK, 5], [OPERATING_MODE, usual]);
    expect(storeSchedule(w.platform, w.flash.records, timeSchedule(mode, HOLIDAY, 1, NOON - 1000, NOON + 1000))).toBe(0);
  });
  world.clock.base = known ? NOON : 0;
  return world;
}

it('on a holiday with passage the bolt stays in, and goes out by itself where the time is not known', () => {
  for (const [known, bolt] of [[true, 1], [false, 0]] as const) {
    const world = onHoliday(MODE_PASSAGE, known);
    world.type('1234#');
    world.pass(12_000);
    expect(world.bolt).toBe(bolt);
  }
});

it('on a usual day in a house of open doors the bolt goes out by itself again', () => {
  const world = onHoliday(MODE_NORMAL, true, MODE_PASSAGE);
  world.type('1234#');
  world.pass(12_000);
  expect(world.bolt).toBe(0);
});

it('on a holiday without remotes one is refused, and afterwards not', () => {
  const world = onHoliday(MODE_NO_REMOTE);
  world.pass(2000);
  expect(world.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 1)).toBe(MODE_RESTRICTS);
  world.pass(2000);
  expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_REFUSED, source: SOURCE_REMOTE, user: 1, code: MODE_RESTRICTS });
  world.clock.base = NOON + 2000;
  expect(world.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 1)).toBe(0);
  world.pass(3000);
  expect(world.bolt).toBe(1);
});

it('marks who has expired and stores the time within an hour of a day gone by, and leaves nothing to be looked at again', () => {
  const world = World.provisioned((w) => {
    expect(w.addUser('7777', 5, EXPIRING_USER)).toBe(0);
    expect(w.addUser('8888', 6, EXPIRING_USER)).toBe(0);
    expect(storeExpiry(w.flash.records, 5, NOON - 5000, NOON - 10)).toBe(0);
    expect(storeExpiry(w.flash.records, 6, NOON - 5000, NOON + 10_000_000)).toBe(0);
  });
  const status = (user: number): number => userOf(world.platform, world.flash.records, user)!.status;
  world.now = HOUR_MS - 3000;
  world.clock.base = NOON;
  world.pass(1000);
  expect([status(5), status(6), world.flash.values.has(CLOCK)]).toEqual([0, 0, false]);
  world.pass(3000);
  expect([status(5), status(6)]).toEqual([USED_UP, 0]);
  expect(readU32(world.flash.values.get(CLOCK)!, 0)).toBeGreaterThanOrEqual(NOON);
  expect(world.flash.values.get(SCHEDULES)).toHaveLength(16);
  const { writes } = world.flash;
  world.now = 2 * HOUR_MS - 3000;
  world.pass(4000);
  expect(world.flash.writes).toBe(writes);
});
