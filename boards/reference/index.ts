/** The reference wirings by the name that commands take. */
import type { Wiring } from '../wiring.js';
import { wiring as bench } from './bench.js';
import { wiring as esp32Battery } from './esp32-4xaa.js';
import { wiring as esp32DevKit } from './esp32-devkit.js';
import { wiring as esp32Servo } from './esp32-servo.js';
import { wiring as esp32Strike } from './esp32-strike.js';
import { wiring as linux } from './linux.js';
import { wiring as virtual } from './virtual.js';
import { wiring as xiaoWiegand } from './xiao-wiegand.js';

export const REFERENCE: Readonly<Record<string, Wiring>> = {
  'esp32-devkit': esp32DevKit,
  'esp32-4xaa': esp32Battery,
  'esp32-servo': esp32Servo,
  'esp32-strike': esp32Strike,
  'xiao-wiegand': xiaoWiegand,
  bench,
  virtual,
  linux,
};
