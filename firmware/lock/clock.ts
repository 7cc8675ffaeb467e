/**
 * The time of day. A lock has no clock that outlives its power: the time is unknown after every start until a host sets it, and users
 * who depend on it are refused until then. What outlives it is the newest time known (record `CLOCK`, bytes 0 to 3, seconds since 1970,
 * low byte first; what follows them is not the clock's), stored when the clock is set and once a day.
 */
import { BAD_SETTING, CLOCK_WENT_BACK, type ErrorCode } from '../errors.js';
import { bytesOfWords, readU32 } from '../flash/bytes.js';
import { CLOCK, SCHEDULES } from '../flash/keys.js';
import { markUsedUp } from './access.js';
import { EXPIRY } from './schedules.js';
import { EXPIRING_USER } from './states.js';
import { byteText, eachEntry, NEXT, REMOVE, STOP, type Wires, type WritableRecords } from './tables.js';

/** The caller's record: two numbers. */
export interface Clock {
  /** Seconds since 1970 (UTC) when `nowMs` was 0; 0 = not known. */
  base: number;
  /** When the record was last written, or tried. */
  keptAt: number;
}

export interface ClockParts {
  platform: Wires & { nowMs(): number };
  records: WritableRecords;
}

/** 2024: whoever sends less does not know the time either. */
const EARLIEST = 1704067200;
const LATEST = 4294967295;
const DAY = 86400;
/** Set back by less is set right. */
const SLACK = 60;

export function newClock(): Clock {
  return { base: 0, keptAt: 0 };
}

/** Seconds since 1970 (UTC), 0 = not known. */
export function timeOf(clock: Clock, nowMs: number): number {
  return clock.base && clock.base + Math.floor(nowMs / 1000);
}

/**
 * Sets the clock. `CLOCK_WENT_BACK`: it is set, to more than a minute before the newest time known (log `LOG_CLOCK_SET_BACK` with this code;
 * `LOG_CLOCK_SET` with 0). First all that had expired by then is marked as used up, so that nothing comes back; where that cannot be stored
 * the clock stays, and the reason is flash's. `BAD_SETTING`: that is no time.
 */
export function setClock(parts: ClockParts, clock: Clock, seconds: number): ErrorCode {
  const nowMs = parts.platform.nowMs();
  if (!(seconds >= EARLIEST && seconds <= LATEST && seconds === Math.floor(seconds))) return BAD_SETTING;
  const kept = readU32(record(parts), 0);
  const now = timeOf(clock, nowMs);
  const newest = now > kept ? now : kept;
  const isBack = newest - seconds > SLACK;
  const code = isBack ? markExpired(parts, newest) : 0;
  if (code) return code;
  clock.base = seconds - Math.floor(nowMs / 1000);
  // It runs in any case: the record only serves to notice the next step back.
  clock.keptAt = keep(parts, seconds) ? 0 : seconds;
  return isBack ? CLOCK_WENT_BACK : 0;
}

/**
 * For the door at rest, as often as it likes; does something once a day: users who have expired are marked as used up, and the time is
 * stored. A failure is tried again the next day.
 */
export function keepClock(parts: ClockParts, clock: Clock): ErrorCode {
  const time = timeOf(clock, parts.platform.nowMs());
  if (!time || time - clock.keptAt < DAY) return 0;
  clock.keptAt = time;
  return markExpired(parts, time) || keep(parts, time);
}

function record(parts: ClockParts): Uint8Array {
  const stored = parts.records.get(CLOCK);
  return stored && stored.length >= 4 ? stored : new Uint8Array(4);
}

function keep(parts: ClockParts, time: number): ErrorCode {
  const bytes = record(parts);
  bytes.set(bytesOfWords([time]));
  return parts.records.set(CLOCK, bytes);
}

/** Marks the users whose end came before `time`. */
function markExpired(parts: ClockParts, time: number): ErrorCode {
  let code: ErrorCode = 0;
  const failed = eachEntry(parts.platform, parts.records, SCHEDULES, 1, byteText(EXPIRY), (bytes, at) => {
    if (time < readU32(bytes, at + 12)) return NEXT;
    code = markUsedUp(parts, bytes[at]!, EXPIRING_USER);
    // Who is marked needs no end any more; the next day would look for each of them again.
    return code ? STOP : REMOVE;
  });
  return code || failed;
}
