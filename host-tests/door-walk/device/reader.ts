/** A Wiegand keypad with a card reader: what it sends for a key and for a card, bit by bit. */
import { KEYS } from './wired.js';

/** Between two bits. */
export const BIT_MS = 2;
/** After this long a frame has been taken, whatever the lock does. */
export const TAKEN_MS = 250;
/** Cards there are, each somebody's. Every other one has 34 bits. */
export const CARDS = 6;

/** Whose that card is. */
export function holderOfCard(card: number): number {
  return [1, 4, 5, 8, 11, 12][card]!;
}

/** As printed on it. */
export function cardNumber(card: number): string {
  return ['00712345', '0123454321', '25500001', '6553565535', '04260001', '0000100007'][card]!;
}

function binary(value: number, count: number): string {
  let text = '';
  for (let i = count - 1; i >= 0; i--) text += value >> i & 1;
  return text;
}

function isOdd(bits: string): number {
  let ones = 0;
  for (let i = 0; i < bits.length; i++) ones += +bits.charAt(i);
  return ones & 1;
}

/** The first half counts an even number of ones, the second one an odd number. */
export function cardBits(number: string): string {
  const facility = number.length - 5;
  // Espruino takes a text that begins with 0 for an octal number unless it is told.
  const bits = binary(parseInt(number.substr(0, facility), 10), facility === 3 ? 8 : 16) + binary(parseInt(number.substr(facility), 10), 16);
  const half = bits.length / 2;
  return isOdd(bits.substr(0, half)) + bits + (1 - isOdd(bits.substr(half)));
}

/** `key`: its place on the keypad. */
export function keyBits(key: number, bits: number): string {
  const code = '0123456789*#'.indexOf(KEYS.charAt(key));
  return (bits === 8 ? binary(code ^ 15, 4) : '') + binary(code, 4);
}

/** What comes of bits on the way: 0 = nothing; otherwise one is turned, or the last ones are missing. */
export function misread(bits: string, how: number): string {
  if (!how) return bits;
  const at = how % bits.length;
  if (how % 2) return bits.substr(0, at) + (1 - +bits.charAt(at)) + bits.substr(at + 1);
  const kept = 9 + how % (bits.length - 9);
  // A short card's length is not noise.
  return bits.substr(0, kept === 26 ? 25 : kept);
}
