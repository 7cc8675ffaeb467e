/**
 * Every refusal, fault and rollback has one byte: the numbers, and what SMP clients are told. Words and advice for each are in
 * error-table.ts, which the lock's bundles leave out.
 */

// Authority and conditions
export const NO_WINDOW = 0x11;
export const WINDOW_ERASES_USED = 0x12;
export const TRIAL_RUNNING = 0x13;
export const BATTERY_LOW = 0x14;
export const BATTERY_LOADED_LOW = 0x15;
export const BATTERY_UNKNOWN = 0x16;
export const DOOR_BUSY = 0x17;
export const SIGNATURE_BACK_OFF = 0x18;
export const OFFERS_USED = 0x19;
export const SLOT_IN_USE = 0x1a;
export const CONFIRM_TOO_EARLY = 0x1b;
export const REQUEST_PENDING = 0x1c;
export const BATTERY_TIMED_OUT = 0x1d;

// The image on offer
export const WRONG_FAMILY = 0x21;
export const WRONG_HARDWARE = 0x22;
export const VERSION_NOT_NEWER = 0x23;
export const COUNTER_TOO_LOW = 0x24;
export const UNKNOWN_KEY = 0x25;
export const BAD_SIGNATURE = 0x26;
export const IMAGE_TOO_LARGE = 0x27;
export const ROLLED_BACK_BEFORE = 0x28;
export const BOOTLOADER_TOO_OLD = 0x29;
export const INSTALLED_TOO_OLD = 0x2a;
export const BAD_HEADER = 0x2b;
export const BAD_TLV = 0x2c;
export const BAD_PAGE_LIST = 0x2d;
export const DEV_KEY_REFUSED = 0x2e;
export const KEY_REVOKED = 0x2f;
export const UPDATER_TOO_OLD = 0x30;
export const CHUNK_WITHOUT_UPLOAD = 0x31;
export const DATA_OVERRUN = 0x32;
export const ALREADY_RUNNING = 0x33;
export const ALREADY_PENDING = 0x34;
export const IMAGE_NOT_FOUND = 0x35;
export const UPLOAD_INCOMPLETE = 0x36;
export const UPLOAD_DIFFERS = 0x37;
export const BAD_HASH_LENGTH = 0x38;
export const LENGTH_MISSING = 0x39;
export const OFFSET_MISSING = 0x3a;
export const BAD_KEY_CHANGE = 0x3b;
export const WRONG_SLOT = 0x3c;

// Health checks and the boot decision
export const HEALTH_KEYPAD = 0x41;
export const HEALTH_MOTOR = 0x42;
export const HEALTH_BOLT_SENSOR = 0x43;
export const HEALTH_BATTERY = 0x44;
export const HEALTH_RECORDS = 0x45;
export const HEALTH_RADIO = 0x46;
export const ATTEMPTS_USED = 0x48;
export const CRASH_LOOP = 0x49;
export const NOTHING_TO_RUN = 0x4a;
export const SAFE_MODE_REQUESTED = 0x4b;
export const STARTS_WITHOUT_LAUNCH = 0x4c;
export const IMAGE_THREW = 0x4d;
export const IDENTITY_LOST = 0x4e;
export const SLOT_EMPTY = 0x4f;
export const DEGRADED_CRASHED = 0x50;

// At the door
export const WRONG_CODE = 0x51;
export const CODES_DISABLED = 0x52;
export const BOLT_JAMMED = 0x53;
export const BOLT_SENSOR_FAULT = 0x54;
export const NO_CODES = 0x55;
export const BAD_CODE = 0x56;
export const CODE_IN_USE = 0x57;
export const USER_DISABLED = 0x58;
export const CODE_USED_UP = 0x59;
export const OUTSIDE_SCHEDULE = 0x5a;
export const TIME_UNKNOWN = 0x5b;
export const MODE_RESTRICTS = 0x5c;
export const BATTERY_EMPTY = 0x5d;
export const MOTOR_HOT = 0x5e;
export const DOOR_NOT_CLOSED = 0x5f;

// Messages
export const MALFORMED = 0x61;
export const FRAME_TOO_LONG = 0x62;
export const UNSUPPORTED = 0x63;
export const PROTOCOL_TOO_NEW = 0x64;
export const OUT_OF_MEMORY = 0x65;

// Settings, users, backup
export const BACKUP_OTHER_LOCK = 0x66;
export const BACKUP_VERSION = 0x67;
export const BACKUP_DAMAGED = 0x68;
export const NO_BOOTABLE_IMAGE = 0x69;
export const USERS_FULL = 0x6a;
export const NO_SUCH_USER = 0x6b;
export const BAD_SETTING = 0x6c;
export const BAD_CALIBRATION = 0x6d;
export const BAD_SCHEDULE = 0x6e;

// What the lock notices
export const KEY_STUCK = 0x70;
export const TOO_MANY_KEYS = 0x71;
export const DOOR_LEFT_OPEN = 0x72;
export const DOOR_FORCED = 0x73;
export const CLOCK_WENT_BACK = 0x74;
export const FRONT_REMOVED = 0x75;

// Flash and image content
export const BAD_IMAGE_DIGEST = 0x86;
export const FLASH_READ_BACK = 0xe4;
export const PAGES_FAILING = 0xe5;
export const RECORDS_FULL = 0xe6;
export const OUT_OF_REGION = 0xe7;
export const JOURNAL_LOST = 0xe8;
export const JOURNAL_FULL = 0xe9;

/** 0 means "nothing went wrong" wherever a code is expected. */
export type ErrorCode = number;

/**
 * The return code of SMP's image group (group 1, sent as `err` to version 2 clients), or 0 where that group has no code of its own.
 * Numbers are Zephyr's `img_mgmt_err_code_t`.
 */
export function imageRc(code: ErrorCode): number {
  switch (code) {
    case BAD_TLV: case BAD_KEY_CHANGE: return 5;
    case IMAGE_NOT_FOUND: return 8;
    case TRIAL_RUNNING: return 9;
    case FLASH_READ_BACK: case PAGES_FAILING: return 12;
    case WRONG_SLOT: return 14;
    case OUT_OF_MEMORY: return 15;
    case OFFSET_MISSING: return 20;
    case LENGTH_MISSING: return 21;
    case BAD_HEADER: return 22;
    case BAD_HASH_LENGTH: return 24;
    case VERSION_NOT_NEWER: return 27;
    case ALREADY_PENDING: return 28;
    case IMAGE_TOO_LARGE: return 30;
    case DATA_OVERRUN: return 31;
    case ALREADY_RUNNING: return 33;
    default: return 0;
  }
}

/** The return code every SMP client knows (`mcumgr_err_t`), sent as `rc` to version 1 clients and where `imageRc` is 0. */
export function managementRc(code: ErrorCode): number {
  switch (code) {
    case OUT_OF_MEMORY: return 2;
    case MALFORMED: case OFFSET_MISSING: case LENGTH_MISSING: case BAD_HEADER: case BAD_HASH_LENGTH: case WRONG_SLOT: return 3;
    case IMAGE_NOT_FOUND: case CHUNK_WITHOUT_UPLOAD: return 5;
    case TRIAL_RUNNING: case SLOT_IN_USE: case VERSION_NOT_NEWER: case ALREADY_PENDING: case BATTERY_LOW: case BATTERY_LOADED_LOW:
    case BATTERY_UNKNOWN: case BATTERY_TIMED_OUT: case ROLLED_BACK_BEFORE: case UPLOAD_INCOMPLETE: case SIGNATURE_BACK_OFF: return 6;
    case FRAME_TOO_LONG: return 7;
    case UNSUPPORTED: return 8;
    case BAD_IMAGE_DIGEST: case FLASH_READ_BACK: case UPLOAD_DIFFERS: case BAD_PAGE_LIST: return 9;
    case DOOR_BUSY: case CONFIRM_TOO_EARLY: case REQUEST_PENDING: return 10;
    case NO_WINDOW: case WINDOW_ERASES_USED: case OFFERS_USED: case BAD_SIGNATURE: case UNKNOWN_KEY: case DEV_KEY_REFUSED: case KEY_REVOKED: return 11;
    case UPDATER_TOO_OLD: return 12;
    case PROTOCOL_TOO_NEW: return 13;
    default: return 1;
  }
}

/** What is said of a code that has no words. */
export const NO_WORDS = 'see the playbook';

/** `0xE4`: how codes are written everywhere. */
export function formatCode(code: ErrorCode): string {
  return '0x' + (code < 16 ? '0' : '') + code.toString(16).toUpperCase();
}
