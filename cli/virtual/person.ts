/**
 * A person at the keypad, who knows nothing of what the lock is doing: presses a key, listens, goes on after one short beep, waits
 * after two, tries again after none, and starts over when the lock falls silent in the middle.
 */
import type { Board } from '../../virtual-board/run.js';

const HOLD_MS = 100;
/** From one key to the next while all goes well. */
const KEY_MS = 180;
/** This long for a beep to come. */
const HEAR_MS = 250;
/** Two ticks in this time mean "wait". */
const WAIT_MS = 230;
const TICK_MS = 70;
/** After the last key: the code is checked and the bolt moves. */
const ANSWER_MS = 1200;

export type Heard = 'tick' | 'wait' | 'nothing' | 'other';

/** Presses one key and listens. `patient`: long enough to tell one tick from two. */
export function press(board: Board, key: string, patient: boolean): Heard {
  const { world } = board;
  const { clock, beeper } = world;
  const pressedMs = clock.now();
  const from = beeper.length;
  const sounds = (): number => beeper.slice(from).filter((signal) => signal.on).length;
  world.keypad.press(key, HOLD_MS);
  board.pump(() => sounds() > 0 || world.bolt.unlocked(), HEAR_MS);
  if (!sounds()) return 'nothing';
  const heardMs = clock.now();
  board.pump(() => beeper.at(-1)?.on === false, TICK_MS);
  if (beeper.at(-1)?.on) return 'other';
  if (patient) board.pump(() => sounds() > 1, heardMs + WAIT_MS - clock.now());
  board.pump(Math.max(pressedMs + KEY_MS, clock.now()));
  return sounds() > 1 ? 'wait' : 'tick';
}

/** Types `keys` until `done`, over and over. Milliseconds it took, undefined where `limitMs` was not enough. */
export function keepTyping(board: Board, keys: string, done: () => boolean, limitMs: number): number | undefined {
  const { clock } = board.world;
  const startMs = clock.now();
  const late = (): boolean => clock.now() - startMs > limitMs;
  while (!done() && !late()) {
    if (typeOnce(board, keys)) board.pump(done, ANSWER_MS);
  }
  return done() ? clock.now() - startMs : undefined;
}

/** Types `keys` once, from the beginning. False where the lock did not hear all of it; then nothing of it is left in the lock. */
export function typeOnce(board: Board, keys: string): boolean {
  for (let index = 0; index < keys.length; index++) {
    const heard = press(board, keys[index]!, index === 0);
    // The last key is answered when the code has been checked.
    if (index === keys.length - 1) return true;
    if (heard === 'tick') continue;
    if (heard === 'other') board.run(400);
    if (index > 0) press(board, '*', false);
    return false;
  }
  return true;
}
