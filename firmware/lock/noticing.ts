/** What the door makes of what it senses: a door opened or closed, a bolt turned by hand, a button inside, time gone by. */
import { DOOR_FORCED, DOOR_LEFT_OPEN, FRONT_REMOVED } from '../errors.js';
import { IN_SAFE_MODE } from '../safe-mode.js';
import { keepClock } from './clock.js';
import { FRONT, PRIVACY, RELEASE, type DoorState } from './door-parts.js';
import { changeSetting, DOOR_OPEN_PERIOD, OPERATING_MODE, PRIVACY_BUTTON, wordSetting } from './settings.js';
import { ACCEPTED, REFUSED } from './signals.js';
import {
  DOOR_AJAR, DOOR_CLOSED, DOOR_FORCED_OPEN, DOOR_OPEN, LOCKED, LOG_DOOR_AJAR, LOG_DOOR_FORCED_OPEN, LOG_FRONT_REMOVED, LOG_LOCK,
  LOG_MODE, LOG_UNLOCK, MODE_NORMAL, MODE_PRIVACY, NOBODY, SOURCE_BUTTON, SOURCE_MANUAL, UNLOCKED,
} from './states.js';
import { armRelock, eventOf, lockDoor, moveBolt, note, SETTLE_MS, WHEN_CLOSED } from './throwing.js';

/** End stops that change this long after a throw were moved by hand. */
const BY_HAND_MS = 2000;

export function onChange(d: DoorState, nowMs: number, lockState: number, doorState: number): void {
  const shown = d.shown;
  const wasLocked = shown.lockState === LOCKED;
  const moved = lockState !== shown.lockState;
  const doorMoved = doorState !== shown.doorState;
  const byHand = moved && d.bolt.atRest() && nowMs - d.restSinceMs > BY_HAND_MS && (lockState === LOCKED || lockState === UNLOCKED);
  shown.lockState = lockState;
  shown.doorState = doorState;
  if (byHand) turnedByHand(d, lockState);
  shown.fault = d.bolt.state.fault;
  if (doorMoved && doorState === DOOR_CLOSED) closed(d, nowMs);
  else if (doorMoved && doorState === DOOR_OPEN) opened(d, nowMs, wasLocked && lockState === LOCKED && d.bolt.atRest());
  if (d.parts.hooks.changed) d.parts.hooks.changed(shown);
}

/** A person inside, or a key: privacy ends when the bolt is turned in. */
function turnedByHand(d: DoorState, lockState: number): void {
  const isOpening = lockState === UNLOCKED;
  d.bolt.state.fault = 0;
  d.relockMs = 0;
  note(d, isOpening ? LOG_UNLOCK : LOG_LOCK, SOURCE_MANUAL, NOBODY, 0);
  if (!isOpening) return;
  if (d.parts.settings[OPERATING_MODE] === MODE_PRIVACY) setMode(d, MODE_NORMAL, SOURCE_MANUAL, NOBODY);
  armRelock(d);
}

function closed(d: DoorState, nowMs: number): void {
  d.ajarMs = 0;
  if (d.relockMs === WHEN_CLOSED) d.relockMs = nowMs + SETTLE_MS;
  // Somebody came through: a lock that restarted meanwhile goes on locking by itself.
  else if (!d.relockMs && d.shown.lockState === UNLOCKED) armRelock(d);
}

function opened(d: DoorState, nowMs: number, wasLocked: boolean): void {
  const seconds = wordSetting(d.parts.settings, DOOR_OPEN_PERIOD);
  if (seconds) d.ajarMs = nowMs + seconds * 1000;
  if (!wasLocked) return;
  d.shown.doorState = DOOR_FORCED_OPEN;
  note(d, LOG_DOOR_FORCED_OPEN, SOURCE_MANUAL, NOBODY, DOOR_FORCED);
}

export function onTime(d: DoorState, nowMs: number): void {
  if (d.ajarMs && nowMs >= d.ajarMs) {
    d.ajarMs = 0;
    if (d.shown.doorState === DOOR_OPEN) d.shown.doorState = DOOR_AJAR;
    note(d, LOG_DOOR_AJAR, SOURCE_MANUAL, NOBODY, DOOR_LEFT_OPEN);
    if (d.parts.hooks.changed) d.parts.hooks.changed(d.shown);
  }
  if (d.relockMs > 0 && nowMs >= d.relockMs && d.bolt.atRest()) lockDoor(d, d.relockSource, d.relockUser);
  else if (!IN_SAFE_MODE && d.parts.clock && d.bolt.atRest() && !d.menu && !d.stretch) keepClock(d.parts, d.parts.clock);
}

/** Leaving is possible in every mode, whatever codes do. */
export function onButton(d: DoorState, pressed: number): void {
  const settings = d.parts.settings;
  if (pressed & FRONT) note(d, LOG_FRONT_REMOVED, SOURCE_MANUAL, NOBODY, FRONT_REMOVED);
  if (pressed & RELEASE) {
    if (settings[OPERATING_MODE] === MODE_PRIVACY) setMode(d, MODE_NORMAL, SOURCE_BUTTON, NOBODY);
    d.parts.signals.play(ACCEPTED);
    moveBolt(d, UNLOCKED, eventOf(d, LOG_UNLOCK, SOURCE_BUTTON, NOBODY, 0));
  } else if (pressed & PRIVACY) {
    const isOn = settings[OPERATING_MODE] === MODE_PRIVACY;
    const refused = !settings[PRIVACY_BUTTON] || setMode(d, isOn ? MODE_NORMAL : MODE_PRIVACY, SOURCE_BUTTON, NOBODY);
    d.parts.signals.play(refused ? REFUSED : ACCEPTED);
    if (!refused && !isOn) lockDoor(d, SOURCE_BUTTON, NOBODY);
  }
}

/** Changes the operating mode, in flash first. 0, or why not. */
export function setMode(d: DoorState, mode: number, source: number, user: number): number {
  // Never while the motor has current; the throw goes on afterwards.
  d.bolt.off();
  const code = changeSetting(d.parts.records, d.parts.settings, OPERATING_MODE, mode);
  note(d, LOG_MODE, source, user, code);
  return code;
}
