/**
 * ESP32 module on four AA cells, without the USB chip of a DevKit (which alone would empty them). It deep-sleeps between uses: a
 * bell key with a 100 kOhm pull-up to D34 wakes it. Battery on D35 through 100 kOhm / 100 kOhm.
 */
import type { Wiring } from '../wiring.js';
import { ESP32_RESET_CAUSE } from './reset-cause.js';

export const wiring: Wiring = {
  name: 'ESP32 module, 4xAA',
  family: 'esp32',
  hardware: 1,
  stretch: 280,
  keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27], keys: '123456789*0#' },
  bolt: { type: 'motor', in1: 16, in2: 17, throwMs: 1500 },
  sensors: { locked: { pin: 32, active: 0, pull: 'up' }, unlocked: { pin: 33, active: 0, pull: 'up' } },
  led: { pin: 4, active: 1 },
  beeper: { pin: 23, hz: 2700 },
  strap: { pin: 13, active: 0, pull: 'up' },
  wakePin: { pin: 34, active: 0 },
  onPowerLoss: 'failSecure',
  battery: { chemistry: '4xAA', pin: 35, fullScaleMv: 7200 },
  resetCause: ESP32_RESET_CAUSE,
};
