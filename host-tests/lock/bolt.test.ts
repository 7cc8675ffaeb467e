/** Bolts of every kind on the virtual board, which holds their current to its rules at every instant. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoltWiring } from '../../boards/wiring.js';
import { BOLT_JAMMED, BOLT_SENSOR_FAULT, MOTOR_HOT } from '../../firmware/errors.js';
import { LOCKED, NOT_FULLY_LOCKED, POSITION_UNKNOWN, UNLATCHED, UNLOCKED } from '../../firmware/lock/states.js';
import { SETTINGS_BYTES, STRIKE_HOLD } from '../../firmware/lock/settings.js';
import { Bench, BOTH_STOPS, MOTOR, SERVO, STALLING, STRIKE, type BenchOptions } from './bolt-bench.js';

const LOCKED_STOP = { locked: BOTH_STOPS.locked! };
const DOOR = { door: BOTH_STOPS.door! };

function settled(bench: Bench, limitMs = 20_000): number {
  const sinceMs = bench.world.clock.now();
  while (!bench.bolt.atRest() && bench.world.clock.now() - sinceMs < limitMs) bench.pass(10);
  return bench.world.clock.now() - sinceMs;
}

describe('a motor that feels its current', () => {
  it('gives up a held throw long before its time, and tries again', () => {
    const bench = new Bench({ bolt: STALLING, sensors: BOTH_STOPS });
    bench.move(UNLOCKED);
    bench.pass(150);
    bench.world.bolt.jam();
    const jammedMs = bench.world.bolt.energisedMs();
    settled(bench);
    expect(bench.bolt.state.fault).toBe(BOLT_JAMMED);
    expect(bench.world.bolt.energisedMs() - jammedMs).toBeLessThan(700);
    bench.world.bolt.free();
    bench.move(UNLOCKED);
    settled(bench);
    expect(bench.bolt.state.fault).toBe(0);
    expect(bench.bolt.position()).toBe(UNLOCKED);
    expect(bench.kinds()).toEqual([]);
  });

  it('without end stops knows where it is after a throw that arrived, and only until the next start', () => {
    const bench = new Bench({ bolt: STALLING });
    expect(bench.bolt.position()).toBe(POSITION_UNKNOWN);
    for (const goal of [UNLOCKED, LOCKED, UNLOCKED]) {
      bench.move(goal);
      expect(bench.bolt.position()).toBe(POSITION_UNKNOWN);
      expect(settled(bench)).toBeLessThan(900);
      expect(bench.bolt.position()).toBe(goal);
      expect(bench.world.bolt.position()).toBe(goal === LOCKED ? 1 : 0);
    }
    const { world } = bench;
    const movedMs = world.bolt.energisedMs();
    bench.move(UNLOCKED);
    expect(bench.bolt.atRest()).toBe(true);
    expect(world.bolt.energisedMs(), 'it is there already').toBe(movedMs);
    bench.restart();
    expect(bench.bolt.position()).toBe(POSITION_UNKNOWN);
    expect(bench.kinds()).toEqual([]);
  });

  it('whose current never rises has not arrived', () => {
    const bench = new Bench({ bolt: { ...STALLING, stall: { pin: 36, limit: 900, ignoreMs: 60 } } as BoltWiring });
    bench.move(UNLOCKED);
    settled(bench);
    expect(bench.bolt.state.fault).toBe(BOLT_JAMMED);
    expect(bench.bolt.position()).toBe(POSITION_UNKNOWN);
  });

  it('that stands at the end it comes from is jammed, whatever its current says', () => {
    const bench = new Bench({ bolt: STALLING, sensors: LOCKED_STOP });
    bench.world.bolt.jam();
    bench.move(UNLOCKED);
    settled(bench);
    expect(bench.bolt.state.fault).toBe(BOLT_JAMMED);
    expect(bench.bolt.position()).toBe(LOCKED);
  });
});

describe('a motor', () => {
  it('that starts softly gets short pulses that grow, and arrives', () => {
    const bench = new Bench({ bolt: { ...MOTOR, softStartMs: 100 } as BoltWiring, sensors: BOTH_STOPS });
    const { pins, clock } = bench.world;
    const pulses: number[] = [];
    let sinceMs = 0;
    pins.observe(16, (level) => {
      if (level === 1) sinceMs = clock.now();
      else pulses.push(clock.now() - sinceMs);
    });
    bench.move(UNLOCKED);
    settled(bench);
    const soft = pulses.slice(0, pulses.findIndex((ms) => ms > 20));
    expect(soft[0]).toBeCloseTo(5);
    expect(soft.length).toBeGreaterThan(5);
    expect(soft).toEqual([...soft].sort((a, b) => a - b));
    expect(bench.bolt.position()).toBe(UNLOCKED);
    expect(bench.bolt.state.fault).toBe(0);
  });

  it('that is too hot locks no more, unlocks once more, and works again when it is cold', () => {
    const bench = new Bench({ bolt: MOTOR, sensors: BOTH_STOPS });
    bench.world.bolt.jam(0.5);
    let jams = 0;
    for (; bench.bolt.state.fault !== MOTOR_HOT; jams++) {
      expect(jams).toBeLessThan(20);
      bench.move(LOCKED);
      if (bench.bolt.position() === LOCKED) bench.world.bolt.turn(0.5);
      bench.move(LOCKED);
      settled(bench);
    }
    expect(bench.world.bolt.energisedMs()).toBeGreaterThan(15_000);
    bench.world.bolt.free();
    bench.world.bolt.turn(1);
    bench.move(UNLOCKED);
    settled(bench);
    expect(bench.bolt.state.fault).toBe(0);
    expect(bench.bolt.position()).toBe(UNLOCKED);
    bench.move(LOCKED);
    expect(bench.bolt.state.fault).toBe(MOTOR_HOT);
    expect(bench.bolt.atRest()).toBe(true);
    bench.pass(70_000);
    bench.move(LOCKED);
    settled(bench);
    expect(bench.bolt.position()).toBe(LOCKED);
    expect(bench.kinds()).toEqual([]);
  });

  it('whose end stops contradict each other at rest says so, after a while', () => {
    const bench = new Bench({ bolt: MOTOR, sensors: BOTH_STOPS });
    bench.world.pins.drive(BOTH_STOPS.unlocked!.pin, 0);
    bench.pass(500);
    expect(bench.bolt.state.fault).toBe(0);
    expect(bench.bolt.position()).toBe(NOT_FULLY_LOCKED);
    bench.pass(1500);
    expect(bench.bolt.state.fault).toBe(BOLT_SENSOR_FAULT);
  });

  it('that is asked to go where it is stays there, and knows what was asked', () => {
    const bench = new Bench({ bolt: MOTOR, sensors: BOTH_STOPS, start: { position: 0 } });
    bench.move(UNLOCKED);
    expect(bench.bolt.atRest()).toBe(true);
    expect(bench.bolt.state).toMatchObject({ goal: UNLOCKED, fault: 0 });
    expect(bench.world.bolt.energisedMs()).toBe(0);
  });

  it('between its end stops is not fully locked, and nothing moves it', () => {
    const bench = new Bench({ bolt: MOTOR, sensors: BOTH_STOPS, start: { position: 0.5 } });
    bench.pass(60_000);
    expect(bench.bolt.position()).toBe(NOT_FULLY_LOCKED);
    expect(bench.world.bolt.energisedMs()).toBe(0);
  });
});

describe('a servo', () => {
  it.each([['both ends', BOTH_STOPS], ['nothing', {}]])('with sensors at %s turns to both ends by single pulses of its signal', (_, sensors) => {
    const bench = new Bench({ bolt: SERVO, sensors });
    const known = sensors.locked !== undefined;
    for (const goal of [UNLOCKED, LOCKED]) {
      bench.move(goal);
      settled(bench);
      bench.pass(100);
      expect(bench.world.bolt.position()).toBeCloseTo(goal === LOCKED ? 1 : 0, 1);
      expect(bench.bolt.position()).toBe(known ? goal : POSITION_UNKNOWN);
      expect(bench.world.motor.energised()).toBe(false);
    }
    expect(bench.bolt.state.fault).toBe(0);
    expect(bench.kinds()).toEqual([]);
  });

  it('that is held tries again and gives up without current', () => {
    const bench = new Bench({ bolt: SERVO, sensors: BOTH_STOPS });
    bench.world.bolt.jam(0.6, 1);
    bench.move(UNLOCKED);
    settled(bench);
    expect(bench.bolt.state.fault).toBe(BOLT_JAMMED);
    bench.pass(200);
    expect(bench.world.motor.energised()).toBe(false);
    expect(bench.kinds()).toEqual([]);
  });
});

describe('a strike', () => {
  it('is released for its hold time, and no longer than its current', () => {
    const settings = new Uint8Array(SETTINGS_BYTES);
    settings[STRIKE_HOLD] = 3;
    const bench = new Bench({ bolt: STRIKE, settings });
    bench.move(UNLOCKED);
    expect(bench.bolt.position()).toBe(UNLATCHED);
    bench.pass(2500);
    expect(bench.world.bolt.unlocked()).toBe(true);
    expect(bench.bolt.atRest()).toBe(false);
    bench.pass(1000);
    expect(bench.bolt.atRest()).toBe(true);
    expect(bench.bolt.position()).toBe(POSITION_UNKNOWN);
    expect(bench.world.bolt.locked()).toBe(true);
    expect(bench.kinds()).toEqual([]);
  });

  it('holds on through its gaps: nobody who pushes the door is stopped', () => {
    const bench = new Bench({ bolt: STRIKE });
    bench.move(UNLOCKED);
    for (let ms = 5; ms < 4900; ms += 5) {
      bench.pass(5);
      expect(bench.world.bolt.unlocked(), `after ${ms} ms`).toBe(true);
    }
  });

  it('lets go when the door has opened, but not for a contact that is always open', () => {
    const bench = new Bench({ bolt: STRIKE, sensors: DOOR });
    bench.move(UNLOCKED);
    bench.pass(1500);
    expect(bench.bolt.atRest()).toBe(false);
    bench.world.door.set(false);
    bench.pass(100);
    expect(bench.bolt.atRest()).toBe(true);
    bench.move(UNLOCKED);
    bench.pass(4000);
    expect(bench.bolt.atRest(), 'the door was open before').toBe(false);
    bench.pass(1100);
    expect(bench.bolt.atRest()).toBe(true);
  });

  it('is released anew by who asks again, and locked by who asks for that', () => {
    const bench = new Bench({ bolt: STRIKE });
    bench.move(UNLOCKED);
    bench.pass(4000);
    bench.move(UNLOCKED);
    bench.pass(4000);
    expect(bench.bolt.atRest()).toBe(false);
    bench.move(LOCKED);
    bench.pass(50);
    expect(bench.bolt.atRest()).toBe(true);
    expect(bench.world.bolt.locked()).toBe(true);
  });

  it('that was asked for too often refuses, and does so no more when its coil is cold', () => {
    const bench = new Bench({ bolt: STRIKE });
    let asked = 0;
    for (; bench.bolt.state.fault !== MOTOR_HOT; asked++) {
      expect(asked).toBeLessThan(30);
      bench.move(UNLOCKED);
      settled(bench);
    }
    expect(asked).toBeGreaterThan(3);
    expect(bench.kinds()).toEqual([]);
    bench.pass(60_000);
    bench.move(UNLOCKED);
    expect(bench.bolt.position()).toBe(UNLATCHED);
  });
});

describe('a magnet', () => {
  const magnet: BenchOptions = { bolt: STRIKE, onPowerLoss: 'failSafe' };

  it('holds the door once somebody has locked, lets go for the hold time, and holds again', () => {
    const bench = new Bench(magnet);
    bench.pass(60_000);
    expect(bench.bolt.position()).toBe(UNLATCHED);
    expect(bench.world.bolt.unlocked(), 'nothing holds by itself after a start').toBe(true);
    bench.move(LOCKED);
    expect(bench.bolt.atRest()).toBe(true);
    for (let s = 0; s < 60; s++) {
      bench.pass(1000);
      expect(bench.world.bolt.locked()).toBe(true);
    }
    bench.move(UNLOCKED);
    bench.pass(100);
    expect(bench.world.bolt.unlocked()).toBe(true);
    bench.pass(4500);
    expect(bench.world.bolt.unlocked()).toBe(true);
    bench.pass(600);
    expect(bench.world.bolt.locked()).toBe(true);
    expect(bench.kinds()).toEqual([]);
  });

  it('lets the door go when the interpreter hangs', () => {
    const bench = new Bench(magnet);
    bench.move(LOCKED);
    bench.pass(5000);
    bench.hang(130);
    expect(bench.world.bolt.unlocked()).toBe(true);
    expect(bench.world.motor.energised()).toBe(false);
  });
});

const KINDS: [string, BenchOptions][] = [
  ['a motor with end stops', { bolt: MOTOR, sensors: BOTH_STOPS }],
  ['a motor without', { bolt: MOTOR }],
  ['a motor that starts softly and feels its current', { bolt: { ...STALLING, softStartMs: 80 } as BoltWiring }],
  ['a servo', { bolt: SERVO, sensors: LOCKED_STOP }],
  ['a strike', { bolt: STRIKE, sensors: DOOR }],
  ['a magnet', { bolt: STRIKE, onPowerLoss: 'failSafe' }],
];

const step = fc.oneof(
  fc.record({ do: fc.constantFrom('lock', 'unlock', 'off', 'jam', 'free', 'hang', 'restart', 'door', 'hand') }),
  fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 1, max: 6000 }) }),
);

/** What happens to a bolt, at random; the first broken rule, if there is one. */
function history(options: BenchOptions, steps: { do: string; ms?: number }[], lates: number[]): string | undefined {
  const bench = new Bench(options);
  const { world } = bench;
  let turns = 0;
  const late = (): number => lates[turns++ % lates.length]!;
  for (const each of steps) {
    if (each.do === 'lock' || each.do === 'unlock') bench.move(each.do === 'lock' ? LOCKED : UNLOCKED);
    else if (each.do === 'off') {
      bench.bolt.off();
      if (world.motor.energised()) return 'current after off';
    } else if (each.do === 'jam') world.bolt.jam();
    else if (each.do === 'free') world.bolt.free();
    else if (each.do === 'door') world.door.set(!world.door.active());
    else if (each.do === 'hand' && options.bolt.type === 'motor') world.bolt.turn(1 - Math.round(world.bolt.position()));
    else if (each.do === 'hang') {
      bench.hang(100.5);
      if (world.motor.energised()) return 'current in spite of a hang';
    } else if (each.do === 'restart') {
      bench.restart();
      // A servo goes on with its last signal for some 60 ms, whatever the chip does.
      if (options.bolt.type === 'servo') bench.pass(70, late);
      const energisedMs = world.bolt.energisedMs();
      bench.pass(3000, late);
      if (world.bolt.energisedMs() !== energisedMs || world.motor.energised()) return 'moved by a start';
    } else bench.pass(each.ms ?? 0, late);
    if (bench.kinds().length) return JSON.stringify(world.violations[0]);
  }
  bench.pass(60_000);
  if (!bench.bolt.atRest()) return 'never at rest';
  if (world.motor.energised() && options.onPowerLoss !== 'failSafe') return 'current at rest';
  return bench.kinds().length ? JSON.stringify(world.violations[0]) : undefined;
}

describe('whatever happens', () => {
  it.each(KINDS)('%s keeps the rules of current', (_, options) => {
    fc.assert(fc.property(fc.array(step, { maxLength: 25 }), fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 7 }), (steps, lates) => {
      expect(history(options, steps, lates)).toBeUndefined();
    }), { numRuns: 120 });
  });

  it.each<[string, BenchOptions['plant'], RegExp]>([
    ['uses digitalWrite', (pins) => ({ ...pins, pulse: (pin, level) => pins.write(pin, level) }), /motor-unbounded|current/],
    ['asks for pulses of a second', (pins) => ({ ...pins, pulse: (pin, level, ms) => pins.pulse(pin, level, ms * 10) }), /motor-unbounded/],
    ['sets off at a start', (pins) => {
      pins.pulse(16, 1, 2);
      return pins;
    }, /motor-without-cause/],
    ['drives both sides', (pins) => ({ ...pins, pulse: (_pin, level, ms) => [16, 17].forEach((pin) => pins.pulse(pin, level, ms)) }), /bridge-both-high/],
    ['does not take the current away', (pins) => ({ ...pins, write: () => undefined }), /current after off/],
    ['renews its pulses for ever', (pins, { clock }) => {
      let runs = false;
      const again = (): void => {
        pins.pulse(16, 1, 90);
        clock.after(95, again);
      };
      return {
        ...pins,
        pulse: (pin, level, ms) => {
          if (!runs) clock.after(200, again);
          runs = true;
          pins.pulse(pin, level, ms);
        },
      };
    }, /motor-hot|motor-without-cause|bridge-both-high|current|moved/],
  ])('a driver that %s is caught', (_, plant, says) => {
    const found = fc.check(fc.property(fc.array(step, { maxLength: 25 }), fc.constant<number[]>([0]), (steps, lates) => {
      const broken = history({ bolt: MOTOR, sensors: BOTH_STOPS, plant: plant! }, [{ do: 'unlock' }, ...steps], lates);
      if (broken && !says.test(broken)) throw new Error(`another rule: ${broken}`);
      return broken === undefined;
    }), { numRuns: 60, seed: 7 });
    expect(found.failed).toBe(true);
    expect(String(found.errorInstance ?? '')).not.toMatch(/another rule/);
  });
});
