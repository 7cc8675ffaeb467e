/**
 * A serial port: `USB` as the firmware uses it, with the test at the other end. Espruino gives every object `on` and `emit`, and runs
 * listeners from the queue in a turn of their own, as it does for the data of a real port.
 */
import type { Report } from './protocol.js';

interface Port {
  write(data: string): void;
  emit?(event: 'data', data: string): void;
}

declare function atob(text: string): string;
declare function btoa(bytes: string): string;

export interface WireEnd {
  port: Port;
  /** Characters arrive, in base64. */
  receive(base64: string): void;
}

export function createWire(send: (report: Report) => void): WireEnd {
  const port: Port = {
    write: function (data) {
      send(['wire', btoa(data)]);
    },
  };
  return {
    port,
    receive: function (base64) {
      port.emit!('data', atob(base64));
    },
  };
}
