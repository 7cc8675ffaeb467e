/**
 * A door in time that jumps from one thing that happens to the next: timers of the lock, ends of pulses, the end of the power. Hashes and
 * writes take time, in which pulses end and keys are pressed. A pulse behaves as Espruino's: asked for while another runs on its pin it
 * only moves the end.
 */
import { PENDING, SETTINGS } from '../../../firmware/flash/keys.js';
import { openBattery } from '../../../firmware/lock/battery.js';
import { newClock } from '../../../firmware/lock/clock.js';
import type { Door, DoorParts } from '../../../firmware/lock/door-parts.js';
import { openDoor } from '../../../firmware/lock/door.js';
import { readSettings } from '../../../firmware/lock/settings.js';
import { openSignals } from '../../../firmware/lock/signals.js';
import type { Pins, Platform, ResetCause } from '../../../firmware/platform/types.js';
import { newKeys, columnLevel } from './keys.js';
import { sensesClosed, type Board, type Natives, type World } from './parts.js';
import { BIT_MS } from './reader.js';
import {
  BEEPER as BEEPER_SEEN, BOTH_INPUTS, CHANGED, CUT, FAILED, HASHED, LIGHT, MOTOR, PULSE, SAFE_MODE, STARTED, WINDOW, WIRED, type See,
} from './seen.js';
import { openStores, REFUSED_WRITE, STAYED_OLD, TORN, WRITTEN } from './stores.js';
import { BATTERY, BEEPER, D0, D1, doorWiring, FIRST_COLUMN, IN1, IN2, LED, LOCKED_STOP, PRIVACY_BUTTON, RELEASE_BUTTON, UNLOCKED_STOP } from './wired.js';

interface Timer {
  id: number;
  dueMs: number;
  turn: () => void;
}

interface Edge {
  pin: number;
  atMs: number;
}

const HASH_MS = 0.5;
/** The bolt's way from one end stop to the other. */
const TRAVEL_MS = 400;
const PINS = 48;
const NEVER = 1e15;

/** Where in a write the power goes. */
const CUT_BEFORE = 0;
const CUT_INSIDE = 1;
const CUT_AFTER = 2;

export function openWorld(natives: Natives, see: See, readerBits: 0 | 4 | 8): Board {
  const levels = new Uint8Array(PINS);
  const ends: number[][] = [];
  let pending = 0;
  let timers: Timer[] = [];
  /** Bits on their way, and who waits for them. */
  let edges: Edge[] = [];
  const watches: ((level: 0 | 1, atMs: number) => void)[] = [];
  let nextId = 1;
  let movedAt = 0;
  const keys = newKeys();
  const pins: Pins = {
    mode: () => undefined,
    write: (pin, level) => set(pin, level),
    pulse: (pin, level, ms) => {
      if (w.dead) return;
      see(PULSE, pin, ms);
      const queue = ends[pin] || (ends[pin] = []);
      const last = queue[queue.length - 1];
      pending++;
      queue.push((last === undefined ? w.time : last) + ms);
      if (last === undefined) set(pin, level);
      if (w.hangOnPulse && (pin === IN1 || pin === IN2)) {
        w.hangOnPulse = false;
        w.hung = true;
      }
    },
    read: (pin) => {
      if (pin < FIRST_COLUMN + 3) return w.time >= keys.lastUntil ? 1 : columnLevel(keys, pin - FIRST_COLUMN, levels, w.time);
      moveBolt();
      if (pin === LOCKED_STOP) return w.stopsFault === 1 || !w.stopsFault && w.bolt <= 0 ? 0 : 1;
      if (pin === UNLOCKED_STOP) return w.stopsFault === 1 || !w.stopsFault && w.bolt >= 1 ? 0 : 1;
      if (pin === RELEASE_BUTTON) return w.time < w.releaseUntil ? 1 : 0;
      if (pin === PRIVACY_BUTTON) return w.time < w.privacyUntil ? 1 : 0;
      return sensesClosed(w) ? 1 : 0;
    },
    readAll: (all) => {
      let levels = 0;
      for (let i = 0; i < all.length; i++) levels = levels << 1 | pins.read(all[i]!);
      return levels;
    },
    writeAll: (all, levels) => {
      for (let i = all.length; i--; levels >>= 1) pins.write(all[i]!, levels & 1 ? 1 : 0);
    },
    analog: (pin) => (pin === BATTERY ? w.analog : NaN),
    tone: (pin, hz) => set(pin, hz ? 1 : 0),
    watch: (pin, edge) => {
      watches[pin] = edge;
    },
  };
  const platform: Platform = {
    flash: { read: () => new Uint8Array(0), write: () => undefined, erase: () => undefined, text: () => '' },
    nowMs: () => w.time - w.startedAt,
    after: (delayMs, turn) => {
      if (!w.dead) timers.push({ id: nextId, dueMs: w.time + (delayMs > 1 ? delayMs : 1), turn });
      return nextId++;
    },
    cancel: (id) => {
      for (let i = 0; i < timers.length; i++) {
        if (timers[i]!.id !== id) continue;
        timers.splice(i, 1);
        return;
      }
    },
    sha256: (data) => {
      elapse(HASH_MS);
      if (typeof data !== 'string') see(HASHED, 0, 0, data);
      return natives.sha256(data);
    },
    digest: (data) => platform.sha256(data),
    crc32: () => 0,
    toWire: (bytes) => {
      see(WIRED, 0, 0, bytes);
      return natives.toWire(bytes);
    },
    toBytes: natives.toBytes,
    startCause: () => w.cause,
    reboot: () => undefined,
    armWatchdog: () => undefined,
    feedWatchdog: () => undefined,
    collect: () => undefined,
    freeVars: () => 1000,
    log: () => see(FAILED, 0, 0),
    pins,
  };
  const w: World = {
    time: 0, startedAt: 0, starts: 0, cause: 'powerOn', wiring: doorWiring(readerBits), door: undefined as unknown as Door, stores: openStores(see, elapse, write),
    platform, keys, readerBits, dead: true, hung: false, hangOnPulse: false, cutAt: NEVER, fuse: 0, fuseMode: 0, refusing: false, bolt: 0, blockedBelow: 0,
    blockedAbove: 1, doorClosed: true, stopsFault: 0, doorSensorFault: 0, releaseUntil: 0, privacyUntil: 0, analog: 0.7,
    clock: newClock(), clockCode: 0, hoursPassed: false, officeCode: 0, settings: new Uint8Array(0), salt: new Uint8Array(16), recoveryHash: new Uint8Array(0),
  };

  function force(): number {
    return levels[IN1]! - levels[IN2]!;
  }
  function moveBolt(): void {
    const pushed = force();
    if (pushed) {
      w.bolt += pushed * (w.time - movedAt) / TRAVEL_MS;
      if (w.bolt > w.blockedAbove && pushed > 0) w.bolt = w.blockedAbove;
      if (w.bolt < w.blockedBelow && pushed < 0) w.bolt = w.blockedBelow;
    }
    movedAt = w.time;
  }
  function set(pin: number, level: number): void {
    if (w.dead || levels[pin] === level) return;
    if (pin === IN1 || pin === IN2) moveBolt();
    levels[pin] = level;
    if (pin === BEEPER) see(BEEPER_SEEN, level, 0);
    else if (pin === LED) see(LIGHT, level, 0);
    else if (pin === IN1 || pin === IN2) {
      see(MOTOR, force(), 0);
      if (levels[IN1] && levels[IN2]) see(BOTH_INPUTS, 0, 0);
    }
  }
  /** The pin whose pulse ends first, and not after `until`; -1 where there is none. */
  function firstEnd(until: number): number {
    let pin = -1;
    let first = until;
    for (let i = 0; i < ends.length; i++) {
      const queue = ends[i];
      if (!queue || !queue.length || queue[0]! > first) continue;
      first = queue[0]!;
      pin = i;
    }
    return pin;
  }
  /** Hardware goes on by itself: pulses end, the power goes. */
  function elapseUntil(until: number): void {
    const stop = w.cutAt < until ? w.cutAt : until;
    while (pending) {
      const pin = firstEnd(stop);
      if (pin < 0) break;
      const end = ends[pin]!.shift()!;
      pending--;
      if (end > w.time) w.time = end;
      set(pin, 0);
    }
    if (stop > w.time) w.time = stop;
    if (w.cutAt <= w.time && !w.dead) cut();
    if (until > w.time) w.time = until;
  }
  function elapse(ms: number): void {
    if (w.dead) return;
    elapseUntil(w.time + ms);
  }
  function write(): number {
    if (w.dead) return STAYED_OLD;
    if (w.refusing) return REFUSED_WRITE;
    if (!w.fuse || --w.fuse) return WRITTEN;
    if (w.fuseMode !== CUT_AFTER) cut();
    else w.cutAt = w.time;
    return w.fuseMode === CUT_BEFORE ? STAYED_OLD : w.fuseMode === CUT_INSIDE ? TORN : WRITTEN;
  }
  function cut(): void {
    if (w.dead) return;
    moveBolt();
    levels.fill(0);
    ends.splice(0, ends.length);
    pending = 0;
    timers = [];
    edges = [];
    w.dead = true;
    w.hung = false;
    w.cutAt = NEVER;
    w.fuse = 0;
    see(CUT, 0, 0);
  }
  function firstTimer(): number {
    let first = 0;
    for (let i = 1; i < timers.length; i++) if (timers[i]!.dueMs < timers[first]!.dueMs) first = i;
    return first;
  }
  /** Bits that came while the interpreter did something are waiting for it, before timers that are due. */
  function takeEdges(until: number): void {
    while (edges.length && (edges[0]!.atMs <= until || edges[0]!.atMs <= w.time)) {
      const edge = edges.shift()!;
      elapseUntil(edge.atMs);
      if (w.dead) return;
      const watch = watches[edge.pin]!;
      watch(0, edge.atMs);
      watch(1, edge.atMs);
    }
  }
  function send(bits: string): void {
    if (w.dead || w.hung) return;
    for (let i = 0; i < bits.length; i++) edges.push({ pin: bits.charAt(i) === '0' ? D0 : D1, atMs: w.time + (i + 1) * BIT_MS });
  }
  function advance(until: number): void {
    while (!w.dead && !w.hung && timers.length) {
      if (edges.length) {
        const dueMs = timers[firstTimer()]!.dueMs;
        takeEdges(dueMs < until ? dueMs : until);
        if (w.dead) return;
      }
      const index = firstTimer();
      const timer = timers[index]!;
      if (timer.dueMs > until) break;
      timers.splice(index, 1);
      elapseUntil(timer.dueMs);
      if (!w.dead) timer.turn();
      else return;
    }
    if (!w.dead) elapseUntil(until);
  }
  function restartWhenSettled(): void {
    if (w.door.settled()) start('software');
    else platform.after(50, restartWhenSettled);
  }
  function partsOf(): DoorParts {
    const records = w.stores.records;
    w.settings = readSettings(records.get(SETTINGS));
    w.clock = newClock();
    const parts = {
      platform, wiring: w.wiring, journal: w.stores.journal, records, settings: w.settings,
      identity: { deviceId: new Uint8Array(8), codeSalt: w.salt, recoveryHash: w.recoveryHash },
      signals: openSignals(platform, w.wiring.led, w.wiring.beeper, w.settings), battery: openBattery(platform, w.wiring.battery, records),
      clock: w.clock,
      hooks: {
        openWindow: () => see(WINDOW, 0, 0),
        restart: restartWhenSettled,
        bootable: () => true,
        requestSafeMode: () => see(SAFE_MODE, 0, 0),
        changed: (status: { lockState: number; doorState: number }) => see(CHANGED, status.lockState, status.doorState),
      },
    };
    return parts;
  }
  function start(cause: ResetCause): void {
    moveBolt();
    cut();
    w.dead = w.hangOnPulse = false;
    w.cause = cause;
    w.startedAt = w.time;
    // Whoever holds a fuse to it while a reset is finished finds the lock dead, and the next start finishes it.
    if (w.stores.peek(PENDING) && w.stores.wipe() || w.dead) return cut();
    see(STARTED, ++w.starts, 0);
    w.door = openDoor(partsOf());
  }
  return { world: w, force, advance, cut, start, send };
}
