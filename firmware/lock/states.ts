/** Names and numbers of Matter's Door Lock cluster (0x0101) that this lock uses, and what its access log tells. */

// LockState
export const NOT_FULLY_LOCKED = 0;
export const LOCKED = 1;
export const UNLOCKED = 2;
export const UNLATCHED = 3;
/** No end stop is wired (null in Matter): the position is not known and never guessed. */
export const POSITION_UNKNOWN = 255;

// DoorState
export const DOOR_OPEN = 0;
export const DOOR_CLOSED = 1;
export const DOOR_FORCED_OPEN = 3;
export const DOOR_AJAR = 5;
export const DOOR_UNKNOWN = 255;

// OperatingMode
export const MODE_NORMAL = 0;
export const MODE_VACATION = 1;
export const MODE_PRIVACY = 2;
export const MODE_NO_REMOTE = 3;
export const MODE_PASSAGE = 4;

// User types
export const UNRESTRICTED_USER = 0;
export const YEAR_DAY_USER = 1;
export const WEEK_DAY_USER = 2;
/** May open the menu. */
export const PROGRAMMING_USER = 3;
export const NON_ACCESS_USER = 4;
/** Opens as usual and is reported as made under duress. */
export const FORCED_USER = 5;
/** Opens once. */
export const DISPOSABLE_USER = 6;
/** Opens for a while after its first use. */
export const EXPIRING_USER = 7;
/** Opens while a schedule of each kind that it has says so. */
export const SCHEDULE_RESTRICTED_USER = 8;
/** Opens from a remote, never by a code at the door. */
export const REMOTE_ONLY_USER = 9;

// Operation sources
export const SOURCE_UNSPECIFIED = 0;
export const SOURCE_MANUAL = 1;
export const SOURCE_PROPRIETARY_REMOTE = 2;
export const SOURCE_KEYPAD = 3;
export const SOURCE_AUTO = 4;
export const SOURCE_BUTTON = 5;
export const SOURCE_SCHEDULE = 6;
export const SOURCE_REMOTE = 7;
export const SOURCE_RFID = 8;

// What an access-log entry is about. 0..4 are Matter's LockOperationType, 0x10 + n its alarm codes, 0x20 an operation error
// (its reason is the entry's error code), 0x40 + n a DoorStateChange, 0x50 + n a LockUserChange (n = DataOperationType).
export const LOG_LOCK = 0;
export const LOG_UNLOCK = 1;
export const LOG_NON_ACCESS_USER = 2;
export const LOG_FORCED_USER = 3;
export const LOG_UNLATCH = 4;
export const LOG_JAMMED = 0x10;
/** Hard reset; for a soft one see `LOG_SOFT_RESET`. */
export const LOG_FACTORY_RESET = 0x11;
export const LOG_RADIO_POWER_CYCLED = 0x13;
export const LOG_WRONG_CODE_LIMIT = 0x14;
export const LOG_FRONT_REMOVED = 0x15;
export const LOG_DOOR_FORCED_OPEN = 0x16;
export const LOG_DOOR_AJAR = 0x17;
export const LOG_REFUSED = 0x20;
export const LOG_MENU = 0x30;
export const LOG_WINDOW = 0x31;
export const LOG_MASTER_CHANGED = 0x32;
export const LOG_OWNER_ENROLLED = 0x33;
export const LOG_BACKUP = 0x34;
export const LOG_RESTORED = 0x35;
export const LOG_SOFT_RESET = 0x36;
export const LOG_CLOCK_SET = 0x37;
/** The clock was set to before the newest time known. */
export const LOG_CLOCK_SET_BACK = 0x38;
export const LOG_SETTING = 0x39;
export const LOG_MODE = 0x3a;
export const LOG_CALIBRATED = 0x3b;
/** Pairing digits were typed: for five minutes a phone may be enrolled. */
export const LOG_PAIRING = 0x3c;
/** 0x40 + DoorState. */
export const LOG_DOOR_STATE = 0x40;
export const LOG_USER_ADDED = 0x50;
export const LOG_USER_CLEARED = 0x51;
export const LOG_USER_MODIFIED = 0x52;
/** The entry's error code is the level: 0 ok, 1 warning, 2 critical. */
export const LOG_BATTERY = 0x60;
export const LOG_BROWN_OUT = 0x61;
/** More keys than a person types, or a key that stays down: see the error code. */
export const LOG_KEYPAD = 0x70;

// Who: users are 1..250, the others are not in the table
export const NOBODY = 0;
export const MASTER_USER = 254;
export const RECOVERY_USER = 255;
