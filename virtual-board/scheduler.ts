/** JavaScript turns of one run of the firmware: timers in order of their time, and events that wait for the idle loop. */

export interface Scheduler {
  setTimeout(turn: unknown, delayMs: unknown, ...args: unknown[]): number;
  setInterval(turn: unknown, delayMs: unknown, ...args: unknown[]): number;
  clear(id: unknown): void;
  /** An interrupt or received data: runs before timers, as soon as nothing else does. */
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
  let lastId = 0;

  function insert(timer: Timer): void {
    let index = timers.length;
    while (index > 0 && timers[index - 1]!.dueMs > timer.dueMs) index--;
    timers.splice(index, 0, timer);
  }

  function add(turn: unknown, delayMs: unknown, repeat: boolean, args: unknown[]): number {
    if (typeof turn !== 'function') throw new Error('Function or String not supplied!');
    const everyMs = interval(delayMs);
    const timer = { id: ++lastId, dueMs: now() + everyMs, everyMs: repeat ? everyMs : 0, turn: () => void turn(...args) };
    insert(timer);
    return timer.id;
  }

  return {
    setTimeout: (turn, delayMs, ...args) => add(turn, delayMs, false, args),
    setInterval: (turn, delayMs, ...args) => add(turn, delayMs, true, args),
    clear(id) {
      timers = timers.filter((timer) => timer.id !== id);
    },
    queue(turn) {
      events.push(turn);
    },
    nextAt: () => (events.length ? now() : timers[0]?.dueMs ?? Infinity),
    take() {
      const event = events.shift();
      if (event) return event;
      const timer = timers[0];
      if (!timer || timer.dueMs > now()) return undefined;
      timers.shift();
      if (timer.everyMs) insert({ ...timer, dueMs: timer.dueMs + timer.everyMs });
      return timer.turn;
    },
  };
}
