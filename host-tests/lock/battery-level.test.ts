import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatteryWiring, CellsWiring } from '../../boards/wiring.js';
import { BAD_CALIBRATION, BATTERY_EMPTY, BATTERY_LOADED_LOW, BATTERY_LOW, FLASH_READ_BACK } from '../../firmware/errors.js';
import { CALIBRATION } from '../../firmware/flash/keys.js';
import {
  BATTERY_CRITICAL, BATTERY_NOTHING_LEFT, BATTERY_OK, BATTERY_WARNING, batteryLevel, levelOf, refuseThrow, reserveOf,
} from '../../firmware/lock/battery-level.js';
import { floorsOf, IMPOSSIBLE, NO_READING, openBattery, openMeter, PAUSE_LIMIT_MS } from '../../firmware/lock/battery.js';
import { calibrate, gainIn, gainOf } from '../../firmware/lock/calibration.js';
import { LOCKED, UNLOCKED } from '../../firmware/lock/states.js';
import { World } from './world.js';

const FULL_SCALE_MV = 8000;
const CELLS: CellsWiring = { chemistry: '4xAA', pin: 36, fullScaleMv: FULL_SCALE_MV };
const DOOR_SENSOR = 39;
const BACKED_UP: BatteryWiring = { chemistry: 'mains', backup: CELLS, present: { pin: DOOR_SENSOR, active: 1 } };

/** A pack whose volts can be set, calibrated unless `gain` says otherwise. */
function bench(wiring: BatteryWiring = CELLS, gain = 10000) {
  const world = new World();
  if (gain) world.flash.values.set(CALIBRATION, new Uint8Array([gain & 255, gain >> 8]));
  const volts = (mv: number) => { world.analog = mv / FULL_SCALE_MV; };
  volts(6000);
  const battery = openBattery(world.platform, wiring, world.flash.records);
  return {
    world, battery, volts,
    level: () => batteryLevel(battery, wiring),
    refuses: (goal: number) => refuseThrow(battery, wiring, goal),
    /** The motor pulls the pack down to `loadedMv`, and lets go. */
    load(loadedMv: number, restMv: number) {
      world.pass(5000);
      volts(loadedMv);
      for (let i = 0; i < 5; i++) battery.sample(true);
      volts(restMv);
    },
  };
}

describe('What cells are still good for', () => {
  it('fresh ones: everything', () => {
    const { level, refuses, load } = bench();
    load(5600, 6000);
    expect([level(), refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_OK, 0, 0]);
  });

  it('low ones warn: at rest, or by what the motor leaves of them', () => {
    const rest = bench();
    rest.volts(4790);
    expect([rest.level(), rest.refuses(LOCKED)]).toEqual([BATTERY_WARNING, 0]);
    const loaded = bench();
    loaded.load(4540, 5100);
    expect([loaded.level(), loaded.refuses(LOCKED)]).toEqual([BATTERY_WARNING, 0]);
  });

  it('near their end keep the last unlocks: locking is refused, unlocking is not', () => {
    for (const [loaded, rest] of [[3690, 4600], [4000, 3880]] as const) {
      const { level, refuses, load } = bench();
      load(loaded, rest);
      expect([level(), refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_CRITICAL, BATTERY_EMPTY, 0]);
    }
  });

  it('at their end move nothing', () => {
    const { level, refuses, volts } = bench();
    volts(3320);
    expect([level(), refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_NOTHING_LEFT, BATTERY_EMPTY, BATTERY_EMPTY]);
  });

  it('a level does not waver around its floor', () => {
    const { level, volts } = bench();
    const levels = [4810, 4790, 4810, 4900, 4985, 5000, 4990].map((mv) => {
      volts(mv);
      return level();
    });
    expect(levels).toEqual([0, 1, 1, 1, 1, 0, 0]);
  });

  it('a better throw ends what a worse one said', () => {
    const { level, load } = bench();
    load(3690, 4700);
    expect(level()).toBe(BATTERY_CRITICAL);
    load(4000, 4700);
    expect(level()).toBe(BATTERY_WARNING);
  });

  it('other cells begin anew, though nothing was moved since', () => {
    const { level, refuses, load, volts } = bench();
    load(3690, 4500);
    expect(level()).toBe(BATTERY_CRITICAL);
    volts(4700);
    expect(level(), 'the same cells recover a little').toBe(BATTERY_CRITICAL);
    volts(6300);
    expect([level(), refuses(LOCKED)]).toEqual([BATTERY_OK, 0]);
  });

  it('unknown: the door works and warns', () => {
    const { world, level, refuses, battery } = bench();
    for (const analog of [NaN, 0, 0.1, 0.95, 1]) {
      world.analog = analog;
      expect(battery.sample(true)).toBe(0);
      expect([level(), refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_WARNING, 0, 0]);
    }
    expect(battery.lowMv).toBe(NO_READING);
  });

  it('behind a divider that was never calibrated are refused later, not earlier', () => {
    const { refuses, volts } = bench(CELLS, 0);
    volts(3700);
    expect(refuses(LOCKED)).toBe(0);
    volts(3200);
    expect([refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_EMPTY, 0]);
  });

  it('what the motor takes pauses no update', () => {
    const { world, battery, load, volts } = bench();
    load(4000, 4700);
    world.pass(PAUSE_LIMIT_MS * 2);
    volts(4500);
    expect(battery.sample(), 'a pause of its own begins').toBe(BATTERY_LOADED_LOW);
  });

  it('more volts are never worse, and worse levels need fewer', () => {
    const chemistry = fc.constantFrom('4xAA' as const, '4xNiMH' as const, 'li1' as const);
    const mv = fc.integer({ min: 2000, max: 7000 });
    fc.assert(fc.property(chemistry, fc.integer({ min: 0, max: 3 }), mv, mv, fc.nat(500), fc.nat(500), (kind, before, rest, loaded, moreRest, moreLoaded) => {
      const floors = floorsOf(kind);
      const of = (level: number, restMv: number, loadedMv: number) => levelOf(level, restMv, loadedMv, reserveOf(kind), floors);
      expect(of(before, rest + moreRest, loaded + moreLoaded)).toBeLessThanOrEqual(of(before, rest, loaded));
      expect(of(of(before, rest, loaded), rest, loaded), 'nothing changes by asking twice').toBe(of(before, rest, loaded));
      expect(of(before, rest, loaded)).toBeGreaterThanOrEqual(of(0, rest, loaded));
    }));
  });
});

describe('Mains with cells behind them', () => {
  it('refuse nothing while the mains are there, and warn of weak cells', () => {
    const { world, battery, volts, level, refuses } = bench(BACKED_UP);
    world.doorClosed = true;
    volts(3000);
    expect([battery.restMv(), battery.gate('start'), battery.sample(), refuses(LOCKED), refuses(UNLOCKED)]).toEqual([NO_READING, 0, 0, 0, 0]);
    expect(level()).toBe(BATTERY_NOTHING_LEFT);
    volts(6000);
    expect(level()).toBe(BATTERY_OK);
  });

  it('count like any cells while they are away', () => {
    const { world, battery, volts, refuses } = bench(BACKED_UP);
    world.doorClosed = false;
    volts(4400);
    expect([battery.restMv(), battery.gate('start')]).toEqual([4400, BATTERY_LOW]);
    volts(3800);
    expect([refuses(LOCKED), refuses(UNLOCKED)]).toEqual([BATTERY_EMPTY, 0]);
  });

  it('without an input that tells, count as there', () => {
    const { world, battery, volts, level } = bench({ chemistry: 'mains', backup: CELLS });
    world.doorClosed = false;
    volts(4000);
    expect([battery.restMv(), battery.restMv(true), level()]).toEqual([NO_READING, 4000, BATTERY_WARNING]);
  });

  it('whose cells cannot be read warn', () => {
    const { world, battery, level } = bench(BACKED_UP);
    world.analog = 0;
    expect([battery.restMv(true), level()]).toEqual([IMPOSSIBLE, BATTERY_WARNING]);
  });

  it('mains alone have no level', () => {
    const { level, refuses } = bench({ chemistry: 'mains' });
    expect([level(), refuses(LOCKED)]).toEqual([BATTERY_OK, 0]);
  });
});

describe('Calibration', () => {
  const read = (world: World) => openMeter(world.platform, CELLS, world.flash.records).restMv();

  it('makes the lock read what was measured, and can be done again', () => {
    const { world } = bench(CELLS, 0);
    world.analog = 5700 / FULL_SCALE_MV;
    expect(calibrate(world.flash.records, CELLS, 6000, read(world))).toBe(0);
    expect(read(world)).toBe(6000);
    world.analog = 5500 / FULL_SCALE_MV;
    expect(calibrate(world.flash.records, CELLS, 5900, read(world))).toBe(0);
    expect(read(world)).toBe(5900);
    expect(Math.abs(gainIn(world.flash.records) - gainOf(5900, 5500))).toBeLessThanOrEqual(2);
  });

  it('takes nothing that is another fault, and keeps what it had', () => {
    const { world } = bench(CELLS, 10300);
    const records = world.flash.records;
    for (const [trueMv, readMv] of [[6000, 5000], [5000, 6100], [1000, 1000], [8000, 7500], [NaN, 5000], [5000, 0], [5000, IMPOSSIBLE], [5000, NaN], [5000, NO_READING]] as const) {
      expect(calibrate(records, CELLS, trueMv, readMv), `${trueMv} of ${readMv}`).toBe(BAD_CALIBRATION);
    }
    world.flash.works = false;
    expect(calibrate(records, CELLS, 6000, 6000)).toBe(FLASH_READ_BACK);
    expect(gainIn(records)).toBe(10300);
  });

  it('a gain is in 1/10000, off by at most 15 %', () => {
    fc.assert(fc.property(fc.integer({ min: 2000, max: 7200 }), fc.integer({ min: 1, max: 9000 }), (trueMv, readMv) => {
      const gain = gainOf(trueMv, readMv);
      if (gain) expect(Math.abs(readMv * gain / 10000 - trueMv)).toBeLessThan(1);
      expect(gain === 0 || (gain >= 8500 && gain <= 11500)).toBe(true);
    }));
  });
});
