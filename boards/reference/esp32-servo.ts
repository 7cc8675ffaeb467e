/** ESP32 DevKit that turns a latch with a hobby servo, whose supply it switches: between two throws the servo holds nothing. */
import type { Wiring } from '../wiring.js';
import { wiring as devkit } from './esp32-devkit.js';

export const wiring: Wiring = {
  ...devkit,
  name: 'ESP32 DevKit, servo',
  bolt: { type: 'servo', pin: 16, lockedUs: 1000, unlockedUs: 2000, throwMs: 1000, enable: { pin: 17, active: 1 } },
};
