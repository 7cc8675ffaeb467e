/**
 * A throw of the bolt as a pure step: which slice of current comes next, when to stop, when to try again. Time is counted in
 * milliseconds with current, so that turns that come late make a throw longer and never weaker.
 */
import { BOLT_JAMMED, BOLT_SENSOR_FAULT, type ErrorCode } from '../errors.js';
import { LOCKED, UNLOCKED } from './states.js';

/** Longest time with current that nobody renews. */
export const PULSE_MS = 100;
/**
 * A pulse is renewed this long after it has ended, never before: Espruino queues the end of a pulse that is asked for while another
 * runs behind that one, without raising the pin again. The motor coasts through the gap.
 */
export const PULSE_GAP_MS = 3;
/** How often sensors are read while the motor is on. */
export const POLL_MS = 20;
/** Short way back before a jammed throw is tried again, and the pause after it (twice as long the second time). */
export const BACK_MS = 300;
export const WAIT_MS = 300;
export const RETRIES = 2;
/** A soft start: a pulse every so many milliseconds, the first of 5 ms, each one longer. */
const SOFT_MS = 20;
const SOFT_LEAST_MS = 5;
/**
 * Heat: each millisecond with current takes so many to go, and nothing but an unlock begins while more than `HOT_MS` are left: 15 s of
 * current in a minute. An unlock may begin with all its tries above that once more, because somebody stands at the door.
 */
export const COOLING = 4;
export const HOT_MS = 60000;
export const ONCE_MORE = COOLING * (RETRIES + 1);

export const REST = 0;
/** At rest where its current rose: the position is known although no end stop tells it. */
export const ARRIVED = -1;
export const THROW = 1;
const BACK = 2;
const WAIT = 3;

/** The caller's record, changed in place. At rest: `phase` <= `REST`. */
export interface BoltState {
  phase: number;
  /** `LOCKED` or `UNLOCKED`. */
  goal: number;
  /** Milliseconds with current in this phase. At rest: looks in a row at which both end stops were active. */
  onMs: number;
  /** When the next slice may begin, or the pause is over. */
  readyMs: number;
  /** When the motor will be cold. */
  coldMs: number;
  retries: number;
  /** `BOLT_JAMMED`, `BOLT_SENSOR_FAULT` or `MOTOR_HOT` of the last throw. */
  fault: ErrorCode;
}

/** What a step asks for: nothing, no current, or (any other number) so many milliseconds of it, negative to lock. */
export const KEEP = 0;
export const STOP = 0.5;

export function newBolt(): BoltState {
  return { phase: REST, goal: LOCKED, onMs: 0, readyMs: 0, coldMs: 0, retries: 0, fault: 0 };
}

/** The current is off between two phases. A throw begins with `THROW` and `retries` at 0, whatever was under way. */
export function enter(bolt: BoltState, phase: number, fault: ErrorCode): number {
  bolt.phase = phase;
  bolt.fault = fault;
  bolt.onMs = 0;
  return STOP;
}

/**
 * What to do with the motor now. `there`, `away`: the end stop of the goal and the other one, 1 = reached, 0 = not, -1 = not wired.
 * `held`: 1 = its current says that the motor stands, 0 = it does not, -1 = nothing measures it. Without the end stop of its goal a
 * throw ends where the current rises, or, with nothing to tell, after all of `throwMs`. A jam is answered by two more tries, then the motor
 * stays off. Current comes in slices of `sliceMs`, shorter ones for the first `softStartMs`.
 */
export function stepBolt(
  bolt: BoltState, nowMs: number, there: number, away: number, held: number, throwMs: number, sliceMs: number, softStartMs: number,
): number {
  const phase = bolt.phase;
  const isReady = nowMs >= bolt.readyMs;
  let ms = sliceMs;
  if (phase === THROW) {
    if (there > 0 && away < 1) return enter(bolt, REST, 0);
    if (held > 0 || isReady && bolt.onMs >= throwMs) {
      if (there > 0) return enter(bolt, REST, BOLT_SENSOR_FAULT);
      if (there < 0 && away < 1 && held) return enter(bolt, held > 0 ? ARRIVED : REST, 0);
      if (bolt.retries === RETRIES) return enter(bolt, REST, BOLT_JAMMED);
      bolt.retries++;
      // Whatever pulse runs has ended by then, and the motor stands.
      bolt.readyMs = nowMs + PULSE_MS + PULSE_GAP_MS;
      return enter(bolt, BACK, 0);
    }
    if (bolt.onMs < softStartMs) ms = SOFT_LEAST_MS + Math.floor((SOFT_MS - SOFT_LEAST_MS) * bolt.onMs / softStartMs);
  } else if (phase === BACK && (held > 0 || isReady && bolt.onMs >= BACK_MS)) {
    bolt.readyMs = nowMs + WAIT_MS * bolt.retries;
    return enter(bolt, WAIT, 0);
  }
  if (!isReady) return KEEP;
  if (phase === WAIT) return enter(bolt, THROW, 0);
  bolt.onMs += ms;
  bolt.readyMs = nowMs + (ms < SOFT_MS ? SOFT_MS : ms) + PULSE_GAP_MS;
  bolt.coldMs = (bolt.coldMs > nowMs ? bolt.coldMs : nowMs) + ms * COOLING;
  return (bolt.goal === UNLOCKED) === (phase === THROW) ? ms : -ms;
}
