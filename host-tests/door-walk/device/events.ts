/** What can happen at a door: a kind, and up to three numbers. */

/** Key, milliseconds down, milliseconds after it. */
export const KEY = 0;
/** Keys as bits, milliseconds together, milliseconds after them. */
export const KEYS_TOGETHER = 1;
/** Nothing, for so many milliseconds. */
export const IDLE = 2;
/** A hand turns the bolt: to so many thousandths, then milliseconds. */
export const HAND = 3;
/** The door: 1 = closes, 0 = opens. */
export const DOOR = 4;
/** The bolt does not get beyond so many thousandths, in and out. */
export const JAM = 5;
/** End stops: 0 = work, 1 = both say "reached", 2 = both say "not". Sensor of the door: 0 = works, 1 = its cable is off. */
export const SENSORS = 6;
/** The power goes now. */
export const POWER_CUT = 7;
/** The power goes so many milliseconds from now. */
export const CUT_LATER = 8;
/** The power goes at that write, before, inside or after it. */
export const CUT_AT_WRITE = 9;
/** The power comes back after so many milliseconds; cause. */
export const POWER_BACK = 10;
/** The interpreter hangs: 0 = now, 1 = when the motor has current. */
export const HANG = 11;
/** The watchdog bites after so many milliseconds. */
export const WATCHDOG = 12;
/** The clock is set: seconds since 1970 in thousands, and seconds. */
export const CLOCK = 13;
/** Battery: thousandths of full scale. */
export const BATTERY = 14;
/** The store: 1 = refuses every write. */
export const STORE = 15;
/** A key that stays down, for so many milliseconds. */
export const STUCK = 16;
/** The owner changes this user: what (`codes.ts`), and a number for what there is to choose. */
export const OFFICE = 17;
/** From afar: 1 = lock, 2 = unlock; user. */
export const REMOTE = 18;

/** The button inside, for so many milliseconds. */
export const RELEASE = 19;
/** The other button inside, that switches privacy. */
export const PRIVACY = 20;

/** A card is held to the reader: which, 0 or how it is misread (`reader.ts`), milliseconds after it. */
export const CARD = 21;
/** Nobody is there for so many hours, if the door is at rest. */
export const HOURS = 22;

/** The caller's record. */
export interface Happening {
  kind: number;
  a: number;
  b: number;
  c: number;
}
