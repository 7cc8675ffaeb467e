/** Moving the bolt: when it may, what is logged of it, and when it goes out by itself. */
import { BOLT_JAMMED, DOOR_NOT_CLOSED, MODE_RESTRICTS, MOTOR_HOT, type ErrorCode } from '../errors.js';
import type { LogEntry } from './access-log.js';
import { BATTERY_CRITICAL as LAST_UNLOCKS, batteryLevel, refuseThrow } from './battery-level.js';
import { timeOf } from './clock.js';
import type { DoorState } from './door-parts.js';
import { modeInForce } from './schedules.js';
import { AUTO_RELOCK, wordSetting } from './settings.js';
import { ACCEPTED, BATTERY_CRITICAL, errorPattern, JAMMED, LOW_BATTERY } from './signals.js';
import {
  DOOR_CLOSED, DOOR_UNKNOWN, LOCKED, LOG_BATTERY, LOG_JAMMED, LOG_LOCK, LOG_REFUSED, MODE_NO_REMOTE, MODE_PASSAGE, MODE_PRIVACY, NOBODY,
  SOURCE_AUTO, SOURCE_PROPRIETARY_REMOTE, SOURCE_REMOTE, SOURCE_UNSPECIFIED, UNLOCKED,
} from './states.js';

/** `relockMs`: the bolt goes out when the door is closed. */
export const WHEN_CLOSED = -1;
/** A door that has just closed may swing open again. */
export const SETTLE_MS = 2000;
const LOG_WAITING_MAX = 8;

/** Local time in seconds, as `timeOf` gives it; 0 = not known. */
export function timeNow(d: DoorState): number {
  const parts = d.parts;
  return parts.clock ? timeOf(parts.clock, parts.platform.nowMs()) : 0;
}

export function eventOf(d: DoorState, what: number, source: number, user: number, code: ErrorCode): LogEntry {
  return { sequence: 0, time: timeNow(d), uptime: Math.floor(d.parts.platform.nowMs() / 1000), what, source, user, code };
}

/** Keeps an entry until it can be written. Of what is no throw, jammed or not, only so many: somebody may type wrong codes for ever. */
export function keep(d: DoorState, happened: LogEntry): void {
  if (happened.what <= LOG_JAMMED || d.waiting.length < LOG_WAITING_MAX) d.waiting.push(happened);
}

export function note(d: DoorState, what: number, source: number, user: number, code: ErrorCode): void {
  keep(d, eventOf(d, what, source, user, code));
}

/** Have the cells what a throw to `goal` takes? 0, or BATTERY_EMPTY. Of a throw that is under way nothing can be read. */
export function refuseMove(d: DoorState, goal: number): ErrorCode {
  const battery = d.parts.battery;
  return battery && d.bolt.atRest() ? refuseThrow(battery, d.parts.wiring.battery, goal) : 0;
}

/** Begins a throw for what `happened`; the caller has decided that it may. 0, or why the cells forbid it. */
export function moveBolt(d: DoorState, goal: number, happened: LogEntry): ErrorCode {
  const code = refuseMove(d, goal);
  if (code) {
    d.relockMs = 0;
    happened.what = LOG_REFUSED;
    happened.code = code;
    keep(d, happened);
    d.parts.signals.play(errorPattern(code));
    return code;
  }
  throwBolt(d, goal, happened);
  return 0;
}

/** The same, where the cells have been asked. */
export function throwBolt(d: DoorState, goal: number, happened: LogEntry): void {
  d.relockMs = 0;
  if (d.throwing) keep(d, d.throwing);
  d.throwing = happened;
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
  return moveBolt(d, LOCKED, eventOf(d, LOG_LOCK, source, user, 0));
}

/** The mode in force: a holiday's, while the time is known. */
function modeNow(d: DoorState): number {
  const parts = d.parts;
  return modeInForce(parts.platform, parts.records, parts.settings, timeNow(d));
}

/** What a remote may do in this mode: nothing in privacy, nothing where remotes are off. */
export function refuseRemote(d: DoorState, source: number, user: number): ErrorCode {
  if (source !== SOURCE_REMOTE && source !== SOURCE_PROPRIETARY_REMOTE) return 0;
  const mode = modeNow(d);
  if (mode !== MODE_PRIVACY && mode !== MODE_NO_REMOTE) return 0;
  note(d, LOG_REFUSED, source, user, MODE_RESTRICTS);
  return MODE_RESTRICTS;
}

/** The bolt is in: it goes out again after the time that is set, but never in passage mode. */
export function armRelock(d: DoorState): void {
  const seconds = wordSetting(d.parts.settings, AUTO_RELOCK);
  if (!seconds || modeNow(d) === MODE_PASSAGE) return;
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
  // A motor that has to cool down did not try.
  if (fault) happened.what = fault === MOTOR_HOT ? LOG_REFUSED : LOG_JAMMED;
  keep(d, happened);
  if (fault) d.parts.signals.play(fault === BOLT_JAMMED ? JAMMED : errorPattern(fault));
  else tellBattery(d);
  if (d.bolt.state.goal === UNLOCKED) armRelock(d);
}

/** Cells are told of behind each throw while they are low; a level is logged once. */
function tellBattery(d: DoorState): void {
  const battery = d.parts.battery;
  if (!battery) return;
  const before = battery.level;
  const level = batteryLevel(battery, d.parts.wiring.battery);
  if (level !== before) note(d, LOG_BATTERY, SOURCE_UNSPECIFIED, NOBODY, level);
  if (level) d.parts.signals.play(ACCEPTED + '-' + (level < LAST_UNLOCKS ? LOW_BATTERY : BATTERY_CRITICAL));
}
