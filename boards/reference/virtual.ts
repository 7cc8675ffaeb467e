/** The virtual board: an ESP32 module on four AA cells with every part a lock can have. */
import type { Wiring } from '../wiring.js';
import { wiring as esp32 } from './esp32-4xaa.js';

export const wiring: Wiring = {
  ...esp32,
  name: 'Virtual lock',
  family: 'virtual',
  // It stays awake for whoever plays with it.
  awakeS: 0,
  sensors: { ...esp32.sensors, door: { pin: 14, active: 0, pull: 'up' } },
};
