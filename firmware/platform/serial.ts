/** A serial port of the chip, and the interpreter's base64. */
import type { SerialLine } from '../transports/serial.js';
import type { Wire } from './types.js';

/** `Serial1`, `Bluetooth` (NUS) and the like. With the console forced off them their bytes are data. */
export interface EspruinoPort {
  on(event: 'data', take: (data: Wire) => void): void;
  write(data: Wire): void;
}

declare function atob(text: string): Wire;
declare function btoa(bytes: Wire): string;

export function openSerial(port: EspruinoPort): SerialLine {
  return {
    base64: { encode: btoa, decode: atob },
    onData: function (take) {
      port.on('data', take);
    },
    write: function (data) {
      port.write(data);
    },
  };
}
