/**
 * Espruino's globals as this project uses them, where the community's types are wrong or thin (`any` results, missing options,
 * names the ESP32 build lacks). A module: a file that touches a global writes `declare const E: EspruinoE` for itself, so nothing
 * leaks into code that must not know the interpreter.
 */

/** Whatever Espruino takes for bytes. Text has one byte a character. */
export type Bytes = Uint8Array | ArrayBuffer | string;

/** `undefined` is what natives give back when there is no memory for the result. */
export interface EspruinoE {
  CRC32(data: Bytes): number;
  /** One typed array alone comes back as the very memory it lies in; two arguments are copied. */
  toString(first: Bytes, second?: Bytes): string | undefined;
  toUint8Array(data: Bytes): Uint8Array | undefined;
  setConsole(device: unknown, options?: { force: boolean }): void;
  /** `automatic` false: the idle loop does not feed it. */
  enableWatchdog(seconds: number, automatic: boolean): void;
  kickWatchdog(): void;
  reboot(): void;
  /** True random on nRF; the same numbers after every start on ESP32. */
  hwRand(): number;
  getErrorFlags(): string[];
  on(event: 'errorFlag', handler: (flags: string[]) => void): void;
  on(event: 'kill' | 'init', handler: () => void): void;
}

export interface FlashModule {
  read(length: number, address: number): Uint8Array | undefined;
  write(data: Bytes, address: number): void;
  erasePage(address: number): void;
  getPage(address: number): { addr: number; length: number } | undefined;
}

export interface StorageModule {
  /** Refers to flash in place. */
  read(name: string, offset?: number, length?: number): string | undefined;
}

export interface CryptoModule {
  SHA256(data: Bytes): ArrayBuffer;
}

export interface DatagramModule {
  createSocket(options: { type: 'udp4'; recvBufferSize: number }): DatagramSocket;
}

export interface DatagramSocket {
  on(event: 'message', handler: (message: string, from: { address: string; port: number }) => void): void;
  bind(port: number): void;
  send(message: string, port: number, address: string): void;
  close(): void;
}

export interface EspruinoRequire {
  (name: 'Flash'): FlashModule;
  (name: 'Storage'): StorageModule;
  (name: 'crypto'): CryptoModule;
  (name: 'dgram'): DatagramModule;
}

/** Serial1, Bluetooth, Telnet. */
export interface EspruinoSerial {
  on(event: 'data', handler: (data: string) => void): void;
  write(data: string): void;
}

/** ESP32 and ESP32-C3. */
export interface EspruinoEsp32 {
  /** Sleeps at once; a pin and a timer cannot be had together. */
  deepSleepExt0(pin: number, level: number): void;
}

export interface EspruinoProcess {
  env: { BOARD: string; VERSION: string };
  /** Without `false`: collects first. */
  memory(collect?: false): { free: number; usage: number; total: number; rx?: { used: number; total: number } };
}

/** What `setWatch` calls back with. */
export interface EspruinoWatchEvent {
  state: boolean;
  /** Seconds, as of `getTime`. */
  time: number;
}
