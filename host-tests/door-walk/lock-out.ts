/** How many wrong codes were tried, and how long codes are disabled for it: from at least to at most, where it cannot be known. */

const MARGIN_MS = 1200;
/** Between a key going down and the lock hearing it. */
const HEARING_MS = 150;
/** From then on until what it comes to is in flash. */
const SUBMITTING_MS = 400;

export interface LockOut {
  /** Whether a code that is ended by `#` at that time is not compared. `toldMs`: for how long the lock says so, which it may where it can be. */
  disabled(time: number, toldMs: number): 'no' | 'maybe' | 'yes';
  wrong(time: number, stored: boolean): void;
  right(time: number, stored: boolean): void;
  /** A right code of somebody who may not enter: no try, and no pardon. */
  refused(time: number): void;
  /** Wrong, or nothing; or right, if it could have been. */
  unsure(time: number, couldBeRight: boolean): void;
  cut(time: number): void;
  restart(time: number): void;
  /** Against what the lock says it has counted. */
  check(counted: number, complain: (words: string) => void): void;
}

/** `rules`: how many wrong codes there may be, and the seconds of the first wait. */
export function openLockOut(rules: () => { limit: number; firstS: number }): LockOut {
  function delayMs(wrong: number): number {
    const { limit, firstS } = rules();
    const over = wrong - limit;
    return over < 0 ? 0 : Math.min(255, firstS * 2 ** Math.min(over, 8)) * 1000;
  }
  const ram = { least: 0, most: 0 };
  const flash = { least: 0, most: 0 };
  /** What flash held before the last `#`, and when that was. */
  let before = { least: 0, most: 0, time: 0 };
  let leastUntil = 0;
  let mostUntil = 0;

  function disable(time: number): void {
    leastUntil = time + delayMs(ram.least);
    mostUntil = time + delayMs(ram.most) + MARGIN_MS;
    if (!delayMs(ram.most)) mostUntil = 0;
  }
  return {
    disabled: (time, toldMs) => {
      if (time < leastUntil - MARGIN_MS) return 'yes';
      if (!toldMs || time >= mostUntil) return 'no';
      return toldMs > HEARING_MS ? 'yes' : 'maybe';
    },
    wrong: (time, stored) => {
      before = { ...flash, time };
      ram.least++;
      ram.most++;
      flash.most++;
      if (stored) flash.least++;
      disable(time);
    },
    right: (time, stored) => {
      before = { ...flash, time };
      ram.least = ram.most = leastUntil = mostUntil = flash.least = 0;
      flash.most = stored ? 1 : flash.most + 2;
    },
    refused: (time) => {
      before = { ...flash, time };
      flash.most++;
    },
    unsure: (time, couldBeRight) => {
      ram.most += 2;
      flash.most += 2;
      if (couldBeRight) ram.least = flash.least = leastUntil = 0;
      mostUntil = Math.max(mostUntil, time + delayMs(ram.most) + MARGIN_MS);
    },
    cut: (time) => {
      if (time - before.time > SUBMITTING_MS) return;
      flash.least = Math.min(flash.least, before.least);
      flash.most = Math.max(flash.most, before.most + 1);
    },
    restart: (time) => {
      // A mark that was cut counts as a try.
      flash.most++;
      ram.least = flash.least;
      ram.most = flash.most;
      disable(time);
    },
    check: (counted, complain) => {
      if (counted < Math.min(ram.least, 250)) complain(`${counted} wrong tries are counted, there were ${ram.least}`);
    },
  };
}
