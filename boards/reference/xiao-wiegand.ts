/**
 * XIAO nRF52840 on four AA cells with a Wiegand keypad: it sleeps while it advertises. It has 11 header pins, all used here. The
 * pack reaches D0 through a divider of 10 kOhm / 10 kOhm (full scale 3.3 V at the pin), which D10 connects while it is read.
 */
import type { Wiring } from '../wiring.js';

export const wiring: Wiring = {
  name: 'XIAO nRF52840, 4xAA, Wiegand',
  family: 'xiaoble',
  hardware: 1,
  stretch: 280,
  keypad: { type: 'wiegand', d0: 2, d1: 3, bits: 4 },
  bolt: { type: 'motor', in1: 4, in2: 5, throwMs: 1500 },
  sensors: { locked: { pin: 6, active: 0, pull: 'up' }, unlocked: { pin: 7, active: 0, pull: 'up' } },
  // D1 high at reset is Espruino's boot button: an LED towards ground keeps it low.
  led: { pin: 1, active: 1 },
  beeper: { pin: 9, hz: 2700 },
  strap: { pin: 8, active: 0, pull: 'up' },
  onPowerLoss: 'failSecure',
  battery: { chemistry: '4xAA', pin: 0, fullScaleMv: 6600, enable: { pin: 10, active: 1 } },
};
