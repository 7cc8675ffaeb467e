/**
 * The bolt: what drives it, and what tells where it is. Current flows in hardware-timed pulses, renewed while all is well; whatever
 * happens to the interpreter, it is off a tenth of a second later. Where the bolt is, only sensors tell, or the current of a throw
 * that was felt to arrive since the start.
 */
import type { BoltWiring, MotorWiring, SensorWiring, ServoWiring, Wiring } from '../../boards/wiring.js';
import { BOLT_SENSOR_FAULT, MOTOR_HOT } from '../errors.js';
import type { Pins } from '../platform/types.js';
import { readInput, setUpInput } from './inputs.js';
import { LOCKED, NOT_FULLY_LOCKED, POSITION_UNKNOWN, UNLOCKED } from './states.js';
import { openStrike } from './strike.js';
import { ARRIVED, enter, HOT_MS, KEEP, newBolt, ONCE_MORE, POLL_MS, PULSE_GAP_MS, PULSE_MS, REST, STOP, stepBolt, THROW, type BoltState } from './throw.js';

export { readInput, setUpInput } from './inputs.js';

/** A servo gets a signal every 23 ms. */
const SERVO_MS = 20;
/** End stops that are both active for so many looks in a row (half a second to ten) are no contacts that bounce. */
const ODD_LOOKS = 20;

export interface Bolt {
  /** For readers. Its `fault` is the last throw's, or BOLT_SENSOR_FAULT where both end stops are active at rest. */
  state: BoltState;
  /** Matter's LockState now. UNLATCHED: a strike without sensors is released. */
  position(): number;
  /**
   * Throws the bolt to `goal`; nothing moves where it already is, and nothing where there is no motor. UNLOCKED releases a strike for its
   * hold time, or until the door has opened; LOCKED ends that. Too hot: at rest at once, with MOTOR_HOT.
   */
  move(goal: number): void;
  /** False while a throw is under way: the motor may have current. A magnet that holds the door is at rest. */
  atRest(): boolean;
  /** Milliseconds until `tick` should be called next; 0 = no need. A magnet needs it at rest, too. */
  dueMs(): number;
  /** Keeps the motor going, or stops it. At rest it looks whether the end stops agree. */
  tick(): void;
  /** Takes the motor's current for the rest of its pulse: before flash is written in the middle of a throw, which then goes on. */
  off(): void;
}

/** Current for so many milliseconds, negative to lock; 0 or nothing: none. */
type Drive = (ms?: number) => void;

/**
 * Sets the pins up without current. Moves nothing. `onPowerLoss` tells a strike that current releases from one that it holds;
 * `settings`, those in force, how long a strike is released (5 s without them).
 */
export function openBolt(
  pins: Pins, nowMs: () => number, wiring: BoltWiring, sensors: SensorWiring | undefined, onPowerLoss?: Wiring['onPowerLoss'], settings?: Uint8Array,
): Bolt {
  const stops = sensors || {};
  setUpInput(pins, stops.locked);
  setUpInput(pins, stops.unlocked);
  if (wiring.type === 'motor') return openThrown(pins, nowMs, stops, motorDrive(pins, wiring), wiring);
  if (wiring.type === 'servo') return openThrown(pins, nowMs, stops, servoDrive(pins, wiring), wiring);
  const still = openThrown(pins, nowMs, stops, () => undefined);
  return wiring.type === 'strike' ? openStrike(still, pins, nowMs, wiring, stops.door, onPowerLoss === 'failSafe', settings) : still;
}

function motorDrive(pins: Pins, motor: MotorWiring): Drive {
  function drive(ms?: number): void {
    if (ms) pins.pulse(ms > 0 ? motor.in1 : motor.in2, 1, Math.abs(ms));
    else {
      pins.write(motor.in1, 0);
      pins.write(motor.in2, 0);
    }
  }
  drive();
  pins.mode(motor.in1, 'output');
  pins.mode(motor.in2, 'output');
  return drive;
}

/** A servo wants a signal for each slice. Its supply, where it can be switched, comes in pulses as long as four of them. */
function servoDrive(pins: Pins, servo: ServoWiring): Drive {
  const supply = servo.enable;
  let slices = 0;
  function drive(ms?: number): void {
    if (ms) {
      if (supply && !(slices++ & 3)) pins.pulse(supply.pin, supply.active, 4 * SERVO_MS + 3 * PULSE_GAP_MS);
      pins.pulse(servo.pin, 1, (ms > 0 ? servo.unlockedUs : servo.lockedUs) / 1000);
    } else {
      slices = 0;
      pins.write(servo.pin, 0);
      if (supply) pins.write(supply.pin, supply.active ? 0 : 1);
    }
  }
  drive();
  pins.mode(servo.pin, 'output');
  if (supply) pins.mode(supply.pin, 'output');
  return drive;
}

/** What moves from one end to the other; without `wiring` it stands still, and tells what its sensors say. */
function openThrown(pins: Pins, nowMs: () => number, stops: SensorWiring, drive: Drive, wiring?: MotorWiring | ServoWiring): Bolt {
  const state = newBolt();
  function position(): number {
    const locked = readInput(pins, stops.locked);
    const unlocked = readInput(pins, stops.unlocked);
    if (locked < 0 && unlocked < 0) return state.phase === ARRIVED ? state.goal : POSITION_UNKNOWN;
    if (locked > 0) return unlocked > 0 ? NOT_FULLY_LOCKED : LOCKED;
    return unlocked > 0 ? UNLOCKED : NOT_FULLY_LOCKED;
  }
  return {
    state,
    position,
    move: (goal) => {
      const resting = state.phase <= REST;
      if (!resting && state.goal === goal) return;
      drive();
      let phase = resting ? state.phase : REST;
      let fault = 0;
      const moves = wiring && position() !== goal;
      if (moves && state.coldMs - nowMs() > HOT_MS + (goal === UNLOCKED ? ONCE_MORE * wiring.throwMs : 0)) fault = MOTOR_HOT;
      else {
        state.goal = goal;
        if (moves) phase = THROW;
      }
      state.retries = 0;
      enter(state, phase, fault);
    },
    off: drive,
    atRest: () => state.phase <= REST,
    dueMs: () => {
      const dueMs = state.readyMs - nowMs();
      return state.phase <= REST ? 0 : dueMs > 0 && dueMs < POLL_MS ? dueMs : POLL_MS;
    },
    tick: () => {
      const ms = nowMs();
      const locked = readInput(pins, stops.locked);
      const unlocked = readInput(pins, stops.unlocked);
      if (!wiring || state.phase <= REST) {
        if (locked < 1 || unlocked < 1) state.onMs = 0;
        else if (++state.onMs > ODD_LOOKS) state.fault = BOLT_SENSOR_FAULT;
        return;
      }
      const opening = state.goal === UNLOCKED;
      const motor = wiring.type === 'motor';
      const stall = motor && wiring.stall;
      let held = -1;
      if (stall) {
        // What the motor takes when it sets off, and again after each gap, says nothing.
        const leftMs = state.readyMs - PULSE_GAP_MS - ms;
        held = leftMs > 0 && leftMs <= PULSE_MS - POLL_MS && state.onMs - leftMs > stall.ignoreMs && pins.analog(stall.pin) * 1000 > stall.limit ? 1 : 0;
      }
      const effect = stepBolt(state, ms, opening ? unlocked : locked, opening ? locked : unlocked, held, wiring.throwMs,
        motor ? PULSE_MS : SERVO_MS, motor && wiring.softStartMs || 0);
      if (effect !== KEEP) drive(effect === STOP ? 0 : effect);
    },
  };
}
