/**
 * The menu at the keypad, as it is while it is open: made after the master code (or a Programming user's, or the recovery code), let go when
 * `wants` is `WANTS_NOTHING`. It knows no time and no pins; it reads and changes records, so the bolt is at rest when it is called.
 * What a person reads about it is docs/keypad.md.
 *
 *   0 new master code        3 code for a user      6 mode                9 pair an owner's phone
 *   1 open                   4 remove a user        7 settings           98 soft reset
 *   2 lock                   5 kind of user         8 update window      99 hard reset
 *
 * A code comes stretched and is never held as digits. Nothing is stored before the last step of an item, and that is one record write.
 * What looks at a hundred users takes an ESP32 most of a turn: it is done after the turn of the key, one look or one write a turn.
 * 0, 8, 9 and 99 are the master's alone. After the recovery code there is only item 0. Safe mode has 0, 1, 2, 8, 98 and 99.
 */
import { CODE_IN_USE, NO_SUCH_USER, USERS_FULL, type ErrorCode } from '../errors.js';
import { CODES, MASTER, OWNERS } from '../flash/keys.js';
import type { Platform } from '../platform/types.js';
import { IN_SAFE_MODE } from '../safe-mode.js';
import { holderOf, TAG_BYTES, USERS_MAX } from './codes.js';
import { removeCodes, setMaster, storeCode, userOf, type User } from './codes-table.js';
import { freeOwner, PAIRING_DIGITS_MIN, pairingSecret } from './owners.js';
import { checkReset, orderHardReset } from './resets.js';
import { clearSchedules } from './schedules.js';
import {
  AUTO_RELOCK, changeSetting, DISABLE_TIME, DOOR_OPEN_PERIOD, EXPIRING_MINUTES, LED_SETTINGS, LOCAL_PROGRAMMING, ONE_TOUCH, OPERATING_MODE,
  PRIVACY_BUTTON, SOUND_VOLUME, STRIKE_HOLD, WRONG_CODE_LIMIT,
} from './settings.js';
import { ACCEPTED, AGAIN, CLOSED, errorPattern, HOLD, KEY, MENU, NEW_CODE, numberPattern, REFUSED, VALUE, WHICH } from './signals.js';
import {
  EXPIRING_USER, FORCED_USER, LOG_FACTORY_RESET, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MODE, LOG_PAIRING, LOG_SETTING, LOG_SOFT_RESET,
  LOG_UNLOCK, LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED, LOG_WINDOW, MASTER_USER, NOBODY, PROGRAMMING_USER,
  RECOVERY_USER, SOURCE_KEYPAD, UNRESTRICTED_USER,
} from './states.js';
import { tablesOf, type WritableRecords } from './tables.js';
import { beginAnew, exchangeCode, freeUser, markUsers, storeUser } from './users.js';

/** The menu closes after so long without a key: see `close`. */
export const MENU_MS = 30000;

// What the menu waits for
/** It is closed. */
export const WANTS_NOTHING = 0;
/** Digits and `#`, or `#` alone: `typed`. */
export const WANTS_NUMBER = 1;
/** A code of `PIN_MIN` to `PIN_MAX` digits, stretched: `code`. */
export const WANTS_CODE = 2;
/** `#` held: `typed('')` when it is pressed, then `hold` in every turn with whether a key is down (`unsettled` of the keypad). */
export const WANTS_HOLD = 3;
/** Time, not keys: `work` in every turn, and no other call but `close`. */
export const WANTS_TIME = 4;
export const DID_NOTHING = -1;

export interface MenuParts {
  platform: Pick<Platform, 'toWire' | 'sha256'>;
  records: WritableRecords;
  identity: { deviceId: Uint8Array; recoveryHash: Uint8Array };
  /** The record in force: changed in place. */
  settings: Uint8Array;
  /** Whose code opened it: `MASTER_USER`, `RECOVERY_USER`, or a Programming user's number. */
  user: number;
  /** False on a keypad that tells no holding: there `#` is pressed five times instead. */
  canHold: boolean;
  /** An image that the next start can run is in flash. */
  bootable(): boolean;
}

export interface Menu {
  wants: number;
  /** Of the last call: the pattern to play, `''` = none. */
  play: string;
  /**
   * Of the last call: `DID_NOTHING`, or what to do and to log with `user`, as a `LOG_*`. UNLOCK and LOCK: move the bolt. WINDOW: open it.
   * PAIRING: `startPairing(secret)`. SOFT_RESET, FACTORY_RESET: restart (the next start notes the latter). All others are done.
   */
  did: number;
  /** Whom `did` is about. */
  user: number;
  secret: Uint8Array | undefined;
  typed(digits: string): void;
  code(value: Uint8Array): void;
  hold(down: boolean, nowMs: number): void;
  /** A turn of what the last key began. */
  work(): void;
  /** `*`: back to the choice, or out. */
  back(): void;
  /** Nobody types any more. */
  close(): void;
}

const CHOICE = 0;
const USER = 1;
const MODE = 2;
const SETTING = 3;
const DIGITS = 4;
const KIND = 5;
const SETTING_VALUE = 6;
const CODE = 7;
const CODE_AGAIN = 8;
const USER_AGAIN = 9;
const SURE = 10;
const HOLDING = 11;

// What the menu works on
const FIND_USER = 0;
const FIND_FREE = 1;
const STORE_CODE = 2;
const STORE_KIND = 3;
const REMOVE_USER = 4;
const STORE_SETTING = 5;

const HOLD_SECONDS = 5;
/** Kinds of user beside Matter's types. */
const SHUT_OUT = 10;
const LET_IN = 11;

export function openMenu(parts: MenuParts): Menu {
  const platform = parts.platform;
  const records = parts.records;
  const recoveryHash = parts.identity.recoveryHash;
  const isMaster = parts.user === MASTER_USER;
  let step = CHOICE;
  let item = 0;
  let user = MASTER_USER;
  // What was known of that user when the number was typed.
  let old: User | undefined;
  let first = '';
  // What is worked on, its next turn, what it comes to, and the writes that wait for a turn.
  let task = 0;
  let turn = 0;
  let goal = 0;
  let kind = 0;
  let bytes = new Uint8Array(0);
  let waiting: { key: number; bytes: Uint8Array }[] = [];
  const later: WritableRecords = { get: records.get, set };
  // Of the held key: pressed, `nowMs` of the first turn, seconds told.
  let pressed = false;
  let since = -1;
  let count = 0;
  const menu: Menu = { wants: WANTS_NUMBER, play: MENU, did: DID_NOTHING, user: parts.user, secret: undefined, typed, code, hold, work, back, close };

  function ask(next: number, before: string): void {
    const prompt = next === CHOICE ? MENU : next < KIND ? WHICH : next < CODE ? VALUE : next === CODE ? NEW_CODE : next < HOLDING ? AGAIN : HOLD;
    step = next;
    menu.wants = next === HOLDING ? WANTS_HOLD : next === CODE || next === CODE_AGAIN ? WANTS_CODE : WANTS_NUMBER;
    menu.play = before ? before + '-' + prompt : prompt;
    pressed = false;
    since = -1;
    count = 0;
    if (next !== CODE_AGAIN) first = '';
  }
  function refuse(): void {
    menu.play = REFUSED;
  }
  function fail(reason: ErrorCode): void {
    ask(CHOICE, errorPattern(reason));
  }
  function done(what: number, whom: number): void {
    menu.did = what;
    menu.user = whom;
    ask(CHOICE, ACCEPTED);
  }
  function end(what: number, pattern: string): void {
    ask(CHOICE, '');
    menu.did = what;
    menu.user = parts.user;
    menu.wants = WANTS_NOTHING;
    menu.play = pattern;
  }
  function askIf(reason: ErrorCode, next: number): void {
    if (reason) fail(reason);
    else ask(next, '');
  }

  function choose(choice: number): void {
    item = choice;
    if (choice === 1) end(LOG_UNLOCK, ACCEPTED);
    else if (choice === 2) end(LOG_LOCK, ACCEPTED);
    else if (choice === 8 && isMaster) end(LOG_WINDOW, ACCEPTED);
    else if (!parts.settings[LOCAL_PROGRAMMING]) refuse();
    else if (choice === 98) askIf(checkReset(parts.bootable()), SURE);
    else if (isMaster && !choice) {
      user = MASTER_USER;
      ask(CODE, '');
    } else if (isMaster && choice === 99) askIf(checkReset(parts.bootable()), HOLDING);
    else if (IN_SAFE_MODE) refuse();
    else chooseChange(choice);
  }

  function chooseChange(choice: number): void {
    if (choice > 2 && choice < 6) ask(USER, '');
    else if (choice === 6) ask(MODE, '');
    else if (choice === 7) ask(SETTING, '');
    else if (choice === 9 && isMaster) askIf(freeOwner(records.get(OWNERS)) ? 0 : USERS_FULL, DIGITS);
    else refuse();
  }

  function onUser(digits: string, typedUser: number): void {
    if (item === 3 && !digits) {
      bytes = new Uint8Array(USERS_MAX + 1);
      begin(FIND_FREE, 0);
    } else if (typedUser < 1 || typedUser > USERS_MAX) refuse();
    else {
      user = typedUser;
      begin(FIND_USER, 0);
    }
  }

  function onKind(typedKind: number): void {
    kind = typedKind;
    const isType = kind === UNRESTRICTED_USER || kind >= FORCED_USER && kind <= EXPIRING_USER || kind === PROGRAMMING_USER && isMaster;
    if (isType || kind === SHUT_OUT || kind === LET_IN) begin(STORE_KIND, LOG_USER_MODIFIED);
    else refuse();
  }

  function change(at: number, value: number, what: number): void {
    bytes = new Uint8Array(parts.settings);
    const reason = changeSetting(later, bytes, at, value);
    if (reason) refuse();
    else begin(STORE_SETTING, what);
  }

  function begin(next: number, what: number): void {
    task = next;
    turn = 0;
    goal = what;
    menu.wants = WANTS_TIME;
    menu.play = '';
  }
  /** In the place of `records.set`. */
  function set(key: number, value: Uint8Array): ErrorCode {
    waiting.push({ key, bytes: value });
    return 0;
  }

  function work(): void {
    if (IN_SAFE_MODE) return;
    const write = waiting.splice(0, 1)[0];
    menu.did = DID_NOTHING;
    menu.play = '';
    const reason = write ? records.set(write.key, write.bytes) : workOn(turn++);
    if (!reason) return;
    waiting = [];
    if (reason === CODE_IN_USE) ask(CODE, errorPattern(reason));
    else fail(reason);
  }

  /** The turns of a task, each a look at the users or what gives one write. 0, or why it ends. */
  function workOn(now: number): ErrorCode {
    if (task === FIND_USER) return findUser();
    if (task === FIND_FREE) return findFree(now);
    if (task === STORE_CODE && now < 3) return addOrReplace(now);
    if (task === STORE_KIND && old && now < 2) {
      const type = kind < SHUT_OUT ? kind : old.type;
      return now ? storeUser(platform, later, old, type, kind === SHUT_OUT, old.schedule) : beginAnew(platform, later, old, type, kind === SHUT_OUT);
    }
    if (task === REMOVE_USER && now < 2) return now ? clearSchedules(platform, later, user) : removeCodes(platform, later, user);
    if (task === STORE_SETTING) parts.settings.set(bytes);
    if (task === STORE_CODE && parts.user === RECOVERY_USER) end(goal, ACCEPTED);
    else done(goal, task === STORE_SETTING || user === MASTER_USER ? parts.user : user);
    return 0;
  }

  function findUser(): ErrorCode {
    old = userOf(platform, records, user);
    if (!old && item > 3) return NO_SUCH_USER;
    ask(item === 3 ? CODE : item === 4 ? USER_AGAIN : KIND, '');
    return 0;
  }

  function findFree(table: number): ErrorCode {
    if (table < tablesOf(CODES)) {
      markUsers(records, table, bytes);
      return 0;
    }
    user = freeUser(bytes);
    old = undefined;
    if (!user) return USERS_FULL;
    ask(CODE, numberPattern(user));
    return 0;
  }

  function addOrReplace(now: number): ErrorCode {
    if (!now) {
      const other = holderOf(platform, records, recoveryHash, bytes).user;
      // Whose it is already needs no write.
      if (other === user) turn = 3;
      return other === user || other === NOBODY ? 0 : CODE_IN_USE;
    }
    if (user === MASTER_USER) return now > 1 ? set(MASTER, bytes.subarray(0, TAG_BYTES)) : 0;
    if (now < 2) return old ? 0 : clearSchedules(platform, later, user);
    return old && old.pins ? exchangeCode(platform, later, bytes, user, false) : storeCode(later, old, bytes, user, UNRESTRICTED_USER, 0);
  }

  function typed(digits: string): void {
    const value = digits.length && digits.length < 6 ? parseInt(digits, 10) : -1;
    menu.did = DID_NOTHING;
    if (step === CHOICE) choose('' + value === digits ? value : -1);
    else if (step === SURE && value === 98) end(LOG_SOFT_RESET, ACCEPTED);
    else if (step === HOLDING && !digits) {
      pressed = true;
      menu.play = parts.canHold ? '' : KEY;
      if (!parts.canHold && ++count === HOLD_SECONDS) resetAll();
    } else if (IN_SAFE_MODE || step === SURE || step === HOLDING) ask(CHOICE, REFUSED);
    else typedChange(digits, value);
  }

  function typedChange(digits: string, value: number): void {
    if (step === USER) onUser(digits, value);
    else if (step === MODE) change(OPERATING_MODE, value, LOG_MODE);
    else if (step === SETTING) {
      item = settingAt(value);
      if (item) ask(SETTING_VALUE, '');
      else refuse();
    } else if (step === SETTING_VALUE) change(item, value, LOG_SETTING);
    else if (step === KIND) onKind(value);
    else if (step === USER_AGAIN && value === user) begin(REMOVE_USER, LOG_USER_CLEARED);
    else if (step === DIGITS && digits.length >= PAIRING_DIGITS_MIN) {
      menu.secret = pairingSecret(platform, parts.identity.deviceId, digits);
      done(LOG_PAIRING, parts.user);
    } else if (step === DIGITS) refuse();
    else ask(CHOICE, REFUSED);
  }

  function code(value: Uint8Array): void {
    const text = platform.toWire(value);
    menu.did = DID_NOTHING;
    if (step === CODE) {
      ask(CODE_AGAIN, '');
      first = text;
    } else if (text !== first) ask(CODE, REFUSED);
    else if (IN_SAFE_MODE) {
      const reason = setMaster(platform, records, recoveryHash, value);
      if (reason) ask(CODE, errorPattern(reason));
      else if (isMaster) done(LOG_MASTER_CHANGED, parts.user);
      else end(LOG_MASTER_CHANGED, ACCEPTED);
    } else {
      bytes = value;
      begin(STORE_CODE, user === MASTER_USER ? LOG_MASTER_CHANGED : old ? LOG_USER_MODIFIED : LOG_USER_ADDED);
    }
  }

  /** A tick each second, so that one hears it count. */
  function hold(down: boolean, nowMs: number): void {
    menu.did = DID_NOTHING;
    menu.play = '';
    if (!parts.canHold || !pressed) return;
    if (!down) {
      ask(CHOICE, REFUSED);
      return;
    }
    if (since < 0) since = nowMs;
    const seconds = Math.floor((nowMs - since) / 1000);
    if (seconds >= HOLD_SECONDS) resetAll();
    else if (seconds > count) {
      count = seconds;
      menu.play = KEY;
    }
  }

  function resetAll(): void {
    const reason = orderHardReset(records, parts.bootable(), SOURCE_KEYPAD, parts.user);
    if (reason) fail(reason);
    else end(LOG_FACTORY_RESET, ACCEPTED);
  }

  function back(): void {
    menu.did = DID_NOTHING;
    if (step === CHOICE || parts.user === RECOVERY_USER) end(DID_NOTHING, CLOSED);
    else ask(CHOICE, '');
  }
  function close(): void {
    end(DID_NOTHING, CLOSED);
  }

  if (parts.user === RECOVERY_USER) ask(CODE, ACCEPTED);
  return menu;
}

/** Offset of the setting that people know under that number, 0 = there is none. */
function settingAt(number: number): number {
  const known = new Uint8Array([
    0, AUTO_RELOCK, SOUND_VOLUME, LED_SETTINGS, ONE_TOUCH, DOOR_OPEN_PERIOD, WRONG_CODE_LIMIT, DISABLE_TIME, PRIVACY_BUTTON, EXPIRING_MINUTES, STRIKE_HOLD,
  ]);
  return known[number] || 0;
}
