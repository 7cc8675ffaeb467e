/** What a watcher of the world is told: one of these, with two numbers, and sometimes bytes. */

/** -1 = current that locks, 0 = none, 1 = current that unlocks. */
export const MOTOR = 1;
export const BEEPER = 2;
export const LIGHT = 3;
/** A record: key, 0 or the error code. With its bytes. */
export const STORED = 4;
/** The journal's tries: the mark's value, or 256 + payload of a new record; 0 or the error code. */
export const TRY = 5;
/** Key of a record that is read. */
export const READ = 6;
/** Bytes that are hashed. */
export const HASHED = 7;
/** Bytes made a text. */
export const WIRED = 8;
export const CUT = 9;
/** Number of the start. */
export const STARTED = 10;
export const WINDOW = 11;
export const SAFE_MODE = 12;
/** Lock state, door state. */
export const CHANGED = 13;
/** The door logged a line: a turn failed. */
export const FAILED = 14;
/** A pulse is asked for: pin, milliseconds. */
export const PULSE = 15;
/** Both inputs of the bridge are driven. */
export const BOTH_INPUTS = 16;
/** A start has finished a hard reset: 0, or 1 where flash refused. */
export const WIPED = 17;

export type See = (what: number, a: number, b: number, bytes?: Uint8Array) => void;

/** Only for the watcher: how something came about, not what can be seen of it. */
export function isHidden(what: number): boolean {
  return what === READ || what === HASHED || what === WIRED || what === PULSE;
}
