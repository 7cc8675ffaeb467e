/**
 * Stands in for what Espruino for Linux lacks: pins with parts behind them, an ADC, a watchdog. The first line of `.boot0` evaluates
 * it; the bundles after it are the ones that ship. It reads `prelude.json` in the working directory and talks to the test over UDP on
 * the loopback interface: one JSON array a datagram, in both directions (`protocol.ts`).
 */
import { mappedSocket, nativeRequire, slowFlash } from './modules.js';
import type { Command, Report, Settings } from './protocol.js';
import { createWire } from './wire.js';

type Level = 0 | 1;
type PinMode = 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'opendrain' | 'analog';
type Edge = (event: { state: boolean; time: number; pin: number }) => void;

interface Watch {
  pin: number;
  last: Level;
  edge: Edge;
}

/** Espruino's globals and modules, to be replaced. A module-wide name for each, because the community's types differ. */
declare const global: Record<string, unknown>;
declare const E: Record<string, unknown>;
declare const USB: unknown;
declare const Telnet: unknown;
declare const process: { memory(): { usage: number }; on(event: 'uncaughtException', take: (error: unknown) => void): void };
declare function getTime(): number;
declare function setTimeout(turn: () => void, ms: number): number;

/**
 * Readings of its column after which a key is released, and after which the next one is pressed: enough for two scans of two readings each, and for
 * the one that wakes a keypad nobody has touched for a while.
 */
const READS_DOWN = 6;
const READS_UP = 10;

const settings: Settings = JSON.parse(nativeRequire('fs').readFileSync('prelude.json'));
const socket = nativeRequire('dgram').createSocket({ type: 'udp4', recvBufferSize: 1500 });

const modes: PinMode[] = [];
const written: Level[] = [];
const pulsing: number[] = [];
const watches: Watch[] = [];
let switches = settings.switches;
/** Keys still to press; the first one is down or was just released. */
let keys: [number, number][] = [];
let keyIsDown = false;
let keyReads = 0;
const levels = settings.levels;
const analog = settings.analog;
const bolt = settings.bolt;
const wire = createWire(send);
let boltMs = settings.boltMs;
let jammed = settings.jammed;
let movedAt = getTime();
let boltState = '';
let random = settings.seed;

socket.on('message', obey);
socket.bind(0);
send(['hello', process.memory().usage]);
reportBolt();
process.on('uncaughtException', function (error) {
  send(['uncaught', (error + '' + ((error as Error).stack || '')).substr(0, 1000)]);
});

const print = global.print as (...words: string[]) => void;
global.print = function (...words: unknown[]) {
  const line = words.join(' ');
  send(['log', line]);
  if (settings.console) print(line);
};
if (settings.console) {
  // The bootloader gives a development board's console to `Serial1`, after it switched telnet off.
  const setConsole = E.setConsole as (device: unknown, options: object) => void;
  E.setConsole = function (device: unknown, options: object) {
    setConsole(device ? Telnet : null, options);
    if (device) nativeRequire('TelnetServer').setOptions({ mode: 'on' });
  };
}
global.pinMode = function (pin: number, mode: PinMode) {
  modes[pin] = mode;
};
global.digitalWrite = function (pins: number | number[], level: number) {
  if (typeof pins === 'number') return drive(pins, level);
  for (let i = pins.length; i--; level >>= 1) drive(pins[i]!, level & 1);
};
global.digitalRead = function (pins: number | number[]) {
  if (typeof pins === 'number') return sense(pins);
  let levels = 0;
  for (let i = 0; i < pins.length; i++) levels = levels << 1 | sense(pins[i]!);
  return levels;
};
global.digitalPulse = pulse;
global.analogRead = function (pin: number) {
  const value = analog[pin];
  return value === undefined ? NaN : value;
};
global.analogWrite = function (pin: number, value: number, options?: { freq: number }) {
  send(['tone', pin, value && options ? options.freq : 0]);
};
global.setWatch = function (edge: Edge, pin: number) {
  watches.push({ pin, last: read(pin), edge });
  return watches.length;
};
global.peek32 = function () {
  return 0;
};
global.require = function (name: string) {
  if (name === 'Flash' && settings.flash) return slowFlash(settings.flash);
  if (name === 'dgram') return { createSocket: (options: object) => mappedSocket(options, settings.ports) };
  return nativeRequire(name as 'fs');
};
// The firmware takes USB where there is one, as here. Until somebody asked for `USB`, Espruino would lose what is put into `global.USB`.
if (typeof USB !== 'undefined') global.USB = wire.port;
E.enableWatchdog = function (seconds: number) {
  send(['watchdog', seconds]);
};
E.kickWatchdog = function () {
  send(['kick']);
};
E.hwRand = function () {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return random;
};

function send(report: Report): void {
  socket.send(JSON.stringify(report), settings.port, '127.0.0.1');
}

/** One command of the test. */
function obey(text: string): void {
  send(['taken']);
  const command: Command = JSON.parse(text);
  if (command[0] === 'type') {
    keys = keys.concat(command[1]);
    if (!keyIsDown) pressNext();
  } else if (command[0] === 'switches') switches = command[1];
  else if (command[0] === 'level') setLevel(command[1], command[2]);
  else if (command[0] === 'analog') analog[command[1]] = command[2];
  else if (command[0] === 'jam') {
    moveBolt();
    jammed = command[1];
  } else if (command[0] === 'wire') wire.receive(command[1]);
  else evaluate(command[1], command[2]);
  notice();
}

function drive(pin: number, level: number): void {
  if (modes[pin] !== 'output' && modes[pin] !== 'opendrain') modes[pin] = 'output';
  write(pin, level ? 1 : 0);
}

function sense(pin: number): Level {
  const level = read(pin);
  countReading(pin, level);
  return level;
}

function setLevel(pin: number, level: Level | null): void {
  if (level === null) delete levels[pin];
  else levels[pin] = level;
}

function pressNext(): void {
  keyReads = 0;
  keyIsDown = keys.length > 0;
}

/** Counts the readings of the pressed or released key's column, and goes on to the next key. */
function countReading(pin: number, level: Level): void {
  if (!keys.length || keys[0]![1] !== pin || level === (keyIsDown ? 1 : 0)) return;
  keyReads++;
  if (keyIsDown && keyReads === READS_DOWN) {
    keyIsDown = false;
    keyReads = 0;
  } else if (!keyIsDown && keyReads === READS_UP) {
    keys.shift();
    pressNext();
    if (!keys.length) send(['typed']);
  }
}

function evaluate(id: number, text: string): void {
  let result: unknown;
  let failed = 0;
  try {
    result = (0, eval)(text);
  } catch (error) {
    result = '' + error;
    failed = 1;
  }
  send(['value', id, failed, result === undefined ? null : result]);
}

/** What a pin sees: a level from outside, the level it drives, a closed switch to a driven pin, or its pull. */
function read(pin: number): Level {
  const fixed = outside(pin);
  if (fixed !== undefined) return fixed;
  if (drives(pin)) return written[pin] || 0;
  for (let i = 0; i < switches.length; i++) {
    const level = through(switches[i]!, pin);
    if (level !== undefined) return level;
  }
  const typed = keyIsDown ? through(keys[0]!, pin) : undefined;
  return typed !== undefined ? typed : modes[pin] === 'input_pullup' ? 1 : 0;
}

/** What a pin sees through a closed switch. */
function through(pair: [number, number], pin: number): Level | undefined {
  const other = pair[0] === pin ? pair[1] : pair[1] === pin ? pair[0] : undefined;
  return other !== undefined && drives(other) ? written[other] || 0 : undefined;
}

function outside(pin: number): Level | undefined {
  if (bolt && (pin === bolt.locked.pin || pin === bolt.unlocked.pin)) {
    reportBolt();
    const atLocked = pin === bolt.locked.pin;
    const end = atLocked ? bolt.locked : bolt.unlocked;
    const there = atLocked ? boltMs <= 0 : boltMs >= bolt.travelMs;
    return there ? end.active : end.active ? 0 : 1;
  }
  return levels[pin];
}

function drives(pin: number): boolean {
  return modes[pin] === 'output' || (modes[pin] === 'opendrain' && written[pin] === 0);
}

function write(pin: number, level: Level): void {
  if (bolt && (pin === bolt.in1 || pin === bolt.in2)) moveBolt();
  if (settings.report.indexOf(pin) >= 0 && written[pin] !== level) send(['out', pin, level]);
  written[pin] = level;
  if (watches.length) notice();
}

/** As Espruino's: while the end of a pulse is queued, another pulse only queues another end. */
function pulse(pin: number, level: Level, ms: number): void {
  modes[pin] = 'output';
  if (settings.report.indexOf(pin) >= 0) send(['pulse', pin, level, ms]);
  if (!pulsing[pin]) write(pin, level);
  pulsing[pin] = (pulsing[pin] || 0) + 1;
  setTimeout(function () {
    pulsing[pin]!--;
    write(pin, level ? 0 : 1);
    reportBolt();
  }, ms);
}

/** Moves the bolt by the time its motor was driven since the last look. */
function moveBolt(): void {
  const now = getTime();
  if (bolt && !jammed) {
    const direction = (written[bolt.in1] || 0) - (written[bolt.in2] || 0);
    boltMs += direction * (now - movedAt) * 1000;
    if (boltMs < 0) boltMs = 0;
    if (boltMs > bolt.travelMs) boltMs = bolt.travelMs;
  }
  movedAt = now;
}

function reportBolt(): void {
  if (!bolt) return;
  moveBolt();
  const state = boltMs <= 0 ? 'locked' : boltMs >= bolt.travelMs ? 'unlocked' : 'between';
  if (state === boltState) return;
  boltState = state;
  send(['bolt', state, boltMs]);
}

/** Calls the watches of pins whose level changed. */
function notice(): void {
  for (let i = 0; i < watches.length; i++) {
    const watch = watches[i]!;
    const level = read(watch.pin);
    if (level === watch.last) continue;
    watch.last = level;
    announce(watch, level);
  }
}

/** In a turn of its own, as an interrupt would be. */
function announce(watch: Watch, level: Level): void {
  const event = { state: level === 1, time: getTime(), pin: watch.pin };
  setTimeout(function () {
    watch.edge(event);
  }, 0);
}
