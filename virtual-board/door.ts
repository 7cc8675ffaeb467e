/** What a person touches and sees at the door: keys, light and beeper, door and strap contacts. Made from the wiring record. */
import type { InputWiring, KeypadWiring } from '../boards/wiring.js';
import type { Clock } from './clock.js';
import type { Level, Pins } from './pins.js';

export interface Keypad {
  /** Holds a key down for `ms` from now (a matrix), or sends it once (Wiegand). */
  press(key: string, ms?: number): void;
  /** Types keys one after the other from now: each held `holdMs`, then `gapMs` nothing. Returns when the last one is let go. */
  type(keys: string, holdMs?: number, gapMs?: number): number;
  /** Presses so far. */
  presses(): number;
}

const WIEGAND_CODES = '0123456789*#';
const WIEGAND_PULSE_MS = 0.05;
const WIEGAND_BIT_MS = 2;

export function createKeypad(wiring: KeypadWiring, clock: Clock, pins: Pins): Keypad {
  let presses = 0;

  function send(key: string, d0: number, d1: number, bits: 4 | 8): void {
    const value = WIEGAND_CODES.indexOf(key);
    const word = bits === 4 ? value : ((~value & 15) << 4) | value;
    for (let bit = 0; bit < bits; bit++) {
      const pin = (word >> (bits - 1 - bit)) & 1 ? d1 : d0;
      clock.after(bit * WIEGAND_BIT_MS, () => pins.drive(pin, 0));
      clock.after(bit * WIEGAND_BIT_MS + WIEGAND_PULSE_MS, () => pins.drive(pin, 1));
    }
  }

  function pressAt(key: string, delayMs: number, ms: number): void {
    if (wiring.type === 'none') throw new Error('This board has no keypad.');
    const index = (wiring.type === 'matrix' ? wiring.keys : WIEGAND_CODES).indexOf(key);
    if (index < 0) throw new Error(`The keypad has no key ${key}.`);
    clock.after(delayMs, () => {
      presses++;
      if (wiring.type === 'wiegand') return send(key, wiring.d0, wiring.d1, wiring.bits);
      const row = wiring.rows[Math.floor(index / wiring.columns.length)]!;
      const column = wiring.columns[index % wiring.columns.length]!;
      pins.join(row, column);
      clock.after(ms, () => pins.part(row, column));
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
    presses: () => presses,
  };
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
