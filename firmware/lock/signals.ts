/**
 * One light and one beeper. A pattern is a string: `k` tick (40 ms), `s` short (100 ms), `l` long (450 ms), `-` pause (500 ms); 120 ms lie
 * between two sounds. Light and beeper go together; a held pattern is light only and comes again every two seconds. A pattern that begins
 * with `!` is an alarm: it sounds when held too, and at full length in quiet mode.
 *
 * No pattern is the beginning of another one, unless the other one says the same first and then something more (`l-sl`: accepted, and the
 * cells are low). Numbers therefore begin with sounds of their own. An error code is `sls`, then its two hex digits with a pause between:
 * in each, a long counts four and a short one; zero is two ticks. 0xE4 = `sls-lllss-l`, 0x86 = `sls-ll-lss`. A decimal number is its digits
 * between two `sk`: 12 = `sk-s-ss-sk`.
 */
import type { BeeperWiring, LightWiring } from '../../boards/wiring.js';
import type { ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import { LED_SETTINGS, SOUND_VOLUME } from './settings.js';

export const KEY = 'k';
/** Something is busy and has heard the key: it will be ready in seconds. */
export const WAIT = 'kk';
/** Awake: keys from now on count. */
export const READY = 'ks';
export const ACCEPTED = 'l';
export const REFUSED = 'sss';
/** Codes are disabled for a while after too many wrong ones. */
export const DISABLED = 'ssl';
/** What a prompt asks for is told by its shorts, how deep in the menu it is by its longs. */
export const MENU = 'ls';
/** Type a number: of a user, a mode, a setting. */
export const WHICH = 'lls';
/** Type what it shall be. */
export const VALUE = 'llls';
/** Type a new code. */
export const NEW_CODE = 'lss';
/** Type it again. */
export const AGAIN = 'lsss';
/** Hold `#`. */
export const HOLD = 'llss';
/** The menu is closed. */
export const CLOSED = 'lk';
export const JAMMED = 'lll';
export const LOW_BATTERY = 'sl';
/** Only a few more unlocks. */
export const BATTERY_CRITICAL = 'slsl';
/** Held: the door stands open. */
export const AJAR = '!ksks';
/** Held: somebody is at the lock. The door was forced open, the front taken off, or somebody plays with the keys. */
export const FORCED = '!lklk';
/** Held: the update window is open. */
export const WINDOW = 'kk';
/** Held: safe mode. */
export const SAFE_MODE = 'kkk';

const GAP_MS = 120;
const HELD_EVERY_MS = 2000;

// How a pattern is shown
const PLAYED = 0;
const HELD = 1;
const AN_ALARM = 2;

/** The pattern of an error code, see above. */
export function errorPattern(code: ErrorCode): string {
  return 'sls-' + digitPattern(code >> 4) + '-' + digitPattern(code & 15);
}

/** The pattern of a whole number, in decimal digits. */
export function numberPattern(value: number): string {
  let pattern = '';
  for (let left = value; left || !pattern; left = Math.floor(left / 10)) pattern = '-' + digitPattern(left % 10) + pattern;
  return 'sk' + pattern + '-sk';
}

/** The pattern of 0..15. */
export function digitPattern(digit: number): string {
  return digit ? 'lll'.substr(0, digit >> 2) + 'sss'.substr(0, digit & 3) : 'kk';
}

export interface Signals {
  /** Plays a pattern now, in place of what is playing. */
  play(pattern: string): void;
  /** Repeats a pattern on the light whenever nothing else plays; `''` ends it. */
  hold(pattern: string): void;
}

/** `settings`: the record in force (settings.ts), read at every sound, so that a change counts at once. Without it nothing is muted. */
export function openSignals(
  platform: Platform, light: LightWiring | undefined, beeper: BeeperWiring | undefined, settings?: Uint8Array,
): Signals {
  const pins = platform.pins;
  let pattern = '';
  // Twice the number of symbols that have ended, and one more while light and beeper are on.
  let at = 0;
  let held = '';
  let way = PLAYED;
  let timer = 0;

  function output(on: boolean): void {
    if (light && !(on && settings && settings[LED_SETTINGS]! < (way === AN_ALARM ? 1 : 2))) pins.write(light.pin, on === (light.active === 1) ? 1 : 0);
    if (!beeper || on && (way === HELD || settings && !settings[SOUND_VOLUME])) return;
    if (beeper.hz) pins.tone(beeper.pin, on ? beeper.hz : 0);
    else pins.write(beeper.pin, on ? 1 : 0);
  }
  function turn(): void {
    timer = 0;
    if (at & 1) {
      timer = platform.after(GAP_MS, turn);
      at++;
      output(false);
      return;
    }
    const symbol = pattern.charAt(at >> 1);
    if (symbol > 'a') {
      at++;
      const ms = symbol === 'k' ? 40 : symbol === 's' ? 100 : 450;
      timer = platform.after(settings && settings[SOUND_VOLUME] === 1 && way !== AN_ALARM ? ms / 3 : ms, turn);
      output(true);
    } else if (symbol) {
      at += 2;
      timer = platform.after(500, turn);
    } else if (held) {
      timer = platform.after(HELD_EVERY_MS, turn);
      pattern = held;
      way = held.charAt(0) === '!' ? AN_ALARM : HELD;
      at = 0;
    }
  }
  function play(next: string): void {
    if (timer) platform.cancel(timer);
    if (at & 1) output(false);
    pattern = next;
    way = next.charAt(0) === '!' ? AN_ALARM : PLAYED;
    at = 0;
    turn();
  }
  if (light) pins.mode(light.pin, 'output');
  if (beeper) pins.mode(beeper.pin, 'output');
  output(false);
  return {
    play,
    hold: (next) => {
      if (held === next) return;
      const ends = !next && pattern === held;
      held = next;
      if (ends) play('');
      else if (!timer) turn();
    },
  };
}
