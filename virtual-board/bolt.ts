/**
 * A bolt on a motor: it travels between two end stops, can jam, can be turned by hand, and draws more current when it sets off and when
 * it cannot move. A strike is one that is pushed from end to end by a coil or a spring. Position 0 = fully in (unlocked), 1 = fully out (locked).
 */
import type { Clock } from './clock.js';
import { LOAD_MA } from './battery.js';

export interface BoltOptions {
  /** Where it is at the start. */
  position: number;
  /** One throw at 6 V, milliseconds. */
  travelMs: number;
}

export type Drive = -1 | 0 | 1;

export interface Bolt {
  position(): number;
  locked(): boolean;
  unlocked(): boolean;
  /** The motor moves the bolt now. */
  moving(): boolean;
  /** -1 unlocks, 1 locks, 0 = no current. */
  drive(direction: Drive): void;
  /** The bolt can move between these positions only. No argument: it is stuck where it is now. */
  jam(from?: number, to?: number): void;
  free(): void;
  /** By hand. */
  turn(position: number): void;
  /** By a coil or a spring, as far as nothing holds it. */
  push(position: number): void;
  /** Milliamperes through the motor now. */
  currentMa(): number;
  /** Milliseconds of current through the motor so far. */
  energisedMs(): number;
}

const SENSOR_MARGIN = 0.03;
/** A motor that stood for so long takes as much as a stalled one for a moment. */
const STOOD_MS = 20;
const INRUSH_MS = 30;

export interface BoltEvents {
  clock: Clock;
  supplyMv(): number;
  load(ma: number): void;
  /** Position or motion changed: sensors are to be looked at. */
  changed(): void;
}

export function createBolt(options: BoltOptions, events: BoltEvents): Bolt {
  let position = options.position;
  let speed = 0;
  let sinceMs = 0;
  let direction: Drive = 0;
  let energisedMs = 0;
  let low = 0;
  let high = 1;
  let wakeUp = 0;
  let loadMa = 0;
  let offSinceMs = 0;
  let rushUntilMs = 0;

  function settle(): void {
    const nowMs = events.clock.now();
    if (direction) energisedMs += nowMs - sinceMs;
    position = Math.min(Math.max(position + speed * (nowMs - sinceMs), Math.min(low, position)), Math.max(high, position));
    sinceMs = nowMs;
  }

  /** Works out speed and current, and wakes up at the next position that matters. */
  function go(): void {
    events.clock.cancel(wakeUp);
    const stop = direction > 0 ? high : low;
    const stalled = direction > 0 ? position >= stop - 1e-9 : position <= stop + 1e-9;
    speed = direction && !stalled ? (direction * Math.min(1.2, events.supplyMv() / 6000)) / options.travelMs : 0;
    loadMa = direction === 0 ? 0 : stalled ? LOAD_MA.motorStalled : LOAD_MA.motorRunning;
    events.load(loadMa);
    events.changed();
    if (!speed) return;
    const marks = [low, high, SENSOR_MARGIN, 1 - SENSOR_MARGIN].filter((mark) => (mark - position) * speed > 1e-9);
    const next = Math.min(...marks.map((mark) => (mark - position) / speed));
    wakeUp = events.clock.after(next, () => {
      settle();
      // Land exactly on the mark, whatever the fractions did.
      const mark = marks.find((one) => Math.abs(one - position) < 1e-6);
      if (mark !== undefined) position = mark;
      go();
    });
  }

  return {
    position() {
      settle();
      return position;
    },
    locked() {
      settle();
      return position >= 1 - SENSOR_MARGIN;
    },
    unlocked() {
      settle();
      return position <= SENSOR_MARGIN;
    },
    moving: () => speed !== 0,
    drive(wanted) {
      if (wanted === direction) return;
      settle();
      if (!direction && events.clock.now() - offSinceMs > STOOD_MS) rushUntilMs = events.clock.now() + INRUSH_MS;
      if (!wanted) offSinceMs = events.clock.now();
      direction = wanted;
      go();
    },
    jam(from, to) {
      settle();
      low = from ?? position;
      high = to ?? low;
      go();
    },
    free() {
      settle();
      low = 0;
      high = 1;
      go();
    },
    turn(wanted) {
      settle();
      position = Math.min(1, Math.max(0, wanted));
      go();
    },
    push(wanted) {
      settle();
      position = Math.min(Math.max(wanted, Math.min(low, position)), Math.max(high, position));
      go();
    },
    currentMa: () => (direction && events.clock.now() < rushUntilMs ? LOAD_MA.motorStalled : loadMa),
    energisedMs() {
      settle();
      return energisedMs;
    },
  };
}
