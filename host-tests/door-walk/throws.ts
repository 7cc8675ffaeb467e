/** What current the motor may have: for a cause that was given, in pulses, for as long as a throw may last. */
import { THROW_MS } from './device/wired.js';
import type { Invariant } from './invariants.js';

/** A pulse, and what a clock may be off by. */
const PULSE_MS = 101;
/** Three tries, two ways back, two pauses, and the gaps between pulses. */
const THROW_LIMIT_MS = 3 * THROW_MS + 2 * 300 + 900 + 1000;
/** A way back begins when so much of the throw is over, and both take no longer than this. */
const BACK_AFTER_MS = THROW_MS - 150;
const BACK_MS = 2 * 420;
/** Between two pulses that are one. */
const GAP_MS = 150;
/** Without current for so long every throw is over. */
const OVER_MS = 800;

export interface Throws {
  /** A cause: the motor may be started in that direction (1 unlocks) within `ms`, if that is so then. */
  allow(direction: number, time: number, ms: number, isSo?: () => boolean): void;
  motor(direction: number, time: number): void;
  cut(time: number): void;
  restart(): void;
  check(time: number): void;
  /** Somebody's cause is there, and is not so yet. */
  isTooEarly(direction: number, time: number): boolean;
  energised(): boolean;
  /** The motor has been driven towards this since the last pause. */
  goesTo(direction: number): boolean;
  /** When there was current last. */
  lastMs(): number;
}

interface Throw {
  direction: number;
  /** To be used until then. */
  until: number;
  /** -1: not used yet. */
  since: number;
  backMs: number;
  /** Another cause came after it. */
  givenUp?: boolean;
  isSo?: (() => boolean) | undefined;
}

/** `byItself`: what is wrong with current in that direction that nobody gave a cause for, if anything is. */
export function openThrows(violate: (invariant: Invariant, words: string) => void, byItself: (direction: number,
  time: number) => Invariant | undefined): Throws {
  let throws: Throw[] = [];
  let way: Throw | undefined;
  let current = 0;
  let since = 0;
  let last = -1e9;
  let lastDirection = 0;

  function end(time: number): void {
    if (!current) return;
    if (time - since > PULSE_MS) violate('energised too long', `${(time - since).toFixed(1)} ms in one piece`);
    if (way && current !== way.direction) way.backMs += time - since;
    current = 0;
    last = time;
  }
  function begin(direction: number, time: number): void {
    const over = time - last > OVER_MS;
    throws = throws.filter((each) => (each.since < 0 ? each.until >= time : !over));
    way = throws.findLast((each) => each.direction === direction && (each.since < 0 ? !each.isSo || each.isSo() : time - each.since < THROW_LIMIT_MS));
    if (!way) {
      const before = throws.findLast((each) => each.direction !== direction && each.since >= 0 && time - each.since > BACK_AFTER_MS
        && time - each.since < THROW_LIMIT_MS && each.backMs < BACK_MS);
      way = before;
    }
    // The way back of a throw, another try of one, or the bolt going out by itself: nobody outside can tell, so it may be either.
    const begins = direction !== lastDirection || time - last > GAP_MS;
    lastDirection = direction;
    if (way && begins && way.since >= 0 && !byItself(direction, time)) throws.push({ direction, until: 0, since: time, backMs: 0, givenUp: true });
    if (way) {
      if (way.since < 0) {
        for (const each of throws) if (each.since >= 0) each.givenUp = true;
        way.since = time;
      }
      return;
    }
    const invariant = byItself(direction, time);
    const late = throws.find((each) => each.since >= 0 && each.direction === direction && !each.givenUp);
    if (invariant && late) {
      violate('energised too long', `a throw of ${direction} that began ${Math.round(time - late.since)} ms ago, ${Math.round(late.backMs)} ms of it back`);
    } else if (invariant) violate(invariant, 'nobody asked for it');
    throws.push({ direction, until: 0, since: time, backMs: 0 });
  }
  return {
    allow: (direction, time, ms, isSo) => {
      throws.push({ direction, until: time + ms, since: -1, backMs: 0, isSo });
    },
    motor: (direction, time) => {
      end(time);
      if (!direction) return;
      begin(direction, time);
      current = direction;
      since = time;
    },
    cut: (time) => {
      end(time);
      throws = [];
    },
    restart: () => {
      throws = [];
    },
    check: (time) => {
      if (!current || time - since <= PULSE_MS) return;
      violate('energised too long', `${Math.round(time - since)} ms, and still`);
      since = time;
    },
    isTooEarly: (direction, time) => throws.some((each) => each.direction === direction && each.since < 0 && each.until >= time),
    energised: () => current !== 0,
    goesTo: (direction) => throws.some((each) => each.direction === direction && each.since >= 0),
    lastMs: () => last,
  };
}
