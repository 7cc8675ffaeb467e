/**
 * A `Platform` from Espruino's globals. Natives are taken as they are where the arguments agree: a function around each would cost
 * memory. A prelude on the Linux build has put its own in their place before. Facts are from Espruino's source (jswrap_io.c,
 * jstimer.c, jswrap_espruino.c); nothing was run on hardware.
 */
import type { EspruinoE, EspruinoEsp32, EspruinoProcess, EspruinoRequire, EspruinoWatchEvent } from './espruino-globals.js';
import type { FamilyName } from '../../boards/families.js';
import { PAGE_BYTES, STORAGE_HEADER_BYTES, type Geometry } from '../flash/layout.js';
import type { Pins, Platform, ResetCause } from './types.js';

declare const E: EspruinoE;
declare const require: EspruinoRequire;
declare const process: EspruinoProcess;
/** What the bundle is built for (scripts/defines.ts): comparisons with it are decided when it is minified. */
declare const __FAMILY__: FamilyName;
declare const __GEOMETRY__: Geometry;
declare const ESP32: EspruinoEsp32;
declare function getTime(): number;
declare function setTimeout(turn: () => void, delayMs: number): number;
declare function clearTimeout(id: number): void;
declare function peek32(address: number): number;
declare function print(line: string): void;
declare function pinMode(pin: number, mode: string): void;
declare function digitalWrite(pin: number | readonly number[], level: number): void;
declare function digitalRead(pin: number): 0 | 1;
declare function digitalRead(pins: readonly number[]): number;
declare function digitalPulse(pin: number, level: number, ms: number): void;
declare function analogRead(pin: number): number;
declare function analogWrite(pin: number, value: number, options?: { freq: number }): void;
declare function setWatch(edge: (event: EspruinoWatchEvent) => void, pin: number, options: { repeat: boolean; edge: string }): void;

export function createPlatform(): Platform {
  const crypto = require('crypto');
  const startedS = getTime();

  return {
    flash: flashPort(),
    nowMs: () => Math.floor((getTime() - startedS) * 1000),
    after: (delayMs, turn) => setTimeout(turn, delayMs),
    cancel: clearTimeout,
    sha256: (data) => new Uint8Array(crypto.SHA256(data)),
    digest: crypto.SHA256 as unknown as Platform['digest'],
    crc32: E.CRC32,
    // A copy: given the array alone, it would answer with the array's own memory, which changes when the array does.
    toWire: (bytes) => E.toString('', bytes)!,
    toBytes: E.toUint8Array as Platform['toBytes'],
    startCause: resetCause,
    reboot: E.reboot,
    sleep: __FAMILY__ === 'xiaoble' || __FAMILY__ === 'linux' ? undefined : ESP32.deepSleepExt0,
    armWatchdog: (seconds) => E.enableWatchdog(seconds, false),
    feedWatchdog: E.kickWatchdog,
    collect: process.memory,
    freeVars: () => process.memory(false).free,
    log: print,
    pins: createPins(),
  };
}

function flashPort(): Platform['flash'] {
  const flash = require('Flash');
  const storage = require('Storage');
  /** Addresses of the first bytes of the two files, from which `Storage.read` counts. */
  const bootAt = __GEOMETRY__.base + STORAGE_HEADER_BYTES;
  const fileAt = __GEOMETRY__.base + __GEOMETRY__.bootPages * PAGE_BYTES + STORAGE_HEADER_BYTES;
  // The Linux build erases 1 KB at a time.
  const eraseBytes = __FAMILY__ === 'linux' ? 1024 : PAGE_BYTES;
  return {
    read: flash.read as Platform['flash']['read'],
    write: flash.write,
    erase: (address) => {
      // A quotient is a float in Espruino, whatever its value, and `erasePage` takes integers only.
      for (let at = address | 0; at < address + PAGE_BYTES; at += eraseBytes) flash.erasePage(at);
    },
    text: (address, length) => (address < fileAt ? storage.read('.boot0', address - bootAt, length) : storage.read('deadlatch', address - fileAt, length))!,
  };
}

/**
 * The reset-cause field of ESP32 and ESP32-C3 (RTC_CNTL_RESET_STATE, 6 bits; numbers from esp32/rom/rtc.h). The task watchdog ends in a
 * software reset of the CPU and reads as one. Other chips: unknown (nRF's register belongs to the Bluetooth stack).
 */
function resetCause(): ResetCause {
  if (__FAMILY__ === 'xiaoble' || __FAMILY__ === 'linux') return 'unknown';
  const cause = peek32(__FAMILY__ === 'esp32c3' ? 0x60008038 : 0x3ff48034) & 63;
  if (cause === 1) return 'powerOn';
  if (cause === 3 || cause === 12) return 'software';
  if (cause === 5) return 'deepSleep';
  if (cause === 15) return 'brownOut';
  return cause > 6 && cause < 17 ? 'watchdog' : 'unknown';
}

/** Espruino takes plain numbers for pins: on every supported family D<n> is pin number n. */
function createPins(): Pins {
  return {
    mode: pinMode,
    write: digitalWrite,
    // While a timer edge is queued for a pin, `digitalPulse` only queues another and never raises the pin: callers wait for the end.
    pulse: digitalPulse,
    read: digitalRead,
    readAll: digitalRead,
    writeAll: digitalWrite,
    analog: analogRead,
    tone: (pin, hz) => {
      analogWrite(pin, hz ? 0.5 : 0, { freq: hz || 1000 });
      if (!hz) digitalWrite(pin, 0);
    },
    watch: (pin, edge) => setWatch((event) => edge(event.state ? 1 : 0, event.time * 1000), pin, { repeat: true, edge: 'both' }),
  };
}
