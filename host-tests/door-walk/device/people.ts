/** What people do at a door, honest and not, and what happens to it: one event after the other, from a seed. */
import {
  ADD_OR_REMOVE, GIVE_CARD, isStored, MASTERS, masterIn, masterOf, NO_HOLIDAY, pinOf, RECOVERY, SET_HOLIDAY, SHUT_OR_LET, TYPE, typeOf, USERS, type Codes,
} from './codes.js';
import {
  BATTERY, CARD, CLOCK, CUT_AT_WRITE, CUT_LATER, DOOR, HAND, HANG, HOURS, IDLE, JAM, KEY, KEYS_TOGETHER, OFFICE, POWER_BACK, POWER_CUT, PRIVACY, RELEASE,
  REMOTE, SENSORS, STORE, STUCK, WATCHDOG, type Happening,
} from './events.js';
import { below, between, perMille, type Random } from './random.js';
import { programming } from './programming.js';
import { CARDS, holderOfCard } from './reader.js';
import { HASH, KEYS, STAR } from './wired.js';
import { timeOf } from '../../../firmware/lock/clock.js';
import { OPERATING_MODE } from '../../../firmware/lock/settings.js';
import type { World } from './parts.js';

export interface People {
  random: Random;
  codes: Codes;
  /**
   * What is still to be typed: keys, `~` a short pause, `_` one of eleven seconds or more, `t` the clock is set, `=` and `-` `#` held, long enough
   * or not, `c` a card, `!` the power goes.
   */
  plan: string;
  /** Everything is as it should be again after so many events. */
  repairIn: number;
}

/** Codes are typed so slowly that they are heard for sure, or as fast as anybody types. */
const SLOW_KEY_MS = 120;

function set(next: Happening, kind: number, a: number, b: number, c: number): void {
  next.kind = kind;
  next.a = a;
  next.b = b;
  next.c = c;
}

/** Decides what happens next. */
export function decide(people: People, world: World, next: Happening): void {
  const random = people.random;
  if (world.dead) return set(next, POWER_BACK, between(random, 20, 4000), below(random, 6), 0);
  if (world.hung) return set(next, WATCHDOG, between(random, 3000, 12000), 0, 0);
  if (people.plan) {
    if (perMille(random, 15)) return trouble(people, world, next);
    return typeOne(people, world, next);
  }
  if (!world.clock.base && perMille(random, 40)) return setClock(random, world, next);
  if (world.clock.base && perMille(random, 15)) return set(next, HOURS, between(random, 1, 60), 0, 0);
  if (world.readerBits && perMille(random, 350)) return card(random, next);
  if (world.settings[OPERATING_MODE] && perMille(random, 60)) return inside(random, next);
  const what = below(random, 100);
  if (what < 30) return trouble(people, world, next);
  if (what < 40) return wait(random, world, next);
  people.plan = (perMille(random, 200) ? '***' : '') + intention(people, world);
  typeOne(people, world, next);
}

function typeOne(people: People, world: World, next: Happening): void {
  const random = people.random;
  const symbol = people.plan.charAt(0);
  people.plan = people.plan.substr(1);
  if (symbol === '~') return set(next, IDLE, between(random, 200, 1200), 0, 0);
  if (symbol === '_') return set(next, IDLE, between(random, 11000, 12000), 0, 0);
  if (symbol === '!') return set(next, POWER_CUT, 0, 0, 0);
  if (symbol === 'c') return card(random, next);
  if (symbol === 't') return setClock(random, world, next);
  if (symbol === '=') return set(next, KEY, HASH, between(random, 5300, 6500), between(random, 300, 900));
  if (symbol === '-') return set(next, KEY, HASH, between(random, 500, 4800), between(random, 300, 900));
  const fast = symbol !== '#' && perMille(random, 250);
  set(next, KEY, KEYS.indexOf(symbol), fast ? between(random, 50, SLOW_KEY_MS) : between(random, SLOW_KEY_MS, 260), fast ? between(random, 60,
    110) : between(random, 60, 240));
}

/** Mostly it is read well. */
function card(random: Random, next: Happening): void {
  set(next, CARD, below(random, CARDS), perMille(random, 200) ? between(random, 1, 99) : 0, between(random, 20, 600));
}

/** Whom no mode keeps in, and whom some keep out. */
function inside(random: Random, next: Happening): void {
  if (perMille(random, 500)) set(next, RELEASE, between(random, 120, 1500), 0, 0);
  else set(next, REMOTE, between(random, 1, 2), between(random, 1, 250), 0);
}

function wait(random: Random, world: World, next: Happening): void {
  const disabledMs = world.door.status().disabledMs;
  if (disabledMs && perMille(random, disabledMs > 30000 ? 60 : 300)) set(next, IDLE, Math.floor(disabledMs) + 1500, 0, 0);
  else if (perMille(random, 5)) set(next, IDLE, between(random, 31000, 90000), 0, 0);
  else if (perMille(random, 60)) set(next, IDLE, between(random, 11000, 16000), 0, 0);
  else set(next, IDLE, between(random, 20, 1500), 0, 0);
}

function digits(random: Random, count: number): string {
  let text = '';
  while (text.length < count) text += below(random, 10);
  return text;
}

/** What somebody who comes to the door is going to type. */
function intention(people: People, world: World): string {
  const random = people.random;
  const what = below(random, 100);
  if (world.settings[OPERATING_MODE] && perMille(random, 80)) return master(people, world) + '#~6#~0#~***';
  if (perMille(random, 130)) return typeMenu(people, world);
  if (world.refusing && perMille(random, 200)) return pinOf(4) + '#~';
  if (world.clock.base && perMille(random, 80)) return pinOf(8) + (perMille(random, 500) ? '#~ttt' : '#~t' + pinOf(8) + '#~');
  if (world.clock.base && perMille(random, 200)) return pinOf(between(random, 9, 11)) + '#~';
  if (what < 34) return livePin(people, world) + '#~';
  if (what < 46) return '#~~';
  if (what < 56) return digits(random, between(random, 4, 7)) + '#~';
  if (what < 64) return pinOf(between(random, 1, USERS)) + '#~';
  if (what < 68) return digits(random, between(random, 1, 3)) + '*' + livePin(people, world) + '#~';
  if (what < 71) return digits(random, between(random, 1, 4)) + '_' + livePin(people, world) + '#~';
  if (what < 73) return livePin(people, world) + '_#~';
  if (what < 75) return digits(random, between(random, 12, 15)) + '#~';
  if (what < 82) return master(people, world) + '#~' + choice(random) + '~';
  if (what < 85) return newMaster(people, world);
  if (what < 88) return '*' + masterOf(below(random, MASTERS)) + '#';
  // The power goes, and somebody hopes that the lock has forgotten.
  if (what < 92) return wrongOnes(random) + (perMille(random, 400) ? '!~' : '') + (world.readerBits && perMille(random, 300) ? 'c' : livePin(people, world) + '#~');
  if (what < 96) return spoiled(random, livePin(people, world)) + '#~' + livePin(people, world) + '#~~';
  if (what < 98) return '**' + livePin(people, world) + '#' + livePin(people, world) + '#~';
  return '***' + digits(random, 3) + '_';
}

function livePin(people: People, world: World): string {
  const user = between(people.random, 1, USERS);
  for (let i = 0; i < USERS; i++) {
    const who = (user + i) % USERS + 1;
    if (isStored(world, people.codes.values[who]!)) return pinOf(who);
  }
  return '2222';
}

function master(people: People, world: World): string {
  return masterIn(world, people.codes) || RECOVERY;
}

function choice(random: Random): string {
  const what = below(random, 10);
  return what < 4 ? '1#~' : what < 6 ? '8#' : what < 7 ? '2#~' : what < 8 ? '***' : what < 9 ? (perMille(random, 500) ? '__~***' : '_____~1#~') : '1_***';
}

function newMaster(people: People, world: World): string {
  const random = people.random;
  const first = masterOf(below(random, MASTERS));
  const second = perMille(random, 800) ? first : masterOf(below(random, MASTERS));
  const taken = perMille(random, 150) ? livePin(people, world) : first;
  return RECOVERY + '#~~' + taken + '#~~' + (taken === first ? second : taken) + '#~~***';
}

function wrongOnes(random: Random): string {
  let text = '';
  for (let tries = between(random, 4, 8); tries > 0; tries--) text += digits(random, 4) + '#~';
  return text;
}

/** One digit is another one. */
function spoiled(random: Random, pin: string): string {
  const at = below(random, pin.length);
  return pin.substr(0, at) + (Number(pin.charAt(at)) + 1) % 10 + pin.substr(at + 1);
}

/** Something happens to the door that nobody types. */
function trouble(people: People, world: World, next: Happening): void {
  const random = people.random;
  if (people.repairIn-- < 0) {
    people.repairIn = between(random, 2, 12);
    if (repair(world, next)) return;
  }
  const what = below(random, 112);
  if (what < 12) set(next, DOOR, below(random, 2), 0, 0);
  else if (what < 24) set(next, HAND, below(random, 2) * 1000, between(random, 0, 2600), 0);
  else if (what < 26) set(next, HAND, between(random, 100, 900), between(random, 0, 2000), 0);
  else if (what < 33) set(next, JAM, below(random, 2) ? 1000 : between(random, 0, 900), below(random, 2) ? 0 : between(random, 100, 1000), 0);
  else if (what < 37) set(next, SENSORS, below(random, 3), below(random, 2), 0);
  else if (what < 42) set(next, POWER_CUT, 0, 0, 0);
  else if (what < 48) set(next, CUT_LATER, between(random, 1, 3000), 0, 0);
  else if (what < 56) set(next, CUT_AT_WRITE, between(random, 1, 6), below(random, 3), 0);
  else if (what < 60) set(next, HANG, perMille(random, 750) ? 1 : 0, 0, 0);
  else if (what < 64) setClock(random, world, next);
  else if (what < 69) set(next, BATTERY, between(random, 0, 1000), 0, 0);
  else if (what < 73) set(next, STORE, 1, 0, 0);
  else if (what < 76) {
    people.plan = '__***';
    set(next, STUCK, below(random, KEYS.length), between(random, 400, 20000), 0);
  } else if (what < 80) {
    people.plan = '~***';
    set(next, KEYS_TOGETHER, (1 << below(random, 12)) | (1 << below(random, 12)) | (1 << below(random, 12)), between(random, 30, 600),
      between(random, 20, 300));
  } else if (what < 82) {
    people.plan = '~***';
    set(next, KEYS_TOGETHER, 1 << STAR | 1 << HASH, between(random, 100, 5000), 300);
  } else if (what < 86) set(next, KEY, below(random, KEYS.length), between(random, 1, 44), between(random, 20, 400));
  else if (what < 94) office(random, world, next);
  else if (what < 96) set(next, RELEASE, between(random, 120, 1500), 0, 0);
  else if (what < 97) set(next, PRIVACY, between(random, 120, 1500), 0, 0);
  else if (what < 100) set(next, REMOTE, between(random, 1, 2), between(random, 1, 250), 0);
  else office(random, world, next);
}

function typeMenu(people: People, world: World): string {
  const random = people.random;
  const isMaster = perMille(random, 800);
  return (isMaster ? master(people, world) : pinOf(USERS)) + '#~' + programming(random, isMaster, !world.readerBits) + '***';
}

/** Some minutes on, or to any other time. */
function setClock(random: Random, world: World, next: Happening): void {
  const clock = world.clock;
  const seconds = clock.base && perMille(random, 600) ? timeOf(clock, world.time - world.startedAt) + between(random, 60, 1500)
    : between(random, 1690000, 1900000) * 1000 + below(random, 1000);
  set(next, CLOCK, Math.floor(seconds / 1000), seconds % 1000, 0);
}

function office(random: Random, world: World, next: Happening): void {
  const what = below(random, 16);
  const user = perMille(random, 300) ? 4 + 4 * below(random, 2) : between(random, 1, USERS);
  if (world.readerBits && perMille(random, 150)) return set(next, OFFICE, holderOfCard(below(random, CARDS)), GIVE_CARD, 0);
  const type = perMille(random, 600) ? typeOf(user) : below(random, 10);
  set(next, OFFICE, user, what < 4 ? ADD_OR_REMOVE : what < 8 ? SHUT_OR_LET : what < 12 ? what - 6 : TYPE + type, below(random, 1000));
  if (next.b === SET_HOLIDAY && perMille(random, 700)) next.b = NO_HOLIDAY;
}

/** Sets the next event to something that is mended. False: all is well. */
function repair(world: World, next: Happening): boolean {
  if (world.refusing) set(next, STORE, 0, 0, 0);
  else if (world.blockedBelow > 0 || world.blockedAbove < 1) set(next, JAM, 1000, 0, 0);
  else if (world.stopsFault || world.doorSensorFault) set(next, SENSORS, 0, 0, 0);
  else if (world.analog < 0.5) set(next, BATTERY, 660, 0, 0);
  else return false;
  return true;
}
