/** Twelve keys in a matrix without diodes, and the fingers on them. Contacts bounce. */
import { KEYS, rowPins, ROWS } from './wired.js';

export interface Keys {
  /** Each key is down from `from` on, before `until`. */
  from: Float64Array;
  until: Float64Array;
  /** Contacts bounce for this long after they meet. */
  bounceMs: number;
  /** No key is down from here on. */
  lastUntil: number;
  rows: number[];
}

export function newKeys(): Keys {
  return { from: new Float64Array(KEYS.length), until: new Float64Array(KEYS.length), bounceMs: 0, lastUntil: 0, rows: rowPins() };
}

export function hold(keys: Keys, key: number, fromMs: number, untilMs: number): void {
  keys.from[key] = fromMs;
  keys.until[key] = untilMs;
  if (untilMs > keys.lastUntil) keys.lastUntil = untilMs;
}

export function isDown(keys: Keys, key: number, time: number): boolean {
  const since = time - keys.from[key]!;
  if (since < 0 || time >= keys.until[key]!) return false;
  return since >= keys.bounceMs || (Math.floor(since) & 1) === 0;
}

/** Level of a column: low when a pressed key, or a path over several, joins it to a row driven low. Somebody touches a key. */
export function columnLevel(keys: Keys, column: number, levels: Uint8Array, time: number): 0 | 1 {
  let down = 0;
  let last = 0;
  for (let key = 0; key < KEYS.length; key++) {
    if (time >= keys.until[key]! || !isDown(keys, key, time)) continue;
    down |= 1 << key;
    last = key;
  }
  if (!down) return 1;
  if (down === 1 << last) return last % 3 === column && !levels[keys.rows[Math.floor(last / 3)]!] ? 0 : 1;
  return joined(keys, down, column, levels);
}

function joined(keys: Keys, down: number, column: number, levels: Uint8Array): 0 | 1 {
  let columns = 1 << column;
  let rows = 0;
  for (let pass = 0; pass < 4; pass++) {
    for (let key = 0; key < KEYS.length; key++) {
      if (!(down & 1 << key)) continue;
      const r = 1 << Math.floor(key / 3);
      const c = 1 << key % 3;
      if (columns & c) rows |= r;
      if (rows & r) columns |= c;
    }
  }
  for (let row = 0; row < ROWS; row++) if (rows & 1 << row && !levels[keys.rows[row]!]) return 0;
  return 1;
}
