/** Users of all types at the whole door: what they type, what moves, what is heard and what is in the log. */
import { describe, expect, it } from 'vitest';
import { CODE_USED_UP, FLASH_READ_BACK, MODE_RESTRICTS, OUTSIDE_SCHEDULE, TIME_UNKNOWN, USER_DISABLED } from '../../firmware/errors.js';
import { timeSchedule, weekDaySchedule, YEAR_DAY } from '../../firmware/lock/schedules.js';
import { changeSetting, OPERATING_MODE, readSettings } from '../../firmware/lock/settings.js';
import { errorPattern } from '../../firmware/lock/signals.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, LOCKED, LOG_LOCK, LOG_MENU, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, MODE_PRIVACY, MODE_VACATION,
  NON_ACCESS_USER, PROGRAMMING_USER, UNLOCKED, WEEK_DAY_USER,
} from '../../firmware/lock/states.js';
import { setUser, storeUserSchedule } from '../../firmware/lock/users.js';
import { MASTER_CODE, World } from './world.js';

/** Saturday 2026-11-21. */
const NOON = 1795262400;
const isOpen = (world: World) => world.door.status().lockState === UNLOCKED;

/** Types a code, waits, locks again if it opened. */
function tries(world: World, code: string): boolean {
  world.type(`${code}#`);
  world.pass(6000);
  const opened = isOpen(world);
  if (opened) {
    world.type('#');
    world.pass(1500);
    expect(world.door.status().lockState).toBe(LOCKED);
  }
  return opened;
}

const told = (world: World) => world.flash.log().filter((entry) => entry.what !== LOG_LOCK).map((entry) => [entry.what, entry.user, entry.code]);

describe('A user', () => {
  it('with a schedule is told why not, and opens when it is time', () => {
    const world = World.provisioned((w) => {
      w.addUser('4321', 2, WEEK_DAY_USER);
      storeUserSchedule(w.platform, w.flash.records, weekDaySchedule(2, 1, 64, 720, 780));
    });
    world.heard();
    expect(tries(world, '4321')).toBe(false);
    expect(world.heard()).toMatch(new RegExp(`${errorPattern(TIME_UNKNOWN).replace(/-/g, '')}$`));
    world.time = NOON - 60;
    expect(tries(world, '4321')).toBe(false);
    expect(tries(world, '1234')).toBe(true);
    world.time = NOON;
    expect(tries(world, '4321')).toBe(true);
    expect(told(world)).toEqual([
      [LOG_REFUSED, 2, TIME_UNKNOWN], [LOG_REFUSED, 2, OUTSIDE_SCHEDULE], [LOG_UNLOCK, 1, 0], [LOG_UNLOCK, 2, 0],
    ]);
  });

  it('who is disabled or has no access is refused and logged; a programming one gets the menu', () => {
    const world = World.provisioned((w) => {
      w.addUser('4321', 2, NON_ACCESS_USER);
      w.addUser('5432', 3, PROGRAMMING_USER);
      w.addUser('6543', 4);
      setUser(w.platform, w.flash.records, 4, 0, true, 0);
    });
    expect([tries(world, '4321'), tries(world, '6543')]).toEqual([false, false]);
    world.type('5432#');
    world.pass(1000);
    expect(isOpen(world)).toBe(false);
    expect(tries(world, '1')).toBe(true);
    expect(told(world).slice(0, 3)).toEqual([[LOG_NON_ACCESS_USER, 2, USER_DISABLED], [LOG_REFUSED, 4, USER_DISABLED], [LOG_MENU, 3, 0]]);
  });

  it('with a one-time code opens once, also when power fails right behind the #', () => {
    for (let cutMs = 0; cutMs < 900; cutMs += 30) {
      let world = World.provisioned((w) => { w.addUser('4321', 2, DISPOSABLE_USER); });
      world.type('4321#');
      world.pass(cutMs);
      const moved = world.motorMs > 0;
      world = world.powerCut();
      world.pass(3000);
      world.type('#');
      world.pass(3000);
      const again = tries(world, '4321');
      expect(moved && again, `cut ${cutMs} ms behind the #`).toBe(false);
      expect(tries(world, '4321')).toBe(false);
      expect(tries(world, '1234')).toBe(true);
    }
  });

  it('with a one-time code stays outside while flash takes no writes, and the others do not', () => {
    const world = World.provisioned((w) => { w.addUser('4321', 2, DISPOSABLE_USER); });
    world.flash.works = false;
    expect([tries(world, '4321'), tries(world, '4321'), tries(world, '1234')]).toEqual([false, false, true]);
    world.flash.works = true;
    expect([tries(world, '4321'), tries(world, '4321')]).toEqual([true, false]);
    const codes = told(world).filter(([, user]) => user === 2).map(([, , code]) => code);
    expect(codes.filter((code) => code !== FLASH_READ_BACK)).toEqual([0, CODE_USED_UP]);
  });

  it('with an expiring code opens for a day, and not after it', () => {
    let world = World.provisioned((w) => {
      w.addUser('4321', 2, EXPIRING_USER);
      w.time = NOON;
    });
    expect(tries(world, '4321')).toBe(true);
    world = world.powerCut();
    world.time = NOON + 86340;
    expect(tries(world, '4321')).toBe(true);
    world.time = NOON + 86400;
    expect(tries(world, '4321')).toBe(false);
    world.time = NOON + 10;
    expect(tries(world, '4321')).toBe(false);
  });

  it('is kept out by vacation and privacy, the master is not', () => {
    for (const mode of [MODE_VACATION, MODE_PRIVACY]) {
      const world = World.provisioned((w) => {
        expect(changeSetting(w.flash.records, readSettings(undefined), OPERATING_MODE, mode)).toBe(0);
      });
      expect(tries(world, '1234')).toBe(false);
      world.type(`${MASTER_CODE}#`);
      world.pass(1000);
      world.type('1#');
      world.pass(1500);
      expect(isOpen(world)).toBe(true);
      expect(told(world)[0]).toEqual([LOG_REFUSED, 1, MODE_RESTRICTS]);
    }
  });
});

describe('A right code that is refused', () => {
  it('neither counts as a wrong one nor takes the count back', () => {
    const world = World.provisioned((w) => {
      w.addUser('4321', 2);
      storeUserSchedule(w.platform, w.flash.records, timeSchedule(2, YEAR_DAY, 1, 1, 2));
      setUser(w.platform, w.flash.records, 2, 1, false, 0);
    });
    for (let i = 0; i < 8; i++) expect(tries(world, '4321')).toBe(false);
    expect(world.door.status()).toMatchObject({ wrongCodes: 0, disabledMs: 0 });
    for (let wrong = 1; wrong <= 4; wrong++) {
      expect(tries(world, '9999')).toBe(false);
      expect(tries(world, '4321')).toBe(false);
      expect(world.door.status()).toMatchObject({ wrongCodes: wrong, disabledMs: 0 });
    }
    world.type('9999#');
    world.pass(1000);
    expect(world.door.status().disabledMs).toBeGreaterThan(8000);
    const after = world.powerCut();
    expect(after.door.status()).toMatchObject({ wrongCodes: 5, disabledMs: 10000 });
  });
});
