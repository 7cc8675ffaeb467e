/**
 * A board with Espruino's console, as far as provisioning speaks to it: each line is evaluated with stand-ins for the modules over a model of
 * NOR flash whose power can fail in any operation. Switched on it does what Espruino does: Storage that looks corrupt is erased as a whole.
 */
import { createHash } from 'node:crypto';
import type { Port } from '../../cli/board/port.js';
import { createNor, PAGE, PowerCut, type Nor } from '../../virtual-board/nor.js';
import { createStorage, type Storage } from '../../virtual-board/storage.js';

export interface FakeOptions {
  base?: number;
  pages: number;
  board?: string;
  modules?: string;
  /** No native SHA-256. */
  hashless?: boolean;
  /** Of a line longer than this the rest is lost. */
  lineBytes?: number;
  /** Every random number is this one. */
  random?: number;
  freeVariables?: number;
  storageBytes?: number;
  /** What `getSerial` says. */
  chip?: string;
  /** What the ADC gives, 0 to 1, at each call. */
  adc?: () => number;
}

export interface FakeBoard {
  readonly nor: Nor;
  readonly storage: Storage;
  /** Pieces of pages that arrived since it was switched on. */
  pieces: number;
  /** Characters that came and went, and lines evaluated, since it was made. */
  readonly traffic: { received: number; sent: number; lines: number };
  /** Restarts that its console was told to make. */
  restarts: number;
  /** What was done with pins, in order: `output 10`, `write 10 1`, `analog 35`. */
  readonly pins: string[];
  /** Switches it on: what its flash does at a start is done, its memory is empty. */
  start(): Port;
}

export function fakeBoard(options: FakeOptions): FakeBoard {
  const base = options.base ?? 0x320000;
  const nor = createNor({ base, pages: options.pages });
  const flash = {
    read: (length: number, address: number) => nor.port.read(length, address),
    // Whole words, as Espruino does it.
    write(data: Uint8Array, address: number) {
      const before = address % 4;
      const words = new Uint8Array((before + data.length + 3) & ~3).fill(0xff);
      words.set(data, before);
      nor.port.write(words, address - before);
    },
    erasePage: (address: number) => nor.port.erase(address),
    getPage: (address: number) => ({ addr: address - ((address - base) % PAGE), length: PAGE }),
  };
  const storage = createStorage({
    base, bytes: options.pages * PAGE, pageBytes: PAGE,
    read: (address, length) => flash.read(length, address), write: (address, data) => flash.write(data, address), erase: flash.erasePage,
  });
  const crypto = options.hashless ? {} : { SHA256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) };
  const modules: Record<string, unknown> = {
    Flash: flash, crypto,
    Storage: { ...storage, getStats: () => ({ totalBytes: options.storageBytes ?? options.pages * PAGE }) },
  };
  const random = (): number => options.random ?? Math.floor(Math.random() * 0x7fffffff);

  const self: FakeBoard = {
    nor, storage,
    pieces: 0,
    traffic: { received: 0, sent: 0, lines: 0 },
    restarts: 0,
    pins: [],
    start() {
      if (nor.off) nor.powerOn();
      if (!storage.valid()) storage.eraseAll();
      self.pieces = 0;
      let take: (text: string) => void = () => undefined;
      let gone: () => void = () => undefined;
      const answer = (text: string): void => {
        self.traffic.sent += text.length;
        take(text);
      };
      const globals: Record<string, unknown> = {
        dlHash: undefined, dlErase: undefined, dlPage: undefined,
        process: { env: { BOARD: options.board ?? 'ESP32', MODULES: options.modules ?? 'Flash,Storage,net,crypto' }, memory: () => ({ free: options.freeVariables ?? 9000 }) },
        require: (name: string) => modules[name], peek32: random, getSerial: () => options.chip ?? 'fake-1',
        E: { hwRand: random, reboot: () => void self.restarts++ },
        pinMode: (pin: number, mode: string) => void self.pins.push(`${mode} ${pin}`),
        digitalWrite: (pin: number, level: number) => void self.pins.push(`write ${pin} ${level}`),
        analogRead: options.adc ?? (() => NaN),
        btoa: (bytes: Uint8Array) => Buffer.from(bytes).toString('base64'), atob: (text: string) => new Uint8Array(Buffer.from(text, 'base64')),
        print: (...values: unknown[]) => answer(`${values.map(String).join(' ')}\r\n>`),
      };
      const evaluate = new Function('globals', 'line', 'with(globals){return eval(line)}') as (globals: object, line: string) => unknown;
      return {
        name: 'fake',
        write(text) {
          const line = text.slice(text[0]! < ' ' && text !== '\n' ? 1 : 0, options.lineBytes);
          if (!line.endsWith('\n') || line === '\n') return;
          self.traffic.received += text.length;
          self.traffic.lines++;
          if (line.includes('dlPage.set(')) self.pieces++;
          try {
            evaluate(globals, line);
          } catch (error) {
            if (error instanceof PowerCut) gone();
            else answer(`Uncaught ${String(error)}\r\n`);
          }
        },
        listen(taker, leaver) {
          take = taker;
          gone = leaver;
        },
        close: () => Promise.resolve(),
      };
    },
  };
  return self;
}
