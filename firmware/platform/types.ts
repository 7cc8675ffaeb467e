/**
 * What the firmware needs from a chip, as plain functions. `espruino.ts` makes one from Espruino's globals; hosts and tests
 * make their own. Nothing outside this folder names an Espruino global.
 */

/** Bytes as they travel over a wire: one character (0..255) a byte. Espruino hands datagrams over like this, without a copy. */
export type Wire = string;

/**
 * Raw flash; `read` and `write` take their arguments in the order of Espruino's module `Flash`. Addresses are absolute, pages have 4096
 * bytes. All calls are synchronous, as on the chip.
 */
export interface FlashPort {
  read(length: number, address: number): Uint8Array;
  /** AND semantics: only turns ones into zeros. Address and length are multiples of 4. Not verified: callers read back. */
  write(data: Uint8Array | Wire, address: number): void;
  /** Sets the 4096 bytes at `address` (a multiple of 4096) to 0xFF. About 45 ms. */
  erase(address: number): void;
  /** What lies in one of the files, as a string read in place (no copy on ESP32, a flash string on nRF52): to hash it, evaluate it, or search it. */
  text(address: number, length: number): string;
}

/** Why the chip started. `unknown`: this board cannot tell. */
export type ResetCause = 'powerOn' | 'pin' | 'software' | 'watchdog' | 'brownOut' | 'deepSleep' | 'unknown';

export interface Platform {
  flash: FlashPort;
  /** Milliseconds since this start; never jumps. */
  nowMs(): number;
  /** Calls `turn` once after `delayMs`. Returns an id for `cancel`. */
  after(delayMs: number, turn: () => void): number;
  cancel(id: number): void;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array | string): Uint8Array;
  /** The same without a wrapper, for a hash of a hash of a hash: on a lock the 32 bytes are an ArrayBuffer, which takes part in nothing else. */
  digest(data: Uint8Array): Uint8Array;
  /** CRC-32 (IEEE 802.3) as an unsigned number. */
  crc32(data: Uint8Array | string): number;
  toWire(bytes: Uint8Array): Wire;
  toBytes(wire: Wire): Uint8Array;
  startCause(): ResetCause;
  /** Restarts the chip. Returns (the restart follows), so callers must stop by themselves. */
  reboot(): void;
  /**
   * Deep sleep until the pin has the level; what follows is a start with the cause `deepSleep`. Outputs let go. Undefined where the chip
   * sleeps by itself.
   */
  sleep?: (pin: number, level: 0 | 1) => void;
  /** Arms the watchdog; only `feedWatchdog` feeds it, not the idle loop. */
  armWatchdog(seconds: number): void;
  feedWatchdog(): void;
  /** Collects free memory: hashing in a loop fragments the free list without it. */
  collect(): unknown;
  /** Free JsVars. */
  freeVars(): number;
  /** One line on the console of a dev board; nothing on a production board. */
  log(line: string): void;
  pins: Pins;
}

/** Pins are named by their Espruino D number. */
export interface Pins {
  mode(pin: number, mode: 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'analog' | 'opendrain'): void;
  write(pin: number, level: 0 | 1): void;
  /** Drives the pin for at most `ms` (hardware timer), then the other level: a hung interpreter cannot keep it up. */
  pulse(pin: number, level: 0 | 1, ms: number): void;
  read(pin: number): 0 | 1;
  /** Several at once: the level of the last pin is bit 0. As quick as one. */
  readAll(pins: readonly number[]): number;
  writeAll(pins: readonly number[], levels: number): void;
  /** 0..1 of the ADC's full scale, NaN where the pin has no ADC. */
  analog(pin: number): number;
  /** Square wave for a beeper; 0 Hz stops it. */
  tone(pin: number, hz: number): void;
  /** Calls `edge` at every change of level. `atMs`: when it happened, by a clock of its own, however late this turn is. */
  watch(pin: number, edge: (level: 0 | 1, atMs: number) => void): void;
}
