/** What somebody at the door hears and sees, as firmware/lock/signals.ts plays it, put into words. */
import { errorEntry } from '../../firmware/error-table.js';
import { formatCode } from '../../firmware/errors.js';
import {
  ACCEPTED, AGAIN, AJAR, BATTERY_CRITICAL, CLOSED, DISABLED, FORCED, HOLD, JAMMED, LOW_BATTERY, MENU, NEW_CODE, READY, REFUSED, SAFE_MODE, VALUE,
  WHICH, WINDOW,
} from '../../firmware/lock/signals.js';
import type { Signal, World } from '../../virtual-board/world.js';

/** Longer than a pause inside a pattern: it has ended. */
const SILENCE_MS = 900;
const PAUSE_MS = 400;
/** A pattern that is held comes every two seconds, and makes way for others meanwhile. */
const HELD_FOR_MS = 10_000;

const WORDS = new Map<string, string>([
  [READY, 'a tick and a short beep: awake, keys from now on count'],
  [ACCEPTED, 'one long beep: accepted'],
  [REFUSED, 'three short beeps: refused'],
  [DISABLED, 'short, short, long: too many wrong codes, the keypad takes none for a while'],
  [MENU, 'long, short: the menu is open'],
  [WHICH, 'long, long, short: which one? Type its number'],
  [VALUE, 'three long, short: what shall it be? Type its number'],
  [NEW_CODE, 'long, short, short: type a new code'],
  [AGAIN, 'long and three short: type it again'],
  [HOLD, 'long, long, short, short: hold # for five seconds'],
  [CLOSED, 'long, tick: the menu is closed'],
  [JAMMED, 'three long beeps: the bolt is jammed'],
  [LOW_BATTERY, 'short, long: fit fresh cells soon'],
  [BATTERY_CRITICAL, 'short, long, short, long: only a few more unlocks, fit fresh cells now'],
  [AJAR.slice(1), 'tick, short, tick, short: the door stands open'],
  [FORCED.slice(1), 'long, tick, long, tick: alarm, somebody is at the lock'],
  [`${ACCEPTED}-${LOW_BATTERY}`, 'one long beep, then short, long: accepted, but fit fresh cells soon'],
  [`${ACCEPTED}-${MENU}`, 'one long beep, then long, short: accepted; the menu is still open'],
  [`${ACCEPTED}-${NEW_CODE}`, 'one long beep, then long, short, short: accepted; now type a new code'],
  [`${REFUSED}-${NEW_CODE}`, 'three short beeps, then long, short, short: refused; type a new code'],
]);

const WORDS_LONGEST_FIRST = [...WORDS].sort(([a], [b]) => b.length - a.length);

const NAMES: Record<string, string> = { k: 'tick', s: 'short', l: 'long', '-': 'pause' };

/** What the light repeats: `''` = nothing. */
export type Held = '' | 'window' | 'safe mode';

export interface Listener {
  /** Sentences for what ended since the last call. */
  hear(nowMs: number): string[];
  light(): Held;
  /** The chip stops or starts anew: light and beeper with it. */
  restart(): void;
}

/** Listens to the beeper, and looks at what the light does without it. */
export function createListener(world: World): Listener {
  const beeper = createDecoder(world.beeper);
  const light = createDecoder(world.led);
  let presses = world.keypad.presses();
  let held: Held = '';
  let heldUntilMs = 0;

  function heard(symbols: string): string {
    const keys = world.keypad.presses() - presses;
    presses += keys;
    return beepsInWords(symbols, keys);
  }

  /** Both play the same unless the light alone repeats a held pattern. */
  function seen(symbols: string, nowMs: number): string {
    if (symbols !== WINDOW && symbols !== SAFE_MODE) return '';
    heldUntilMs = nowMs + HELD_FOR_MS;
    const before = held;
    held = symbols === WINDOW ? 'window' : 'safe mode';
    if (held === before) return '';
    return held === 'window' ? 'the light ticks twice, again and again: the update window is open' : 'the light ticks three times, again and again: safe mode';
  }

  return {
    light: () => held,
    restart() {
      held = '';
      beeper.forget();
      light.forget();
    },
    hear(nowMs) {
      const sound = beeper.take(nowMs);
      const sight = light.take(nowMs);
      const words = [sound && heard(sound), sight && !sound ? seen(sight, nowMs) : ''].filter((each) => each !== '');
      if (held && nowMs > heldUntilMs) {
        words.push('the light no longer ticks');
        held = '';
      }
      return words;
    },
  };
}

/** Beeps in words; `''` where they were only the ticks that answer `keys` keys. */
export function beepsInWords(symbols: string, keys: number): string {
  if (/^(k-?)+$/.test(symbols)) {
    const ticks = symbols.split('k').length - 1;
    return ticks <= keys ? '' : symbols === 'kk' ? 'two ticks: wait' : 'ticks: the lock is busy and heard the keys';
  }
  return patternsIn(symbols, keys)?.join('; then ') ?? `beeps: ${[...symbols].map((symbol) => NAMES[symbol]).join(', ')}`;
}

/** Patterns one after the other, among them ticks for at most `keys` keys. Undefined where they make no sense together. */
function patternsIn(symbols: string, keys: number): string[] | undefined {
  if (symbols === '') return [];
  if (symbols[0] === '-') return patternsIn(symbols.slice(1), keys);
  const number = /^sls-(kk|l{0,3}s{0,3})-(kk|l{0,3}s{0,3})(?=-|$)/.exec(symbols) ?? /^sk((?:-(?:kk|l{0,3}s{0,3}))+)-sk(?=-|$)/.exec(symbols);
  const told = number && numberIn(number[1]!, number[2]);
  if (told) {
    const rest = patternsIn(symbols.slice(number[0].length), keys);
    return rest && [told, ...rest];
  }
  if (symbols[0] === 'k' && keys > 0) {
    const rest = patternsIn(symbols.slice(1), keys - 1);
    if (rest) return rest;
  }
  for (const [pattern, words] of WORDS_LONGEST_FIRST) {
    if (!symbols.startsWith(pattern) || !/^(|[-k].*)$/.test(symbols.slice(pattern.length))) continue;
    const rest = patternsIn(symbols.slice(pattern.length), keys);
    if (rest) return [words, ...rest];
  }
  return undefined;
}

/** A long counts four, a short one, two ticks are zero. */
function digitIn(text: string): number {
  return text === 'kk' ? 0 : [...text].reduce((sum, symbol) => sum + (symbol === 'l' ? 4 : 1), 0);
}

/** Two hex digits are an error code, digits in one piece a decimal number. Undefined: no such code. */
function numberIn(first: string, second: string | undefined): string | undefined {
  if (second === undefined) return `beeps the number ${first.slice(1).split('-').map(digitIn).join('')}`;
  const entry = errorEntry(digitIn(first) * 16 + digitIn(second));
  return entry && `beeps code ${formatCode(entry.code)}: ${entry.title}`;
}

interface Decoder {
  /** Symbols of the pattern that has ended, `''` while none has. */
  take(nowMs: number): string;
  /** What was going on was cut short. */
  forget(): void;
}

function createDecoder(log: readonly Signal[]): Decoder {
  let next = log.length;
  let symbols = '';
  let onMs = -1;
  let offMs = -Infinity;

  function end(): string {
    const ended = symbols;
    symbols = '';
    return ended;
  }

  return {
    forget() {
      next = log.length;
      symbols = '';
      onMs = -1;
    },
    take(nowMs) {
      while (next < log.length) {
        const { on, atMs } = log[next]!;
        if (on && symbols && atMs - offMs > SILENCE_MS) return end();
        next++;
        if (on) {
          if (symbols && atMs - offMs > PAUSE_MS) symbols += '-';
          onMs = atMs;
        } else {
          if (onMs >= 0 && atMs > onMs) symbols += atMs - onMs < 70 ? 'k' : atMs - onMs < 250 ? 's' : 'l';
          onMs = -1;
          offMs = atMs;
        }
      }
      return onMs < 0 && nowMs - offMs > SILENCE_MS ? end() : '';
    },
  };
}
