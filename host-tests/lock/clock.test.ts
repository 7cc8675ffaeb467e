import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAD_SETTING, CLOCK_WENT_BACK, CODE_USED_UP, FLASH_READ_BACK } from '../../firmware/errors.js';
import { CLOCK, SETTINGS } from '../../firmware/flash/keys.js';
import { readU32 } from '../../firmware/flash/bytes.js';
import { admit } from '../../firmware/lock/access.js';
import { keepClock, newClock, setClock, timeOf } from '../../firmware/lock/clock.js';
import { addCode } from '../../firmware/lock/codes-table.js';
import { holderOf, USED_UP } from '../../firmware/lock/codes.js';
import { readSettings } from '../../firmware/lock/settings.js';
import { EXPIRING_USER, SOURCE_KEYPAD } from '../../firmware/lock/states.js';
import { setUser, userOf } from '../../firmware/lock/users.js';
import { Flash, sha256, World } from './world.js';

const RECOVERY = sha256('recovery');
const VALUE = sha256('code');
const NOON = 1795262400;
const DAY = 86400;

function lock(flash = new Flash()) {
  const { platform } = new World();
  let nowMs = 0;
  let clock = newClock();
  const parts = { platform: { toWire: platform.toWire, nowMs: () => nowMs }, records: flash.records };
  return {
    flash, parts,
    restart: () => { nowMs = 0; clock = newClock(); },
    pass: (seconds: number) => { nowMs += seconds * 1000; },
    set: (seconds: number) => setClock(parts, clock, seconds),
    keep: () => keepClock(parts, clock),
    time: () => timeOf(clock, nowMs),
    kept: () => { const bytes = flash.values.get(CLOCK); return bytes ? readU32(bytes, 0) : 0; },
    addExpiring: () => expect(addCode(platform, flash.records, RECOVERY, VALUE, 1, EXPIRING_USER, 0)).toBe(0),
    type: (time: number) => admit({ platform, records: flash.records, settings: readSettings(flash.records.get(SETTINGS)) }, holderOf(platform, flash.records, RECOVERY, VALUE), time, SOURCE_KEYPAD),
    status: () => userOf(platform, flash.records, 1)!.status,
    renew: () => expect(setUser(platform, flash.records, 1, EXPIRING_USER, false, 0)).toBe(0),
  };
}

describe('The clock', () => {
  it('is not known after a start, runs once it is set, and is not known after the next start', () => {
    const door = lock();
    door.pass(77.7);
    expect([door.time(), door.keep()]).toEqual([0, 0]);
    expect(door.set(NOON)).toBe(0);
    expect(door.time()).toBe(NOON);
    door.pass(3600);
    expect(door.time()).toBe(NOON + 3600);
    door.restart();
    expect([door.time(), door.kept()]).toEqual([0, NOON]);
  });

  it('takes whole seconds from 2024 to 2106, and nothing else', () => {
    const door = lock();
    for (const wrong of [0, 1, -5, 1704067199, 4294967296, NOON + 0.5, NaN, Infinity]) expect(door.set(wrong), `${wrong}`).toBe(BAD_SETTING);
    expect([door.time(), door.flash.writes]).toEqual([0, 0]);
    expect([door.set(1704067200), door.set(4294967295)]).toEqual([0, 0]);
    expect(door.time()).toBe(4294967295);
  });

  it('set back by more than a minute is told, also after a restart; by less is set right', () => {
    const door = lock();
    expect([door.set(NOON), door.set(NOON - 60), door.set(NOON - 60), door.set(NOON - 121)]).toEqual([0, 0, 0, CLOCK_WENT_BACK]);
    expect([door.time(), door.kept()]).toEqual([NOON - 121, NOON - 121]);
    door.restart();
    expect([door.set(NOON - 182), door.set(NOON + 5)]).toEqual([CLOCK_WENT_BACK, 0]);
  });

  it('is written when it is set and once a day, keeps what else is in its record, and tries a failure again the next day', () => {
    const door = lock();
    door.flash.values.set(CLOCK, new Uint8Array([0, 0, 0, 0, 7, 8]));
    expect(door.set(NOON)).toBe(0);
    expect(door.flash.values.get(CLOCK)!.subarray(4)).toEqual(new Uint8Array([7, 8]));
    const before = door.flash.writes;
    for (let hour = 0; hour < 72; hour++) {
      door.pass(3600);
      expect(door.keep()).toBe(0);
    }
    expect([door.flash.writes - before, door.kept()]).toEqual([3, NOON + 3 * DAY]);
    door.flash.works = false;
    door.pass(DAY);
    expect([door.keep(), door.keep()]).toEqual([FLASH_READ_BACK, 0]);
    door.flash.works = true;
    door.pass(DAY);
    expect([door.keep(), door.kept()]).toEqual([0, NOON + 5 * DAY]);
  });

  it('that flash could not keep runs all the same, and is kept as soon as flash works', () => {
    const door = lock();
    door.flash.works = false;
    expect([door.set(NOON), door.time()]).toEqual([0, NOON]);
    door.flash.works = true;
    expect([door.keep(), door.kept()]).toEqual([0, NOON]);
  });

  it('set back revives no code that had expired, noticed or not', () => {
    const door = lock();
    door.addExpiring();
    door.set(NOON);
    expect(door.type(NOON)).toBe(0);
    door.pass(2 * DAY);
    // Nobody typed it since: it was not noticed.
    expect(door.status()).toBe(0);
    expect(door.set(NOON + 60)).toBe(CLOCK_WENT_BACK);
    expect([door.status(), door.type(NOON + 60)]).toEqual([USED_UP, CODE_USED_UP]);
    door.renew();
    expect(door.type(NOON + 60)).toBe(0);
    door.pass(DAY);
    expect([door.keep(), door.status()]).toEqual([0, USED_UP]);
  });

  it('is not set back where flash cannot keep who had expired', () => {
    const door = lock();
    door.addExpiring();
    door.set(NOON);
    door.type(NOON);
    door.pass(2 * DAY);
    door.flash.works = false;
    expect(door.set(NOON)).toBe(FLASH_READ_BACK);
    expect(door.time()).toBe(NOON + 2 * DAY);
  });

  it('never lets a used-up code open again, whatever is set, passed, cut and typed', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('set' as const), by: fc.integer({ min: -3 * DAY, max: 3 * DAY }) }),
      fc.record({ what: fc.constant('pass' as const), by: fc.nat(DAY) }),
      fc.record({ what: fc.constant('restart' as const), by: fc.constant(0) }),
      fc.record({ what: fc.constant('type' as const), by: fc.constant(0) }),
      fc.record({ what: fc.constant('keep' as const), by: fc.constant(0) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const door = lock();
      door.addExpiring();
      let usedUp = false;
      let now = NOON;
      for (const { what, by } of steps) {
        if (what === 'pass') door.pass(by);
        else if (what === 'restart') door.restart();
        else if (what === 'keep') expect(door.keep()).toBe(0);
        else if (what === 'set') {
          now = Math.max(1704067200, (door.time() || now) + by);
          expect([0, CLOCK_WENT_BACK]).toContain(door.set(now));
          expect(door.time()).toBe(now);
        } else {
          const answer = door.type(door.time());
          if (usedUp) expect(answer).toBe(CODE_USED_UP);
          usedUp = usedUp || answer === CODE_USED_UP;
        }
        if (usedUp) expect(door.status()).toBe(USED_UP);
        usedUp = usedUp || door.status() === USED_UP;
      }
    }), { numRuns: 300 });
  });
});
