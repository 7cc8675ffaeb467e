/** Moving the bolt: when it may, what is logged of it, and when it goes out by itself. */
import { BOLT_JAMMED, DOOR_NOT_CLOSED, MODE_RESTRICTS, type ErrorCode } from '../errors.js';
import type { LogEntry } from './access-log.js';
import { batteryLevel } from './battery-level.js';
import type { DoorState } from './door-parts.js';
import { AUTO_RELOCK, OPERATING_MODE, wordSetting } from './settings.js';
import { ACCEPTED, errorPattern, JAMMED, LOW_BATTERY } from './signals.js';
import {
  DOOR_CLOSED, DOOR_UNKNOWN, LOCKED, LOG_JAMMED, LOG_LOCK, LOG_REFUSED, LOG_UNLATCH, MODE_NO_REMOTE, MODE_PASSAGE, MODE_PRIVACY, SOURCE_AUTO,
  SOURCE_PROPRIETARY_REMOTE, SOURCE_REMOTE, UNLOCKED,
} from './states.js';

/** `relockMs`: the bolt goes out when the door is closed. */
export const WHEN_CLOSED = -1;
/** A door that has just closed may swing open again. */
export const SETTLE_MS = 2000;
const LOG_WAITING_MAX = 8;

export function eventOf(d: DoorState, what: number, source: number, user: number, code: ErrorCode): LogEntry {
  const parts = d.parts;
  return { sequence: 0, time: parts.clock ? parts.clock() : 0, uptime: Math.floor(parts.platform.nowMs() / 1000), what, source, user, code };
}

/** Keeps an entry until it can be written. Of what is no operation of the bolt only so many: somebody may type wrong codes for ever. */
export function keep(d: DoorState, happened: LogEntry): void {
  if (happened.what <= LOG_UNLATCH || d.waiting.length < LOG_WAITING_MAX) d.waiting.push(happened);
}

export function note(d: DoorState, what: number, source: number, user: number, code: ErrorCode): void {
  keep(d, eventOf(d, what, source, user, code));
}

/** Begins a throw for what `happened`. The caller has decided that it may. */
export function moveBolt(d: DoorState, goal: number, happened: LogEntry): void {
  if (d.throwing) keep(d, d.throwing);
  d.throwing = happened;
  d.relockMs = 0;
  d.bolt.move(goal);
}

/** The bolt goes out now, or when the door is closed: into an open door it never does. */
export function lockDoor(d: DoorState, source: number, user: number): ErrorCode {
  const doorState = d.shown.doorState;
  if (doorState !== DOOR_CLOSED && doorState !== DOOR_UNKNOWN) {
    d.relockMs = WHEN_CLOSED;
    d.relockSource = source;
    d.relockUser = user;
    return DOOR_NOT_CLOSED;
  }
  moveBolt(d, LOCKED, eventOf(d, LOG_LOCK, source, user, 0));
  return 0;
}

/** What a remote may do in this mode: nothing in privacy, nothing where remotes are off. */
export function refuseRemote(d: DoorState, source: number, user: number): ErrorCode {
  const mode = d.parts.settings[OPERATING_MODE];
  if (source !== SOURCE_REMOTE && source !== SOURCE_PROPRIETARY_REMOTE || mode !== MODE_PRIVACY && mode !== MODE_NO_REMOTE) return 0;
  note(d, LOG_REFUSED, source, user, MODE_RESTRICTS);
  return MODE_RESTRICTS;
}

/** The bolt is in: it goes out again after the time that is set, but never in passage mode. */
export function armRelock(d: DoorState): void {
  const seconds = wordSetting(d.parts.settings, AUTO_RELOCK);
  if (!seconds || d.parts.settings[OPERATING_MODE] === MODE_PASSAGE) return;
  d.relockMs = d.parts.platform.nowMs() + seconds * 1000;
  d.relockSource = SOURCE_AUTO;
  d.relockUser = 0;
}

/** After a throw: what it came to. */
export function afterThrow(d: DoorState, nowMs: number): void {
  const happened = d.throwing;
  const fault = d.bolt.state.fault;
  d.throwing = undefined;
  d.restSinceMs = nowMs;
  if (!happened) return;
  happened.code = fault;
  if (fault) happened.what = LOG_JAMMED;
  keep(d, happened);
  if (fault) d.parts.signals.play(fault === BOLT_JAMMED ? JAMMED : errorPattern(fault));
  else if (d.parts.battery && batteryLevel(d.parts.battery, d.parts.wiring.battery)) d.parts.signals.play(ACCEPTED + '-' + LOW_BATTERY);
  if (d.bolt.state.goal === UNLOCKED) armRelock(d);
}
