/**
 * What somebody outside knows of the digits typed: which code the lock was given, and what it expects next. Where a key may have been heard
 * or not, the answer is "unsure" until `*` or a long pause make it sure again.
 */
import { HASH, KEYS, STAR } from './device/wired.js';

const ENTRY_TIMEOUT_MS = 10_000;
const MENU_MS = 30_000;
/** Between a key going down and the lock hearing it. */
const HEARING_MS = 150;
const PIN_LENGTHS = { least: 4, most: 12 };

export type Mode = 'code' | 'menu' | 'unsure';

/** What a `#` came to. */
export interface Submission {
  what: 'code' | 'menu' | 'unsure' | 'lock' | 'nothing';
  digits: string;
}

export interface Typing {
  readonly mode: Mode;
  /** When a key was pressed last. */
  readonly lastMs: number;
  /** Everything typed lately, heard or not. */
  readonly recent: { key: string; time: number }[];
  key(index: number, time: number, sure: boolean): Submission | undefined;
  /** A card was read: what was typed before it is forgotten. */
  card(time: number, sure: boolean): void;
  /** Time passes. */
  pass(time: number): void;
  /** The menu opened. */
  enter(): void;
  leaveMenu(): void;
  /** What has been typed is not known. */
  doubt(): void;
  restart(): void;
}

export function openTyping(): Typing {
  let digits = '';
  let mode: Mode = 'code';
  let lastMs = 0;
  /** `*` in a row: three lead out of every menu. */
  let stars = 0;
  let recent: { key: string; time: number }[] = [];

  function pass(time: number): void {
    const quietMs = time - lastMs;
    if (quietMs > MENU_MS + 2 * ENTRY_TIMEOUT_MS && mode !== 'code') {
      mode = 'code';
      digits = '';
    }
    if (mode !== 'code' && quietMs > MENU_MS - 1000) mode = 'unsure';
    if (!digits) return;
    if (quietMs > ENTRY_TIMEOUT_MS + HEARING_MS) digits = '';
    else if (quietMs > ENTRY_TIMEOUT_MS - HEARING_MS) mode = 'unsure';
  }
  function submit(): Submission {
    const given = digits;
    digits = '';
    if (mode === 'unsure') return { what: 'unsure', digits: given };
    if (!given) return { what: mode === 'code' ? 'lock' : mode, digits: '' };
    if (given.length > PIN_LENGTHS.most) return { what: 'nothing', digits: '' };
    return { what: mode, digits: given };
  }
  return {
    get mode() {
      return mode;
    },
    get lastMs() {
      return lastMs;
    },
    get recent() {
      return recent;
    },
    key(index, time, sure) {
      pass(time);
      const key = KEYS.charAt(index);
      lastMs = time;
      stars = sure && index === STAR ? stars + 1 : 0;
      recent.push({ key, time });
      if (recent.length > 64) recent = recent.slice(-48);
      if (!sure) {
        mode = 'unsure';
        return undefined;
      }
      if (index === HASH) return submit();
      if (index !== STAR) digits += key;
      else {
        digits = '';
        if (mode === 'code' || stars > 2) mode = 'code';
        else mode = 'unsure';
      }
      return undefined;
    },
    card(time, sure) {
      pass(time);
      digits = '';
      lastMs = time;
      stars = 0;
      if (!sure) mode = 'unsure';
    },
    pass,
    enter: () => {
      mode = 'menu';
    },
    leaveMenu: () => {
      mode = 'code';
    },
    doubt: () => {
      mode = 'unsure';
    },
    restart: () => {
      mode = 'code';
      digits = '';
      recent = [];
    },
  };
}

/** `wanted` was typed, perhaps with other keys between its own. */
export function mayHaveTyped(recent: readonly { key: string; time: number }[], wanted: string, since: number): boolean {
  let at = 0;
  for (const { key, time } of recent) if (time >= since && key === wanted.charAt(at)) at++;
  return at >= wanted.length;
}
