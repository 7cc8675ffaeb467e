/** The parts of the simulated door, one by one. */
import { describe, expect, it } from 'vitest';
import { createClock } from '../../virtual-board/clock.js';
import { readAdc } from '../../virtual-board/world.js';
import { motor, virtualLock, worldWith } from './support.js';

const keypad = virtualLock.keypad as Extract<typeof virtualLock.keypad, { type: 'matrix' }>;
const [row0, row1] = keypad.rows as [number, number];
const [column0] = keypad.columns as [number];

/** A world whose chip is on but runs nothing: tests turn the pins themselves. */
function poweredWorld(...options: Parameters<typeof worldWith> extends [string, ...infer Rest] ? Rest : never): ReturnType<typeof worldWith> {
  const world = worldWith('', ...options);
  world.chip.begin('powerOn');
  world.motor.excuse();
  return world;
}

function columns(world: ReturnType<typeof worldWith>, row: number): string {
  for (const one of keypad.rows) world.pins.mode(one, 'opendrain');
  for (const one of keypad.rows) world.pins.write(one, one === row ? 0 : 1);
  for (const one of keypad.columns) world.pins.mode(one, 'input_pullup');
  return keypad.columns.map((column) => world.pins.read(column)).join('');
}

describe('simulated time', () => {
  it('runs events in the order of their times, and those of one time in the order they were asked for', () => {
    const clock = createClock();
    const log: string[] = [];
    clock.at(5, () => log.push('c'));
    clock.at(3, () => log.push('a'));
    clock.at(3, () => log.push('b'));
    const gone = clock.at(4, () => log.push('gone'));
    clock.cancel(gone);
    clock.advanceTo(4);
    expect(log).toEqual(['a', 'b']);
    expect(clock.now()).toBe(4);
    clock.advanceTo(10);
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('shows an event the time at which it was due, also in the middle of a long step', () => {
    const clock = createClock();
    let seen = 0;
    clock.at(2.5, () => {
      seen = clock.now();
    });
    clock.advanceTo(100);
    expect(seen).toBe(2.5);
  });
});

describe('matrix keypad', () => {
  it('pulls exactly one column low while a key of the selected row is held', () => {
    const world = poweredWorld();
    world.keypad.press(keypad.keys[0]!, 50);
    world.clock.advanceTo(10);
    expect(columns(world, row0)).toBe('0'.padEnd(keypad.columns.length, '1'));
    expect(columns(world, row1)).toBe('1'.repeat(keypad.columns.length));
    world.clock.advanceTo(100);
    expect(columns(world, row0)).toBe('1'.repeat(keypad.columns.length));
  });

  it('shows a ghost: three corners of a rectangle read as four keys, as without diodes', () => {
    const world = poweredWorld();
    const width = keypad.columns.length;
    for (const index of [0, 1, width]) world.keypad.press(keypad.keys[index]!, 1000);
    world.clock.advanceTo(10);
    expect(columns(world, row1).substring(0, 2)).toBe('00');
    expect(columns(world, row0).substring(0, 2)).toBe('00');
  });

  it('reports two outputs that fight over a held key, if rows are driven hard', () => {
    const world = poweredWorld();
    world.keypad.press(keypad.keys[0]!, 1000);
    world.clock.advanceTo(10);
    world.pins.mode(row0, 'output');
    world.pins.write(row0, 0);
    world.pins.mode(column0, 'output');
    world.pins.write(column0, 1);
    world.pins.read(column0);
    expect(world.violations.map(({ kind }) => kind)).toContain('pins-fight');
  });

  it('sends Wiegand keys as pulses on the two wires', () => {
    const world = poweredWorld({ wiring: { ...virtualLock, keypad: { type: 'wiegand', d0: row0, d1: row1, bits: 8 } } });
    const bits: number[] = [];
    world.pins.observe(row0, (level) => level === 0 && bits.push(0));
    world.pins.observe(row1, (level) => level === 0 && bits.push(1));
    world.keypad.press('5');
    world.clock.advanceTo(100);
    expect(bits.join('')).toBe('10100101');
  });
});

describe('pins', () => {
  it('reads noise where nothing holds the copper, and a pull where something does', () => {
    const world = poweredWorld();
    world.pins.mode(16, 'input');
    const reads = new Set(Array.from({ length: 50 }, () => world.pins.read(16)));
    expect(reads.size).toBe(2);
    world.pins.mode(16, 'input_pullup');
    expect(world.pins.read(16)).toBe(1);
    world.pins.pull(16, 0);
    expect(world.pins.read(16), 'an outside resistor beats the weak pull of the chip').toBe(0);
  });

  it('ends a pulse by the timer, and does not raise the pin again for a pulse asked for meanwhile', () => {
    const world = poweredWorld();
    world.pins.pulse(motor.in1, 1, 100);
    world.clock.advanceTo(60);
    world.pins.pulse(motor.in1, 1, 100);
    expect(world.pins.level(motor.in1)).toBe(1);
    world.clock.advanceTo(100);
    expect(world.pins.level(motor.in1)).toBe(0);
    world.clock.advanceTo(150);
    expect(world.pins.level(motor.in1)).toBe(0);
    expect(world.pins.edgesOf(motor.in1)).toHaveLength(1);
  });

  it('pulls up the pins that Espruino pulls up at its start', () => {
    const world = poweredWorld();
    expect(world.pins.level(13)).toBe(1);
    expect(world.pins.level(23)).toBeUndefined();
  });
});

describe('bolt', () => {
  it('travels while driven, stops at the end stop and moves the sensors', () => {
    const world = poweredWorld({ bolt: { position: 1, travelMs: 500 } });
    expect(world.bolt.locked()).toBe(true);
    world.pins.write(motor.in1, 1);
    world.clock.advanceTo(250);
    expect(world.bolt.position()).toBeGreaterThan(0.4);
    expect(world.bolt.position()).toBeLessThan(0.6);
    expect(world.bolt.locked()).toBe(false);
    world.clock.advanceTo(600);
    expect(world.bolt.unlocked()).toBe(true);
    expect(world.bolt.moving()).toBe(false);
    const { unlocked } = virtualLock.sensors!;
    if (unlocked!.pull) world.pins.mode(unlocked!.pin, unlocked!.pull === 'up' ? 'input_pullup' : 'input_pulldown');
    expect(world.pins.read(unlocked!.pin)).toBe(unlocked!.active);
  });

  it('draws more when it cannot move, and stays where it is jammed', () => {
    const world = poweredWorld({ bolt: { position: 1, travelMs: 500 } });
    world.pins.write(motor.in1, 1);
    world.clock.advanceTo(100);
    const runningMa = world.battery.loadMa();
    world.bolt.jam();
    const stalledMa = world.battery.loadMa();
    expect(stalledMa).toBeGreaterThan(runningMa + 300);
    const stuckAt = world.bolt.position();
    world.clock.advanceTo(900);
    expect(world.bolt.position()).toBe(stuckAt);
    world.bolt.free();
    world.clock.advanceTo(2000);
    expect(world.bolt.unlocked()).toBe(true);
  });

  it('is slower on weak cells and can be turned by hand', () => {
    const world = poweredWorld({ battery: { openCircuitMv: 4500 }, bolt: { position: 1, travelMs: 500 } });
    world.pins.write(motor.in1, 1);
    world.clock.advanceTo(500);
    expect(world.bolt.unlocked()).toBe(false);
    world.pins.write(motor.in1, 0);
    world.bolt.turn(0);
    expect(world.bolt.unlocked()).toBe(true);
  });
});

describe('battery', () => {
  it('sags under load by current times internal resistance, and the ADC sees that', () => {
    const world = poweredWorld({ battery: { openCircuitMv: 6000, internalMilliohm: 1000 } });
    const restMv = world.battery.mv();
    world.battery.load('radio', 150);
    expect(restMv - world.battery.mv()).toBe(150);
    const { enable, pin, fullScaleMv } = virtualLock.battery;
    if (enable) world.pins.write(enable.pin, enable.active);
    expect(Math.abs(readAdc(world, pin!) * fullScaleMv! - world.battery.mv())).toBeLessThan(20);
    expect(readAdc(world, motor.in1)).toBeNaN();
  });

  it('resets the chip when the motor drags tired cells below the brown-out level', () => {
    const world = poweredWorld({ battery: { openCircuitMv: 3600, internalMilliohm: 2500 } });
    expect(world.chip.running).toBe(true);
    world.pins.write(motor.in1, 1);
    expect(world.chip.running).toBe(false);
    expect(world.chip.ended).toBe('brownOut');
    expect(world.motor.energised(), 'a chip in reset drives nothing').toBe(false);
  });
});

describe('UDP network', () => {
  it('loses, doubles and reorders datagrams as told, the same way for the same seed', () => {
    function history(seed: number): string {
      const world = poweredWorld({ seed, link: { loss: 0.3, duplicate: 0.3, reorder: 0.3, reorderMs: 100 } });
      const got: string[] = [];
      world.network.open({ port: 1337, received: ({ message }) => void got.push(message) });
      const client = world.network.client();
      for (let n = 0; n < 40; n++) client.send(String.fromCharCode(65 + n));
      world.clock.advanceTo(1000);
      return got.join('');
    }
    const one = history(7);
    expect(history(7)).toBe(one);
    expect(history(8)).not.toBe(one);
    expect(new Set(one).size).toBeLessThan(40);
    expect(one.length).toBeGreaterThan(new Set(one).size);
    expect([...one].sort().join('')).not.toBe(one);
  });
});
