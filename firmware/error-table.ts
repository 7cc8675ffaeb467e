/**
 * What people are told of each code in errors.ts: hosts and the documentation use this table, `.boot0` holds its short names (sentences.ts).
 */
import {
  NO_WINDOW, WINDOW_ERASES_USED, TRIAL_RUNNING, BATTERY_LOW, BATTERY_LOADED_LOW, BATTERY_UNKNOWN, DOOR_BUSY, SIGNATURE_BACK_OFF, OFFERS_USED,
  SLOT_IN_USE, CONFIRM_TOO_EARLY, REQUEST_PENDING, BATTERY_TIMED_OUT, WRONG_FAMILY, WRONG_HARDWARE, VERSION_NOT_NEWER, COUNTER_TOO_LOW, UNKNOWN_KEY,
  BAD_SIGNATURE, IMAGE_TOO_LARGE, ROLLED_BACK_BEFORE, BOOTLOADER_TOO_OLD, INSTALLED_TOO_OLD, BAD_HEADER, BAD_TLV, BAD_PAGE_LIST, DEV_KEY_REFUSED,
  KEY_REVOKED, UPDATER_TOO_OLD, CHUNK_WITHOUT_UPLOAD, DATA_OVERRUN, ALREADY_RUNNING, ALREADY_PENDING, IMAGE_NOT_FOUND, UPLOAD_INCOMPLETE,
  UPLOAD_DIFFERS, BAD_HASH_LENGTH, LENGTH_MISSING, OFFSET_MISSING, BAD_KEY_CHANGE, WRONG_SLOT, HEALTH_KEYPAD, HEALTH_MOTOR, HEALTH_BOLT_SENSOR,
  HEALTH_BATTERY, HEALTH_RECORDS, HEALTH_RADIO, ATTEMPTS_USED, CRASH_LOOP, NOTHING_TO_RUN, SAFE_MODE_REQUESTED, STARTS_WITHOUT_LAUNCH, IMAGE_THREW,
  IDENTITY_LOST, SLOT_EMPTY, DEGRADED_CRASHED, WRONG_CODE, CODES_DISABLED, BOLT_JAMMED, BOLT_SENSOR_FAULT, NO_CODES, BAD_CODE, CODE_IN_USE,
  USER_DISABLED, CODE_USED_UP, OUTSIDE_SCHEDULE, TIME_UNKNOWN, MODE_RESTRICTS, BATTERY_EMPTY, MOTOR_HOT, DOOR_NOT_CLOSED, MALFORMED, FRAME_TOO_LONG,
  UNSUPPORTED, PROTOCOL_TOO_NEW, OUT_OF_MEMORY, BACKUP_OTHER_LOCK, BACKUP_VERSION, BACKUP_DAMAGED, NO_BOOTABLE_IMAGE, USERS_FULL, NO_SUCH_USER,
  BAD_SETTING, BAD_CALIBRATION, BAD_SCHEDULE, KEY_STUCK, TOO_MANY_KEYS, DOOR_LEFT_OPEN, DOOR_FORCED, CLOCK_WENT_BACK, FRONT_REMOVED,
  BAD_IMAGE_DIGEST, FLASH_READ_BACK, PAGES_FAILING, RECORDS_FULL, OUT_OF_REGION, JOURNAL_LOST, JOURNAL_FULL, NO_WORDS, type ErrorCode,
} from './errors.js';

/** A few words for one code: the `rsn` of a refusal, and the title of its entry in `ERRORS`. What only people at the door meet is in `nameAtTheDoor`. */
export function shortName(code: ErrorCode): string {
  switch (code) {
    case NO_WINDOW: return 'the update window is closed';
    case WINDOW_ERASES_USED: return 'this window has used its 3 slot erases';
    case TRIAL_RUNNING: return 'a new version is being tried';
    case BATTERY_LOW: return 'battery too low to update';
    case BATTERY_LOADED_LOW: return 'battery sags under load';
    case BATTERY_UNKNOWN: return 'battery voltage cannot be read';
    case DOOR_BUSY: return 'somebody is at the door';
    case SIGNATURE_BACK_OFF: return 'waiting after a failed signature';
    case OFFERS_USED: return 'this window has used its 8 offers';
    case SLOT_IN_USE: return 'that slot is in use';
    case CONFIRM_TOO_EARLY: return 'the new version is still proving itself';
    case REQUEST_PENDING: return 'still busy with the last request';
    case BATTERY_TIMED_OUT: return 'battery stayed low for 10 minutes';
    case WRONG_FAMILY: return 'image is for another chip family';
    case WRONG_HARDWARE: return 'image is for another hardware revision';
    case VERSION_NOT_NEWER: return 'image is not newer than the running one';
    case COUNTER_TOO_LOW: return 'security counter is too low';
    case UNKNOWN_KEY: return 'signed by a key this lock does not know';
    case BAD_SIGNATURE: return 'the signature is wrong';
    case IMAGE_TOO_LARGE: return 'image is larger than a slot';
    case ROLLED_BACK_BEFORE: return 'this version was tried and rolled back';
    case BOOTLOADER_TOO_OLD: return 'image needs a newer bootloader';
    case INSTALLED_TOO_OLD: return 'image needs a newer version first';
    case BAD_HEADER: return 'not an image: bad header';
    case BAD_TLV: return 'image has a malformed or forbidden TLV';
    case BAD_PAGE_LIST: return 'page list does not fit the image';
    case DEV_KEY_REFUSED: return 'development image on a production lock';
    case KEY_REVOKED: return 'signed by a key that was replaced';
    case UPDATER_TOO_OLD: return 'the updater is too old for this image';
    case CHUNK_WITHOUT_UPLOAD: return 'chunk without an upload';
    case DATA_OVERRUN: return 'more data than announced';
    case ALREADY_RUNNING: return 'this image is already running';
    case ALREADY_PENDING: return 'another image is already waiting for a restart';
    case IMAGE_NOT_FOUND: return 'no image with that hash';
    case UPLOAD_INCOMPLETE: return 'the upload is not complete';
    case UPLOAD_DIFFERS: return 'upload differs from the offer';
    case BAD_HASH_LENGTH: return 'a hash has 32 bytes';
    case LENGTH_MISSING: return 'first chunk without a length';
    case OFFSET_MISSING: return 'chunk without an offset';
    case BAD_KEY_CHANGE: return 'key change does not follow the rules';
    case WRONG_SLOT: return 'no such slot';
    case HEALTH_KEYPAD: return 'keypad was not scanned';
    case HEALTH_MOTOR: return 'motor not idle or faulty';
    case HEALTH_BOLT_SENSOR: return 'bolt sensors make no sense';
    case HEALTH_BATTERY: return 'battery sensor failed';
    case HEALTH_RECORDS: return 'records cannot be read and written';
    case HEALTH_RADIO: return 'no radio is reachable';
    case ATTEMPTS_USED: return 'the new version did not come up 3 times';
    case CRASH_LOOP: return 'the firmware crashes again and again';
    case NOTHING_TO_RUN: return 'neither slot holds an image that can run';
    case SAFE_MODE_REQUESTED: return 'safe mode was asked for';
    case STARTS_WITHOUT_LAUNCH: return '3 starts ended before the firmware ran';
    case IMAGE_THREW: return 'the firmware failed while starting';
    case IDENTITY_LOST: return 'the lock has lost its identity pages';
    case SLOT_EMPTY: return 'the slot is empty';
    case DEGRADED_CRASHED: return 'the firmware crashes even without radios';
    case MALFORMED: return 'malformed request';
    case FRAME_TOO_LONG: return 'request is too long';
    case UNSUPPORTED: return 'this lock does not do that';
    case PROTOCOL_TOO_NEW: return 'protocol version is too new';
    case OUT_OF_MEMORY: return 'not enough memory just now';
    case BAD_IMAGE_DIGEST: return 'image digest does not match';
    case FLASH_READ_BACK: return 'flash did not keep what was written';
    case PAGES_FAILING: return 'too many flash pages are failing';
    case RECORDS_FULL: return 'no room for more records';
    case OUT_OF_REGION: return 'write outside its region refused';
    case JOURNAL_LOST: return 'the journal was lost and made anew';
    case JOURNAL_FULL: return 'the journal cannot take another record';
    default: return NO_WORDS;
  }
}

/**
 * Names of what is shown by light and beeper, or answered to this project's own clients, which have this table: the lock carries no words
 * for it.
 */
function nameAtTheDoor(code: ErrorCode): string {
  switch (code) {
    case WRONG_CODE: return 'wrong code';
    case CODES_DISABLED: return 'too many wrong codes';
    case BOLT_JAMMED: return 'the bolt is jammed';
    case BOLT_SENSOR_FAULT: return 'bolt sensors make no sense';
    case NO_CODES: return 'no code has been set';
    case BAD_CODE: return 'that cannot be a code';
    case CODE_IN_USE: return 'that code is taken';
    case USER_DISABLED: return 'this user is disabled';
    case CODE_USED_UP: return 'this code has been used up';
    case OUTSIDE_SCHEDULE: return 'not at this time';
    case TIME_UNKNOWN: return 'the lock does not know the time';
    case MODE_RESTRICTS: return 'the lock is in a mode that does not allow it';
    case BATTERY_EMPTY: return 'battery too low to move the bolt';
    case MOTOR_HOT: return 'the motor has to cool down';
    case DOOR_NOT_CLOSED: return 'the door is not closed';
    case BACKUP_OTHER_LOCK: return 'the backup belongs to another lock';
    case BACKUP_VERSION: return 'the backup was made by a newer version';
    case BACKUP_DAMAGED: return 'the backup is damaged, or its password is wrong';
    case NO_BOOTABLE_IMAGE: return 'no image that can start is in flash';
    case USERS_FULL: return 'the table of users is full';
    case NO_SUCH_USER: return 'there is no such user';
    case BAD_SETTING: return 'that setting cannot have this value';
    case BAD_CALIBRATION: return 'that voltage cannot be right';
    case BAD_SCHEDULE: return 'that schedule makes no sense';
    case KEY_STUCK: return 'a key stays down';
    case TOO_MANY_KEYS: return 'somebody plays with the keypad';
    case DOOR_LEFT_OPEN: return 'the door has been left open';
    case DOOR_FORCED: return 'the door opened although it was locked';
    case CLOCK_WENT_BACK: return 'the clock was set back';
    case FRONT_REMOVED: return 'the outer part was taken off';
    default: return '';
  }
}

/** What a person needs to know about a code. Hosts only. */
export interface ErrorEntry {
  code: ErrorCode;
  /** Stable name, as in errors.ts. */
  name: string;
  title: string;
  /** Is the door safe, and how does one get in? */
  door: string;
  /** What to do now. */
  next: string;
}

const DOOR_SAME = 'The door works as before; the running version is untouched.';
const DOOR_OLD = 'The door works: the lock went back to the version that ran before.';
const DOOR_KEYS = 'Keypad and motor work; radios are off.';
const DOOR_SAFE = 'Safe mode: keypad and motor work, nothing else runs.';
const DOOR_NONE = 'Keypad and motor cannot work; use the mechanical key. Leaving always works.';
const DOOR_SHUT = 'The bolt did not move. Other ways in work as before.';
const DOOR_HAND = 'The motor is off and the bolt can be moved by hand or key.';

/** The one table: documentation, phone, bridge and command line take their sentences from here. */
export const ERRORS: readonly ErrorEntry[] = /* @__PURE__ */ (() => [
  entry(NO_WINDOW, 'NO_WINDOW', DOOR_SAME, 'At the keypad enter the master code and `#`, then `8#`. The window stays open for 10 minutes.'),
  entry(WINDOW_ERASES_USED, 'WINDOW_ERASES_USED', DOOR_SAME, 'Close the window by waiting, open it again at the keypad with the master code, then `8#`.'),
  entry(TRIAL_RUNNING, 'TRIAL_RUNNING', DOOR_SAME, 'Wait until the lock has confirmed it or gone back, then send again.'),
  entry(BATTERY_LOW, 'BATTERY_LOW', DOOR_SAME, 'Fit four fresh alkaline AA cells (or charge the pack), then try again.'),
  entry(BATTERY_LOADED_LOW, 'BATTERY_LOADED_LOW', DOOR_SAME, 'Fit fresh cells: these read well at rest but not while flash is written. The update goes on where it stopped.'),
  entry(BATTERY_UNKNOWN, 'BATTERY_UNKNOWN', DOOR_SAME, 'Check the divider and its wiring, or update by wire in safe mode.'),
  entry(DOOR_BUSY, 'DOOR_BUSY', DOOR_SAME, 'Try again in a few seconds; the door goes first.'),
  entry(SIGNATURE_BACK_OFF, 'SIGNATURE_BACK_OFF', DOOR_SAME, 'Wait: 2 s after the first, twice as long after each further one. Then send an image signed for this lock.'),
  entry(OFFERS_USED, 'OFFERS_USED', DOOR_SAME, 'Open the window again at the keypad.'),
  entry(SLOT_IN_USE, 'SLOT_IN_USE', DOOR_SAME, 'Only the slot that neither runs nor is confirmed can be erased.'),
  entry(CONFIRM_TOO_EARLY, 'CONFIRM_TOO_EARLY', DOOR_SAME, 'Nothing to do: the lock confirms by itself when its checks have passed.'),
  entry(REQUEST_PENDING, 'REQUEST_PENDING', DOOR_SAME, 'Send one request at a time; try again in a second.'),
  entry(BATTERY_TIMED_OUT, 'BATTERY_TIMED_OUT', DOOR_SAME, 'Fit fresh cells and send the update again; pages already received are kept.'),
  entry(WRONG_FAMILY, 'WRONG_FAMILY', DOOR_SAME, 'Build or download the image for this board family.'),
  entry(WRONG_HARDWARE, 'WRONG_HARDWARE', DOOR_SAME, 'Use the image whose hardware range includes this board.'),
  entry(VERSION_NOT_NEWER, 'VERSION_NOT_NEWER', DOOR_SAME, 'Send a newer version.'),
  entry(COUNTER_TOO_LOW, 'COUNTER_TOO_LOW', DOOR_SAME, 'This image has a known weakness that a later one closed. Send a newer one.'),
  entry(UNKNOWN_KEY, 'UNKNOWN_KEY', DOOR_SAME, 'Sign with the key that was provisioned (`deadlatch verify` names the key).'),
  entry(BAD_SIGNATURE, 'BAD_SIGNATURE', DOOR_SAME, 'The file is not what its maker signed. Get it again from its source.'),
  entry(IMAGE_TOO_LARGE, 'IMAGE_TOO_LARGE', DOOR_SAME, 'Make the firmware smaller; `deadlatch inspect` shows its size.'),
  entry(ROLLED_BACK_BEFORE, 'ROLLED_BACK_BEFORE', DOOR_SAME, 'Send a repaired version with a new number.'),
  entry(BOOTLOADER_TOO_OLD, 'BOOTLOADER_TOO_OLD', DOOR_SAME, 'Provision the board again with the newer bootloader; that needs the wire.'),
  entry(INSTALLED_TOO_OLD, 'INSTALLED_TOO_OLD', DOOR_SAME, 'Install the version in between first.'),
  entry(BAD_HEADER, 'BAD_HEADER', DOOR_SAME, 'Send a file made by `deadlatch sign`.'),
  entry(BAD_TLV, 'BAD_TLV', DOOR_SAME, "Build and sign the image again with this project's tools."),
  entry(BAD_PAGE_LIST, 'BAD_PAGE_LIST', DOOR_SAME, 'Build and sign the image again.'),
  entry(DEV_KEY_REFUSED, 'DEV_KEY_REFUSED', DOOR_SAME, 'Sign a release build with the production key.'),
  entry(KEY_REVOKED, 'KEY_REVOKED', DOOR_SAME, 'Sign with the newer key.'),
  entry(UPDATER_TOO_OLD, 'UPDATER_TOO_OLD', DOOR_SAME, 'Update the app or the command line tool first.'),
  entry(CHUNK_WITHOUT_UPLOAD, 'CHUNK_WITHOUT_UPLOAD', DOOR_SAME, 'Begin the upload again; it resumes where it was.'),
  entry(DATA_OVERRUN, 'DATA_OVERRUN', DOOR_SAME, 'Begin the upload again.'),
  entry(ALREADY_RUNNING, 'ALREADY_RUNNING', DOOR_SAME, 'Nothing to do.'),
  entry(ALREADY_PENDING, 'ALREADY_PENDING', DOOR_SAME, 'Restart the lock to try that one first.'),
  entry(IMAGE_NOT_FOUND, 'IMAGE_NOT_FOUND', DOOR_SAME, 'List the images; upload the one you mean.'),
  entry(UPLOAD_INCOMPLETE, 'UPLOAD_INCOMPLETE', DOOR_SAME, 'Send the rest; it resumes where it was.'),
  entry(UPLOAD_DIFFERS, 'UPLOAD_DIFFERS', DOOR_SAME, 'Offer the file you mean to send.'),
  entry(BAD_HASH_LENGTH, 'BAD_HASH_LENGTH', DOOR_SAME, 'Send the whole hash.'),
  entry(LENGTH_MISSING, 'LENGTH_MISSING', DOOR_SAME, 'The client must send `len` with offset 0.'),
  entry(OFFSET_MISSING, 'OFFSET_MISSING', DOOR_SAME, 'The client must send `off`.'),
  entry(BAD_KEY_CHANGE, 'BAD_KEY_CHANGE', DOOR_SAME, 'Epochs only rise; build the image again.'),
  entry(WRONG_SLOT, 'WRONG_SLOT', DOOR_SAME, 'This lock has slots 0 and 1 of image 0.'),
  entry(HEALTH_KEYPAD, 'HEALTH_KEYPAD', DOOR_OLD, 'Check the keypad wiring; the older version runs.'),
  entry(HEALTH_MOTOR, 'HEALTH_MOTOR', DOOR_OLD, 'Check the bolt and its motor; the older version runs.'),
  entry(HEALTH_BOLT_SENSOR, 'HEALTH_BOLT_SENSOR', DOOR_OLD, 'Check the end-stop switches.'),
  entry(HEALTH_BATTERY, 'HEALTH_BATTERY', DOOR_OLD, 'Check the divider.'),
  entry(HEALTH_RECORDS, 'HEALTH_RECORDS', DOOR_OLD, 'If it comes again, the flash chip is failing: replace the board.'),
  entry(HEALTH_RADIO, 'HEALTH_RADIO', DOOR_OLD, 'Report it to whoever built the image.'),
  entry(ATTEMPTS_USED, 'ATTEMPTS_USED', DOOR_OLD, 'Report it, with the code, to whoever built the image.'),
  entry(CRASH_LOOP, 'CRASH_LOOP', DOOR_KEYS, 'Hold `*` and `#` for 3 s after power-on: safe mode takes a repaired version by wire.'),
  entry(NOTHING_TO_RUN, 'NOTHING_TO_RUN', DOOR_SAFE, 'Send an image by wire in safe mode.'),
  entry(SAFE_MODE_REQUESTED, 'SAFE_MODE_REQUESTED', DOOR_SAFE, 'Restart to leave it.'),
  entry(STARTS_WITHOUT_LAUNCH, 'STARTS_WITHOUT_LAUNCH', DOOR_SAFE, 'Restart once more with fresh cells; if it comes again, send an image by wire.'),
  entry(IMAGE_THREW, 'IMAGE_THREW', DOOR_OLD, 'Report it to whoever built the image.'),
  entry(IDENTITY_LOST, 'IDENTITY_LOST', DOOR_NONE, 'Provision the board again; open with the key.'),
  entry(SLOT_EMPTY, 'SLOT_EMPTY', DOOR_SAME, 'Nothing to do.'),
  entry(DEGRADED_CRASHED, 'DEGRADED_CRASHED', DOOR_SAFE, 'Send a repaired version by wire in safe mode.'),
  entry(WRONG_CODE, 'WRONG_CODE', DOOR_SHUT, 'Try again; each wrong code makes the next wait longer.'),
  entry(CODES_DISABLED, 'CODES_DISABLED', DOOR_SHUT, 'Wait until the light stops blinking red, then try again.'),
  entry(BOLT_JAMMED, 'BOLT_JAMMED', DOOR_HAND, 'Pull or push the door and try again, or use the key; the motor is off.'),
  entry(BOLT_SENSOR_FAULT, 'BOLT_SENSOR_FAULT', DOOR_HAND, 'Check the end-stop switches.'),
  entry(NO_CODES, 'NO_CODES', DOOR_HAND, 'Use the recovery code printed at provisioning.'),
  entry(BAD_CODE, 'BAD_CODE', DOOR_SAME, 'Choose 4 to 10 digits, and a user number from 1 to 250.'),
  entry(CODE_IN_USE, 'CODE_IN_USE', DOOR_SAME, 'Choose other digits: somebody has these.'),
  entry(USER_DISABLED, 'USER_DISABLED', DOOR_SHUT, 'Ask whoever manages the lock to enable this user.'),
  entry(CODE_USED_UP, 'CODE_USED_UP', DOOR_SHUT, 'It was for one visit, or its time is over: ask for a new one.'),
  entry(OUTSIDE_SCHEDULE, 'OUTSIDE_SCHEDULE', DOOR_SHUT, 'Come back at the agreed time, or ask for another schedule.'),
  entry(TIME_UNKNOWN, 'TIME_UNKNOWN', DOOR_SHUT, 'Codes without a schedule work. Set the clock from the phone or Home Assistant.'),
  entry(MODE_RESTRICTS, 'MODE_RESTRICTS', DOOR_SHUT, 'Privacy or vacation is on: end it from inside, or with the master code.'),
  entry(BATTERY_EMPTY, 'BATTERY_EMPTY', DOOR_HAND, 'Fit fresh cells, or hold a power bank to the emergency contacts; the key works.'),
  entry(MOTOR_HOT, 'MOTOR_HOT', DOOR_HAND, 'Wait a minute and try again, or use the key.'),
  entry(DOOR_NOT_CLOSED, 'DOOR_NOT_CLOSED', DOOR_SHUT, 'Close the door; it is locked then.'),
  entry(MALFORMED, 'MALFORMED', DOOR_SAME, 'Use a client that speaks SMP.'),
  entry(FRAME_TOO_LONG, 'FRAME_TOO_LONG', DOOR_SAME, 'Use the buffer size that the lock states.'),
  entry(UNSUPPORTED, 'UNSUPPORTED', DOOR_SAME, 'See the list of commands in docs/design.md.'),
  entry(PROTOCOL_TOO_NEW, 'PROTOCOL_TOO_NEW', DOOR_SAME, 'Use a client that speaks SMP version 1 or 2.'),
  entry(OUT_OF_MEMORY, 'OUT_OF_MEMORY', DOOR_SAME, 'Try again; restart the lock if it comes again.'),
  entry(BACKUP_OTHER_LOCK, 'BACKUP_OTHER_LOCK', DOOR_SAME, 'Restore it to the lock it came from, or say that it replaces that one.'),
  entry(BACKUP_VERSION, 'BACKUP_VERSION', DOOR_SAME, 'Update the lock first, then restore.'),
  entry(BACKUP_DAMAGED, 'BACKUP_DAMAGED', DOOR_SAME, 'Check the password, or take another copy of the file.'),
  entry(NO_BOOTABLE_IMAGE, 'NO_BOOTABLE_IMAGE', DOOR_SAME, 'Send an image by wire in safe mode first.'),
  entry(USERS_FULL, 'USERS_FULL', DOOR_SAME, 'Remove users that are no longer needed.'),
  entry(NO_SUCH_USER, 'NO_SUCH_USER', DOOR_SAME, 'List the users.'),
  entry(BAD_SETTING, 'BAD_SETTING', DOOR_SAME, 'See the table of settings in docs/keypad.md.'),
  entry(BAD_CALIBRATION, 'BAD_CALIBRATION', DOOR_SAME, 'Measure at the cells themselves, in volts, and check the divider.'),
  entry(BAD_SCHEDULE, 'BAD_SCHEDULE', DOOR_SAME, 'An end lies after its beginning, and a week has seven days.'),
  entry(KEY_STUCK, 'KEY_STUCK', DOOR_SAME, 'The other keys work. Clean the keypad, or let go of the key.'),
  entry(TOO_MANY_KEYS, 'TOO_MANY_KEYS', DOOR_SAME, 'The keypad rests for a short while; the key works.'),
  entry(DOOR_LEFT_OPEN, 'DOOR_LEFT_OPEN', 'The door stands open.', 'Close the door.'),
  entry(DOOR_FORCED, 'DOOR_FORCED', 'The door stands open.', 'Look after the door, the bolt and the door sensor.'),
  entry(CLOCK_WENT_BACK, 'CLOCK_WENT_BACK', DOOR_SAME, 'Set the clock again if that was not meant; used-up codes stay used up.'),
  entry(FRONT_REMOVED, 'FRONT_REMOVED', DOOR_SAME, 'Look after the outer part of the lock.'),
  entry(BAD_IMAGE_DIGEST, 'BAD_IMAGE_DIGEST', DOOR_SAME, 'The file was damaged on its way: send it again. After three times get it anew from its source.'),
  entry(FLASH_READ_BACK, 'FLASH_READ_BACK', DOOR_SAME, 'The lock tried again and uses a spare page where it can. If it comes again, the flash chip is failing.'),
  entry(PAGES_FAILING, 'PAGES_FAILING', DOOR_SAME, 'Replace the board; updates are off.'),
  entry(RECORDS_FULL, 'RECORDS_FULL', DOOR_SAME, 'Remove users or schedules that are no longer needed.'),
  entry(OUT_OF_REGION, 'OUT_OF_REGION', DOOR_SAME, 'Report it: this is a fault in the firmware.'),
  entry(JOURNAL_LOST, 'JOURNAL_LOST', DOOR_SAME, 'Nothing to do; both slots were verified in full.'),
  entry(JOURNAL_FULL, 'JOURNAL_FULL', DOOR_SAME, 'Restart the lock; if it comes again, the flash chip is failing.'),
])();

function entry(code: ErrorCode, name: string, door: string, next: string): ErrorEntry {
  return { code, name, title: nameAtTheDoor(code) || shortName(code), door, next };
}

/** The entry of a code, for hosts that show it. */
export function errorEntry(code: ErrorCode): ErrorEntry | undefined {
  for (let i = 0; i < ERRORS.length; i++) if (ERRORS[i]!.code === code) return ERRORS[i];
  return undefined;
}
