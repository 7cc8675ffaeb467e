/** Diagnosis is a function of readings: every fault that the virtual board cannot have, and every way to swap wires. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REFERENCE } from '../../boards/reference/index.js';
import type { MatrixWiring, MotorWiring, SensorWiring, WiegandWiring } from '../../boards/wiring.js';
import { diagnoseBattery, type BatteryReadings } from '../../cli/doctor/battery.js';
import { diagnoseContact, steady } from '../../cli/doctor/contacts.js';
import { isWrong, summary, type Finding } from '../../cli/doctor/findings.js';
import { diagnoseKeys, diagnoseLines, linesOf, pairOf, pairsIn, type Pair } from '../../cli/doctor/matrix.js';
import { diagnoseMotor, type Ends, type Place, type Throw } from '../../cli/doctor/motor.js';
import { bitsOf, diagnoseIdle, diagnoseWiegand, inverted, WIEGAND_KEYS } from '../../cli/doctor/wiegand.js';

const BOARD = REFERENCE['esp32-4xaa']!;
const MATRIX = BOARD.keypad as MatrixWiring;
const MOTOR = BOARD.bolt as MotorWiring;
const LINES = linesOf(MATRIX);
const textsOf = (findings: readonly Finding[]): string[] => findings.filter(isWrong).map(({ text }) => text);

/** What a keypad shows whose lines end on `ends` (numbers of lines; -1 = nowhere). */
function pressesOf(ends: readonly number[], keys = MATRIX.keys): Map<string, Pair[]> {
  return new Map([...keys].map((key) => {
    const [a, b] = pairOf(MATRIX, key).map((line) => ends[line]!).sort((one, other) => one - other) as [number, number];
    return [key, a < 0 ? [] : [[a, b] as const]];
  }));
}

describe('a matrix keypad', () => {
  const permutation = fc.shuffledSubarray(LINES.map((_, line) => line), { minLength: LINES.length });

  test('whatever wires are on each other\'s pins: one finding, and the board file that it gives is right', () => {
    fc.assert(fc.property(permutation, (ends) => {
      const texts = textsOf(diagnoseKeys(MATRIX, pressesOf(ends)));
      if (ends.every((end, line) => end === line)) return void expect(texts).toEqual([]);
      expect(texts).toHaveLength(1);
      const given = /rows: (\[.*?\]), columns: (\[.*?\])\./.exec(texts[0]!)!;
      expect([...JSON.parse(given[1]!) as number[], ...JSON.parse(given[2]!) as number[]]).toEqual(ends.map((end) => LINES[end]));
    }));
  });

  test('whatever wires are open: each is named, and no line that works', () => {
    fc.assert(fc.property(fc.subarray(LINES.map((_, line) => line), { minLength: 1, maxLength: 2 }), (open) => {
      const texts = textsOf(diagnoseKeys(MATRIX, pressesOf(LINES.map((_, line) => (open.includes(line) ? -1 : line)))));
      expect(texts).toHaveLength(open.length);
      open.forEach((line, index) => expect(texts[index]).toMatch(new RegExp(`never came: the wire of (row|column) \\d \\(D${LINES[line]}\\) is open`)));
    }));
  });

  test('keys that are printed in other places are told as such', () => {
    const phone = '123456789*0#';
    const calculator = '789456123*0#';
    const seen = new Map([...phone].map((key) => [key, [pairOf({ ...MATRIX, keys: calculator }, key)]]));
    expect(textsOf(diagnoseKeys(MATRIX, seen))).toEqual([expect.stringMatching(/the wires of row 1 \(D18\) and row 3 \(D21\) are swapped/)]);
    const one = new Map([...seen.keys()].map((key) => [key, [pairOf(MATRIX, key === '1' ? '6' : key === '6' ? '1' : key)]]));
    expect(textsOf(diagnoseKeys(MATRIX, one))).toEqual([expect.stringMatching(/^1 came as 6 and 6 came as 1: .*put them into "keys"/)]);
  });

  test('two keys that go down together', () => {
    const seen = pressesOf(LINES.map((_, line) => line));
    seen.set('5', [pairOf(MATRIX, '5'), pairOf(MATRIX, '6')]);
    expect(textsOf(diagnoseKeys(MATRIX, seen))).toEqual([expect.stringMatching(/^key 5 joins more than two lines: row 2 \(D19\) with column 2 \(D26\), row 2 \(D19\) with column 3 \(D27\)/)]);
  });

  test('three wires that touch are one fault', () => {
    const joined = [0, 0b100 | 0b1000, 0b10 | 0b1000, 0b110, 0, 0, 0];
    expect(pairsIn(joined)).toEqual([[1, 2], [1, 3], [2, 3]]);
    expect(textsOf(diagnoseLines(MATRIX, { pulledUp: 127, pulledDown: 0, joined }))).toEqual([expect.stringMatching(/^the wires of row 2 \(D19\), row 3 \(D21\) and row 4 \(D22\) touch/)]);
  });
});

describe('a Wiegand keypad', () => {
  const WIRING: WiegandWiring = { type: 'wiegand', d0: 2, d1: 3, bits: 4 };
  const sending = (make: (key: string) => string): Map<string, string> => new Map([...WIEGAND_KEYS].map((key) => [key, make(key)]));
  const diagnose = (make: (key: string) => string, wiring = WIRING): string[] => textsOf(diagnoseWiegand(wiring, sending(make)));
  const only = (bit: string) => (key: string) => [...bitsOf(key, 4)].filter((each) => each === bit).join('');

  test('that sends each key has nothing wrong, with 4 bits and with 8', () => {
    expect(diagnose((key) => bitsOf(key, 4))).toEqual([]);
    expect(diagnose((key) => bitsOf(key, 8), { ...WIRING, bits: 8 })).toEqual([]);
    expect(bitsOf('5', 8)).toBe('10100101');
  });

  test.each<[string, (key: string) => string, RegExp]>([
    ['nothing', () => '', /^no key came at all: .*its D0 is on D2 and its D1 on D3/],
    ['lines swapped', (key) => inverted(bitsOf(key, 4)), /^D0 and D1 of the keypad are swapped/],
    ['D1 open', only('0'), /^only D0 of the keypad sends: the wire from its D1 to pin D3 is open/],
    ['D0 open', only('1'), /^only D1 of the keypad sends: the wire from its D0 to pin D2 is open/],
    ['lines joined', (key) => [...bitsOf(key, 4)].map(() => '01').join(''), /^each bit comes on both lines/],
    ['8 bits', (key) => bitsOf(key, 8), /^the keypad sends 8 bits a key and the board file says 4: write bits: 8/],
    ['card numbers', () => '0'.repeat(13) + '1'.repeat(13), /^the keypad sends 26 bits, a whole card number/],
    ['one key silent', (key) => (key === '7' ? '' : bitsOf(key, 4)), /^key 7 never came/],
    ['noise', (key) => (key === '7' ? bitsOf('6', 4) : key === '8' ? '10' : bitsOf(key, 4)), /^7 came as 6, 8 came as the bits 10: bits are lost/],
  ])('%s', (_title, make, sentence) => {
    expect(diagnose(make)).toEqual([expect.stringMatching(sentence)]);
  });

  test('a line that is low at rest', () => {
    expect(textsOf(diagnoseIdle(WIRING, { d0: true, d1: true }))).toEqual([]);
    expect(textsOf(diagnoseIdle(WIRING, { d0: true, d1: false }))).toEqual([expect.stringMatching(/^D1 of the keypad \(pin D3\) is low/)]);
  });
});

describe('a motor', () => {
  const ends = (locked: number, unlocked: number): Ends => ({ locked, unlocked });
  const none = ends(-1, -1);
  const throwOf = (goal: Throw['goal'], seen: Ends[], rest: Partial<Throw> = {}): Throw => ({ goal, ends: seen, pulses: seen.length - 1, ...rest });
  const diagnose = (said: Place, throws: Throw[], sensors: SensorWiring | undefined = BOARD.sensors): string[] => (
    textsOf(diagnoseMotor(MOTOR, sensors, { said, start: throws[0]!.ends[0]!, throws })));

  test('end stops that say yes for no', () => {
    expect(diagnose('out', [
      throwOf('unlocked', [ends(0, 1), ends(1, 1), ends(1, 0)], { said: 'in' }), throwOf('locked', [ends(1, 0), ends(1, 1), ends(0, 1)], { said: 'out' }),
    ])).toEqual([expect.stringMatching(/^both end stops are the wrong way round/)]);
  });

  test('an end stop that says yes all the time', () => {
    expect(diagnose('out', [
      throwOf('unlocked', [ends(1, 1), ends(0, 1), ends(0, 1)], { said: 'in' }), throwOf('locked', [ends(0, 1), ends(0, 1), ends(1, 1)], { said: 'out' }),
    ])).toEqual([expect.stringMatching(/^end stop "unlocked" \(D33\) says yes while the bolt is elsewhere: its wire is joined to GND/)]);
  });

  test.each<[string, Place, Place, Place, RegExp[]]>([
    ['right', 'out', 'in', 'out', []],
    ['turning the wrong way', 'between', 'out', 'in', [/^the motor turns the wrong way/]],
    ['stopping half-way', 'out', 'between', 'out', [/^the bolt sets off towards "unlocked" and does not arrive within 200 ms of current/]],
  ])('without end stops a person tells: %s', (_title, said, first, second, sentences) => {
    const throws = [throwOf('unlocked', [none, none, none], { said: first }), throwOf('locked', [none, none, none], { said: second })];
    expect(diagnose(said, throws, undefined)).toEqual(sentences.map((each) => expect.stringMatching(each) as string));
  });

  test('on a supply that cannot be measured a person hears whether it pulls', () => {
    const throws = (first: boolean, second: boolean): Throw[] => [
      throwOf('unlocked', [ends(1, 0), ends(1, 0)], { said: 'out', heard: first }), throwOf('locked', [ends(1, 0), ends(1, 0)], { heard: second }),
    ];
    expect(diagnose('out', throws(true, true))).toEqual([expect.stringMatching(/jammed/)]);
    expect(diagnose('out', throws(false, false))).toEqual([expect.stringMatching(/gets no current: check the driver's supply/)]);
    expect(diagnose('out', throws(false, true))).toEqual([expect.stringMatching(/from D16 to IN1 of the driver is open/)]);
  });
});

describe('a battery', () => {
  const { battery } = BOARD;
  const switched = REFERENCE['xiao-wiegand']!.battery;
  const diagnose = (readings: BatteryReadings, wiring = battery): string[] => textsOf(diagnoseBattery(wiring, readings));

  test('readings that no cells can give are told by what is missing', () => {
    expect(diagnose({ rest: 0.999 })).toEqual([expect.stringMatching(/reads 100 % of full scale, .*the lower resistor \(from D35 to GND\) is missing/)]);
    expect(diagnose({ rest: 0.01 })).toEqual([expect.stringMatching(/the divider is not connected; check the wire .* to D35/)]);
    expect(diagnose({ rest: 0.1, measuredMv: 700 })).toEqual([expect.stringMatching(/the pack has 0\.70 V: the cells are empty, or one is in the wrong way round/)]);
  });

  test('a divider whose switch does nothing', () => {
    expect(diagnose({ rest: 0.9, disabled: 0.901 }, switched)).toEqual([expect.stringMatching(/reads the same with its switch \(D10\) off and on/)]);
    expect(diagnose({ rest: 0.9, disabled: 0.999, measuredMv: 5900 }, switched)).toEqual([]);
  });

  test('what a meter says is held against resistors, calibration and neither', () => {
    const calibration = new Uint8Array([10800 & 255, 10800 >> 8]);
    const told = (readings: BatteryReadings): string => diagnoseBattery(battery, readings)[0]!.text;
    expect(told({ rest: 0.8, measuredMv: 5800 })).toMatch(/^the divider reads 5\.76 V, your meter 5\.80 V: near enough/);
    expect(told({ rest: 0.8, measuredMv: 6200 })).toMatch(/off by so much; "deadlatch provision --battery-mv 6\.20" tells the lock/);
    expect(told({ rest: 0.8, measuredMv: 6200, calibration })).toMatch(/^the divider reads 6\.22 V, .*near enough/);
    expect(told({ rest: 0.8, measuredMv: 5600, calibration })).toMatch(/the lock was calibrated: a resistor or its contact has changed/);
    expect(told({ rest: 0.6, calibration, loaded: { reading: 0.58, by: 'flash' } })).toMatch(/4\.51 V while flash is erased, and an update needs 4\.55 V; fit fresh cells\.$/);
  });

  test('what a held motor takes is not held against the cells', () => {
    expect(diagnose({ rest: 0.8, loaded: { reading: 0.6, by: 'stalled motor' } })).toEqual([]);
    expect(diagnose({ rest: 0.8, loaded: { reading: 0.6, by: 'motor' } })).toHaveLength(1);
  });
});

test('a contact whose level jumps has nothing that holds it', () => {
  expect([0, 2, 3, 13, 14, 16].map((high) => steady({ high, of: 16 }))).toEqual([0, 0, 'unsteady', 'unsteady', 1, 1]);
  const wake = { name: 'wake key', input: { pin: 34, active: 0 as const }, no: '', yes: '' };
  expect(diagnoseContact(wake, { high: 8, of: 16 }, { high: 0, of: 16 }).text).toMatch(/the level jumps.*fit a resistor of 10 kOhm to 3V3/);
  expect(diagnoseContact(wake, { high: 0, of: 16 }, { high: 0, of: 16 }).text).toMatch(/says yes all the time: its wire is joined to GND/);
  expect(diagnoseContact(wake, { high: 0, of: 16 }, { high: 16, of: 16 }).text).toMatch(/wrong way round/);
});

test('the summary counts faults and names what was not looked at', () => {
  const fault: Finding = { part: 'motor', level: 'wrong', text: 'it is jammed.' };
  expect(summary([{ part: 'port', level: 'good', text: 'answers.' }, fault], ['beeper'])).toMatch(/^\nOne thing is wrong:\n {2}1\. motor: it is jammed\.\nNot looked at: beeper\.\nTake the power away/);
  expect(summary([{ part: 'port', level: 'good', text: 'answers.' }], [])).toBe('\nNothing is wrong with what was looked at: port.');
});
