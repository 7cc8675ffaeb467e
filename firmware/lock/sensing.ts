/** Looks at the contacts, the buttons inside, and the time: what is cheap enough for every turn. */
import type { InputWiring, SensorWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';
import { readInput, setUpInput } from './bolt.js';
import { act, BUTTON_PRESSED, STATE_CHANGED, TIME_IS_UP } from './deeds.js';
import { FRONT, PRIVACY, RELEASE, type DoorState } from './door-parts.js';
import { DOOR_CLOSED, DOOR_OPEN, DOOR_UNKNOWN } from './states.js';

/** About once an hour the clock is looked after; a quiet door looks twice a second. */
const HOUR_MS = 3600000;
const ONCE_MS = 600;

/** Matter's DoorState as the sensor has it. */
export function readDoor(pins: Pins, input: InputWiring | undefined): number {
  const closed = readInput(pins, input);
  return closed < 0 ? DOOR_UNKNOWN : closed ? DOOR_CLOSED : DOOR_OPEN;
}

/** Sets the buttons up; gives what reads them, or undefined where there is none. */
export function openButtons(pins: Pins, sensors: SensorWiring | undefined): (() => number) | undefined {
  if (!sensors || !sensors.release && !sensors.privacy && !sensors.front) return undefined;
  const wired = sensors;
  setUpInput(pins, wired.release);
  setUpInput(pins, wired.privacy);
  setUpInput(pins, wired.front);
  const bit = (input: InputWiring | undefined, value: number) => (input && pins.read(input.pin) === input.active ? value : 0);
  return () => bit(wired.release, RELEASE) | bit(wired.privacy, PRIVACY) | bit(wired.front, FRONT);
}

/** Once a turn: acts on what changed, and on what is due. */
export function sense(d: DoorState, nowMs: number): void {
  const pins = d.parts.platform.pins;
  const shown = d.shown;
  const lockState = d.bolt.position();
  const seen = readDoor(pins, d.doorInput);
  // A contact that has only just changed may be bouncing.
  const isOpen = seen === DOOR_OPEN && shown.doorState !== DOOR_CLOSED;
  const doorState = seen !== d.doorSeen || isOpen ? shown.doorState : seen;
  d.doorSeen = seen;
  if (lockState !== shown.lockState || doorState !== shown.doorState || d.bolt.state.fault !== shown.fault) {
    act(d, STATE_CHANGED, nowMs, lockState, doorState);
  }
  if (d.relockMs > 0 && nowMs >= d.relockMs || d.ajarMs && nowMs >= d.ajarMs || nowMs % HOUR_MS > HOUR_MS - ONCE_MS) {
    act(d, TIME_IS_UP, nowMs, 0, 0);
  }
  const buttons = d.readButtons ? d.readButtons() : 0;
  if (buttons === d.buttons) return;
  const pressed = buttons & ~d.buttons;
  d.buttons = buttons;
  if (pressed) act(d, BUTTON_PRESSED, nowMs, pressed, 0);
}
