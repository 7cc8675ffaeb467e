/** ESP32 DevKit beside an electric strike: a door that opens while somebody is let in, from a 12 V supply. */
import type { Wiring } from '../wiring.js';
import { wiring as devkit } from './esp32-devkit.js';

export const wiring: Wiring = {
  ...devkit,
  name: 'ESP32 DevKit, electric strike',
  bolt: { type: 'strike', pin: 16, active: 1 },
  sensors: { door: { pin: 14, active: 0, pull: 'up' }, release: { pin: 33, active: 0, pull: 'up' } },
};
