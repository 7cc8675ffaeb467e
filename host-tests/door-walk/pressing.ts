/** Keys and cards: which the lock must hear, and what was typed then. */
import type { Happening } from './device/events.js';
import type { World } from './device/parts.js';
import { cardNumber } from './device/reader.js';
import { HASH, KEYS } from './device/wired.js';
import type { Invariant } from './invariants.js';
import type { Submissions } from './submissions.js';
import type { Typing } from './typing.js';

/** A press of this length is heard, whatever the lock does. */
export const HEARD_MS = 115;
/** And of this, while somebody types and flash is not written. */
export const HEARD_IN_TYPING_MS = 60;
const ACTIVE_MS = 9000;
/** A key that is down when the lock starts is not for it, and neither is another one until it was let go. */
const STARTING_MS = 150;
/** A key that was stuck counts again when it has been seen up twice, the first time by a quiet lock. */
const UNSTUCK_MS = 600;
/** After so many keys in a minute the keypad may rest, and then nobody knows what is heard. */
const MANY_KEYS = 70;
const RESTS_MS = 61_000;

export interface PressingParts {
  world(): World;
  happening(): Happening;
  typing: Typing;
  submissions: Submissions;
  /** When something was written last. */
  storedAt(): number;
  violate(invariant: Invariant, words: string): void;
}

export interface Pressing {
  /** When a key was pressed last. */
  quietSince: number;
  /** Until then a key may be heard or not. */
  doubtUntil: number;
  beforeKey(): void;
  afterKey(): void;
  beforeTogether(isStuck: boolean): void;
  beforeCard(): void;
  /** The lock says that the keypad rests. */
  rests(): void;
  /** The lock has started. */
  start(time: number): void;
}

export function openPressing(parts: PressingParts): Pressing {
  const { world, happening, typing, submissions, violate } = parts;
  const now = (): number => world().time;
  let pressed: 'sure' | 'as told' | 'unsure' = 'unsure';
  let mustHear = false;
  let pressedAt = 0;
  let typedAt = -1e9;
  let keyTimes: number[] = [];
  let restsUntil = -1e9;
  const it: Pressing = {
    quietSince: 0, doubtUntil: 0, beforeKey, afterKey, beforeTogether, beforeCard,
    rests: () => {
      restsUntil = now() + RESTS_MS;
    },
    start(time) {
      const { keys } = world();
      mustHear = false;
      typedAt = restsUntil = -1e9;
      keyTimes = [];
      it.quietSince = time;
      it.doubtUntil = Math.max(it.doubtUntil, time, keys.lastUntil > time ? keys.lastUntil + STARTING_MS : 0);
    },
  };

  function isListening(): boolean {
    const w = world();
    return w.time >= it.doubtUntil && !w.hung && w.time - w.startedAt > STARTING_MS;
  }
  function countKey(): void {
    const time = now();
    keyTimes = [...keyTimes.filter((each) => time - each < RESTS_MS), time];
    if (keyTimes.length >= MANY_KEYS) restsUntil = time + RESTS_MS;
  }

  /** Only one that is read well is a card, and counts as a key. */
  function beforeCard(): void {
    const { a, b } = happening();
    if (b) return;
    countKey();
    const sure = isListening() && now() >= restsUntil;
    typing.card(now(), sure);
    it.quietSince = now();
    submissions.card(cardNumber(a), sure);
  }

  function beforeKey(): void {
    const { a, b } = happening();
    const w = world();
    const keys = w.keys;
    const others = [...KEYS].some((_, key) => key !== a && w.time + b >= keys.from[key]! && w.time < keys.until[key]! + 25);
    const alone = !others && w.time >= keys.until[a]! + 45 && isListening();
    // A Wiegand keypad says that a key was pressed, not for how long.
    const isHeard = alone && (b >= HEARD_MS || w.readerBits > 0);
    countKey();
    const inTyping = w.time - typedAt < ACTIVE_MS;
    typedAt = w.time;
    it.quietSince = w.time;
    pressed = w.time < restsUntil ? 'unsure' : isHeard ? 'sure' : alone && a !== HASH ? 'as told' : 'unsure';
    mustHear = isHeard || alone && (inTyping && b >= HEARD_IN_TYPING_MS);
    pressedAt = w.time;
    if (pressed === 'as told') return;
    const submission = typing.key(a, w.time, pressed === 'sure');
    if (submission) submissions.submit(submission, b);
    else if (pressed === 'unsure' && a === HASH) submissions.unsure(b);
  }

  /** The key is up again. Whether a short press was heard, the lock tells, as it tells whoever stands before it. */
  function afterKey(): void {
    const w = world();
    const { a, b } = happening();
    const lastKeyMs = w.door.status().lastKeyMs;
    const heard = lastKeyMs > 0 && w.startedAt + lastKeyMs >= pressedAt;
    if (mustHear && !heard && (w.readerBits || b >= HEARD_MS || parts.storedAt() < pressedAt)) violate('key lost', `key ${KEYS.charAt(a)}, down for ${b} ms`);
    if (pressed === 'as told' && heard) typing.key(a, pressedAt, true);
  }

  function beforeTogether(isStuck: boolean): void {
    // Noise on the lines of a Wiegand keypad is nothing.
    if (world().readerBits) return;
    const { a, b } = happening();
    const time = now();
    for (let key = 0; key < KEYS.length; key++) if (isStuck ? key === a : a & 1 << key) typing.key(key, time, false);
    typing.doubt();
    it.quietSince = time;
    it.doubtUntil = Math.max(it.doubtUntil, time + b + (isStuck ? UNSTUCK_MS : 200));
    if (isStuck ? a === HASH : a & 1 << HASH) submissions.unsure(b);
  }
  return it;
}
