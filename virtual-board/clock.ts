/**
 * Simulated time in milliseconds (fractions allowed) and the hardware events that happen on the way. Nothing here looks at the
 * host's clock: the same calls give the same history.
 */

export interface Clock {
  now(): number;
  /** Runs `event` when time reaches `timeMs` (at once on the next move if that has passed). Returns an id for `cancel`. */
  at(timeMs: number, event: () => void): number;
  after(delayMs: number, event: () => void): number;
  cancel(id: number): void;
  /** Moves time to `timeMs`, running every event that is due on the way, in order. Events must not move time themselves. */
  advanceTo(timeMs: number): void;
  /** Time of the next event, Infinity when there is none. */
  nextAt(): number;
}

interface Entry {
  id: number;
  timeMs: number;
  event: () => void;
}

export function createClock(startMs = 0): Clock {
  let nowMs = startMs;
  let lastId = 0;
  // Sorted by time, latest first, so that the next one is popped from the end. A lock has a handful of events at a time.
  const entries: Entry[] = [];

  function at(timeMs: number, event: () => void): number {
    const entry = { id: ++lastId, timeMs: Math.max(timeMs, nowMs), event };
    let index = entries.length;
    while (index > 0 && entries[index - 1]!.timeMs <= entry.timeMs) index--;
    entries.splice(index, 0, entry);
    return entry.id;
  }

  return {
    now: () => nowMs,
    at,
    after: (delayMs, event) => at(nowMs + delayMs, event),
    cancel(id) {
      const index = entries.findIndex((entry) => entry.id === id);
      if (index >= 0) entries.splice(index, 1);
    },
    advanceTo(timeMs) {
      for (;;) {
        const next = entries[entries.length - 1];
        if (!next || next.timeMs > timeMs) break;
        entries.pop();
        nowMs = Math.max(nowMs, next.timeMs);
        next.event();
      }
      if (timeMs > nowMs) nowMs = timeMs;
    },
    nextAt: () => entries[entries.length - 1]?.timeMs ?? Infinity,
  };
}
