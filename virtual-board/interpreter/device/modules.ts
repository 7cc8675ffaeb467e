/** Espruino's own modules, and what the firmware gets in the place of two of them. */
import type { Settings } from './protocol.js';

type Native = Record<string, (...args: unknown[]) => unknown>;

export interface UdpSocket {
  bind(port: number): void;
  on(event: 'message', take: (text: string) => void): void;
  /** Port and host; or offset, length, port and host. */
  send(text: string, first: number, second: number | string, port?: number, host?: string): void;
}

declare function require(name: 'fs'): { readFileSync(name: string): string };
declare function require(name: 'dgram'): { createSocket(options: object): UdpSocket };
declare function require(name: 'Flash'): Native;
declare function require(name: 'TelnetServer'): { setOptions(options: { mode: 'on' | 'off' }): void };
declare function getTime(): number;

export const nativeRequire = require;
/** The clock as it is now: a measurement may put another in its place. */
const time = getTime;

/** Flash that blocks for the time of a real part. */
export function slowFlash(times: { eraseMs: number; write256Ms: number }): object {
  const flash = nativeRequire('Flash');
  return {
    read: flash.read,
    getPage: flash.getPage,
    erasePage: function (address: number) {
      const begun = time();
      flash.erasePage!(address);
      while ((time() - begun) * 1000 < times.eraseMs);
    },
    write: function (data: { length: number }, address: number) {
      const begun = time();
      flash.write!(data, address);
      while ((time() - begun) * 1000 < times.write256Ms * data.length / 256);
    },
  };
}

/** A socket whose port numbers are those the test has free: `ports` has what the firmware binds -> what is bound. */
export function mappedSocket(options: object, ports: Settings['ports']): UdpSocket {
  const mapped = nativeRequire('dgram').createSocket(options);
  return {
    bind: function (port) {
      const other = ports[port];
      mapped.bind(other === undefined ? port : other);
    },
    on: function (event, take) {
      mapped.on(event, take);
    },
    send: function (text, first, second, port, host) {
      if (port === undefined) mapped.send(text, first, second);
      else mapped.send(text, first, second, port, host);
    },
  };
}
