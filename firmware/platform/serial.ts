/** A serial port of the chip, and the interpreter's base64. */
import type { SerialLine } from '../transports/serial.js';
import type { EspruinoE } from './espruino-globals.js';
import type { Wire } from './types.js';

/** `Serial1`, `Bluetooth` (NUS) and the like. With the console forced off them their bytes are data. */
export interface EspruinoPort {
  on(event: 'data', take: (data: Wire) => void): void;
  write(data: Wire): void;
}

declare const E: EspruinoE;
declare function atob(text: string): Wire;
declare function btoa(bytes: Wire): string;
declare function setTimeout(turn: () => void, delayMs: number): number;

export function openSerial(port: EspruinoPort): SerialLine {
  return {
    toBase64: btoa,
    fromBase64: atob,
    toBytes: (wire) => E.toUint8Array(wire) || new Uint8Array(0),
    later: (turn) => {
      setTimeout(turn, 1);
    },
    onData: (take) => port.on('data', take),
    write: (data) => port.write(data),
  };
}
