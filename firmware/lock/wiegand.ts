/**
 * A Wiegand keypad, a card reader, or both on one pair of lines: D0 and D1 idle high, a bit is a low pulse on its line, and a pause ends
 * a frame. Keys have 4 or 8 bits, cards 26 or 34.
 */
import type { WiegandWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';
import { PRESENT_MS, type Keypad } from './keypad-parts.js';

/** The longest pause between two bits of one frame; bits come about 2 ms apart. */
const FRAME_GAP_MS = 25;
/** More than any frame has, and still a bound. */
const MOST_BITS = 40;
/** Keys and cards that wait to be fetched. */
const WAITING_MAX = 16;

/** The key of one frame, or `''`. 8 bits: the key inverted, then the key. 10 is `*`, 11 is `#`. */
export function wiegandKey(frame: number, bits: number): string {
  const key = frame & 15;
  return bits === 8 && (frame >> 4) !== (key ^ 15) ? '' : '0123456789*#'.charAt(key);
}

/**
 * The number on a card, as people read it: facility, then 5 digits of number. 26 bits have a facility of 8 bits (3 digits), 34 bits one of
 * 16 (5 digits). `bits`: a `0` or `1` each. The first half counts an even number of ones, the second an odd one; what does not is noise: `''`.
 */
export function wiegandCard(bits: string): string {
  const half = bits.length / 2;
  if (half !== 13 && half !== 17) return '';
  let ones = 0;
  for (let i = 0; i < half; i++) ones += +bits.charAt(i);
  if (ones & 1) return '';
  for (let i = half; i < bits.length; i++) ones += +bits.charAt(i);
  if (!(ones & 1)) return '';
  const facility = '0000' + parseInt(bits.substr(1, half * 2 - 18), 2);
  const number = '0000' + parseInt(bits.substr(-17, 16), 2);
  return facility.substr(half === 13 ? -3 : -5) + number.substr(-5);
}

/** What a frame says: a key, a card's number, or `''`. Keys have `keyBits`. */
export function wiegandFrame(bits: string, keyBits: number): string {
  return bits.length === keyBits ? wiegandKey(parseInt(bits, 2), keyBits) : wiegandCard(bits);
}

export function openWiegand(pins: Pins, nowMs: () => number, wiring: WiegandWiring): Keypad {
  const waiting: string[] = [];
  let bits = '';
  /** Of the last bit: when it came, which tells frames apart however late its turn was, and when it was taken. */
  let cameMs = 0;
  let lastMs = -1000;
  let recent = '';
  function endFrame(): void {
    const typed = wiegandFrame(bits, wiring.bits);
    bits = '';
    if (typed && waiting.length < WAITING_MAX) waiting.push(typed);
  }
  function line(pin: number, bit: string): void {
    pins.mode(pin, 'input_pullup');
    pins.watch(pin, (level, atMs) => {
      if (level) return;
      if (bits && atMs - cameMs > FRAME_GAP_MS) endFrame();
      cameMs = atMs;
      lastMs = nowMs();
      if (bits.length < MOST_BITS) bits += bit;
    });
  }
  line(wiring.d0, '0');
  line(wiring.d1, '1');
  const anyDown = () => waiting.length > 0 || nowMs() - lastMs < PRESENT_MS;
  return {
    poll: () => {
      if (bits && nowMs() - lastMs > FRAME_GAP_MS) endFrame();
      if (!waiting.length) return '';
      const typed = waiting.splice(0, 1)[0]!;
      recent = (recent + typed).substr(-4);
      return typed;
    },
    anyDown,
    unsettled: anyDown,
    chord: () => recent === '*#*#',
  };
}
