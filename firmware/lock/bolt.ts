/**
 * The bolt: a DC motor on an H-bridge between two end stops. The motor gets hardware-timed pulses, renewed while all is well; whatever
 * happens to the interpreter, it is off a tenth of a second later. Where the bolt is, only the end stops tell.
 */
import type { BoltWiring, InputWiring, SensorWiring } from '../../boards/wiring.js';
import { BOLT_JAMMED, BOLT_SENSOR_FAULT, type ErrorCode } from '../errors.js';
import type { Pins } from '../platform/types.js';
import { LOCKED, NOT_FULLY_LOCKED, POSITION_UNKNOWN, UNLOCKED } from './states.js';

export const PULSE_MS = 100;
/**
 * A pulse is renewed this long after it has ended, never before: Espruino queues the end of a pulse that is asked for while another
 * runs behind that one, without raising the pin again. The motor coasts through the gap.
 */
export const PULSE_GAP_MS = 3;
/** Short way back before a jammed throw is tried again, and the pause after it (twice as long the second time). */
export const BACK_MS = 300;
export const WAIT_MS = 300;
export const RETRIES = 2;
/** How often the end stops are read while the motor is on. */
const POLL_MS = 20;

const REST = 0;
const THROW = 1;
const BACK = 2;
const WAIT = 3;

/** The caller's record, changed in place. */
export interface BoltState {
  phase: number;
  /** `LOCKED` or `UNLOCKED`. */
  goal: number;
  sinceMs: number;
  retries: number;
  pulseEndsMs: number;
  /** `BOLT_JAMMED` or `BOLT_SENSOR_FAULT` of the last throw. */
  fault: ErrorCode;
}

export const KEEP = 0;
export const STOP = 1;
export const PULSE_UNLOCK = 2;
export const PULSE_LOCK = 3;

export function newBolt(): BoltState {
  return { phase: REST, goal: LOCKED, sinceMs: 0, retries: 0, pulseEndsMs: -PULSE_GAP_MS, fault: 0 };
}

/** Begins a throw; a throw that is under way is given up for it. */
export function throwBolt(bolt: BoltState, goal: number, nowMs: number): void {
  bolt.phase = THROW;
  bolt.goal = goal;
  bolt.sinceMs = nowMs;
  bolt.retries = 0;
  bolt.fault = 0;
}

function rest(bolt: BoltState, fault: ErrorCode): number {
  bolt.phase = REST;
  bolt.fault = fault;
  return STOP;
}

/**
 * What to do with the motor now. `locked`, `unlocked`: end stops, 1 = reached, 0 = not, -1 = not wired. Without the end stop of its
 * goal a throw takes all of `throwMs`. A jam is answered by two more tries, then the motor stays off.
 */
export function stepBolt(bolt: BoltState, nowMs: number, locked: number, unlocked: number, throwMs: number): number {
  if (bolt.phase === REST) return KEEP;
  const opening = bolt.goal === UNLOCKED;
  const there = opening ? unlocked : locked;
  const away = opening ? locked : unlocked;
  const elapsedMs = nowMs - bolt.sinceMs;
  if (bolt.phase === THROW) {
    if (there > 0 && away < 1) return rest(bolt, 0);
    if (elapsedMs >= throwMs) {
      if (there > 0) return rest(bolt, BOLT_SENSOR_FAULT);
      if (there < 0 && away < 1) return rest(bolt, 0);
      if (bolt.retries === RETRIES) return rest(bolt, BOLT_JAMMED);
      bolt.retries++;
      bolt.phase = BACK;
      bolt.sinceMs = nowMs;
      return STOP;
    }
  } else if (bolt.phase === BACK) {
    if (elapsedMs >= BACK_MS) {
      bolt.phase = WAIT;
      bolt.sinceMs = nowMs;
      return STOP;
    }
  } else {
    if (elapsedMs < WAIT_MS * bolt.retries) return KEEP;
    bolt.phase = THROW;
    bolt.sinceMs = nowMs;
  }
  if (nowMs < bolt.pulseEndsMs + PULSE_GAP_MS) return KEEP;
  bolt.pulseEndsMs = nowMs + PULSE_MS;
  return opening === (bolt.phase === THROW) ? PULSE_UNLOCK : PULSE_LOCK;
}

/** 1 = active, 0 = not, -1 = not wired. */
export function readInput(pins: Pins, input: InputWiring | undefined): number {
  return input ? (pins.read(input.pin) === input.active ? 1 : 0) : -1;
}

export function setUpInput(pins: Pins, input: InputWiring | undefined): void {
  if (input) pins.mode(input.pin, input.pull === 'up' ? 'input_pullup' : input.pull === 'down' ? 'input_pulldown' : 'input');
}

export interface Bolt {
  state: BoltState;
  /** Matter's LockState now. */
  position(): number;
  /** Throws the bolt to `goal`; nothing moves where it already is, and nothing where there is no motor. */
  move(goal: number): void;
  /** False while a throw is under way: the motor may have current. */
  atRest(): boolean;
  /** Milliseconds until `tick` should be called next. */
  dueMs(): number;
  /** Keeps the motor going, or stops it. */
  tick(): void;
  /** Takes the motor's current for the rest of its pulse: before flash is written in the middle of a throw, which then goes on. */
  off(): void;
}

/** Sets the pins up with the motor off. Moves nothing. */
export function openBolt(pins: Pins, nowMs: () => number, wiring: BoltWiring, sensors: SensorWiring | undefined): Bolt {
  const state = newBolt();
  const lockedStop = sensors && sensors.locked;
  const unlockedStop = sensors && sensors.unlocked;
  const motor = wiring.type === 'motor' ? wiring : undefined;
  function off(): void {
    if (!motor) return;
    pins.write(motor.in1, 0);
    pins.write(motor.in2, 0);
  }
  setUpInput(pins, lockedStop);
  setUpInput(pins, unlockedStop);
  off();
  if (motor) {
    pins.mode(motor.in1, 'output');
    pins.mode(motor.in2, 'output');
  }
  function position(): number {
    const locked = readInput(pins, lockedStop);
    const unlocked = readInput(pins, unlockedStop);
    if (locked < 0 && unlocked < 0) return POSITION_UNKNOWN;
    if (locked > 0) return unlocked > 0 ? NOT_FULLY_LOCKED : LOCKED;
    return unlocked > 0 ? UNLOCKED : NOT_FULLY_LOCKED;
  }
  return {
    state,
    position,
    move: (goal) => {
      if (state.phase !== REST && state.goal === goal) return;
      off();
      if (motor && position() !== goal) throwBolt(state, goal, nowMs());
      else rest(state, 0);
    },
    off,
    atRest: () => state.phase === REST,
    dueMs: () => {
      const dueMs = state.pulseEndsMs + PULSE_GAP_MS - nowMs();
      return dueMs > 0 && dueMs < POLL_MS ? dueMs : POLL_MS;
    },
    tick: () => {
      if (!motor || state.phase === REST) return;
      const effect = stepBolt(state, nowMs(), readInput(pins, lockedStop), readInput(pins, unlockedStop), motor.throwMs);
      if (effect !== KEEP) off();
      if (effect > STOP) pins.pulse(effect === PULSE_UNLOCK ? motor.in1 : motor.in2, 1, PULSE_MS);
    },
  };
}
