/**
 * The timed world: runs the lock's own `.boot0` and app under `openClock`, with the prelude's parts around them, and presses keys. `settings` is
 * this bundle's parameter; a text before `.boot0`'s own evaluates it. Nothing of it goes by the real clock, so a second of the lock takes as
 * long as its JavaScript takes here.
 */
import { openClient } from './client.js';
import { openClock } from './clock.js';
import { openPerson } from './person.js';
import type { Sample, TimedLine, TimedSettings } from './protocol.js';

declare const settings: TimedSettings;
declare const global: Record<string, unknown>;
declare const E: Record<string, unknown> & {
  toString(data: unknown): string;
  getAddressOf(data: unknown, isFlat: boolean): number;
  memoryArea(address: number, bytes: number): string;
};

type Callable = (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;
interface Mapped {
  address: number;
  /** Holds the memory that `native` points to. */
  bytes: string;
  native: string;
}
interface Socket {
  on(event: 'message', take: (text: string, from?: object) => void): void;
  bind(port: number): void;
  send(text: string, a: number, b: unknown, c?: unknown, d?: unknown): void;
}
declare const process: { memory: Callable };
declare function require(name: 'Flash'): Record<string, Callable>;
declare function require(name: 'crypto'): { SHA256(data: Uint8Array): ArrayBuffer };
declare function require(name: 'fs'): { readFileSync(name: string): string };
declare function require(name: 'dgram'): { createSocket(options: object): Socket };

/** Where nothing has to be waited for: milliseconds until the first key, and until the second `#`. */
const PAUSES: Record<string, [number, number]> = { idle: [300, 12000], upload: [300, 1500], verify: [100, 700] };
/** A press that waits for an erase comes so long after its begin, at most; without any erase, after this: an update waits for somebody who types. */
const AROUND_MS = 60;
const NO_ERASE_MS: Record<string, number> = { erase: 4500, compaction: 2000 };
/** Of an entry among erases: single digits besides. */
const TAPS = 4;
/** A short hash on the emulated ESP32. */
const HASH_MS = 0.22;
const LAST_ADDRESS = 0x7fffffff;
const FILLED_AT_ONCE = 50;
/** By then a start has written what it writes. */
const SETTLED_MS = 3000;

const flash = require('Flash');
const native = { require, dgram: require('dgram') };
const clock = openClock(settings);
/** About as much is in use now as a lock's app uses. */
const collectMs = clock.cost(process.memory) * settings.collectShare;
/** What is evaluated: the image that runs, and `.boot0`. First of all, while there are places as long as that. All else is copied when it is read. */
const maps = [mapped(settings.imageAt, settings.imageBytes), mapped(settings.bootAt + settings.startAt, settings.bootBytes)];
let random = settings.seed;
let obey: ((command: string) => void) | undefined;
let arrived: ((frame: string, from: object) => void) | undefined;
let armed: (() => void) | undefined;
let erases = 0;
let bootHashes: Callable | undefined;
let ended = false;
const filling: number[] = [];

const client = openClient(settings, flash['read'] as (bytes: number, address: number) => unknown, (ms, frame) => clock.turn(ms, () => {
  if (arrived) arrived(frame, { address: '127.0.0.1', port: 1 });
}), chance);
const person = openPerson(clock, settings, (switches) => obey!(JSON.stringify(['switches', switches])), chance, (words) => say(['failed', words]));

/** xorshift32, 0 to 1. */
function chance(): number {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return (random >>> 0) / 4294967296;
}

function say(line: TimedLine): void {
  if (!ended) (global['print'] as (text: string) => void)('LATENCY ' + JSON.stringify(line));
  if (line[0] !== 'entry') ended = true;
}

/** What the prelude reports. Few of it leaves this process. */
function heard(text: string): boolean {
  const report = JSON.parse(text) as [string, unknown, unknown];
  if (report[0] === 'tone' && report[2]) {
    person.beeped();
    if (settings.phase === 'wake') say(['wake', [clock.nowMs(), clock.javascriptMs()], clock.othersShare()]);
  } else if (report[0] === 'pulse' && (report[1] === settings.pins.in1 || report[1] === settings.pins.in2)) person.motorRan();
  else if (report[0] === 'bolt') person.boltIs(report[1] as string);
  return ['hello', 'log', 'uncaught', 'value', 'taken'].indexOf(report[0]) >= 0;
}

/** The prelude's socket, opened first, and the firmware's. */
function createSocket(options: object): Socket {
  if (obey) {
    return {
      bind: function () {},
      on: function (_event, take) {
        arrived = take as typeof arrived;
      },
      send: function (frame) {
        client.take(frame);
      },
    };
  }
  const socket = native.dgram.createSocket(options);
  return {
    bind: function (port) {
      socket.bind(port);
    },
    on: function (_event, take) {
      obey = function (command) {
        take(command);
      };
      socket.on('message', take);
    },
    send: function (text, port, host) {
      if (heard(text)) socket.send(text, port, host);
    },
  };
}

/** A part of flash as a chip maps it: a native string. Functions made from it point into it, and are not copied. */
function mapped(address: number, length: number): Mapped {
  const bytes = E.toString(flash['read']!(length, address));
  const at = E.getAddressOf(bytes, true);
  if (at <= 0) throw new Error('no room to map flash');
  return { address, bytes, native: E.memoryArea(1, LAST_ADDRESS).substr(at, length) };
}

function text(name: string, offset: number, length: number): string {
  const address = (name === '.boot0' ? settings.bootAt : settings.fileAt) + offset;
  for (let i = 0; i < maps.length; i++) {
    const from = address - maps[i]!.address;
    if (from >= 0 && from + length <= maps[i]!.bytes.length) return maps[i]!.native.substr(from, length);
  }
  return E.toString(flash['read']!(length, address));
}

/** What only the bootloader gets: hashing an image takes what it took the emulated ESP32, 16 ms for 64 KB. */
function hash(data: unknown): unknown {
  return crypto.SHA256(data as Uint8Array);
}

function erasePage(address: unknown): unknown {
  const at = address as number;
  if (at >= settings.watchedFrom && at < settings.watchedTo && !(at & 4095)) {
    erases++;
    if (armed) {
      const press = armed;
      armed = undefined;
      clock.later(chance() * AROUND_MS, press);
    }
  }
  return flash['erasePage']!(address);
}

/** Both kinds of erases are those of the phase's own pages: the slot's, or journal and records. */
function when(press: () => void): void {
  const pause = PAUSES[settings.phase];
  if (pause) {
    clock.later(pause[0] + chance() * (pause[1] - pause[0]), press);
    return;
  }
  armed = press;
  clock.later(NO_ERASE_MS[settings.phase]! + chance() * 100, () => {
    if (armed !== press) return;
    armed = undefined;
    press();
  });
}

function atOnce(press: () => void): void {
  press();
}

function entries(left: number): void {
  if (!left || ended) return end();
  if ((settings.phase === 'upload' || settings.phase === 'erase') && !client.running()) {
    return person.type(settings.masterCode + '#8#', () => {
      client.begin();
      clock.later(1000, () => entries(left));
    });
  }
  const taps: Sample[] = [];
  function next(): void {
    if (settings.phase === 'erase' && taps.length < TAPS) {
      person.tap(when, (beep) => {
        taps.push(beep);
        next();
      });
    } else {
      // While somebody types, erases wait, but not for ever. Of a PIN's digits, only the first comes when it is wanted.
      person.enter(when, settings.phase === 'erase' ? when : atOnce, (beeps, submit, alone, aloneBeep) => {
        say(['entry', settings.phase === 'erase' ? taps.concat([beeps[0]!]) : beeps, submit, alone, aloneBeep]);
        clock.later(300, () => entries(left - 1));
      });
    }
  }
  next();
}

function end(): void {
  const longest = clock.longest();
  say(['end', longest[0], longest[1], erases, person.lost(), stretchMs, clock.othersShare()]);
}

function begin(): void {
  clock.forget();
  erases = 0;
  if (settings.phase === 'verify') {
    person.type(settings.masterCode + '#8#', () => {
      clock.forget();
      client.test((answer) => {
        if (answer.indexOf('rc') >= 0) say(['failed', 'test: ' + answer]);
        else end();
      });
      entries(settings.entries);
    });
  } else if (settings.phase !== 'wake') entries(settings.entries);
}

const modules: Record<string, object> = {
  Flash: {
    read: clock.wrap(flash['read']!, settings.callMs),
    write: clock.wrap(flash['write']!, (data) => settings.callMs + settings.write256Ms * (data as { length: number }).length / 256),
    erasePage: clock.wrap(erasePage, settings.eraseMs),
  },
  Storage: { read: clock.wrap(text as Callable, settings.callMs) },
  TelnetServer: { setOptions: Boolean },
};

global['require'] = function (name: string) {
  return name === 'dgram' ? { createSocket } : native.require(name as 'fs');
};
(0, eval)(native.require('fs').readFileSync('prelude.js'));
const preludes = global['require'] as (name: string) => object;
global['require'] = function (name: string) {
  if (name === 'crypto' && bootHashes) {
    const SHA256 = bootHashes;
    bootHashes = undefined;
    return { SHA256 };
  }
  return modules[name] || preludes(name);
};
['pinMode', 'digitalWrite', 'digitalPulse', 'digitalRead', 'analogRead', 'analogWrite', 'setWatch', 'peek32', 'print'].forEach(function (name) {
  global[name] = clock.wrap(global[name] as Callable, 0);
});
['enableWatchdog', 'kickWatchdog', 'hwRand'].forEach(function (name) {
  E[name] = clock.wrap(E[name] as Callable, 0);
});
E['setConsole'] = Boolean;
const memory = process.memory as (collect?: boolean) => { free: number };
process.memory = clock.wrap(process.memory, (collect) => (collect === false ? 0 : collectMs));
const crypto = require('crypto');
memory();
// A hundred in a row, and no more: see codes.ts.
const stretchMs = settings.iterations / 100 * clock.cost(() => {
  new Uint8Array(100).reduce(crypto.SHA256 as never, new Uint8Array(32) as never);
});
bootHashes = clock.wrap(hash, (data) => (typeof data === 'string' ? data.length * 16 / 65536 : HASH_MS));
// The lock gets no more free variables than a chip has; and those in one piece, not in the holes that all this left.
while (memory().free > settings.freeVars) for (let i = 0; i < FILLED_AT_ONCE; i++) filling.push(i);
clock.start();
clock.turn(0, E.toString(flash['read']!(settings.startBytes, settings.bootAt + settings.startAt)));
clock.later(SETTLED_MS, begin);
