import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLEARED, DIGIT, HASH_ALONE, newEntry, NOTHING, stepEntry, SUBMITTED, TOO_LONG } from '../../firmware/lock/entry.js';
import { openKeypad, stepKeys, wiegandKey, type KeyState } from '../../firmware/lock/keypad.js';
import { KEYS, World } from './world.js';

const fresh = (): KeyState => ({ last: 0, down: 0, refused: false });
const press = (state: KeyState, ...masks: number[]) => masks.map((mask) => stepKeys(state, mask)).filter((key) => key >= 0);

describe('A matrix keypad', () => {
  it('counts a key when two looks in a row agree, once', () => {
    expect(press(fresh(), 4, 4, 4, 4, 0, 0)).toEqual([2]);
  });

  it('does not count bouncing', () => {
    expect(press(fresh(), 4, 0, 4, 0, 0)).toEqual([]);
    expect(press(fresh(), 4, 0, 4, 4, 0, 4, 4, 0, 0)).toEqual([2]);
  });

  it('tells two keys apart that overlap, but not two that came at the same moment', () => {
    expect(press(fresh(), 1, 1, 3, 3, 2, 2, 0, 0)).toEqual([0, 1]);
    expect(press(fresh(), 3, 3, 2, 2, 0, 0, 2, 2)).toEqual([1]);
  });

  it('never counts a key that was not pressed, whatever is pressed together', () => {
    fc.assert(fc.property(fc.array(fc.subarray([...KEYS], { maxLength: 5 }), { maxLength: 20 }), (holds) => {
      const world = new World();
      const keypad = openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad);
      for (const held of holds) {
        world.down.clear();
        for (const key of held) world.down.add(key);
        for (let look = 0; look < 3; look++) {
          const key = keypad.poll();
          if (key) expect(held).toContain(key);
        }
      }
    }));
  });

  it('knows that a key is down without being polled, and leaves no row floating', () => {
    const world = new World();
    const keypad = openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad);
    for (const key of KEYS) {
      expect(keypad.anyDown()).toBe(false);
      world.down.add(key);
      expect(keypad.anyDown()).toBe(true);
      keypad.poll();
      expect(keypad.poll()).toBe(key);
      world.down.clear();
      keypad.poll();
      keypad.poll();
    }
  });

  it('with letters and spare keys gives only digits, * and #', () => {
    const world = new World();
    const keypad = openKeypad(world.platform.pins, world.platform.nowMs, { ...wiringOf(world), keys: '12A45B78C*0#' });
    world.down.add('3');
    expect([keypad.poll(), keypad.poll(), keypad.poll()]).toEqual(['', '', '']);
  });
});

function wiringOf(world: World) {
  if (world.wiring.keypad.type !== 'matrix') throw new Error('not a matrix');
  return world.wiring.keypad;
}

describe('A Wiegand keypad', () => {
  const D0 = 18;
  const D1 = 19;
  const open = (bits: 4 | 8) => {
    const world = new World();
    return { world, keypad: openKeypad(world.platform.pins, world.platform.nowMs, { type: 'wiegand', d0: D0, d1: D1, bits }) };
  };
  const read = (keypad: { poll(): string }) => {
    let keys = '';
    for (let key = keypad.poll(); key; key = keypad.poll()) keys += key;
    return keys;
  };

  it('sends 4 bits a key', () => {
    const { world, keypad } = open(4);
    for (const key of [1, 2, 3, 4, 11, 10, 0]) {
      world.wiegand(key, 4, D0, D1);
      world.pass(60);
    }
    expect(read(keypad)).toBe('1234#*0');
  });

  it('or 8, with the inverted key first, and noise is no key', () => {
    const { world, keypad } = open(8);
    for (const frame of [0xe1, 0xd2, 0x33, 0x4b, 0xa5]) {
      world.wiegand(frame, 8, D0, D1);
      world.pass(60);
    }
    expect(read(keypad)).toBe('12#5');
    expect(wiegandKey(0x33, 8)).toBe('');
  });

  it('keys that queued up behind a page erase come out whole and in order', () => {
    const { world, keypad } = open(4);
    for (const key of [9, 8, 7]) world.wiegand(key, 4, D0, D1, 0);
    expect(read(keypad)).toBe('987');
  });

  it('half a key is forgotten after a gap', () => {
    const { world, keypad } = open(4);
    world.wiegand(3, 2, D0, D1);
    world.pass(100);
    world.wiegand(5, 4, D0, D1);
    expect(read(keypad)).toBe('5');
  });

  it('opens the door like any other', () => {
    const world = World.provisioned((w) => { w.wiring.keypad = { type: 'wiegand', d0: D0, d1: D1, bits: 4 }; });
    world.pass(20000);
    for (const key of [1, 2, 3, 4, 11]) {
      world.wiegand(key, 4, D0, D1);
      world.pass(120);
    }
    world.pass(1500);
    expect(world.door.status().lockState).toBe(2);
  });

  it('asks for safe mode with *#*# right after power-on', () => {
    let asked = 0;
    const world = World.provisioned((w) => {
      w.wiring.keypad = { type: 'wiegand', d0: D0, d1: D1, bits: 4 };
      w.hooks.requestSafeMode = () => { asked++; };
    });
    for (const key of [10, 11, 10, 11]) {
      world.wiegand(key, 4, D0, D1);
      world.pass(120);
    }
    world.pass(2500);
    expect(asked).toBe(0);
    world.pass(1500);
    expect(asked).toBe(1);
  });
});

describe('What is typed', () => {
  const type = (keys: string, entry = newEntry(), stepMs = 200) => [...keys].map((key, i) => stepEntry(entry, key, i * stepMs));

  it('digits, then # submits, and # alone is a command', () => {
    expect(type('12#')).toEqual([DIGIT, DIGIT, SUBMITTED]);
    expect(type('#')).toEqual([HASH_ALONE]);
  });

  it('* leaves no digit in memory', () => {
    const entry = newEntry();
    expect(type('1234*', entry)).toEqual([DIGIT, DIGIT, DIGIT, DIGIT, CLEARED]);
    expect([...entry.digits]).toEqual(new Array(12).fill(0));
  });

  it('neither do ten seconds without a key', () => {
    const entry = newEntry();
    type('1234', entry);
    expect(stepEntry(entry, '', 600 + 9999)).toBe(NOTHING);
    expect(stepEntry(entry, '', 600 + 10000)).toBe(CLEARED);
    expect([...entry.digits]).toEqual(new Array(12).fill(0));
  });

  it('twelve digits are the most', () => {
    expect(type('123456789012#').pop()).toBe(SUBMITTED);
    expect(type('1234567890123#').pop()).toBe(TOO_LONG);
    expect(type('12345678901234567890#').pop()).toBe(TOO_LONG);
  });
});
