/** What somebody types whose code opened the menu, and who means to change something. */
import { masterOf, MASTERS, pinOf, USERS } from './codes.js';
import { below, between, perMille, type Random } from './random.js';

/** `canHold`: a hard reset is ordered by holding `#`, not by pressing it five times. */
export function programming(random: Random, isMaster: boolean, canHold: boolean): string {
  const what = below(random, 100);
  const user = between(random, 1, USERS);
  // What only the master may.
  if (!isMaster && what < 30) return '0#~' + newCode(random, 0);
  if (what < 27) return '3#~' + (perMille(random, 200) ? '' : user) + '#~' + newCode(random, user);
  if (what < 38) return '4#~' + user + '#~' + (perMille(random, 900) ? user : user + 1) + '#~';
  if (what < 52) return '5#~' + user + '#~' + [0, 3, 4, 5, 6, 7, 8, 10, 10, 11, 11, 11][below(random, 12)] + '#~';
  if (what < 61) return '6#~' + below(random, 6) + '#~';
  if (what < 73) return setting(random);
  if (what < 78) return '0#~' + newCode(random, 0);
  if (what < 80) return '9#~' + between(random, 100000, 999999) + between(random, 1000, 9999) + '#~';
  if (what < 85) return '98#~' + (perMille(random, 500) ? '98#~' : '~***');
  if (!canHold && what < 92) return '99#~' + '#~#~#~#~#~'.substr(perMille(random, 150) ? 0 : 2);
  return '99#~' + (perMille(random, 150) ? '=~' : perMille(random, 750) ? '-~' : '1#~');
}

/** Twice the same, mostly; somebody else's now and then. */
function newCode(random: Random, user: number): string {
  const code = perMille(random, 100) ? pinOf(between(random, 1, USERS)) : user ? pinOf(user) : masterOf(below(random, MASTERS));
  return code + '#~' + (perMille(random, 900) ? code : '40400') + '#~';
}

/** Number and value; some are none. */
function setting(random: Random): string {
  const number = between(random, 1, 11);
  const value = number === 1 ? below(random, 12) : number === 5 ? below(random, 40) : number === 6 ? between(random, 2, 9) : number === 7
    ? between(random, 3, 30) : number === 9 ? between(random, 1, 9) : below(random, 4);
  return '7#~' + number + '#~' + value + '#~';
}
