import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatteryWiring, CellsWiring } from '../../boards/wiring.js';
import { BATTERY_LOADED_LOW, BATTERY_LOW, BATTERY_TIMED_OUT, BATTERY_UNKNOWN } from '../../firmware/errors.js';
import { CALIBRATION } from '../../firmware/flash/keys.js';
import {
  floorsOf, IMPOSSIBLE, judgeBattery, millivoltsOf, NO_READING, openBattery, openMeter, PAUSE_LIMIT_MS, radioAllowed, wordsOf, type Battery,
} from '../../firmware/lock/battery.js';
import { BATTERY_OK, batteryLevel } from '../../firmware/lock/battery-level.js';
import { World } from './world.js';

const CELLS: BatteryWiring & CellsWiring = { chemistry: '4xAA', pin: 36, fullScaleMv: 8000 };

/** A battery whose voltage can be set; calibrated unless told otherwise. */
function bench(wiring: BatteryWiring = CELLS, gain = 10000): { world: World; battery: Battery; volts: (mv: number) => void } {
  const world = new World();
  if (gain) world.flash.values.set(CALIBRATION, new Uint8Array([gain & 255, gain >> 8]));
  const volts = (mv: number) => { world.analog = mv / 8000; };
  volts(6000);
  return { world, battery: openBattery(world.platform, wiring, world.flash.records), volts };
}

describe('Four alkaline cells', () => {
  it('a refusal says in volts what was read and what is needed, at rest and under load', () => {
    const { battery, volts } = bench();
    volts(4310);
    expect(wordsOf(battery)).toBe('4.31 V at rest (needs 4.50 V), nothing read under load (needs 4.55 V)');
    battery.sample();
    expect(wordsOf(battery)).toBe('4.31 V at rest (needs 4.50 V), 4.31 V under load (needs 4.55 V)');
  });

  it('fresh ones pass', () => {
    const { battery } = bench();
    expect(battery.restMv()).toBe(6000);
    expect(battery.gate('start')).toBe(0);
    expect(batteryLevel(battery, CELLS)).toBe(BATTERY_OK);
  });

  it('below 4.5 V at rest are refused without a test', () => {
    const { battery, volts } = bench();
    volts(4490);
    let tests = 0;
    expect(battery.gate('start', () => { tests++; })).toBe(BATTERY_LOW);
    expect(tests).toBe(0);
  });

  it('between 4.5 and 4.8 V the loaded reading decides', () => {
    for (const [loaded, code] of [[4560, 0], [4540, BATTERY_LOADED_LOW]] as const) {
      const { battery, volts } = bench();
      volts(4700);
      expect(battery.gate('start')).toBe(BATTERY_LOADED_LOW);
      const test = () => {
        volts(loaded);
        battery.sample();
        volts(4700);
      };
      expect(battery.gate('start', test)).toBe(code);
      expect(battery.loadedMinMv).toBe(loaded);
    }
  });

  it('a loaded reading of the last minute spares the test, an older one does not', () => {
    const { world, battery, volts } = bench();
    volts(4700);
    battery.sample();
    let tests = 0;
    const test = () => {
      tests++;
      battery.sample();
    };
    expect(battery.gate('install', test)).toBe(0);
    expect(tests).toBe(0);
    world.pass(60001);
    expect(battery.gate('install', test)).toBe(0);
    expect(tests).toBe(1);
  });

  it('that sag pause the writing, resume when they recover, and end it after ten minutes', () => {
    const { world, battery, volts } = bench();
    expect(battery.sample()).toBe(0);
    volts(4549);
    expect(battery.sample()).toBe(BATTERY_LOADED_LOW);
    volts(4570);
    expect(battery.sample(), 'not yet clear of the floor').toBe(BATTERY_LOADED_LOW);
    volts(4605);
    expect(battery.sample()).toBe(0);
    volts(4500);
    expect(battery.sample()).toBe(BATTERY_LOADED_LOW);
    world.pass(PAUSE_LIMIT_MS - 1000);
    expect(battery.sample()).toBe(BATTERY_LOADED_LOW);
    world.pass(1000);
    expect(battery.sample()).toBe(BATTERY_TIMED_OUT);
    expect(battery.sample(), 'the next update has ten minutes of its own').toBe(BATTERY_LOADED_LOW);
  });

  it('behind an uncalibrated divider need 6 % more, and the lock says so', () => {
    const { battery, volts } = bench(CELLS, 0);
    expect(battery.calibrated).toBe(false);
    expect(battery.floors).toEqual({ refuseMv: 4770, loadTestMv: 5088, loadedMv: 4823 });
    volts(4760);
    expect(battery.gate('start')).toBe(BATTERY_LOW);
    volts(5100);
    expect(battery.gate('start')).toBe(0);
  });

  it('behind a calibrated one are read truly', () => {
    const { battery } = bench(CELLS, 10400);
    expect(battery.restMv()).toBe(6240);
  });

  it('that read as no battery can are unknown: updates are refused, the radio is not', () => {
    const { world, battery } = bench();
    for (const analog of [NaN, 0, 0.1, 0.92, 1]) {
      world.analog = analog;
      expect(battery.restMv()).toBe(IMPOSSIBLE);
      expect(battery.gate('start')).toBe(BATTERY_UNKNOWN);
      expect(battery.sample()).toBe(0);
      expect(radioAllowed(openMeter(world.platform, CELLS, world.flash.records), CELLS)).toBe(true);
    }
  });

  it('near their end leave the radio off and the door alone', () => {
    const { world, volts } = bench(CELLS, 0);
    const meter = openMeter(world.platform, CELLS, world.flash.records);
    volts(4600);
    expect(radioAllowed(meter, CELLS)).toBe(true);
    volts(4400);
    expect(radioAllowed(meter, CELLS)).toBe(false);
  });

  it('warn after the door has opened', () => {
    const world = World.provisioned((w) => {
      w.analog = 4700 / 8000;
      w.battery = openBattery(w.platform, CELLS, w.flash.records);
    });
    world.type('1234#');
    world.pass(3000);
    expect(world.door.status().lockState).toBe(2);
    expect(world.heard()).toMatch(/lsl$/);
  });
});

describe('Other supplies', () => {
  it('mains has no gate', () => {
    const { battery } = bench({ chemistry: 'mains' });
    expect([battery.restMv(), battery.gate('start'), battery.sample()]).toEqual([NO_READING, 0, 0]);
  });

  it('cells without an ADC pin are unknown, not good', () => {
    expect(bench({ chemistry: '4xAA' }).battery.gate('start')).toBe(BATTERY_UNKNOWN);
  });

  it('a board may have floors of its own', () => {
    const floors = { refuseMv: 5000, loadTestMv: 5500, loadedMv: 4900 };
    expect(bench({ ...CELLS, floors }).battery.floors).toEqual(floors);
  });

  it('a higher voltage is never judged worse', () => {
    fc.assert(fc.property(fc.constantFrom('4xAA' as const, '4xNiMH' as const, 'li1' as const), fc.nat(7000), fc.nat(7000), fc.nat(300), (kind, rest, loaded, more) => {
      const floors = floorsOf(kind);
      if (judgeBattery(rest, loaded, floors) === 0) {
        expect(judgeBattery(rest + more, loaded, floors)).toBe(0);
        expect(judgeBattery(rest, loaded + more, floors)).toBe(0);
      }
      expect(floors.refuseMv).toBeLessThan(floors.loadTestMv);
    }));
  });

  it('a reading is a whole number of millivolts or impossible', () => {
    fc.assert(fc.property(fc.double(), (reading) => {
      const mv = millivoltsOf(reading, CELLS, 10000);
      expect(mv === IMPOSSIBLE || (Number.isInteger(mv) && mv >= 2000 && mv <= 7200)).toBe(true);
    }));
  });
});
