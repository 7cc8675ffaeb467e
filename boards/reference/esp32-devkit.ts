/** ESP32 DevKit on 5 V USB: a 4x3 matrix keypad, a motor bolt with two end stops and a door sensor. */
import type { Wiring } from '../wiring.js';
import { ESP32_RESET_CAUSE } from './reset-cause.js';

export const wiring: Wiring = {
  name: 'ESP32 DevKit, USB power',
  family: 'esp32',
  hardware: 1,
  stretch: 280,
  keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27], keys: '123456789*0#' },
  // Left alone by Espruino at start, and by the chip's boot mode: the driver sees low until the firmware says otherwise.
  bolt: { type: 'motor', in1: 16, in2: 17, throwMs: 1500 },
  sensors: {
    locked: { pin: 32, active: 0, pull: 'up' },
    unlocked: { pin: 33, active: 0, pull: 'up' },
    door: { pin: 14, active: 0, pull: 'up' },
  },
  led: { pin: 2, active: 1 },
  beeper: { pin: 23, hz: 2700 },
  strap: { pin: 13, active: 0, pull: 'up' },
  onPowerLoss: 'failSecure',
  battery: { chemistry: 'mains' },
  resetCause: ESP32_RESET_CAUSE,
};
