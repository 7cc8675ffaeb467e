/**
 * A strike: a door is released while a solenoid has current (fail-secure), or while a magnet has none (fail-safe). Current comes in pulses
 * of a tenth of a second as a motor's does, so an interpreter that hangs lets a magnet go: the door is open then, which is what fail-safe
 * means. A magnet moves nothing and hangs on the mains, so flash may be written while it holds. After a restart neither has current:
 * a magnet holds again when somebody locks.
 */
import type { InputWiring, StrikeWiring } from '../../boards/wiring.js';
import { MOTOR_HOT } from '../errors.js';
import type { Pins } from '../platform/types.js';
import type { Bolt } from './bolt.js';
import { readInput } from './inputs.js';
import { STRIKE_HOLD } from './settings.js';
import { LOCKED, POSITION_UNKNOWN, UNLATCHED } from './states.js';
import { COOLING, enter, HOT_MS, ONCE_MORE, POLL_MS, PULSE_GAP_MS, PULSE_MS, REST, THROW } from './throw.js';

const DEFAULT_HOLD_S = 5;
/** A door that opens does not end the release before this, so that a loose contact locks nobody out. */
const LEAST_MS = 1000;

/** Gives current to `still`, which stands for its sensors. `magnet`: current holds the door. */
export function openStrike(
  still: Bolt, pins: Pins, nowMs: () => number, strike: StrikeWiring, door: InputWiring | undefined, magnet: boolean, settings: Uint8Array | undefined,
): Bolt {
  const state = still.state;
  const sensed = still.position;
  const throwDueMs = still.dueMs;
  let sinceMs = 0;
  let closedSeen = false;
  /** A magnet that nobody has locked since the start stays without current. */
  let holds = !magnet;

  function holdMs(): number {
    return (settings ? settings[STRIKE_HOLD]! : DEFAULT_HOLD_S) * 1000;
  }
  function isFree(): boolean {
    return state.phase > REST || !holds;
  }
  still.off = () => pins.write(strike.pin, strike.active ? 0 : 1);
  still.position = () => {
    const position = sensed();
    return position === POSITION_UNKNOWN && isFree() ? UNLATCHED : position;
  };
  still.move = (goal) => {
    const hot = goal !== LOCKED && !magnet && state.coldMs - nowMs() > HOT_MS + ONCE_MORE * holdMs();
    if (goal === LOCKED) holds = true;
    sinceMs = nowMs();
    closedSeen = false;
    enter(state, goal === LOCKED || hot ? REST : THROW, hot ? MOTOR_HOT : 0);
    if (isFree() === magnet) still.off();
  };
  still.dueMs = () => throwDueMs() || (isFree() === magnet ? 0 : POLL_MS);
  still.tick = () => {
    const ms = nowMs();
    const closed = readInput(pins, door);
    if (closed > 0) closedSeen = true;
    if (state.phase > REST && (ms - sinceMs >= holdMs() || closedSeen && closed === 0 && ms - sinceMs >= LEAST_MS)) still.move(LOCKED);
    if (isFree() === magnet || ms < state.readyMs) return;
    state.readyMs = ms + PULSE_MS + PULSE_GAP_MS;
    state.coldMs = (state.coldMs > ms ? state.coldMs : ms) + PULSE_MS * COOLING;
    pins.pulse(strike.pin, strike.active, PULSE_MS);
  };
  still.off();
  pins.mode(strike.pin, 'output');
  return still;
}
