/**
 * The real interpreter on a computer: Espruino for Linux knows pins D0 to D31 and nothing behind them, so a prelude
 * (`virtual-board/interpreter/`) stands in for the parts. Where the virtual board's pin exists it is the same.
 */
import type { Wiring } from '../wiring.js';

export const wiring: Wiring = {
  name: 'Espruino for Linux',
  family: 'linux',
  hardware: 1,
  stretch: 280,
  keypad: { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27], keys: '123456789*0#' },
  bolt: { type: 'motor', in1: 16, in2: 17, throwMs: 1500 },
  sensors: {
    locked: { pin: 2, active: 0, pull: 'up' },
    unlocked: { pin: 3, active: 0, pull: 'up' },
    door: { pin: 14, active: 0, pull: 'up' },
  },
  led: { pin: 4, active: 1 },
  beeper: { pin: 23, hz: 2700 },
  strap: { pin: 13, active: 0, pull: 'up' },
  onPowerLoss: 'failSecure',
  battery: { chemistry: '4xAA', pin: 0, fullScaleMv: 7200 },
};
