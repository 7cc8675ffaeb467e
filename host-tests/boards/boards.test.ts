import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFlash, checkWiring } from '../../boards/check.js';
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import { loadBoard } from '../../boards/load.js';
import { packWiring, unpackWiring } from '../../boards/record.js';
import { REFERENCE } from '../../boards/reference/index.js';
import { readWiring } from '../../boards/shape.js';
import { WIRING_BYTES, type Wiring } from '../../boards/wiring.js';

const family = (name: string): ChipFamily => FAMILIES.find((each) => each.name === name)!;
const devkit = REFERENCE['esp32-devkit']!;
const battery = REFERENCE['esp32-4xaa']!;
const xiao = REFERENCE['xiao-wiegand']!;

const motor: Wiring['bolt'] = { type: 'motor', in1: 16, in2: 17, throwMs: 800 };
const servo = { type: 'servo', pin: 16, lockedUs: 1000, unlockedUs: 1500, throwMs: 800 } as const;

describe('reference wirings', () => {
  test.each(Object.keys(REFERENCE))('%s passes every check and fits its record', (name) => {
    const wiring = REFERENCE[name]!;
    expect(readWiring(JSON.parse(JSON.stringify(wiring))).problems).toEqual([]);
    expect(checkWiring(wiring)).toEqual([]);
    const record = packWiring(wiring);
    expect(record.length).toBeLessThanOrEqual(WIRING_BYTES);
    expect(record).toMatch(/^[\x20-\x7e]+$/);
    expect(unpackWiring(record)).toEqual(wiring);
  });

  test('the XIAO uses all of its 11 header pins, and no matrix would fit in their place', () => {
    expect(family('xiaoble').pins).toHaveLength(11);
    const { keypad } = devkit;
    expect(checkWiring({ ...xiao, keypad })).toContainEqual(expect.stringMatching(/pins are needed, Seeed XIAO nRF52840 has 11: a Wiegand keypad needs 2/));
  });
});

const MISTAKES: [what: string, wiring: Wiring, says: RegExp][] = [
  ['a pin used twice', { ...devkit, led: { pin: 16, active: 1 } }, /^D16 is used twice, as bolt\.in1 and as led: one of them must move\.$/],
  ['a pin that belongs to the flash chip', { ...devkit, led: { pin: 6, active: 1 } }, /^led is on D6, which cannot be used on ESP32 .*: choose one of D0, /],
  ['an output on a pin that is input only', { ...devkit, beeper: { pin: 34, hz: 0 } }, /^beeper is on D34, which can only be read/],
  ['a pull on a pin that has none', { ...devkit, strap: { pin: 35, active: 0, pull: 'up' } }, /^strap is on D35, which has no pull resistor/],
  ['a keypad column on a pin without a pull', { ...devkit, keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 36], keys: '123456789*0#' } }, /^keypad\.columns\[2\] is on D36, .*float/],
  ['the motor on a pin pulled up at start', { ...devkit, bolt: { type: 'motor', in1: 4, in2: 12, throwMs: 1000 } }, /^bolt\.in2 is on D12, which Espruino pulls up while it starts.*move the bolt/],
  ['the motor on a strapping pin', { ...devkit, bolt: { type: 'motor', in1: 5, in2: 17, throwMs: 1000 } }, /^bolt\.in1 is on D5, whose level at reset/],
  ['a strike on a pin pulled up at start', { ...devkit, bolt: { type: 'strike', pin: 12, active: 1 } }, /^bolt\.pin is on D12, which Espruino pulls up .*strike's switch would see a weak high/],
  ['a servo on a pin pulled up at start', { ...devkit, sensors: {}, bolt: { ...servo, pin: 14 } }, /^bolt\.pin is on D14, which Espruino pulls up .*the servo would see/],
  ['a servo\'s switch on a pin pulled up at start', { ...devkit, bolt: { ...servo, enable: { pin: 15, active: 1 } } }, /^bolt\.enable\.pin is on D15, .*the servo's switch would see/],
  ['a switch of the servo, on by low, on a strapping pin', { ...devkit, led: undefined, bolt: { ...servo, enable: { pin: 2, active: 0 } } }, /^bolt\.enable\.pin is on D2, whose level at reset/],
  ['a servo whose ends are one', { ...devkit, bolt: { ...servo, lockedUs: 1450 } }, /^bolt\.lockedUs and bolt\.unlockedUs are less than 100 apart/],
  ['a magnet on cells', { ...battery, onPowerLoss: 'failSafe', bolt: { type: 'strike', pin: 16, active: 1 } }, /fail-safe: current holds the door all the time, which empties 4xAA cells/],
  ['a motor\'s current on a pin without ADC', { ...devkit, sensors: {}, bolt: { ...motor, stall: { pin: 14, limit: 400, ignoreMs: 60 } } }, /^bolt\.stall\.pin is D14, which has no ADC.*choose one of D32/],
  ['a current that is never looked at', { ...devkit, bolt: { ...motor, stall: { pin: 36, limit: 400, ignoreMs: 1000 } } }, /^bolt\.stall\.ignoreMs is 1000, a whole throw takes 800 ms/],
  ['a soft start that never ends', { ...devkit, bolt: { ...motor, softStartMs: 900 } }, /^bolt\.softStartMs is 900, a whole throw takes 800 ms/],
  ['a switch on a strapping pin', { ...devkit, strap: { pin: 0, active: 0, pull: 'up' } }, /^strap is on D0, whose level at reset.*not start/],
  ['a battery pin without ADC', { ...battery, battery: { chemistry: '4xAA', pin: 14, fullScaleMv: 7200 } }, /^battery\.pin is D14, which has no ADC.*D32, D33/],
  ['a battery without a pin', { ...battery, battery: { chemistry: '4xAA', fullScaleMv: 7200 } }, /^battery\.pin is missing/],
  ['a battery of unknown scale', { ...battery, battery: { chemistry: '4xAA', pin: 35 } }, /^battery\.fullScaleMv is missing/],
  ['a divider that lets fresh cells through', { ...battery, battery: { chemistry: '4xAA', pin: 35, fullScaleMv: 5000 } }, /more than it can bear/],
  ['mains with a battery pin', { ...devkit, battery: { chemistry: 'mains', pin: 35 } }, /^battery\.pin is given, but mains has no voltage gate/],
  ['cells behind cells', { ...battery, battery: { ...battery.battery, backup: { chemistry: 'li1', pin: 36, fullScaleMv: 7200 } } }, /^battery\.backup is given, but there are no mains to back up/],
  ['a sign of mains without cells behind them', { ...devkit, battery: { chemistry: 'mains', present: { pin: 36, active: 1 } } }, /^battery\.present is given without battery\.backup/],
  ['cells behind mains that nobody measures', { ...devkit, battery: { chemistry: 'mains', backup: { chemistry: 'li1', fullScaleMv: 4500 } } }, /^battery\.backup\.pin is missing/],
  ['a divider of cells behind mains on a pin in use', { ...devkit, battery: { chemistry: 'mains', backup: { chemistry: 'li1', pin: 32, fullScaleMv: 4500 } } }, /^D32 is used twice, as sensors\.locked and as battery\.backup\.pin/],
  ['a light behind the keys on an input', { ...devkit, keypad: { ...devkit.keypad, backlight: { pin: 34, active: 1 } } as Wiring['keypad'] }, /^keypad\.backlight is on D34, which can only be read/],
  ['deep sleep without a wake pin', { ...battery, wakePin: undefined }, /^wakePin is missing: on 4xAA cells .* deep-sleep/],
  ['a wake pin that cannot wake', { ...battery, beeper: undefined, wakePin: { pin: 23, active: 0 } }, /^wakePin is D23, which cannot wake/],
  ['a wake pin with the chip\'s own pull', { ...battery, wakePin: { pin: 33, active: 0, pull: 'up' }, sensors: {} }, /^wakePin\.pull is given.*off in deep sleep/],
  ['a wake pin where none is needed', { ...xiao, strap: undefined, wakePin: { pin: 8, active: 0 } }, /^wakePin is given, but Seeed XIAO nRF52840 sleeps without one/],
  ['a load test below the refusal', { ...battery, battery: { chemistry: '4xAA', pin: 35, fullScaleMv: 7200, floors: { refuseMv: 4800, loadTestMv: 4500, loadedMv: 4400 } } }, /^battery\.floors are out of order: refuseMv 4800/],
  ['a loaded floor above the load test', { ...battery, battery: { chemistry: '4xAA', pin: 35, fullScaleMv: 7200, floors: { refuseMv: 4500, loadTestMv: 4800, loadedMv: 4900 } } }, /^battery\.floors are out of order: loadedMv 4900/],
  ['floors no cell reaches', { ...battery, battery: { chemistry: '4xAA', pin: 35, fullScaleMv: 7200, floors: { refuseMv: 4500, loadTestMv: 8800, loadedMv: 4400 } } }, /above the 6500 mV of fresh/],
  ['keys that do not fill the matrix', { ...devkit, keypad: { type: 'matrix', rows: [18, 19], columns: [25, 26, 27], keys: '123456789*0#' } }, /^keypad\.keys names 12 keys, 2 rows of 3 columns have 6/],
  ['a keypad without #', { ...devkit, keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27], keys: '123456789*0A' } }, /^keypad\.keys has no #/],
  ['a key in two places', { ...devkit, keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27, 5], keys: '123A456B789C*0#1' } }, /names 1 more than once/],
  ['stretching that takes too long', { ...devkit, stretch: 5000 }, /^stretch is 5000: .*waits too long/],
  ['stretching that is too easy', { ...devkit, stretch: 1 }, /^stretch is 1: below 100 codes are guessed too fast/],
  ['a record of more than 1 KB', { ...devkit, resetCause: { register: 1, mask: 1, causes: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [4294967000 + index, 'deepSleep'])) } }, /^The wiring takes \d+ bytes as a record, its place in flash holds 1024/],
];

describe('a wiring that would not work is refused with the reason', () => {
  test.each(MISTAKES)('%s', (_what, wiring, says) => {
    expect(readWiring(JSON.parse(JSON.stringify(wiring))).problems).toEqual([]);
    expect(checkWiring(wiring)).toContainEqual(expect.stringMatching(says));
  });

  test('each of these mistakes alone makes one complaint', () => {
    for (const [what, wiring] of MISTAKES) expect(checkWiring(wiring), what).toHaveLength(1);
  });

  test('a battery on a chip whose port has no ADC', () => {
    expect(checkWiring(battery, { ...family('esp32'), adcPins: [], title: 'ESP32-S3' })).toEqual([expect.stringMatching(/^ESP32-S3 has no ADC pins in Espruino.*only mains will do/)]);
  });

  test('a Wiegand reader may be what wakes the lock', () => {
    const { d0, d1 } = { d0: 25, d1: 26 };
    expect(checkWiring({ ...battery, keypad: { type: 'wiegand', d0, d1, bits: 4 }, wakePin: { pin: d0, active: 0 } })).toEqual([]);
  });

  test('what a strike and a servo\'s switch may do: on by low where the chip pulls up', () => {
    expect(checkWiring({ ...devkit, sensors: {}, bolt: { type: 'strike', pin: 14, active: 0 } })).toEqual([]);
    expect(checkWiring({ ...devkit, sensors: {}, bolt: { ...servo, enable: { pin: 14, active: 0 } } })).toEqual([]);
    expect(checkWiring({ ...devkit, onPowerLoss: 'failSafe', bolt: { type: 'strike', pin: 16, active: 1 } })).toEqual([]);
    expect(checkWiring({ ...devkit, bolt: { ...servo, enable: { pin: 16, active: 0 } } })).toEqual([expect.stringMatching(/^D16 is used twice/)]);
    expect(checkWiring({ ...devkit, bolt: { ...motor, stall: { pin: 32, limit: 400, ignoreMs: 60 } } })).toEqual([expect.stringMatching(/^D32 is used twice/)]);
  });

  test('every pin of a wiring takes part: moving any two onto one pin is noticed', () => {
    const paths = ['bolt.in1', 'bolt.in2', 'sensors.locked.pin', 'sensors.unlocked.pin', 'sensors.door.pin', 'led.pin', 'beeper.pin', 'strap.pin', 'keypad.rows.0', 'keypad.columns.2'];
    fc.assert(fc.property(fc.constantFrom(...paths), fc.constantFrom(...paths), (one, other) => {
      fc.pre(one !== other);
      const wiring = structuredClone(devkit);
      setAt(wiring, one, getAt(wiring, other));
      return checkWiring(wiring).some((problem) => problem.includes('is used twice'));
    }));
  });
});

describe('flash of a chip family', () => {
  test.each(FAMILIES.map((each) => each.name))('%s: every region fits', (name) => {
    expect(checkFlash(family(name))).toEqual([]);
  });

  test('ids are told apart, because images name them', () => {
    expect(new Set(FAMILIES.map((each) => each.id)).size).toBe(FAMILIES.length);
  });

  test.each<[string, Partial<ChipFamily['geometry']>, RegExp]>([
    ['a slot outside Storage', { slotPages: 100 }, /^Slot B ends 21 pages outside Storage/],
    ['a Storage that begins inside a page', { base: 0x320400 }, /0x320400, which is not the start of a page/],
    ['one journal page', { journalPages: 1 }, /^The journal needs 2 pages/],
    ['one identity page', { identityPages: 1 }, /^Identity needs 2 pages/],
    ['an offer too small for a signature', { offerPages: 2 }, /^The offer needs 3 pages/],
    ['one record page', { recordPages: 1 }, /^The record store needs at least 2 pages/],
    ['no spare pages', { slotPages: 89 }, /^Storage leaves fewer than 2 spare pages/],
    ['no bootloader', { bootPages: 0 }, /^\.boot0 has no pages/],
    ['no slots', { slotPages: 0 }, /^Slot A has no pages/],
  ])('%s is refused', (_what, change, says) => {
    const changed = { ...family('esp32'), geometry: { ...family('esp32').geometry, ...change } };
    expect(checkFlash(changed)).toContainEqual(expect.stringMatching(says));
  });
});

describe('a board file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deadlatch-board-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  test('is a reference name, JSON or TypeScript', async () => {
    expect(await loadBoard('bench')).toEqual(REFERENCE.bench);
    expect(await loadBoard(await file('mine.json', JSON.stringify(xiao)))).toEqual(xiao);
    expect(await loadBoard(await file('mine.ts', `export const wiring = ${JSON.stringify(devkit)} as const;`))).toEqual(devkit);
  });

  test.each([
    ['mine.json', '{', /^.*mine\.json: The file is not JSON/],
    ['mine.json', '[]', /^.*mine\.json: The board must be a record, not \[\]\.$/],
    ['mine.json', 'null', /must be a record, not null/],
    ['other.ts', 'export const board = 1;', /other\.ts: The file must `export const wiring/],
    ['mine.txt', '', /no such board: give the path of a \.ts or \.json file, or one of esp32-devkit, /],
    ['large.json', ' '.repeat(70000), /more than 64 KB/],
    ['broken.ts', 'throw new Error("no");', /cannot be loaded \(no\)/],
    ['mistake.json', JSON.stringify({ ...devkit, led: { pin: 16, active: 1 } }), /mistake\.json: D16 is used twice/],
  ])('%s holding %j is refused in a sentence that names it', async (name, text, says) => {
    await expect(loadBoard(await file(name, text))).rejects.toThrow(says);
  });

  test('that is not there is refused', async () => {
    await expect(loadBoard(join(folder, 'none.json'))).rejects.toThrow(/none\.json: There is no such file\.$/);
    await expect(loadBoard(folder + '/a.toString')).rejects.toThrow(/no such board/);
    await expect(loadBoard('toString')).rejects.toThrow(/no such board/);
  });

  test.each<[string, unknown, RegExp]>([
    ['a field nobody reads', { ...devkit, lde: {} }, /^lde is not a field that exists; known here: name|lde/],
    ['a missing field', { ...devkit, bolt: undefined }, /^bolt is missing\.$/],
    ['an unknown family', { ...devkit, family: 'esp32s3' }, /^family must be one of esp32, esp32c3, .*, not "esp32s3"\.$/],
    ['an unknown keypad', { ...devkit, keypad: { type: 'i2c' } }, /^keypad\.type must be one of none, matrix, wiegand\.$/],
    ['an inherited name as type', { ...devkit, keypad: { type: 'toString' } }, /^keypad\.type must be one of/],
    ['a pin that is no number', { ...devkit, led: { pin: 'D2', active: 1 } }, /^led\.pin must be a whole number from 0 to 47, not "D2"\.$/],
    ['a pin that is no pin', { ...devkit, led: { pin: 2.5, active: 1 } }, /^led\.pin must be a whole number/],
    ['a level that is none', { ...devkit, led: { pin: 2, active: 'high' } }, /^led\.active must be one of 0, 1/],
    ['too many rows', { ...devkit, keypad: { type: 'matrix', rows: [1, 2, 3, 4, 5], columns: [6], keys: '12345' } }, /^keypad\.rows must be a list of 1 to 4 pins\.$/],
    ['a name beyond ASCII', { ...devkit, name: 'T\u00fcr' }, /^name must be 1 to 32 printable ASCII/],
    ['an unknown reset cause', { ...devkit, resetCause: { register: 1, mask: 1, causes: { 1: 'magic' } } }, /^resetCause\.causes\.1 must be one of powerOn/],
    ['a reset value that is no number', { ...devkit, resetCause: { register: 1, mask: 1, causes: { x: 'pin' } } }, /key "x" must be a decimal number/],
  ])('with %s is refused', (_what, value, says) => {
    const { wiring, problems } = readWiring(value);
    expect(wiring).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(says)]);
  });

  test('whatever JSON it holds, it is accepted or refused, never crashed on', () => {
    fc.assert(fc.property(fc.json(), (text) => {
      const { wiring, problems } = readWiring(JSON.parse(text));
      return (wiring === undefined) === problems.length > 0;
    }));
    fc.assert(fc.property(fc.constantFrom(...Object.keys(devkit)), fc.jsonValue(), (field, value) => {
      const { wiring, problems } = readWiring({ ...devkit, [field]: value });
      if (wiring) checkWiring(wiring);
      return wiring !== undefined || problems.length > 0;
    }));
  });
});

describe('the wiring record', () => {
  test('a damaged one is no wiring', () => {
    const text = packWiring(devkit);
    expect(unpackWiring(text.slice(0, -1))).toBeUndefined();
    expect(unpackWiring('')).toBeUndefined();
    expect(unpackWiring('{}')).toBeUndefined();
  });

  test('one that is too long is not packed', () => {
    expect(() => packWiring({ ...devkit, name: 'x'.repeat(1024) })).toThrow(/its place in flash holds 1024/);
  });
});

type Tree = { [name: string]: Tree };
function getAt(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, name) => (node as Tree)[name], root);
}
function setAt(root: unknown, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop()!;
  (getAt(root, names.join('.')) as Record<string, unknown>)[last] = value;
}
