/** A matrix keypad, read row by row. The steps are pure; `openMatrix` binds them to pins. */
import type { MatrixWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';
import { HELD, HELD_MS, STUCK, type Keypad } from './keypad-parts.js';

/** Nobody holds a key this long: it is stuck, and others must work without it. */
export const STUCK_MS = 10000;
/** What `stepKeys` returns when a key has become stuck, and when the key that is down alone has been held. */
export const KEY_IS_STUCK = -1;
export const KEY_IS_HELD = -2;

/** The caller's record, changed in place by `stepKeys`. Masks have one bit a key, row by row; the last key's is bit 0. */
export interface KeyState {
  /** The scan before. */
  last: number;
  /** Keys that were down in two scans in a row, stuck ones left out. */
  down: number;
  /** Keys are refused until all are released. */
  refused: boolean;
  /** Of `down`, those that have been so since `sinceMs`. */
  steady: number;
  sinceMs: number;
  /** When to say the next thing about it: `HELD_MS`, then `STUCK_MS`. */
  tellMs: number;
  /** Looked away from until they are released. */
  stuck: number;
}

/** Nothing counts until a scan has found no key down: what is pressed already was pressed for somebody else. */
export function newKeys(): KeyState {
  return { last: 0, down: 0, refused: true, steady: 0, sinceMs: 0, tellMs: HELD_MS, stuck: 0 };
}

/**
 * Debounces one scan. Returns the bit of the key that went down, 0, or once each `KEY_IS_HELD` and `KEY_IS_STUCK`. Two keys can be told apart (fast
 * typing); from three on a matrix without diodes may show a fourth that nobody pressed, so nothing counts until all are released.
 */
export function stepKeys(state: KeyState, mask: number, nowMs: number): number {
  const same = mask === state.last;
  state.last = mask;
  if (!same) return 0;
  state.stuck &= mask;
  mask &= ~state.stuck;
  const fresh = mask & ~state.down;
  state.down = mask;
  state.steady &= mask;
  if (!state.steady) {
    state.steady = mask;
    state.sinceMs = nowMs;
    state.tellMs = HELD_MS;
  } else if (nowMs - state.sinceMs >= state.tellMs) {
    if (state.tellMs === STUCK_MS) {
      state.stuck |= state.steady;
      return KEY_IS_STUCK;
    }
    state.tellMs = STUCK_MS;
    if (mask === state.steady && !(mask & (mask - 1)) && !state.refused) return KEY_IS_HELD;
  }
  if (!mask) state.refused = false;
  const two = mask & (mask - 1);
  if (two & (two - 1) || fresh & (fresh - 1)) state.refused = true;
  return state.refused ? 0 : fresh;
}

/**
 * Sets a matrix up and gives whether anything is pressed. Between scans every row is driven low, so that one reading of the columns tells.
 * Rows are open drain: two pressed keys never short two outputs.
 */
export function matrixDown(pins: Pins, wiring: MatrixWiring): boolean {
  const rows = wiring.rows;
  const columns = wiring.columns;
  for (let r = 0; r < rows.length; r++) pins.mode(rows[r]!, 'opendrain');
  pins.writeAll(rows, 0);
  for (let c = 0; c < columns.length; c++) pins.mode(columns[c]!, 'input_pullup');
  return columnsDown(pins, columns) > 0;
}

/** One bit for each column that is low, the last one's is bit 0. */
export function columnsDown(pins: Pins, columns: readonly number[]): number {
  return ~pins.readAll(columns) & ((1 << columns.length) - 1);
}

/** One bit for each key that is down, row by row. */
function scanMatrix(pins: Pins, wiring: MatrixWiring): number {
  const rows = wiring.rows;
  const columns = wiring.columns;
  let mask = 0;
  if (!columnsDown(pins, columns)) return 0;
  for (let row = 1 << rows.length; row > 1;) {
    row >>= 1;
    pins.writeAll(rows, ~row);
    mask = mask << columns.length | columnsDown(pins, columns);
  }
  pins.writeAll(rows, 0);
  return mask;
}

function chordOf(wiring: MatrixWiring): number {
  const keys = wiring.keys;
  const last = keys.length - 1;
  return (1 << last - keys.indexOf('*')) | (1 << last - keys.indexOf('#'));
}

/** `*` and `#` are down now, and nothing else. */
export function chordDown(pins: Pins, wiring: MatrixWiring): boolean {
  return scanMatrix(pins, wiring) === chordOf(wiring);
}

export function openMatrix(pins: Pins, nowMs: () => number, wiring: MatrixWiring): Keypad {
  const chordMask = chordOf(wiring);
  const state = newKeys();
  matrixDown(pins, wiring);
  return {
    poll: () => {
      const told = stepKeys(state, scanMatrix(pins, wiring), nowMs());
      const mask = told === KEY_IS_HELD ? state.down : told;
      let key = wiring.keys.length - 1;
      if (told === KEY_IS_STUCK) return STUCK;
      for (let left = mask; left > 1; left >>= 1) key--;
      const name = wiring.keys.charAt(key);
      return !mask || state.down === chordMask || '0123456789*#'.indexOf(name) < 0 ? '' : told < 0 ? HELD + name : name;
    },
    anyDown: () => columnsDown(pins, wiring.columns) > 0,
    // Also while it does not count keys yet, or again, only because nobody has looked twice at none: the next press would be lost.
    unsettled: () => (state.last ^ state.stuck | state.down) > 0 || state.refused,
    chord: () => state.down === chordMask,
  };
}
