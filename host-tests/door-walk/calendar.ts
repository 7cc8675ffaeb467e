/** What the lock may hold the time for, and what it owes to it. */
import { CLOCK } from '../../firmware/flash/keys.js';
import { EXPIRING_USER } from '../../firmware/lock/states.js';
import type { World } from './device/parts.js';
import type { Invariant } from './invariants.js';
import { expiryOf, modeAt, peopleIn } from './register.js';

/** Of a clock: seconds. */
const MINUTE = 60;
const DAY = 86_400;

export interface Calendar {
  /** UTC, every one that the lock may hold it for; [0] where it cannot know. */
  seconds(): number[];
  /** In force in those seconds. */
  modes(): number[];
  /** The clock has been set. */
  set(seconds: number): void;
  /** A long quiet time has passed. `storeFailedAt`: when flash refused something last. */
  afterHours(storeFailedAt: number): void;
  /** The lock has started. */
  start(): void;
}

export function openCalendar(world: () => World, violate: (invariant: Invariant, words: string) => void): Calendar {
  let clock: { seconds: number; at: number } | undefined;

  function seconds(): number[] {
    if (!clock) return [0];
    const time = clock.seconds + Math.floor((world().time - clock.at) / 1000);
    return [time - 1, time, time + 1, time + 2];
  }
  /** Users whose end came before `time`, and who are not marked. */
  function unmarked(time: number): { user: number; until: number }[] {
    return [...peopleIn(world()).values()].flatMap(({ user, type, usedUp }) => {
      const expiry = type === EXPIRING_USER && expiryOf(world(), user);
      return expiry && expiry.until <= time && !usedUp ? [{ user, until: expiry.until }] : [];
    });
  }
  return {
    seconds,
    modes: () => seconds().map((time) => modeAt(world(), time)),
    set(time) {
      const known = Math.min(...seconds());
      clock = { seconds: time, at: world().time };
      if (time >= known - MINUTE) return;
      for (const { user, until } of unmarked(known)) violate('expired code came back', `of user ${user}: it had ended at ${until}`);
    },
    afterHours(storeFailedAt) {
      const { time, dead, refusing, fuse, stores } = world();
      const yesterday = Math.min(...seconds()) - DAY;
      if (dead || !clock || clock.seconds >= yesterday || refusing || fuse || time - storeFailedAt < 1000 * DAY) return;
      for (const { user, until } of unmarked(yesterday)) violate('daily look left out', `user ${user} had expired at ${until}`);
      const kept = Buffer.from(stores.peek(CLOCK) ?? []);
      if (kept.length < 4 || kept.readUInt32LE(0) < yesterday) violate('daily look left out', 'the time was not kept');
    },
    start: () => {
      clock = undefined;
    },
  };
}
