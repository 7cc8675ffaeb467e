/** The port of the wired way in: USB where the chip has it, else the console's UART. */
import type { EspruinoPort } from './serial.js';

declare const Serial1: EspruinoPort;
declare const USB: EspruinoPort;

export function wirePort(): EspruinoPort {
  return typeof USB !== 'undefined' ? USB : Serial1;
}
