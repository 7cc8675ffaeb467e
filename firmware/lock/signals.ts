/**
 * One light and one beeper. A pattern is a string: `k` tick (40 ms), `s` short (100 ms), `l` long (450 ms), `-` pause (500 ms); 120 ms lie
 * between two sounds. Light and beeper go together; a held pattern is light only and comes again every two seconds.
 *
 * An error code is shown as its two hex digits with a pause between: in each, a long counts four and a short one; zero is two ticks.
 * 0xE4 = `lllss-l`, 0x86 = `ll-lss`, 0x20 = `ss-kk`.
 */
import type { BeeperWiring, LightWiring } from '../../boards/wiring.js';
import type { ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';

export const KEY = 'k';
/** Something is busy and has heard the key: it will be ready in seconds. */
export const WAIT = 'kk';
/** Awake: keys from now on count. */
export const READY = 'ks';
export const ACCEPTED = 'l';
export const REFUSED = 'sss';
/** Codes are disabled for a while after too many wrong ones. */
export const DISABLED = 'ssl';
export const MENU = 'ls';
/** Type a new master code. */
export const NEW_MASTER = 'lss';
/** Type it again. */
export const AGAIN = 'lsss';
export const JAMMED = 'lll';
export const LOW_BATTERY = 'sl';
/** Held: the door stands open. */
export const AJAR = 's';
/** Held: the door was forced open. */
export const FORCED = 'lll';
/** Held: the update window is open. */
export const WINDOW = 'kk';
/** Held: safe mode. */
export const SAFE_MODE = 'kkk';

const GAP_MS = 120;
const HELD_EVERY_MS = 2000;

/** The pattern of an error code, see above. */
export function errorPattern(code: ErrorCode): string {
  return digitPattern(code >> 4) + '-' + digitPattern(code & 15);
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

export function openSignals(platform: Platform, light: LightWiring | undefined, beeper: BeeperWiring | undefined): Signals {
  const pins = platform.pins;
  let pattern = '';
  let at = 0;
  let held = '';
  let lit = false;
  let silent = false;
  let timer = 0;

  function output(on: boolean): void {
    lit = on;
    if (light) pins.write(light.pin, on === (light.active === 1) ? 1 : 0);
    if (!beeper || on && silent) return;
    if (beeper.hz) pins.tone(beeper.pin, on ? beeper.hz : 0);
    else pins.write(beeper.pin, on ? 1 : 0);
  }
  function turn(): void {
    timer = 0;
    if (lit) {
      timer = platform.after(GAP_MS, turn);
      output(false);
      return;
    }
    const symbol = pattern.charAt(at++);
    if (symbol) {
      timer = platform.after(symbol === 'k' ? 40 : symbol === 's' ? 100 : symbol === 'l' ? 450 : 500, turn);
      if (symbol !== '-') output(true);
    } else if (held) {
      timer = platform.after(HELD_EVERY_MS, turn);
      pattern = held;
      silent = true;
      at = 0;
    }
  }
  function play(next: string): void {
    if (timer) platform.cancel(timer);
    if (lit) output(false);
    pattern = next;
    silent = false;
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
      held = next;
      if (!next && silent) play('');
      else if (!timer) turn();
    },
  };
}
