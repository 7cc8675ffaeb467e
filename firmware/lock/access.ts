/**
 * May the holder of a code open now? The door asks in this order, with the motor off:
 *
 *   holderOf      whose code it is; nobody's: a wrong try
 *   what forbids a throw anyway (battery, heat), so that no code is spent on it
 *   admit         0, or why not. What has to be in flash before the bolt moves is there when it returns 0
 *   logOf         what the access log says, with that code
 *   tries.clear   after a right code; `refused` where `admit` gave a reason
 *
 * Master and recovery code are never refused: they are the way out of every mode. A programming user's code opens the menu as the master's
 * does (`opensMenu`), and cannot change the master code. Safe mode knows no time: there, whoever needs it is refused.
 *
 * Matter's modes at this door: Normal, NoRemoteLockUnlock and Passage leave keypad and cards on. Vacation is for the master and programming
 * users ("only operable by the master user"), and for remotes. Privacy refuses everybody outside but master and recovery code. What
 * Passage means for the bolt is the door's business, and so is leaving Privacy when somebody unlocks by hand.
 */
import { CODE_USED_UP, MODE_RESTRICTS, OUTSIDE_SCHEDULE, TIME_UNKNOWN, USER_DISABLED, WRONG_CODE, type ErrorCode } from '../errors.js';
import { CODES } from '../flash/keys.js';
import { IN_SAFE_MODE } from '../safe-mode.js';
import { DISABLED_USER, TYPE_AT, TYPE_BITS, USED_UP, USER_AT, USERS_MAX, type Holder } from './codes.js';
import { expiryOf, isScheduled, localTime, modeInForce, storeExpiry, WEEK_DAY, YEAR_DAY } from './schedules.js';
import { EXPIRING_MINUTES, wordSetting } from './settings.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, FORCED_USER, LOG_FORCED_USER, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, MASTER_USER, MODE_NO_REMOTE,
  MODE_PASSAGE, MODE_PRIVACY, MODE_VACATION, NOBODY, NON_ACCESS_USER, PROGRAMMING_USER, REMOTE_ONLY_USER, SCHEDULE_RESTRICTED_USER,
  SOURCE_KEYPAD, SOURCE_RFID, WEEK_DAY_USER, YEAR_DAY_USER,
} from './states.js';
import { byteText, eachEntry, NEXT, type Wires, type WritableRecords } from './tables.js';

export interface AccessParts {
  platform: Wires;
  records: WritableRecords;
  settings: Uint8Array;
}

/**
 * 0 = may open. `time`: seconds since 1970 (UTC), 0 = not known: then whoever needs it is refused, and all others are not. Changes nothing.
 * A user who may never open at this door (NonAccess, RemoteOnly, or a type that this version does not know) is refused as a disabled one:
 * what to do about it is the same.
 */
export function judgeHolder(parts: AccessParts, holder: Holder, time: number, source: number): ErrorCode {
  const type = holder.type;
  const atTheDoor = source === SOURCE_KEYPAD || source === SOURCE_RFID;
  if (holder.user === NOBODY) return WRONG_CODE;
  if (holder.user > USERS_MAX) return 0;
  if (holder.status & USED_UP) return CODE_USED_UP;
  if (holder.status & DISABLED_USER || type === NON_ACCESS_USER || type > REMOTE_ONLY_USER || type === REMOTE_ONLY_USER && atTheDoor) return USER_DISABLED;
  const mode = modeInForce(parts.platform, parts.records, parts.settings, time);
  if (mode === MODE_PRIVACY || mode > MODE_PASSAGE || (atTheDoor ? mode === MODE_VACATION && type !== PROGRAMMING_USER : mode === MODE_NO_REMOTE)) {
    return MODE_RESTRICTS;
  }
  return judgeTime(parts, holder, time);
}

function judgeTime(parts: AccessParts, holder: Holder, time: number): ErrorCode {
  const type = holder.type;
  const scheduled = holder.schedule || type === YEAR_DAY_USER || type === WEEK_DAY_USER || type === SCHEDULE_RESTRICTED_USER;
  if (type !== EXPIRING_USER && !scheduled) return 0;
  if (IN_SAFE_MODE || !time) return TIME_UNKNOWN;
  const expiry = type === EXPIRING_USER && expiryOf(parts.platform, parts.records, holder.user);
  if (expiry && time >= expiry.until) return CODE_USED_UP;
  // Before the first use: the clock was wrong then, or is now.
  if (expiry && time < expiry.from) return TIME_UNKNOWN;
  const kind = type === YEAR_DAY_USER ? YEAR_DAY : type === WEEK_DAY_USER ? WEEK_DAY : 0;
  return !scheduled || isScheduled(parts.platform, parts.records, holder.user, kind, localTime(parts.settings, time)) ? 0 : OUTSIDE_SCHEDULE;
}

/**
 * `judgeHolder`, and what must be in flash before the bolt moves. A disposable code is marked as used up first: marked afterwards, it would
 * open again and again for whoever pulls the battery in mid-throw, or once flash takes no writes. So where it cannot be marked it does not
 * open, and the reason is flash's. The first use of an expiring one stores its end for the same reason. An expired one is marked as used up
 * when it is noticed, so that no clock revives it; it is refused whether or not that could be stored.
 */
export function admit(parts: AccessParts, holder: Holder, time: number, source: number): ErrorCode {
  const user = holder.user;
  const code = judgeHolder(parts, holder, time, source);
  if (user > USERS_MAX || holder.status & USED_UP) return code;
  if (code === CODE_USED_UP || !code && holder.type === DISPOSABLE_USER) {
    const failed = markUsedUp(parts, user, holder.type);
    return code || failed;
  }
  if (IN_SAFE_MODE || code || holder.type !== EXPIRING_USER || expiryOf(parts.platform, parts.records, user)) return code;
  return storeExpiry(parts.records, user, time, time + wordSetting(parts.settings, EXPIRING_MINUTES) * 60);
}

/** Marks all codes of a user as used up, if the user is of that type still. */
export function markUsedUp(parts: Pick<AccessParts, 'platform' | 'records'>, user: number, type: number): ErrorCode {
  return eachEntry(parts.platform, parts.records, CODES, USER_AT, byteText(user), (bytes, at) => {
    if ((bytes[at + TYPE_AT]! & TYPE_BITS) === type) bytes[at + TYPE_AT] = bytes[at + TYPE_AT]! | USED_UP;
    return NEXT;
  });
}

export function opensMenu(holder: Holder): boolean {
  return holder.user === MASTER_USER || holder.type === PROGRAMMING_USER;
}

/** `LOG_*` of a judgement. A code made under duress is told as that even where it is refused. */
export function logOf(holder: Holder, code: ErrorCode): number {
  if (holder.type === FORCED_USER) return LOG_FORCED_USER;
  return !code ? LOG_UNLOCK : holder.type === NON_ACCESS_USER ? LOG_NON_ACCESS_USER : LOG_REFUSED;
}
