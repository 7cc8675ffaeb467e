/** The access log, in words and in Matter's names. */
import { errorEntry } from '../../firmware/error-table.js';
import {
  BATTERY_EMPTY, CODE_USED_UP, CODES_DISABLED, formatCode, MODE_RESTRICTS, OUTSIDE_SCHEDULE, TIME_UNKNOWN, USER_DISABLED, WRONG_CODE, type ErrorCode,
} from '../../firmware/errors.js';
import type { LogEntry } from '../../firmware/lock/access-log.js';
import {
  LOG_BACKUP, LOG_BATTERY, LOG_BROWN_OUT, LOG_CALIBRATED, LOG_CLOCK_SET, LOG_CLOCK_SET_BACK, LOG_DOOR_AJAR, LOG_DOOR_FORCED_OPEN, LOG_FACTORY_RESET,
  LOG_FORCED_USER, LOG_FRONT_REMOVED, LOG_JAMMED, LOG_KEYPAD, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU, LOG_MODE, LOG_NON_ACCESS_USER,
  LOG_OWNER_ENROLLED, LOG_PAIRING, LOG_RADIO_POWER_CYCLED, LOG_REFUSED, LOG_RESTORED, LOG_SETTING, LOG_SOFT_RESET, LOG_UNLATCH, LOG_UNLOCK, LOG_USER_ADDED,
  LOG_USER_CLEARED, LOG_USER_MODIFIED, LOG_WINDOW, LOG_WRONG_CODE_LIMIT, MASTER_USER, NOBODY, RECOVERY_USER, SOURCE_AUTO, SOURCE_BUTTON,
  SOURCE_KEYPAD, SOURCE_MANUAL, SOURCE_RFID, SOURCE_SCHEDULE,
} from '../../firmware/lock/states.js';
import { reasonInWords } from '../smp/refusal-words.js';

/** Matter's OperationErrorEnum for a refusal at the door. */
export function operationErrorOf(code: ErrorCode): 'Unspecified' | 'InvalidCredential' | 'DisabledUserDenied' | 'Restricted' | 'InsufficientBattery' {
  switch (code) {
    case WRONG_CODE: case CODES_DISABLED: return 'InvalidCredential';
    case USER_DISABLED: case CODE_USED_UP: return 'DisabledUserDenied';
    case OUTSIDE_SCHEDULE: case TIME_UNKNOWN: case MODE_RESTRICTS: return 'Restricted';
    case BATTERY_EMPTY: return 'InsufficientBattery';
    default: return 'Unspecified';
  }
}

function whoIs(entry: LogEntry): string {
  if (entry.user === MASTER_USER) return 'the master code';
  if (entry.user === RECOVERY_USER) return 'the recovery code';
  return `${entry.source === SOURCE_RFID ? 'the card' : 'the PIN'} of user ${entry.user}`;
}

function byWhom(entry: LogEntry): string {
  switch (entry.source) {
    case SOURCE_KEYPAD: return entry.user === NOBODY ? 'the # key' : whoIs(entry);
    case SOURCE_RFID: return whoIs(entry);
    case SOURCE_MANUAL: return 'hand';
    case SOURCE_AUTO: return 'itself';
    case SOURCE_BUTTON: return 'the button inside';
    case SOURCE_SCHEDULE: return 'a schedule';
    default: return entry.user === NOBODY ? 'radio' : `radio, by user ${entry.user}`;
  }
}

function refused(entry: LogEntry): string {
  const reason = errorEntry(entry.code)?.title ?? formatCode(entry.code);
  if (entry.user === NOBODY) return `refused: ${reason}.`;
  return `${byWhom(entry)} refused: ${reason} (${operationErrorOf(entry.code)}).`;
}

const LEVELS = ['in order', 'low: fit fresh cells soon', 'nearly empty: fit fresh cells now', 'empty: nothing moves any more until fresh cells are fitted'];

/** What is told without saying by whom. */
const PLAIN: ReadonlyMap<number, string> = new Map([
  [LOG_FACTORY_RESET, 'hard reset: codes, settings and owners are gone; the recovery code opens.'],
  [LOG_RADIO_POWER_CYCLED, 'the radio was switched off and on.'],
  [LOG_WRONG_CODE_LIMIT, 'too many wrong codes; the keypad takes none for a while.'],
  [LOG_FRONT_REMOVED, 'the outer part was taken off.'],
  [LOG_DOOR_FORCED_OPEN, 'the door opened although it was locked.'],
  [LOG_DOOR_AJAR, 'the door has been left open.'],
  [LOG_WINDOW, 'the update window was opened, for ten minutes.'],
  [LOG_MASTER_CHANGED, 'there is a new master code.'],
  [LOG_OWNER_ENROLLED, 'a new owner was let in at the keypad.'],
  [LOG_BACKUP, 'a backup was made.'],
  [LOG_RESTORED, 'a backup was restored.'],
  [LOG_SOFT_RESET, 'restarted from the menu.'],
  [LOG_CLOCK_SET, 'the clock was set.'],
  [LOG_CLOCK_SET_BACK, 'the clock was set back.'],
  [LOG_CALIBRATED, 'the battery reading was calibrated.'],
  [LOG_PAIRING, 'a phone\'s digits were typed: for five minutes it may become an owner.'],
  [LOG_BROWN_OUT, 'the voltage fell so low that the chip reset itself.'],
]);

/** An entry of the access log. */
export function logInWords(entry: LogEntry): string {
  const by = byWhom(entry);
  const plain = PLAIN.get(entry.what);
  if (plain) return plain;
  switch (entry.what) {
    case LOG_LOCK: return `locked by ${by}.`;
    case LOG_UNLOCK: return `opened by ${by}.`;
    case LOG_UNLATCH: return `unlatched by ${by}.`;
    case LOG_FORCED_USER: return `opened by ${by}, under duress.`;
    case LOG_NON_ACCESS_USER: return `${by} was used, which opens nothing.`;
    case LOG_JAMMED: case LOG_KEYPAD: return reasonInWords(entry.code);
    case LOG_REFUSED: return refused(entry);
    case LOG_MENU: return `${whoIs(entry)} opened the menu.`;
    case LOG_MODE: return entry.code ? `the mode could not be changed: ${reasonInWords(entry.code)}` : `another mode, by ${by}.`;
    case LOG_SETTING: return `a setting was changed by ${by}.`;
    case LOG_USER_ADDED: return `user ${entry.user} was added.`;
    case LOG_USER_CLEARED: return `user ${entry.user} was removed.`;
    case LOG_USER_MODIFIED: return `user ${entry.user} was changed.`;
    case LOG_BATTERY: return `the battery is ${LEVELS[entry.code] ?? formatCode(entry.code)}.`;
    default: return formatCode(entry.what);
  }
}
