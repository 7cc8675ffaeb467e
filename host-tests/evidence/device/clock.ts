/**
 * A clock on which JavaScript takes an ESP32's time. It runs while the firmware does, faster than the real one by the factor; it stands still in
 * whatever stands in for hardware; and it jumps where nobody has anything to do. Timers of the firmware and what happens outside it are queued
 * here. What happens outside comes at its instant, in the middle of a turn too: a key that goes down is seen by the next reading.
 */
import type { TimedSettings } from './protocol.js';

declare const global: Record<string, unknown>;
declare function require(name: 'fs'): { readFileSync(name: string): string | undefined };
declare function getTime(): number;
declare function setTimeout(turn: (() => void) | string, ms: number): number;

type Callable = (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

interface Due {
  atMs: number;
  id: number;
  run: (() => void) | string;
}

export interface TimedClock {
  nowMs(): number;
  /** How much of it was JavaScript. */
  javascriptMs(): number;
  /** `run` belongs to the world: it takes no time. */
  later(ms: number, run: () => void): void;
  /** `run` is a turn of the firmware. */
  turn(ms: number, run: (() => void) | string): void;
  /** The clock stands still in it; then `ms` go by, or what it gives. */
  wrap(native: Callable, ms: number | ((a: unknown) => number)): Callable;
  /** What `work` takes at best, milliseconds. Before `start`. */
  cost(work: () => void): number;
  /** Begins, at 0. */
  start(): void;
  longest(): [turnMs: number, flashMs: number];
  /** Of the time in which the firmware was to run since `start`: what other processes had of it. */
  othersShare(): number;
  forget(): void;
}

const time = getTime;
const timer = setTimeout;
const fs = require('fs');
/** Stops the clock behind a text, and long after that the next thing comes: two timers of one time may come in any order. */
const END = 'timedEnd';
const AFTER_TEXT_MS = 5;
const MIN_TIMER_MS = 0.1;
/** Time run, time waited for the processor, both in nanoseconds, and a count. */
const SCHEDULING = '/proc/self/schedstat';
/** Without a turn of the lock's taking this long between two calls of hardware, nobody else had the processor. */
const SUSPICIOUS_S = 3e-4;
const MOST_QUESTIONS = 20;

export function openClock(settings: TimedSettings): TimedClock {
  const scale = settings.factor * 1000;
  const firmware: Due[] = [];
  const world: Due[] = [];
  let paused = true;
  let now = 0;
  let since = 0;
  let ids = 0;
  /** Seconds that other processes had since this one's start, and what was told first; and all that was taken off for them. */
  let others = 0;
  let firstTold = 0;
  let takenOff = 0;
  /** What a question takes. */
  let questionS = 1e9;
  let javascript = 0;
  /** What going in and out of a wrapped function takes, less what a native one does. */
  let overhead = 0;
  let turnAt = 0;
  let waited = 0;
  let longestTurn = 0;
  let longestFlash = 0;

  /** Seconds for which this process wanted to run since its start, and another one did; 0 where the system does not tell. */
  function waitedFor(): number {
    const told = fs.readFileSync(SCHEDULING);
    return told ? Number(told.split(' ')[1]) / 1e9 : 0;
  }

  /** Asks until it is told at once: `others` is right for `since`, `firstTold` for when the first question was answered, which it gives. */
  function ask(): number {
    let asked = time();
    firstTold = others = waitedFor();
    const answeredAt = since = time();
    for (let i = 0; i < MOST_QUESTIONS && since - asked > questionS * 2; i++) {
      asked = since;
      others = waitedFor();
      since = time();
    }
    return answeredAt;
  }

  /**
   * Seconds from `since` to `at`, which has just been, without those that belonged to another process: in what was quick there were none. What
   * others had after `at`, while this was asking, is none of them.
   */
  function went(at: number): number {
    const seconds = at - since;
    if (seconds < SUSPICIOUS_S) return seconds;
    const before = others;
    const later = ask() - at - questionS;
    const theirs = firstTold - before - (later > questionS ? later : 0);
    if (theirs <= 0) return seconds;
    takenOff += theirs;
    return theirs < seconds ? seconds - theirs : 0;
  }

  function goOn(): void {
    ask();
    paused = false;
  }

  function stop(): void {
    const at = time();
    if (!paused) ran(went(at) * scale);
    paused = true;
  }

  function ran(ms: number): void {
    now += ms;
    javascript += ms;
  }

  function insert(list: Due[], due: Due): void {
    let at = list.length;
    while (at && list[at - 1]!.atMs > due.atMs) at--;
    list.splice(at, 0, due);
  }

  function meanwhile(): void {
    while (world.length && world[0]!.atMs <= now) (world.shift()!.run as () => void)();
  }

  function wrap(native: Callable, ms: number | ((a: unknown) => number)): Callable {
    return function (a, b, c, d) {
      const at = time();
      if (paused) return native(a, b, c, d);
      ran(went(at) * scale - overhead);
      paused = true;
      meanwhile();
      try {
        const result = native(a, b, c, d);
        const takes = typeof ms === 'number' ? ms : ms(a);
        now += takes;
        waited += takes;
        return result;
      } finally {
        paused = false;
        since = time();
        if (since - at > SUSPICIOUS_S) goOn();
      }
    };
  }

  function arm(run: (() => void) | string, ms: number): number {
    const at = time();
    const outside = paused;
    if (!outside) ran(went(at) * scale - overhead);
    insert(outside ? world : firmware, { atMs: now + (ms > MIN_TIMER_MS ? ms : MIN_TIMER_MS), id: ++ids, run });
    since = time();
    return ids;
  }

  function cancel(id: number): void {
    for (let i = 0; i < firmware.length; i++) if (firmware[i]!.id === id) firmware.splice(i, 1);
  }

  /** One thing after the other; what the firmware throws ends its turn only. */
  function pump(): void {
    stop();
    if (turnAt >= 0) endTurn();
    const next = firmware[0];
    const outside = world[0];
    if (outside && (!next || outside.atMs <= next.atMs || outside.atMs <= now)) {
      timer(pump, 0);
      if (outside.atMs > now) now = outside.atMs;
      meanwhile();
      return;
    }
    if (!next) throw new Error('the world has come to an end');
    firmware.shift();
    if (next.atMs > now) now = next.atMs;
    turnAt = now;
    waited = 0;
    const run = next.run;
    if (typeof run === 'string') {
      // A text has to run with no scope around it, as the interpreter's own timers do it.
      global[END] = stop;
      timer(run + ';' + END + '()', 0);
      timer(pump, AFTER_TEXT_MS);
      goOn();
      return;
    }
    timer(pump, 0);
    goOn();
    run();
    stop();
    endTurn();
  }

  function endTurn(): void {
    const turnMs = now - turnAt - waited;
    if (turnMs > longestTurn) {
      longestTurn = turnMs;
      longestFlash = waited;
    }
    turnAt = -1;
    ran(settings.idlePassMs);
  }

  function measure(f: Callable, calls: number): number {
    let best = 1e9;
    for (let run = 0; run < 20; run++) {
      const from = now;
      goOn();
      for (let i = 0; i < calls; i++) f(1, 2);
      stop();
      if (now - from < best) best = now - from;
    }
    return best / calls;
  }

  for (let i = 0; i < 40; i++) {
    const asked = time();
    waitedFor();
    if (time() - asked < questionS) questionS = time() - asked;
  }
  global['getTime'] = wrap(() => now / 1000, 0);
  global['setTimeout'] = function (run: (() => void) | string, ms: number) {
    return arm(run, ms);
  };
  global['clearTimeout'] = wrap(cancel as Callable, 0);

  return {
    nowMs: () => now,
    javascriptMs: () => javascript,
    later: (ms, run) => insert(world, { atMs: now + ms, id: ++ids, run }),
    turn: (ms, run) => insert(firmware, { atMs: now + ms, id: ++ids, run }),
    wrap,
    cost: (work) => measure(work, 1),
    start: () => {
      const native = Boolean as unknown as Callable;
      overhead = measure(wrap(native, 0), 200) - measure(native, 200);
      now = javascript = takenOff = 0;
      turnAt = -1;
      timer(pump, 0);
    },
    longest: () => [longestTurn, longestFlash],
    othersShare: () => takenOff / (takenOff + javascript / scale),
    forget: () => {
      longestTurn = longestFlash = 0;
    },
  };
}
