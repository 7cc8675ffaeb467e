/** A bare ESP32 on a desk, no parts at all: to try updates without a door. `none` is a valid declaration, so its health checks pass. */
import type { Wiring } from '../wiring.js';
import { ESP32_RESET_CAUSE } from './reset-cause.js';

export const wiring: Wiring = {
  name: 'ESP32 bench board, no parts',
  family: 'esp32',
  hardware: 1,
  stretch: 280,
  keypad: { type: 'none' },
  bolt: { type: 'none' },
  onPowerLoss: 'failSecure',
  battery: { chemistry: 'mains' },
  resetCause: ESP32_RESET_CAUSE,
};
