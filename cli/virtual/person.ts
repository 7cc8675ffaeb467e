/**
 * A person at the keypad, who knows nothing of what the lock is doing: presses a key, listens, goes on after one short beep, and
 * starts over after any other answer, or none.
 */
import type { Board } from '../../virtual-board/run.js';

const HOLD_MS = 100;
/** From one key to the next while all goes well. */
const KEY_MS = 180;
/** This long for a beep to come. */
const HEAR_MS = 250;
/** Two ticks in this time mean "wait". */
const WAIT_MS = 230;
/** Sounds by length: shorter than this are ticks (40 ms), from the second on long (450 ms). */
const TICK_MS = 70;
const LONG_MS = 250;
const AFTER_CODE_MS = 1200;
/** After "accepted": weak cells move the bolt slowly. */
const OPENING_MS = 2000;

type Heard = 'tick' | 'wait' | 'nothing' | 'other';

/** Presses one key and listens. `patient`: long enough to tell one tick from two. */
function press(board: Board, key: string, patient: boolean): Heard {
  const { world } = board;
  const { clock, beeper } = world;
  const pressedMs = clock.now();
  const from = beeper.length;
  const sounds = (): number => beeper.slice(from).filter((signal) => signal.on).length;
  world.keypad.press(key, HOLD_MS);
  board.pump(() => sounds() > 0, HEAR_MS);
  if (!sounds()) return 'nothing';
  const heardMs = clock.now();
  board.pump(() => beeper.at(-1)?.on === false, TICK_MS);
  if (beeper.at(-1)?.on) return 'other';
  if (patient) board.pump(() => sounds() > 1, Math.max(1, heardMs + WAIT_MS - clock.now()));
  board.pump(Math.max(pressedMs + KEY_MS, clock.now()));
  return sounds() > 1 ? 'wait' : 'tick';
}

/** Types `keys` but for the last one. False where the lock did not hear all of it; then nothing of it is left in the lock. */
function typeDigits(board: Board, keys: string): boolean {
  for (let index = 0; index < keys.length - 1; index++) {
    const heard = press(board, keys[index]!, index === 0);
    if (heard === 'tick') continue;
    if (heard === 'other') board.run(400);
    if (index > 0) press(board, '*', false);
    return false;
  }
  return true;
}

/** Types `keys`, over and over, until `done`. Milliseconds it took, undefined where `limitMs` was not enough. */
export function keepTyping(board: Board, keys: string, done: () => boolean, limitMs: number): number | undefined {
  const { clock, keypad } = board.world;
  const startMs = clock.now();
  while (!done() && clock.now() - startMs <= limitMs) {
    if (!typeDigits(board, keys)) continue;
    const from = board.world.beeper.length;
    keypad.press(keys.at(-1)!, HOLD_MS);
    // Three sounds are a refusal: no need to wait any longer.
    board.pump(() => done() || board.world.beeper.length - from > 5, AFTER_CODE_MS);
    if (!done() && patternOf(board.world.beeper.slice(from)) === 'l') board.pump(done, OPENING_MS);
  }
  return done() ? clock.now() - startMs : undefined;
}

/** Types `keys` once and waits for nothing. False where the lock did not hear all of it; then nothing of it is left in the lock. */
export function typeOnce(board: Board, keys: string): boolean {
  const heard = typeDigits(board, keys);
  if (heard) board.world.keypad.press(keys.at(-1)!, HOLD_MS);
  return heard;
}

/** Types `keys` once (again only while the lock does not hear them) and says what it answers: `k` tick, `s` short, `l` long. */
export function enter(board: Board, keys: string, limitMs = 20_000): string {
  const { clock, keypad, beeper } = board.world;
  const startMs = clock.now();
  while (!typeDigits(board, keys)) if (clock.now() - startMs > limitMs) return '';
  // The sound of the key before is over by then.
  board.run(60);
  const from = beeper.length;
  keypad.press(keys.at(-1)!, HOLD_MS);
  board.pump(() => beeper.length > from, 2500);
  const quiet = (): boolean => beeper.at(-1)?.on === false && clock.now() - beeper.at(-1)!.atMs > 800;
  board.pump(quiet, 3000);
  return patternOf(beeper.slice(from));
}

function patternOf(signals: readonly { atMs: number; on: boolean }[]): string {
  let pattern = '';
  for (let index = 0; index + 1 < signals.length; index++) {
    const [one, next] = [signals[index]!, signals[index + 1]!];
    if (!one.on) continue;
    const ms = next.atMs - one.atMs;
    pattern += ms < TICK_MS ? 'k' : ms < LONG_MS ? 's' : 'l';
  }
  return pattern;
}

/** Opens the update window: master code, then 8. True when the lock said yes to both. */
export function openWindow(board: Board, masterCode: string): boolean {
  for (let tries = 0; tries < 3; tries++) {
    if (enter(board, `${masterCode}#`) === 'ls' && enter(board, '8#') === 'l') return true;
    enter(board, '**');
  }
  return false;
}
