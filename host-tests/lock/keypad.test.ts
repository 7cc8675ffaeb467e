import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CARD, CLEARED, countKey, DIGIT, forgiveKeys, HASH_ALONE, KEYS_MAX, newEntry, NOTHING, REST_MS, stepEntry, SUBMITTED, TOO_LONG } from '../../firmware/lock/entry.js';
import { LIT_MS, openKeypad } from '../../firmware/lock/keypad.js';
import { HELD, HELD_MS, STUCK, type Keypad } from '../../firmware/lock/keypad-parts.js';
import { newKeys, stepKeys, STUCK_MS, type KeyState } from '../../firmware/lock/matrix.js';
import { wiegandCard, wiegandFrame, wiegandKey } from '../../firmware/lock/wiegand.js';
import type { Platform } from '../../firmware/platform/types.js';
import { KEYS, World } from './world.js';

/** Nobody at it. */
const fresh = (): KeyState => {
  const state = newKeys();
  stepKeys(state, 0, 0);
  return state;
};
const press = (state: KeyState, ...masks: number[]) => masks.map((mask) => stepKeys(state, mask, 0)).filter((key) => key > 0);

describe('A matrix keypad', () => {
  it('counts a key when two looks in a row agree, once', () => {
    expect(press(fresh(), 4, 4, 4, 4, 0, 0)).toEqual([4]);
  });

  it('does not count bouncing', () => {
    expect(press(fresh(), 4, 0, 4, 0, 0)).toEqual([]);
    expect(press(fresh(), 4, 0, 4, 4, 0, 4, 4, 0, 0)).toEqual([4]);
  });

  it('tells two keys apart that overlap, but not two that came at the same moment', () => {
    expect(press(fresh(), 1, 1, 3, 3, 2, 2, 0, 0)).toEqual([1, 2]);
    expect(press(fresh(), 3, 3, 2, 2, 0, 0, 2, 2)).toEqual([2]);
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
    keypad.poll();
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

  it('of 4 by 4 tells its letters to nobody', () => {
    const world = new World();
    const all = '123A456B789C*0#D';
    const { keypad, press: hit } = wired4x4(world, all);
    for (let key = 0; key < all.length; key++) expect(hit(key)).toBe('ABCD'.includes(all[key]!) ? '' : all[key]);
    expect(keypad.unsettled()).toBe(false);
  });

  it('says once that a key is held, and when it is let go', () => {
    const state = fresh();
    stepKeys(state, 8, 1000);
    expect(stepKeys(state, 8, 1000)).toBe(8);
    expect(stepKeys(state, 8, 1000 + HELD_MS - 1)).toBe(0);
    expect(stepKeys(state, 8, 1000 + HELD_MS)).toBe(-2);
    expect(stepKeys(state, 8, 1000 + HELD_MS + 20)).toBe(0);
    expect(polled(['#'], HELD_MS + 100, 1000)).toEqual(['#', `${HELD}#`]);
    expect(polled(['#'], HELD_MS - 100, 1000)).toEqual(['#']);
    expect(polled(['*', '#'], HELD_MS + 100, 1000), 'two keys are a chord, not a key that is held').toEqual([]);
  });

  it('with a stuck key says so once, works with all others, and with that one again when it is free', () => {
    const world = new World();
    const keypad = openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad);
    const seen = watchKeys(world, keypad);
    world.pass(100);
    world.down.add('5');
    world.pass(STUCK_MS + 100);
    expect(seen()).toEqual(['5', `${HELD}5`, STUCK]);
    expect(keypad.unsettled(), 'nobody waits for it').toBe(false);
    world.pass(3 * STUCK_MS);
    expect(seen()).toEqual([]);
    for (const key of '1234678') {
      world.down.add(key);
      world.pass(100);
      world.down.delete(key);
      world.pass(100);
    }
    expect(seen()).toEqual([...'1234678']);
    world.down.delete('5');
    world.pass(100);
    world.down.add('5');
    world.pass(100);
    expect(seen()).toEqual(['5']);
  });

  it('finds a key stuck while somebody keeps typing others', () => {
    const world = new World();
    const seen = watchKeys(world, openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad));
    world.pass(100);
    world.down.add('9');
    world.pass(100);
    for (let ms = 0; ms <= STUCK_MS; ms += 400) {
      world.down.add('1');
      world.pass(200);
      world.down.delete('1');
      world.pass(200);
    }
    expect(seen().filter((key) => key !== '1' && key.charAt(0) !== HELD)).toEqual(['9', STUCK]);
  });

  it('counts nothing that was down before it was opened', () => {
    expect(polled(['3'], 300, 0)).toEqual([]);
  });

  it('whatever is held, bounces or sticks, tells no key that nobody pressed', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.subarray([...KEYS], { maxLength: 4 }), fc.integer({ min: 10, max: 12000 })), { maxLength: 12 }), (holds) => {
      const world = new World();
      const seen = watchKeys(world, openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad));
      const touched = new Set<string>();
      for (const [held, ms] of holds) {
        world.down.clear();
        for (const key of held) {
          world.down.add(key);
          touched.add(key);
        }
        world.pass(ms);
        for (const key of seen()) expect(key === STUCK || touched.has(key.replace(HELD, ''))).toBe(true);
      }
      world.down.clear();
      world.pass(100);
      seen();
      world.press('7');
      expect(seen(), 'and works afterwards').toEqual(['7']);
    }), { numRuns: 30 });
  });
});

describe('The light behind the keys', () => {
  it('burns from a key on for ten seconds after the last', () => {
    const world = new World();
    const light = 13;
    const seen = watchKeys(world, openKeypad(world.platform.pins, world.platform.nowMs, { ...wiringOf(world), backlight: { pin: light, active: 0 } }));
    expect(world.level(light)).toBe(1);
    world.pass(100);
    world.press('4');
    expect(world.level(light)).toBe(0);
    world.pass(LIT_MS - 1000);
    world.press('4');
    world.pass(LIT_MS - 1000);
    expect(world.level(light)).toBe(0);
    world.pass(1100);
    expect(world.level(light)).toBe(1);
    world.down.add('1');
    world.pass(STUCK_MS + LIT_MS + 200);
    expect(world.level(light), 'a stuck key lights nothing for ever').toBe(1);
    expect(seen()).toContain(STUCK);
  });
});

/** Polls every 20 ms from now on; gives what came since it was asked last. */
function watchKeys(world: World, keypad: Keypad): () => string[] {
  const seen: string[] = [];
  const look = (): void => {
    world.platform.after(20, look);
    const key = keypad.poll();
    if (key) seen.push(key);
  };
  look();
  return () => seen.splice(0);
}

/** What comes while `keys` are pressed together for so long, `afterMs` after the keypad was opened. */
function polled(keys: string[], ms: number, afterMs: number): string[] {
  const world = new World();
  if (!afterMs) keys.forEach((key) => world.down.add(key));
  const seen = watchKeys(world, openKeypad(world.platform.pins, world.platform.nowMs, world.wiring.keypad));
  world.pass(afterMs);
  keys.forEach((key) => world.down.add(key));
  world.pass(ms);
  world.down.clear();
  world.pass(100);
  return seen();
}

/** A keypad of 4 rows and 4 columns, pins of its own. */
function wired4x4(world: World, keys: string) {
  const rows = [1, 2, 3, 4];
  const columns = [11, 12, 13, 14];
  const low = new Set<number>();
  let down = -1;
  const pins = {
    ...world.platform.pins,
    mode: () => undefined,
    write: (pin: number, level: number) => (level ? low.delete(pin) : low.add(pin)),
    read: (pin: number): 0 | 1 => (down >= 0 && columns[down % 4] === pin && low.has(rows[down >> 2]!) ? 0 : 1),
  } as Platform['pins'];
  const keypad = openKeypad(pins, () => 0, { type: 'matrix', rows, columns, keys });
  keypad.poll();
  return {
    keypad,
    press(key: number): string {
      down = key;
      const came = [keypad.poll(), keypad.poll(), keypad.poll()].join('');
      down = -1;
      return came + keypad.poll() + keypad.poll();
    },
  };
}

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
  const read = ({ world, keypad }: { world: World; keypad: Keypad }) => {
    let keys = '';
    world.pass(40);
    for (let key = keypad.poll(); key; key = keypad.poll()) keys += key;
    return keys;
  };

  it('sends 4 bits a key', () => {
    const lock = open(4);
    const { world } = lock;
    for (const key of [1, 2, 3, 4, 11, 10, 0]) {
      world.wiegand(key, 4, D0, D1);
      world.pass(60);
    }
    expect(read(lock)).toBe('1234#*0');
  });

  it('or 8, with the inverted key first, and noise is no key', () => {
    const lock = open(8);
    const { world } = lock;
    for (const frame of [0xe1, 0xd2, 0x33, 0x4b, 0xa5]) {
      world.wiegand(frame, 8, D0, D1);
      world.pass(60);
    }
    expect(read(lock)).toBe('12#5');
    expect(wiegandKey(0x33, 8)).toBe('');
  });

  it('keys that queued up behind a page erase come out whole and in order', () => {
    const lock = open(4);
    const { world } = lock;
    for (const [index, key] of [9, 8, 7].entries()) world.wiegand(key, 4, D0, D1, 120 - index * 40);
    expect(read(lock)).toBe('987');
  });

  it('half a key is forgotten after a gap', () => {
    const lock = open(4);
    const { world } = lock;
    world.wiegand(3, 2, D0, D1);
    world.pass(100);
    world.wiegand(5, 4, D0, D1);
    expect(read(lock)).toBe('5');
  });

  it('reads cards of 26 and 34 bits between keys of its keypad', () => {
    const lock = open(8);
    const { world } = lock;
    world.wiegand(0xe1, 8, D0, D1);
    world.pass(40);
    world.wiegandBits(cardBits(8, 45, 1234), D0, D1);
    world.pass(40);
    world.wiegandBits(cardBits(16, 45, 1234), D0, D1);
    world.pass(40);
    world.wiegand(0xd2, 8, D0, D1);
    world.pass(40);
    expect([lock.keypad.poll(), lock.keypad.poll(), lock.keypad.poll(), lock.keypad.poll(), lock.keypad.poll()]).toEqual(['1', '04501234', '0004501234', '2', '']);
  });

  it('takes a card for no other, and no frame with a bit wrong for a card', () => {
    fc.assert(fc.property(fc.constantFrom(8, 16), fc.nat(65535), fc.nat(65535), fc.nat(40), (size, anyFacility, number, at) => {
      const facility = anyFacility & ((1 << size) - 1);
      const bits = cardBits(size, facility, number);
      const text = wiegandFrame(bits, 4);
      expect(text).toBe(String(facility).padStart(size === 8 ? 3 : 5, '0') + String(number).padStart(5, '0'));
      const wrong = at % bits.length;
      expect(wiegandFrame(bits.slice(0, wrong) + (bits[wrong] === '1' ? '0' : '1') + bits.slice(wrong + 1), 4)).toBe('');
      expect(wiegandCard(bits.slice(1))).toBe('');
    }));
  });

  it('takes noise of any length for nothing, and stays well', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('0', '1'), minLength: 1, maxLength: 80 }), (bits) => {
      fc.pre(![4, 26, 34].includes(bits.length));
      const lock = open(4);
      lock.world.wiegandBits(bits, D0, D1);
      lock.world.pass(100);
      lock.world.wiegand(6, 4, D0, D1);
      expect(read(lock)).toBe('6');
    }), { numRuns: 40 });
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

/** A card as a reader sends it: even parity over the first half, odd over the second. */
function cardBits(facilityBits: number, facility: number, number: number): string {
  const body = facility.toString(2).padStart(facilityBits, '0') + number.toString(2).padStart(16, '0');
  const ones = (bits: string) => [...bits].filter((bit) => bit === '1').length;
  return (ones(body.slice(0, body.length / 2)) & 1) + body + (ones(body.slice(body.length / 2)) & 1 ? '0' : '1');
}

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

  it('a card clears what was typed', () => {
    const entry = newEntry();
    type('1234', entry);
    expect(stepEntry(entry, '04501234', 900)).toBe(CARD);
    expect([...entry.digits, entry.count]).toEqual(new Array(13).fill(0));
  });

  it('a key that is held or stuck is no digit', () => {
    const entry = newEntry();
    expect([stepEntry(entry, `${HELD}5`, 0), stepEntry(entry, STUCK, 0), entry.count]).toEqual([NOTHING, NOTHING, 0]);
  });

  it('twelve digits are the most', () => {
    expect(type('123456789012#').pop()).toBe(SUBMITTED);
    expect(type('1234567890123#').pop()).toBe(TOO_LONG);
    expect(type('12345678901234567890#').pop()).toBe(TOO_LONG);
  });
});

describe('Somebody who plays with the keypad', () => {
  /** Keys `everyMs` until the keypad rests; when that was, and after how many. */
  const play = (entry: ReturnType<typeof newEntry>, everyMs: number, keys: number, startMs = 0) => {
    for (let i = 0; i < keys; i++) if (countKey(entry, startMs + i * everyMs)) return i;
    return -1;
  };

  it('makes it rest for half a minute, and is told of once', () => {
    const entry = newEntry();
    expect(play(entry, 300, 500)).toBe(KEYS_MAX);
    expect(entry.restsUntilMs).toBe(KEYS_MAX * 300 + REST_MS);
    expect(countKey(entry, KEYS_MAX * 300 + 10)).toBe(0);
    expect(play(entry, 300, 500, KEYS_MAX * 300 + REST_MS)).toBe(KEYS_MAX);
  });

  it('is not somebody who types long codes wrong five times, as fast as people type', () => {
    const wrongCodes = 5 * 13;
    expect(play(newEntry(), 250, wrongCodes + 13)).toBe(-1);
  });

  it('is not somebody who types all day at an easy pace', () => {
    expect(play(newEntry(), Math.ceil(60000 / KEYS_MAX) + 1, 5000)).toBe(-1);
  });

  it('nor anybody whose code was right', () => {
    const entry = newEntry();
    for (let i = 0; i < 20; i++) {
      expect(play(entry, 250, KEYS_MAX - 5, i * 20000)).toBe(-1);
      forgiveKeys(entry);
    }
  });
});
