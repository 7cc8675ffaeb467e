/** Names and numbers of Matter's Door Lock cluster (0x0101) that this lock uses, and the bytes of its access log. */

// LockState
export const NOT_FULLY_LOCKED = 0;
export const LOCKED = 1;
export const UNLOCKED = 2;
/** No end stop is wired (null in Matter): the position is not known and never guessed. */
export const POSITION_UNKNOWN = 255;

// DoorState
export const DOOR_OPEN = 0;
export const DOOR_CLOSED = 1;
export const DOOR_UNKNOWN = 255;

// User types
export const UNRESTRICTED_USER = 0;
export const NON_ACCESS_USER = 4;
/** Opens as usual and is reported as made under duress. */
export const FORCED_USER = 5;

// Operation sources
export const SOURCE_MANUAL = 1;
export const SOURCE_PROPRIETARY_REMOTE = 2;
export const SOURCE_KEYPAD = 3;

// What an access-log entry is about. 0..3 are Matter's LockOperationType, 0x10 + n its alarm codes, 0x20 an operation error.
export const LOG_LOCK = 0;
export const LOG_UNLOCK = 1;
export const LOG_NON_ACCESS_USER = 2;
export const LOG_FORCED_USER = 3;
export const LOG_JAMMED = 0x10;
export const LOG_WRONG_CODE_LIMIT = 0x14;
export const LOG_REFUSED = 0x20;
export const LOG_MENU = 0x30;
export const LOG_WINDOW = 0x31;
export const LOG_MASTER_CHANGED = 0x32;

// Who: users are 1..250, the others are not in the table
export const NOBODY = 0;
export const MASTER_USER = 254;
export const RECOVERY_USER = 255;
