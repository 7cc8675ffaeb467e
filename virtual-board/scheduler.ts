/**
 * JavaScript turns of one run of the firmware, in Espruino's order (facts: jsiIdle in jsinteractive.c). Each pass of the idle loop
 * first takes the events that wait, then every timer that was due when the pass began, in the order the timers were made, not in the
 * order of their times. A timer's number is one more than that of the newest timer there is: numbers come back.
 */

export interface Scheduler {
  setTimeout(turn: unknown, delayMs: unknown, ...args: unknown[]): number;
  setInterval(turn: unknown, delayMs: unknown, ...args: unknown[]): number;
  /** `clearTimeout`; without an id (`undefined`) Espruino throws. */
  clear(id: unknown): void;
  clearAll(): void;
  /** An interrupt or received data: runs in the next pass. */
  queue(turn: () => void): void;
  /** Time of the next turn, Infinity when there is none. */
  nextAt(): number;
  /** Takes the next turn that is due, if any. */
  take(): (() => void) | undefined;
}

interface Timer {
  id: number;
  dueMs: number;
  everyMs: number;
  turn: () => void;
}

/** Espruino's shortest interval is 1 ms; anything that is not a number counts as that. */
const interval = (delayMs: unknown): number => (typeof delayMs === 'number' && delayMs >= 1 ? delayMs : 1);

export function createScheduler(now: () => number): Scheduler {
  let timers: Timer[] = [];
  const events: (() => void)[] = [];
  /** When this pass began, and how many of the events that waited then are left. */
  let passMs = 0;
  let eventsLeft = 0;

  function add(turn: unknown, delayMs: unknown, repeat: boolean, args: unknown[]): number {
    if (typeof turn !== 'function') throw new Error('Function or String not supplied!');
    const everyMs = interval(delayMs);
    const timer = { id: (timers.at(-1)?.id ?? 0) + 1, dueMs: now() + everyMs, everyMs: repeat ? everyMs : 0, turn: () => void turn(...args) };
    timers.push(timer);
    return timer.id;
  }

  /** A timer keeps its place, and its number, until its turn is over. */
  function turnOf(timer: Timer): () => void {
    return () => {
      timer.dueMs += timer.everyMs || Infinity;
      try {
        timer.turn();
      } finally {
        if (!timer.everyMs) timers = timers.filter((one) => one !== timer);
      }
    };
  }

  return {
    setTimeout: (turn, delayMs, ...args) => add(turn, delayMs, false, args),
    setInterval: (turn, delayMs, ...args) => add(turn, delayMs, true, args),
    clear(id) {
      if (id === undefined) throw new Error('clearTimeout(undefined) not allowed. Use clearTimeout() instead');
      timers = timers.filter((timer) => timer.id !== id);
    },
    clearAll() {
      timers = [];
    },
    queue(turn) {
      events.push(turn);
    },
    nextAt: () => (events.length ? now() : timers.reduce((next, { dueMs }) => Math.min(next, dueMs), Infinity)),
    take() {
      for (let pass = 0; pass < 2; pass++) {
        if (eventsLeft > 0) {
          eventsLeft--;
          return events.shift();
        }
        const due = timers.find(({ dueMs }) => dueMs <= passMs);
        if (due) return turnOf(due);
        passMs = now();
        eventsLeft = events.length;
      }
      return undefined;
    },
  };
}
