/** Keypads: a matrix, or a Wiegand keypad or card reader. All give what is typed as text, one key at a time. */
import type { KeypadWiring, LightWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';
import { HELD, PRESENT_MS, STUCK, type Keypad } from './keypad-parts.js';
import { columnsDown, openMatrix } from './matrix.js';
import { openWiegand } from './wiegand.js';

/** The keys stay lit for this long after the last one. */
export const LIT_MS = 10000;

export function openKeypad(pins: Pins, nowMs: () => number, wiring: KeypadWiring): Keypad {
  if (wiring.type === 'none') {
    const no = () => false;
    return { poll: () => '', anyDown: no, unsettled: no, chord: no };
  }
  const keypad = wiring.type === 'matrix' ? openMatrix(pins, nowMs, wiring) : openWiegand(pins, nowMs, wiring);
  if (wiring.backlight) lightKeys(keypad, pins, nowMs, wiring.backlight);
  return keypad;
}

/** Lights the keys from each key on, for a while. */
export function lightKeys(keypad: Keypad, pins: Pins, nowMs: () => number, light: LightWiring): void {
  const poll = keypad.poll;
  let untilMs = 0;
  function show(on: boolean): void {
    pins.write(light.pin, on === (light.active === 1) ? 1 : 0);
  }
  show(false);
  pins.mode(light.pin, 'output');
  keypad.poll = () => {
    const key = poll();
    const pressed = key !== '' && key !== STUCK && key.charAt(0) !== HELD;
    if (pressed || untilMs && nowMs() >= untilMs) {
      untilMs = pressed ? nowMs() + LIT_MS : 0;
      show(pressed);
    }
    return key;
  };
}

/** For a caller that reads no keys: a function that says whether something is pressed, or was just now. A matrix has been set up by `matrixDown`. */
export function openPresence(pins: Pins, nowMs: () => number, wiring: KeypadWiring): () => boolean {
  let lastMs = -1000;
  function watch(pin: number): void {
    pins.mode(pin, 'input_pullup');
    pins.watch(pin, function () {
      lastMs = nowMs();
    });
  }
  if (wiring.type === 'matrix') return () => columnsDown(pins, wiring.columns) > 0;
  if (wiring.type === 'wiegand') {
    watch(wiring.d0);
    watch(wiring.d1);
  }
  return () => nowMs() - lastMs < PRESENT_MS;
}
