/** What of codes, settings and orders stands in flash, and who may change it. */
import { CODES, MASTER, MORE_CODES, PENDING, SETTINGS } from '../../firmware/flash/keys.js';
import { MODE_NORMAL, MODE_PRIVACY } from '../../firmware/lock/states.js';
import { OPERATING_MODE } from '../../firmware/lock/settings.js';
import type { World } from './device/parts.js';
import type { Invariant } from './invariants.js';
import { describePeople } from './register.js';

/** A user's number, or one of these. */
export type Changed = number | 'settings' | 'master' | 'reset' | 'anything';

const NAMED = new Map<number, Changed>([[SETTINGS, 'settings'], [MASTER, 'master'], [PENDING, 'reset']]);

export interface Changes {
  /** Before the first event. */
  begin(): void;
  allow(what: Changed, until: number): void;
  /** A record has been written. */
  stored(key: number): void;
  wiped(): void;
}

export function openChanges(world: () => World, violate: (invariant: Invariant, words: string) => void): Changes {
  let people: Map<number, string> | undefined;
  let settings = new Uint8Array(0);
  let allowed: { what: Changed; until: number }[] = [];

  const may = (what: Changed): boolean => allowed.some((each) => each.what === what || each.what === 'anything');

  function onPeople(): void {
    const now = describePeople(world());
    for (const user of new Set([...people!.keys(), ...now.keys()])) {
      const [before, after] = [people!.get(user), now.get(user)];
      if (before === after || may(user) || before?.replace('"usedUp":false', '"usedUp":true') === after) continue;
      violate('changed without a cause', `user ${user} was ${before}, is ${after}`);
    }
    people = now;
  }
  function onSettings(): void {
    const now = new Uint8Array(world().stores.peek(SETTINGS) ?? []);
    const isOpened = settings[OPERATING_MODE] === MODE_PRIVACY && now.every((value, at) => value === (at === OPERATING_MODE ? MODE_NORMAL : settings[at]));
    if (!isOpened && !may('settings')) violate('changed without a cause', `settings were ${settings.join(' ')}, are ${now.join(' ')}`);
    settings = now;
  }
  return {
    begin() {
      if (people) return;
      people = describePeople(world());
      settings = new Uint8Array(world().stores.peek(SETTINGS) ?? []);
    },
    allow: (what, until) => {
      allowed.push({ what, until });
    },
    stored(key) {
      const time = world().time;
      allowed = allowed.filter(({ until }) => time <= until);
      if (key === CODES || key >= MORE_CODES && key < MORE_CODES + 4) onPeople();
      else if (key === SETTINGS) onSettings();
      else if (key === MASTER && !may('master')) violate('master changed without a right code', 'its record was written');
      else if (NAMED.has(key) && !may(NAMED.get(key)!)) violate('changed without a cause', `record ${key} was written`);
    },
    wiped() {
      people = describePeople(world());
      settings = new Uint8Array(0);
    },
  };
}
