/** The SMP server as it ships over the real Platform, with a door and a battery that never object. Says what its turns cost. */
import { openStores } from '../../../firmware/flash/open.js';
import { layoutOf, type Geometry } from '../../../firmware/flash/layout.js';
import { createPlatform } from '../../../firmware/platform/espruino.js';
import { createSlhTools } from '../../../firmware/platform/slh-tools.js';
import { createCrc16, startLines } from '../../../firmware/smp/console.js';
import { lockCommand } from '../../../firmware/smp/lock-group.js';
import { createServer, type SmpServer } from '../../../firmware/smp/server.js';
import { closedWindow, openWindow } from '../../../firmware/update/window.js';
import { startVerification } from '../../../firmware/update/verification.js';
import { openService, type SmpService } from '../../../firmware/service.js';
import { confirmImage } from '../../../firmware/update/boot-state.js';

declare const probe: Probe;
declare const __GEOMETRY__: Geometry;
declare function getTime(): number;
declare function btoa(text: string): string;
declare const process: { memory(collect?: boolean): { usage: number } };

interface Probe {
  publicKey: Uint8Array;
  imageId: Uint8Array;
  server: SmpServer;
  /** Milliseconds of each turn, time in flash operations left out. */
  turnsMs: number[];
  /** JsVars of the server alone, at rest. */
  serverVars: number;
  peakVars: number;
  log: string[];
  framingMs(frame: string): number;
  /** Runs `turn` as a timer would, and measures it. */
  measured(turn: () => void): void;
}

const platform = createPlatform();
const crc16 = createCrc16();
const flash = platform.flash;
let inFlash = 0;

function timed<A, B, C>(operation: (a: A, b: B) => C): (a: A, b: B) => C {
  return function (a, b) {
    const start = getTime();
    const result = operation(a, b);
    inFlash += getTime() - start;
    return result;
  };
}

// As on mapped flash, where reading costs nothing.
flash.text = timed((address, length) => platform.toWire(flash.read(length, address)));
flash.write = timed(flash.write);
const erase = flash.erase;
const timedErase = timed<number, undefined, void>((address) => erase(address));
flash.erase = (address) => timedErase(address, undefined);
const after = platform.after;

probe.measured = function (turn) {
  inFlash = 0;
  const start = getTime();
  turn();
  const ms = (getTime() - start - inFlash) * 1000;
  probe.turnsMs.push(ms);
  const vars = process.memory(false).usage;
  if (vars > probe.peakVars) probe.peakVars = vars;
};
platform.after = function (delayMs, turn) {
  return after(delayMs, function () {
    probe.measured(turn);
  });
};
probe.framingMs = function (frame) {
  let best = 1;
  for (let i = 0; i < 20; i++) {
    const start = getTime();
    startLines(frame, { toBase64: btoa, fromBase64: btoa, toBytes: platform.toBytes }, crc16)();
    const seconds = getTime() - start;
    if (seconds < best) best = seconds;
  }
  return best * 1000;
};

const stores = openStores(platform, layoutOf(__GEOMETRY__));
const version = { major: 1, minor: 0, revision: 0, build: 0 };
stores.journal.format();
confirmImage(stores.journal, undefined, { slot: 0, version, counter: 1, keyEpoch: 0, key: new Uint8Array(32), imageId: probe.imageId });
const slh = createSlhTools();
const window = closedWindow();
const noBytes = new Uint8Array(32);
const before = process.memory().usage;
const identity = {
  deviceId: noBytes, family: 5, hardware: 3, production: true, keys: [probe.publicKey, noBytes] as [Uint8Array, Uint8Array], codeSalt: noBytes,
  recoveryHash: noBytes, serial: '', wiring: '',
};
const make = (): SmpServer => createServer({
  platform, stores, slh: () => slh,
  slotBytes: stores.slots[0].pages * 4096,
  slot: (slot) => stores.slots[slot === 1 ? 1 : 0],
  offer: () => stores.offer,
  identity,
  running: { slot: 0, version, trial: false },
  bootloader: version,
  machine: 'linux',
  door: { busy: () => false },
  battery: { words: () => '', gate: () => 0, loaded: () => 0 },
  sentences: () => '',
  restart: () => undefined,
  log: function (words) {
    probe.log.push(words);
  },
  hashBytes: 65536,
  window,
  verifyAlone: (slot, trust, frames) => service.alone(startVerification({
    platform, journal: stores.journal, window, identity, slh, slot, trust, source: stores.slots[slot],
  }), frames),
  stepping: 0,
}, lockCommand);
const service: SmpService = openService(platform, () => false, () => () => (probe.server = make()));
probe.server = make();
probe.serverVars = process.memory().usage - before;
openWindow(window, platform.nowMs());
