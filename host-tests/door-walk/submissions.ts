/** What a `#` may and must lead to, by what was typed before it. */
import { PENDING } from '../../firmware/flash/keys.js';
import {
  DISPOSABLE_USER, EXPIRING_USER, FORCED_USER, LOG_FACTORY_RESET, LOG_FORCED_USER, LOG_JAMMED, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU, LOG_MODE,
  LOG_NON_ACCESS_USER, LOG_PAIRING, LOG_REFUSED, LOG_SETTING, LOG_SOFT_RESET, LOG_UNLOCK, LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED,
  LOG_WINDOW, LOG_WRONG_CODE_LIMIT, MASTER_USER, MODE_PASSAGE, MODE_PRIVACY, NOBODY, NON_ACCESS_USER, PROGRAMMING_USER, RECOVERY_USER, SOURCE_KEYPAD,
  SOURCE_RFID,
} from '../../firmware/lock/states.js';
import { ONE_TOUCH } from '../../firmware/lock/settings.js';
import type { Changes } from './changes.js';
import { masterOf, MASTERS, pinOf, RECOVERY, USERS } from './device/codes.js';
import type { World } from './device/parts.js';
import type { LockOut } from './lock-out.js';
import { ANYBODY } from './log-book.js';
import { openMenuModel, type Deed, type MenuModel } from './menu.js';
import { expiryOf, mayEnter, ownerOf, peopleIn, settingIn, type Person } from './register.js';
import { mayHaveTyped, type Submission, type Typing } from './typing.js';

/** A menu that nobody types in is closed by then. */
const MENU_MS = 31_000;
/** A card's bits take so long. */
const CARD_MS = 100;
/** A change that was asked for stands in flash by then. */
const DONE_MS = 1000;
/** Codes that people type here; whatever else the menu was given is told by its hash. */
const POOL = [...Array.from({ length: USERS }, (_, index) => pinOf(index + 1)), ...Array.from({ length: MASTERS }, (_, index) => masterOf(index)), '40400', '2222'];

export interface SubmissionParts {
  world(): World;
  typing: Typing;
  lockOut: LockOut;
  changes: Changes;
  /** Seconds of UTC that the lock may hold the time for. */
  seconds(): number[];
  /** Nothing has to be refused for want of power. */
  cellsWell(): boolean;
  expectLog(what: number[], source: number, user: number, maybe?: boolean): void;
  allowLock(source: number, user: number, sure: boolean): void;
  allowUnlock(user: number, source: number, sure: boolean, log?: number): void;
}

export interface Submissions {
  /** Of the last code. */
  readonly lastDigits: string;
  /** A code that is being compared has to be marked before. */
  awaitsMark: boolean;
  /** When a code was refused because codes are disabled. */
  readonly disabledAt: number;
  /** Who was refused last, and when. */
  readonly refused: { user: number; time: number };
  submit(submission: Submission, heldMs: number): void;
  unsure(heldMs: number): void;
  /** A card that was read well; `sure`: for sure. */
  card(number: string, sure: boolean): void;
  /** Before each event. `isChange`: somebody else is going to read and change records. */
  before(isChange: boolean): void;
  /** What was asked for and does not stand in flash. */
  undone(): string | undefined;
  /** It cannot be known any more. */
  forget(): void;
  start(): void;
}

export function openSubmissions(parts: SubmissionParts): Submissions {
  const { world, typing, lockOut, changes, expectLog, allowLock, allowUnlock } = parts;
  let menu: MenuModel | undefined;
  let maybeMenuUntil = -1e9;
  /** `waits`: it is on its way, and the door has something to end first. */
  let due: { by: number; words: string; isDone: () => boolean; waits?: () => boolean } | undefined;
  const storeWell = (): boolean => !world().refusing && !world().fuse;

  const it: Submissions = {
    lastDigits: '', awaitsMark: false, disabledAt: -1e9, refused: { user: 0, time: -1e9 },
    submit, unsure, card,
    before(isChange) {
      const time = world().time;
      if (typing.mode === 'menu' || time < maybeMenuUntil && time - typing.lastMs < 200) maybeMenuUntil = time + MENU_MS;
      if (isChange) {
        due = undefined;
        it.awaitsMark = false;
        mine.disabledAt = -1e9;
        if (typing.mode === 'menu') typing.doubt();
      }
    },
    undone() {
      if (due?.waits?.()) due.by = world().time + DONE_MS;
      if (!due || world().time < due.by) return undefined;
      const { words, isDone } = due;
      due = undefined;
      return isDone() ? undefined : words;
    },
    forget: () => {
      due = undefined;
    },
    start: () => {
      menu = due = undefined;
      maybeMenuUntil = it.refused.time = -1e9;
      it.awaitsMark = false;
    },
  };
  type Writable = { -readonly [Key in keyof Submissions]: Submissions[Key] };
  const mine: Writable = it;

  /** Whether somebody may open now; undefined: it depends on the second, or on a mark that flash may refuse. */
  function verdictOn(person: Person): boolean | undefined {
    const verdicts = new Set(parts.seconds().map((seconds) => mayEnter(world(), person, seconds)));
    if (verdicts.size > 1) return undefined;
    const may = verdicts.has(true);
    const needsMark = person.type === DISPOSABLE_USER || person.type === EXPIRING_USER && !expiryOf(world(), person.user);
    // No code is spent on a throw that the cells do not give.
    const needsPower = person.type !== PROGRAMMING_USER && !parts.cellsWell();
    return may && (needsMark && !storeWell() || needsPower) ? undefined : may;
  }
  function refusalOf({ type }: Person): number {
    return type === FORCED_USER ? LOG_FORCED_USER : type === NON_ACCESS_USER ? LOG_NON_ACCESS_USER : LOG_REFUSED;
  }
  function enter(user: number): void {
    menu = openMenuModel(world(), user);
    typing.enter();
  }

  function submit(submission: Submission, heldMs: number): void {
    const { what, digits } = submission;
    const time = world().time;
    if (what === 'nothing') return;
    if (what === 'lock') {
      if (settingIn(world(), ONE_TOUCH, false)) allowLock(SOURCE_KEYPAD, NOBODY, true);
      return;
    }
    if (digits) mine.lastDigits = digits;
    if (what === 'unsure') return unsure(heldMs);
    if (what === 'menu') return onMenu(digits, heldMs);
    const disabled = isDisabled(0);
    if (disabled === 'maybe') {
      typing.doubt();
      return unsure(heldMs);
    }
    if (disabled === 'no') onCode(time, ownerOf(world(), digits), SOURCE_KEYPAD);
  }
  /** Now, for what is heard `laterMs` after a key would be. */
  function isDisabled(laterMs: number): 'no' | 'maybe' | 'yes' {
    const disabled = lockOut.disabled(world().time, world().dead ? 0 : world().door.status().disabledMs - laterMs);
    if (disabled === 'yes') mine.disabledAt = world().time;
    return disabled;
  }

  function card(number: string, sure: boolean): void {
    const time = world().time;
    // The menu takes no cards.
    if (sure && typing.mode === 'menu') return;
    mine.lastDigits = number;
    const disabled = sure && typing.mode === 'code' ? isDisabled(CARD_MS) : 'maybe';
    const user = ownerOf(world(), `c${number}`);
    if (disabled === 'no') return onCode(time, user, SOURCE_RFID);
    if (disabled === 'yes') return;
    const isKnown = user !== NOBODY;
    if (isKnown) maybe(user, SOURCE_RFID);
    else expectLog([LOG_REFUSED, LOG_WRONG_CODE_LIMIT], SOURCE_RFID, NOBODY, true);
    typing.doubt();
    lockOut.unsure(time, isKnown);
  }

  function onCode(time: number, user: number, source: number): void {
    it.awaitsMark = true;
    const person = peopleIn(world()).get(user);
    const may = person ? verdictOn(person) : user !== NOBODY;
    if (user === NOBODY) {
      lockOut.wrong(time, storeWell());
      expectLog([LOG_REFUSED, LOG_WRONG_CODE_LIMIT], source, NOBODY);
    } else if (may === false) {
      lockOut.refused(time);
      mine.refused = { user, time };
      expectLog([refusalOf(person!)], source, user);
    } else if (may === undefined) {
      lockOut.unsure(time, true);
      maybe(user, source);
      if (person!.type === PROGRAMMING_USER) typing.doubt();
    } else {
      lockOut.right(time, storeWell());
      if (user === MASTER_USER || person?.type === PROGRAMMING_USER) expectLog([LOG_MENU], source, user);
      else allowUnlock(user, source, true, person?.type === FORCED_USER ? LOG_FORCED_USER : LOG_UNLOCK);
      if (user > USERS_MAX || person?.type === PROGRAMMING_USER) enter(user);
    }
  }

  function onMenu(digits: string, heldMs: number): void {
    const time = world().time;
    if (!menu) return typing.doubt();
    const held = digits ? 'nothing' : menu.held(heldMs);
    const deed = menu.typed(digits);
    if (held !== 'nothing') {
      changes.allow('reset', time + heldMs + DONE_MS);
      typing.doubt();
      // The start that follows forgets that it is due.
      if (held === 'reset' && storeWell()) due = { by: time + heldMs + 3 * DONE_MS, words: 'a hard reset was ordered', isDone: () => false, waits: awaitsReset };
      return;
    }
    if (deed.what === 'nothing') return;
    perform(deed, time);
    if (deed.closes) {
      typing.leaveMenu();
      menu = undefined;
    }
  }

  function awaitsReset(): boolean {
    return world().stores.peek(PENDING) !== undefined && !world().door.settled();
  }

  function perform(deed: Deed, time: number): void {
    const { what, value } = deed;
    const opener = menu!.user;
    const who = what === 'user' ? deed.user : opener;
    if (what === 'unlock') return allowUnlock(opener, SOURCE_KEYPAD, true);
    if (what === 'lock') return allowLock(SOURCE_KEYPAD, opener, true);
    if (what === 'user' || what === 'setting' || what === 'mode' || what === 'master') {
      changes.allow(what === 'user' ? deed.user : what === 'master' ? what : 'settings', time + DONE_MS);
      // Flash may refuse, and then the menu says so and waits for something else.
      if (!storeWell()) {
        expectLog([deed.log], SOURCE_KEYPAD, who, true);
        if (what === 'mode') follow(value, opener);
        return typing.doubt();
      }
      if (deed.isDone) due = { by: time + DONE_MS, words: `${what} ${who}: ${deed.log.toString(16)}`, isDone: deed.isDone };
    }
    if (what === 'mode') follow(value, opener);
    expectLog([deed.log], SOURCE_KEYPAD, who);
  }
  /** Passage draws the bolt in, privacy puts it out. */
  function follow(mode: number, user: number): void {
    if (mode === MODE_PASSAGE) allowUnlock(user, SOURCE_KEYPAD, false);
    else if (mode === MODE_PRIVACY) allowLock(SOURCE_KEYPAD, user, false);
  }

  /** Something was ended by `#`, nobody knows what: anything that fits the keys of the last minute may happen. */
  function unsure(heldMs: number): void {
    const time = world().time;
    const might = (code: string): boolean => mayHaveTyped(typing.recent, `${code}#`, time - 75_000);
    let couldBeRight = false;
    allowLock(SOURCE_KEYPAD, NOBODY, false);
    expectLog([LOG_REFUSED, LOG_WRONG_CODE_LIMIT], SOURCE_KEYPAD, NOBODY, true);
    for (const code of [RECOVERY, ...POOL]) {
      const user = might(code) ? ownerOf(world(), code) : NOBODY;
      if (user === NOBODY) continue;
      couldBeRight = true;
      maybe(user, SOURCE_KEYPAD);
    }
    if (time < maybeMenuUntil) anythingInMenu(time, heldMs);
    lockOut.unsure(time, couldBeRight);
  }
  /** Whatever may come of that user's code, if it was one. */
  function maybe(user: number, source: number): void {
    const person = peopleIn(world()).get(user);
    if (person) expectLog([refusalOf(person)], source, user, true);
    if (user === MASTER_USER || person?.type === PROGRAMMING_USER) expectLog([LOG_MENU], source, user, true);
    else if (!person || verdictOn(person) !== false) allowUnlock(user, source, false, person?.type === FORCED_USER ? LOG_FORCED_USER : LOG_UNLOCK);
    if (user > USERS_MAX || person?.type === PROGRAMMING_USER) maybeMenuUntil = Math.max(maybeMenuUntil, world().time + MENU_MS);
  }
  function anythingInMenu(time: number, heldMs: number): void {
    changes.allow('anything', time + heldMs + DONE_MS);
    expectLog([LOG_LOCK, LOG_JAMMED, LOG_REFUSED], SOURCE_KEYPAD, ANYBODY, true);
    expectLog([LOG_WINDOW, LOG_MASTER_CHANGED, LOG_MODE, LOG_SETTING, LOG_PAIRING, LOG_SOFT_RESET, LOG_FACTORY_RESET], SOURCE_KEYPAD, ANYBODY, true);
    expectLog([LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED], SOURCE_KEYPAD, ANYBODY, true);
    if (['1', `${MODE_PASSAGE}`].some((key) => mayHaveTyped(typing.recent, key, time - 45_000))) allowUnlock(ANYBODY, SOURCE_KEYPAD, false);
  }

  return it;
}

const USERS_MAX = RECOVERY_USER - 5;
