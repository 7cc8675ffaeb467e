/**
 * Settings: one record (key `SETTINGS`) of 24 bytes, low byte first. Each setting is named by its offset. A shorter record of an older
 * version keeps what it has, the rest is the default; names are Matter's where it has one.
 *
 *   0 format, 1             8 EnableOneTouchLocking      14 EnablePrivacyModeButton
 *   1 (0)                   9 SoundVolume                15 ExpiringUserTimeout u16, minutes
 *   2 AutoRelockTime u16 s 10 LedSettings                17 (0)
 *   4 OperatingMode        11 LocalProgramming           18 offset from UTC u16, minutes + 1440
 *   5 WrongCodeEntryLimit  12 DoorOpenPeriod u16, s      20 a strike is held u16, s
 *   6 UserCodeTemporaryDisableTime u16, s
 */
import { BAD_SETTING, type ErrorCode } from '../errors.js';
import { SETTINGS } from '../flash/keys.js';
import type { WritableRecords } from './tables.js';

export const SETTINGS_BYTES = 24;
const FORMAT = 1;

/** Seconds after opening; 0 = never. */
export const AUTO_RELOCK = 2;
export const OPERATING_MODE = 4;
export const WRONG_CODE_LIMIT = 5;
/** First wait after too many wrong codes; it doubles. */
export const DISABLE_TIME = 6;
/** `#` alone locks. */
export const ONE_TOUCH = 8;
/** 0 = silent, 1 = quiet (shorter), 2 = normal. */
export const SOUND_VOLUME = 9;
/** 0 = no light, 1 = alarms only, 2 = all. */
export const LED_SETTINGS = 10;
/** 0 = nothing but the door and the update window can be reached from the keypad's menu. */
export const LOCAL_PROGRAMMING = 11;
/** An open door is reported after so many seconds; 0 = never. */
export const DOOR_OPEN_PERIOD = 12;
/** The button inside, held, switches privacy. */
export const PRIVACY_BUTTON = 14;
/** An expiring code opens for so many minutes after its first use. */
export const EXPIRING_MINUTES = 15;
/** Minutes east of Greenwich, plus 1440. Schedules are in local time. */
export const UTC_OFFSET = 18;
/** A strike without a sensor of the door is held open for so long. */
export const STRIKE_HOLD = 20;

/** The settings in force: those of the record `stored` where there is one; the default for what it lacks, and for what cannot be. */
export function readSettings(stored: Uint8Array | undefined): Uint8Array {
  const settings = new Uint8Array(SETTINGS_BYTES);
  // Offset, bytes, default, least and most of each.
  const fields = new Uint16Array([
    AUTO_RELOCK, 2, 0, 0, 3600, OPERATING_MODE, 1, 0, 0, 4, WRONG_CODE_LIMIT, 1, 5, 1, 255, DISABLE_TIME, 2, 10, 1, 255, ONE_TOUCH, 1, 1, 0, 1,
    SOUND_VOLUME, 1, 2, 0, 2, LED_SETTINGS, 1, 2, 0, 2, LOCAL_PROGRAMMING, 1, 1, 0, 1, DOOR_OPEN_PERIOD, 2, 120, 0, 3600, PRIVACY_BUTTON, 1, 1, 0, 1,
    EXPIRING_MINUTES, 2, 1440, 1, 65535, UTC_OFFSET, 2, 1440, 720, 2280, STRIKE_HOLD, 2, 5, 1, 30,
  ]);
  settings[0] = FORMAT;
  for (let i = 0; i < fields.length; i += 5) {
    const at = fields[i]!;
    const isWord = fields[i + 1] === 2;
    let value = fields[i + 2]!;
    if (stored && stored.length >= at + fields[i + 1]!) {
      const kept = isWord ? wordSetting(stored, at) : stored[at]!;
      if (kept >= fields[i + 3]! && kept <= fields[i + 4]!) value = kept;
    }
    settings[at] = value;
    if (isWord) settings[at + 1] = value >> 8;
  }
  return settings;
}

/** A setting of two bytes; one of a single byte is read from the array. */
export function wordSetting(settings: Uint8Array, at: number): number {
  return settings[at]! + settings[at + 1]! * 256;
}

/** Changes one setting, in flash first: what could not be stored is not in force. */
export function changeSetting(records: WritableRecords, settings: Uint8Array, at: number, value: number): ErrorCode {
  const isWord = at === AUTO_RELOCK || at === DISABLE_TIME || at === DOOR_OPEN_PERIOD || at > PRIVACY_BUTTON;
  const wanted = new Uint8Array(settings);
  wanted[at] = value;
  if (isWord) wanted[at + 1] = value >> 8;
  const changed = readSettings(wanted);
  if ((isWord ? wordSetting(changed, at) : changed[at]) !== value) return BAD_SETTING;
  const code = records.set(SETTINGS, changed);
  if (!code) settings.set(changed);
  return code;
}
