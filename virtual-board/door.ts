/** What a person touches and sees at the door: keys, light and beeper, door and strap contacts. Made from the wiring record. */
import type { InputWiring, KeypadWiring } from '../boards/wiring.js';
import type { Clock } from './clock.js';
import type { Level, Pins } from './pins.js';

export interface Keypad {
  /** Holds a key down for `ms` from now (a matrix), or sends it once (Wiegand). */
  press(key: string, ms?: number): void;
  /** Types keys one after the other from now: each held `holdMs`, then `gapMs` nothing. Returns when the last one is let go. */
  type(keys: string, holdMs?: number, gapMs?: number): number;
  /**
   * Holds a card to a Wiegand reader. `number` as people read it: facility (3 digits of a card of 26 bits, 5 of one of 34), then 5 digits.
   */
  card(number: string, bits: 26 | 34): void;
  /** A key of a matrix goes down and does not come up again, until the function that this gives is called. */
  stick(key: string): () => void;
  /** Presses so far. */
  presses(): number;
}

const WIEGAND_CODES = '0123456789*#';
const WIEGAND_PULSE_MS = 0.05;
const WIEGAND_BIT_MS = 2;

export function createKeypad(wiring: KeypadWiring, clock: Clock, pins: Pins): Keypad {
  let presses = 0;

  function sendBits(frame: string, d0: number, d1: number): void {
    for (const [index, bit] of [...frame].entries()) {
      const pin = bit === '1' ? d1 : d0;
      clock.after(index * WIEGAND_BIT_MS, () => pins.drive(pin, 0));
      clock.after(index * WIEGAND_BIT_MS + WIEGAND_PULSE_MS, () => pins.drive(pin, 1));
    }
  }

  function send(key: string, d0: number, d1: number, bits: 4 | 8): void {
    const value = WIEGAND_CODES.indexOf(key);
    sendBits((bits === 4 ? value : ((~value & 15) << 4) | value).toString(2).padStart(bits, '0'), d0, d1);
  }

  /** The two pins that a key of a matrix joins. */
  function contactsOf(key: string): [number, number] {
    if (wiring.type !== 'matrix') throw new Error('This keypad is no matrix.');
    const index = wiring.keys.indexOf(key);
    if (index < 0) throw new Error(`The keypad has no key ${key}.`);
    return [wiring.rows[Math.floor(index / wiring.columns.length)]!, wiring.columns[index % wiring.columns.length]!];
  }

  function pressAt(key: string, delayMs: number, ms: number): void {
    if (wiring.type === 'none') throw new Error('This board has no keypad.');
    const contacts = wiring.type === 'matrix' ? contactsOf(key) : undefined;
    if (!contacts && !WIEGAND_CODES.includes(key)) throw new Error(`The keypad has no key ${key}.`);
    clock.after(delayMs, () => {
      presses++;
      if (wiring.type === 'wiegand') return send(key, wiring.d0, wiring.d1, wiring.bits);
      pins.join(...contacts!);
      clock.after(ms, () => pins.part(...contacts!));
    });
  }

  if (wiring.type === 'wiegand') {
    pins.drive(wiring.d0, 1);
    pins.drive(wiring.d1, 1);
  }
  return {
    press: (key, ms = 120) => pressAt(key, 0, ms),
    type(keys, holdMs = 120, gapMs = 120) {
      for (let index = 0; index < keys.length; index++) pressAt(keys[index]!, index * (holdMs + gapMs), holdMs);
      return clock.now() + keys.length * (holdMs + gapMs);
    },
    card(number, bits) {
      if (wiring.type !== 'wiegand') throw new Error('This keypad reads no cards.');
      sendBits(cardFrame(number, bits), wiring.d0, wiring.d1);
    },
    stick(key) {
      const contacts = contactsOf(key);
      presses++;
      pins.join(...contacts);
      return () => pins.part(...contacts);
    },
    presses: () => presses,
  };
}

/** Facility and number between two bits of parity: the first half has an even number of ones, the second an odd one. */
function cardFrame(number: string, bits: 26 | 34): string {
  const digits = bits === 26 ? 3 : 5;
  const facility = Number(number.slice(0, digits));
  const card = Number(number.slice(digits));
  if (!/^\d+$/.test(number) || number.length !== digits + 5 || facility >= 2 ** (bits - 18) || card > 65535) throw new Error(`No card of ${bits} bits has the number ${number}.`);
  const payload = facility.toString(2).padStart(bits - 18, '0') + card.toString(2).padStart(16, '0');
  const ones = (text: string): number => text.replaceAll('0', '').length;
  return `${ones(payload.slice(0, payload.length / 2)) % 2}${payload}${1 - (ones(payload.slice(payload.length / 2)) % 2)}`;
}

export interface Contact {
  set(active: boolean): void;
  active(): boolean;
  /** How often somebody changed it. */
  touched(): number;
}

/** A switch to the rail that means "yes". Where the wiring names no pull of the chip, a resistor holds the other level. */
export function createContact(wiring: InputWiring | undefined, pins: Pins, initial: boolean): Contact {
  let now = initial;
  let touched = 0;
  function apply(): void {
    if (!wiring) return;
    if (!wiring.pull) pins.pull(wiring.pin, wiring.active ? 0 : 1);
    pins.drive(wiring.pin, now ? wiring.active : undefined);
  }
  apply();
  return {
    set(active) {
      if (now !== active) touched++;
      now = active;
      apply();
    },
    active: () => now,
    touched: () => touched,
  };
}

export interface Signal {
  atMs: number;
  on: boolean;
  /** Beeper: tone in Hz (the beeper's own where it makes its own). */
  hz: number;
}

/** Writes down when a light or beeper goes on and off. */
export function recordSignal(pin: number | undefined, active: Level, clock: Clock, pins: Pins): Signal[] {
  const log: Signal[] = [];
  if (pin === undefined) return log;
  pins.observe(pin, (level) => {
    const on = level === active;
    if ((log.at(-1)?.on ?? false) !== on) log.push({ atMs: clock.now(), on, hz: on ? pins.toneOf(pin) : 0 });
  });
  return log;
}
