/** What is connected where. */
import type { Wiring } from '../../../boards/wiring.js';

export const KEYS = '123456789*0#';
export const STAR = 9;
export const HASH = 11;
export const FIRST_COLUMN = 32;
export const IN1 = 23;
export const IN2 = 2;
export const LED = 13;
export const BEEPER = 14;
export const LOCKED_STOP = 35;
export const UNLOCKED_STOP = 36;
export const DOOR_SENSOR = 39;
export const BATTERY = 40;
/** The button inside that lets people out. */
export const RELEASE_BUTTON = 41;
export const PRIVACY_BUTTON = 42;
/** Lines of a Wiegand keypad. */
export const D0 = 18;
export const D1 = 19;
export const THROW_MS = 1500;
export const ROWS = 4;

export function rowPins(): number[] {
  return [16, 17, 4, 5];
}

/** `readerBits`: bits a key of the Wiegand keypad with its card reader that is there instead of the matrix; 0 = the matrix. */
export function doorWiring(readerBits: 0 | 4 | 8): Wiring {
  return {
    name: 'walked door', family: 'virtual', hardware: 1, stretch: 49,
    keypad: readerBits ? { type: 'wiegand', d0: D0, d1: D1, bits: readerBits }
      : { type: 'matrix', rows: rowPins(), columns: [FIRST_COLUMN, FIRST_COLUMN + 1, FIRST_COLUMN + 2], keys: KEYS },
    bolt: { type: 'motor', in1: IN1, in2: IN2, throwMs: THROW_MS },
    sensors: {
      locked: { pin: LOCKED_STOP, active: 0, pull: 'up' }, unlocked: { pin: UNLOCKED_STOP, active: 0, pull: 'up' },
      door: { pin: DOOR_SENSOR, active: 1 }, release: { pin: RELEASE_BUTTON, active: 1 },
      privacy: { pin: PRIVACY_BUTTON, active: 1 },
    },
    led: { pin: LED, active: 1 }, beeper: { pin: BEEPER, hz: 0 },
    onPowerLoss: 'failSecure', battery: { chemistry: '4xAA', pin: BATTERY, fullScaleMv: 9000 },
  };
}
