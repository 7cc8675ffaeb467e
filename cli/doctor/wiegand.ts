/** A Wiegand keypad judged by the bits that arrive while each key is pressed: 0 for a pulse on D0, 1 for one on D1. */
import type { WiegandWiring } from '../../boards/wiring.js';
import { good, listed, wrong, type Finding } from './findings.js';

export const WIEGAND_KEYS = '0123456789*#';

/** Nobody touches a key: is the line high? */
export interface IdleLines {
  d0: boolean;
  d1: boolean;
}

/** What a key sends: 4 bits, or 8 with the inverted key first. */
export function bitsOf(key: string, bits: 4 | 8): string {
  const value = WIEGAND_KEYS.indexOf(key);
  const word = bits === 4 ? value : (value ^ 15) << 4 | value;
  return word.toString(2).padStart(bits, '0');
}

export const inverted = (bits: string): string => [...bits].map((bit) => (bit === '0' ? '1' : '0')).join('');
const only = (bits: string, bit: '0' | '1'): string => [...bits].filter((each) => each === bit).join('');

export function diagnoseIdle({ d0, d1 }: WiegandWiring, idle: IdleLines): Finding[] {
  const low = [...(idle.d0 ? [] : [`D0 of the keypad (pin D${d0})`]), ...(idle.d1 ? [] : [`D1 of the keypad (pin D${d1})`])];
  if (low.length === 0) return [];
  return [wrong('keypad', `${listed(low)} ${low.length === 1 ? 'is' : 'are'} low while nobody touches a key, and must be high: the keypad has no power, or the wire is joined to GND.`)];
}

/** `seen`: bits that arrived for each key; `''` = none. */
export function diagnoseWiegand(wiring: WiegandWiring, seen: ReadonlyMap<string, string>): Finding[] {
  const { d0, d1, bits } = wiring;
  const keys = [...seen.keys()];
  const came = keys.filter((key) => seen.get(key) !== '');
  const all = (test: (got: string, key: string) => boolean): boolean => came.every((key) => test(seen.get(key)!, key));
  const expected = (key: string): string => bitsOf(key, bits);
  const lineOpen = (bit: '0' | '1'): boolean => keys.every((key) => seen.get(key) === only(expected(key), bit));

  if (came.length === 0) {
    return [wrong('keypad', `no key came at all: check that the keypad has its supply and the same GND as the board, that its D0 is on D${d0} and its D1 on D${d1}, and that 5 V lines go through a level shifter.`)];
  }
  if (lineOpen('0')) return [wrong('keypad', `only D0 of the keypad sends: the wire from its D1 to pin D${d1} is open.`)];
  if (lineOpen('1')) return [wrong('keypad', `only D1 of the keypad sends: the wire from its D0 to pin D${d0} is open.`)];
  if (all((got, key) => got === inverted(expected(key)))) {
    return [wrong('keypad', `D0 and D1 of the keypad are swapped: its D0 belongs on pin D${d0}, its D1 on pin D${d1}.`)];
  }
  const other = bits === 4 ? 8 : 4;
  if (all((got, key) => got === bitsOf(key, other))) {
    return [wrong('keypad', `the keypad sends ${other} bits a key and the board file says ${bits}: write bits: ${other} into it, or set the keypad to ${bits}.`)];
  }
  if (all((got) => got.length === 2 * bits && /^(01|10)+$/.test(got))) {
    return [wrong('keypad', `each bit comes on both lines: the wires of D0 (pin D${d0}) and D1 (pin D${d1}) touch.`)];
  }
  if (all((got) => got.length >= 24)) {
    return [wrong('keypad', `the keypad sends ${seen.get(came[0]!)!.length} bits, a whole card number, instead of a key: set it to send each key at once (4 or 8 bits), as its manual says.`)];
  }
  const missing = keys.filter((key) => seen.get(key) === '');
  const strange = came.filter((key) => seen.get(key) !== expected(key));
  return [
    ...(missing.length ? [wrong('keypad', `${missing.length === 1 ? 'key' : 'keys'} ${missing.join(', ')} never came, and others did: look at the keypad itself.`)] : []),
    ...(strange.length ? [wrong('keypad', `${strange.map((key) => `${key} came as ${keyIn(seen.get(key)!, bits) ?? `the bits ${seen.get(key)!}`}`).join(', ')}: bits are lost or added; shorten the wires, keep them away from the motor's, and check GND.`)] : []),
    ...(missing.length + strange.length ? [] : [good('keypad', `all ${keys.length} keys came.`)]),
  ];
}

const keyIn = (got: string, bits: 4 | 8): string | undefined => [...WIEGAND_KEYS].find((key) => bitsOf(key, bits) === got);
