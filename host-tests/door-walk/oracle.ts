/**
 * Watches a walk from outside and holds it against what the door must never do (`invariants.ts`). It knows who has which code, what was typed,
 * and what current flows; nothing of how the lock decides.
 */
import { BATTERY_EMPTY, CLOCK_WENT_BACK } from '../../firmware/errors.js';
import { CODES, LOG_FIRST } from '../../firmware/flash/keys.js';
import { parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import { AUTO_RELOCK, DISABLE_TIME, WRONG_CODE_LIMIT } from '../../firmware/lock/settings.js';
import {
  LOG_JAMMED, LOG_KEYPAD, LOG_LOCK, LOG_REFUSED, LOG_UNLOCK, MODE_NO_REMOTE, MODE_PASSAGE, MODE_PRIVACY, NOBODY, SOURCE_AUTO, SOURCE_BUTTON,
  SOURCE_KEYPAD, SOURCE_REMOTE, SOURCE_RFID,
} from '../../firmware/lock/states.js';
import { openCalendar } from './calendar.js';
import { areWell, forbidThrow } from './cells.js';
import { openChanges } from './changes.js';
import { ADD_OR_REMOVE, SET_HOLIDAY, SHUT_OR_LET, TYPE } from './device/codes.js';
import * as happen from './device/events.js';
import { sensesClosed } from './device/parts.js';
import * as seen from './device/seen.js';
import { IN1, IN2 } from './device/wired.js';
import type { Walk } from './device/walk.js';
import type { Invariant } from './invariants.js';
import { openLockOut } from './lock-out.js';
import { LOGGED_MS, openLogBook } from './log-book.js';
import { openPressing } from './pressing.js';
import { isMarked, peopleIn, settingIn, type Person } from './register.js';
import { openSubmissions } from './submissions.js';
import { openThrows } from './throws.js';
import { openTyping } from './typing.js';

/** A throw begins so soon after somebody asked for it otherwise than by a code. */
const BEGINS_MS = 500;
/** Between two tries of one throw, without current. */
const PAUSE_MS = 700;
/** A right code opens within this. */
const OPENS_MS = 5000;
/** A throw has its longest pause behind it. */
const RESTING_MS = 2500;
/** A door that is open, or closed, for this long is seen to be. */
const SENSED_MS = 1200;
/** The longest that an owner waits for the door to come to rest. */
const OFFICE_MS = 25_000;

export interface Oracle {
  see: seen.See;
  before(): void;
  after(): void;
}

export function openOracle(walk: () => Walk, violate: (invariant: Invariant, words: string) => void): Oracle {
  const world = (): Walk['world'] => walk().world;
  const now = (): number => world().time;
  const typing = openTyping();
  const lockOut = openLockOut(() => ({ limit: settingIn(world(), WRONG_CODE_LIMIT, false), firstS: settingIn(world(), DISABLE_TIME, true) }));
  const throws = openThrows(violate, byItself);
  const book = openLogBook(violate);
  const changes = openChanges(world, violate);
  const calendar = openCalendar(world, violate);
  const typed = openSubmissions({ world, typing, lockOut, changes, seconds: calendar.seconds, cellsWell: () => cellsWell, expectLog, allowLock, allowUnlock });
  const pressing = openPressing({ world, happening: () => walk().happening, typing, submissions: typed, storedAt: () => storedAt, violate });
  let opensBy = 0;
  /** The door's sensor has said this for so long. */
  let sensed = true;
  let sensedSince = 0;
  /** Somebody asked to lock while the door was not known to be closed: it may follow when it is. */
  let wanted = false;
  /** Since the start something happened after which the bolt may go out by itself, and a time was set for that. */
  let used = false;
  let relocks = false;
  let letOut = false;
  let storeFailedAt = -1e9;
  /** Since when they are as they are. */
  let cellsSince = -1e9;
  /** They have not been low since the start. */
  let cellsWell = true;
  let hashed: Uint8Array[] = [];
  let entry: Uint8Array | undefined;
  let storedAt = 0;
  /** Whom the owner is about to change. */
  let before: Person | undefined;

  function expectLog(what: number[], source: number, user: number, maybe = false): void {
    book.expect(now(), what, source, user, maybe || world().refusing);
  }

  /** The door has been in that state for longer than the lock needs to see it. */
  function surely(closed: boolean): boolean {
    return sensed === closed && now() - Math.max(sensedSince, world().startedAt) > SENSED_MS;
  }

  function byItself(direction: number): Invariant | undefined {
    if (!hasPower(direction)) return 'moved on empty cells';
    if (direction > 0 && now() - typed.refused.time < OPENS_MS) return 'opened for somebody refused';
    if (direction > 0 && throws.isTooEarly(direction, now())) return 'opened before it was used up';
    if (direction > 0) return used ? 'unlocked without a cause' : 'energised after a restart';
    if (surely(false)) return 'locked into an open door';
    if (wanted || used && relocks && calendar.modes().some((mode) => mode !== MODE_PASSAGE)) return undefined;
    return used ? 'locked without a cause' : 'energised after a restart';
  }

  function allowLock(source: number, user: number, sure: boolean): void {
    opensBy = 0;
    used = true;
    if (!surely(true)) wanted = true;
    if (!surely(false)) throws.allow(-1, now(), beginsMs(), () => hasPower(-1));
    expectLog([LOG_LOCK, LOG_JAMMED, LOG_REFUSED], source, user, !sure || !surely(true));
  }

  function allowUnlock(user: number, source: number, sure: boolean, log = LOG_UNLOCK): void {
    used = true;
    const isCode = source === SOURCE_KEYPAD || source === SOURCE_RFID;
    throws.allow(1, now(), isCode ? OPENS_MS : beginsMs(), () => hasPower(1) && (!isCode || isMarked(world(), user)));
    expectLog([log, LOG_JAMMED, LOG_REFUSED], source, user, !sure);
    const { bolt, stopsFault } = world();
    letOut = source === SOURCE_BUTTON;
    if (sure && cellsWell && (bolt < 1 || stopsFault)) opensBy = now() + OPENS_MS;
  }

  /** A throw that is asked for in another one's pause waits for its end. */
  function beginsMs(): number {
    return now() - throws.lastMs() < PAUSE_MS ? BEGINS_MS + PAUSE_MS : BEGINS_MS;
  }

  /** The cells are asked when a throw is asked for, and not again while it is under way. */
  function hasPower(direction: number): boolean {
    return now() - throws.lastMs() < RESTING_MS || now() - cellsSince < BEGINS_MS || !forbidThrow(world(), direction);
  }

  function onLogged(logged: LogEntry, key: number, code: number): void {
    book.logged(logged, key, code, () => {
      const isLate = logged.source === SOURCE_AUTO
        || wanted && (logged.what <= LOG_JAMMED && logged.what !== LOG_UNLOCK || logged.what === LOG_REFUSED && logged.code === BATTERY_EMPTY);
      if (isLate) wanted = false;
      else if (logged.what === LOG_KEYPAD) pressing.rests();
      return isLate || logged.what === LOG_KEYPAD;
    });
  }

  function see(what: number, a: number, b: number, bytes?: Uint8Array): void {
    const time = now();
    if (what === seen.MOTOR) {
      throws.motor(a, time);
      if (a > 0) opensBy = 0;
    } else if (what === seen.PULSE) {
      // What was typed just now may never be compared, as where the power goes.
      if (world().hangOnPulse && (a === IN1 || a === IN2)) lockOut.cut(time);
      if (b > 100) violate('pulse too long', `${b} ms on pin ${a}`);
    } else if (what === seen.BOTH_INPUTS) violate('both inputs driven', 'at once');
    else if (what === seen.FAILED) violate('turn failed', 'the door logged an exception');
    else if (what === seen.STORED || what === seen.TRY) {
      if (throws.energised()) violate('flash written while energised', what === seen.TRY ? `a mark of ${a}` : `record ${a}`);
      storedAt = time;
      if (b) storeFailedAt = time;
      if (what === seen.TRY) typed.awaitsMark = false;
      else onRecord(a, b, bytes!);
    } else if (what === seen.READ) {
      if (a !== CODES) return;
      if (time - typed.disabledAt < 300) violate('lock-out cut short', `the table was read for ${typed.lastDigits}`);
      if (typed.awaitsMark && typing.mode === 'code') violate('compared before it was marked', `the table was read for ${typed.lastDigits}`);
    } else if (what === seen.HASHED) {
      if (bytes!.length !== 32) hashed.push(bytes!);
    } else if (what === seen.WIRED) {
      if (bytes!.buffer.byteLength === 12) entry = new Uint8Array(bytes!.buffer);
    } else if (what === seen.CUT) onCut(time);
    else if (what === seen.STARTED) onStart(time);
    else if (what === seen.WIPED && !a) {
      book.wiped();
      changes.wiped();
    }
  }

  function onRecord(key: number, code: number, bytes: Uint8Array): void {
    if (key >= LOG_FIRST) onLogged(parseLogEntry(bytes), key, code);
    else if (!code) changes.stored(key);
    if (settingIn(world(), AUTO_RELOCK, true)) relocks = true;
    const digits = typed.lastDigits;
    if (digits.length > 5 && Buffer.from(bytes).toString('latin1').includes(digits)) violate('code readable in flash', `record ${key} holds ${digits}`);
  }

  function onCut(time: number): void {
    throws.cut(time);
    lockOut.cut(time);
    book.cut();
    typed.forget();
    opensBy = 0;
    wanted = false;
    hashed = [];
    entry = undefined;
  }

  function onStart(time: number): void {
    typing.restart();
    throws.restart();
    lockOut.restart(time);
    typed.start();
    calendar.start();
    used = false;
    cellsWell = areWell(world());
    relocks = settingIn(world(), AUTO_RELOCK, true) > 0;
    pressing.start(time);
  }

  function beforeRemote(direction: number, user: number): void {
    const modes = calendar.modes();
    const refusing = modes.filter((mode) => mode === MODE_PRIVACY || mode === MODE_NO_REMOTE).length;
    if (refusing) expectLog([LOG_REFUSED], SOURCE_REMOTE, user, true);
    if (refusing === modes.length) return;
    if (direction === 1) allowLock(SOURCE_REMOTE, user, !refusing);
    else allowUnlock(user, SOURCE_REMOTE, false);
  }

  function afterOffice(): void {
    const { a, b } = walk().happening;
    const person = peopleIn(world()).get(a);
    if (world().officeCode || b > SHUT_OR_LET && b < TYPE) return;
    const fits = b === ADD_OR_REMOVE || !before ? !before === !!person
      : b === SHUT_OR_LET ? person?.disabled === !before.disabled : person?.type === b - TYPE && !person.disabled;
    if (!fits) violate('asked for and not done', `the owner changed user ${a}, now ${JSON.stringify(person)}`);
  }

  return {
    see,
    before() {
      const { kind, a, b } = walk().happening;
      const w = world();
      changes.begin();
      typing.pass(w.time);
      typed.before(kind === happen.OFFICE || kind === happen.CLOCK);
      if (kind === happen.OFFICE || kind === happen.CLOCK) {
        before = peopleIn(w).get(a);
        if (kind === happen.OFFICE && b !== SET_HOLIDAY) changes.allow(a, w.time + OFFICE_MS);
      }
      // They change the mode, whatever the menu was just asked for.
      if (kind === happen.PRIVACY || kind === happen.RELEASE || kind === happen.HAND) typed.forget();
      if (kind === happen.KEY) pressing.beforeKey();
      else if (kind === happen.CARD) pressing.beforeCard();
      else if (kind === happen.KEYS_TOGETHER || kind === happen.STUCK) pressing.beforeTogether(kind === happen.STUCK);
      else if (kind === happen.REMOTE) beforeRemote(a, b);
      else if (kind === happen.RELEASE) allowUnlock(NOBODY, SOURCE_BUTTON, w.time > w.releaseUntil + 600 && !w.hung);
      else if (kind === happen.PRIVACY) {
        changes.allow('settings', w.time + a + 1000);
        allowLock(SOURCE_BUTTON, NOBODY, false);
      } else if (kind === happen.HAND) {
        opensBy = 0;
        used = true;
      } else if (kind === happen.SENSORS || kind === happen.JAM) opensBy = 0;
      else if (kind === happen.BATTERY) cellsSince = w.time;
      else if (kind === happen.STORE && a) storeFailedAt = w.time;
    },
    after() {
      const w = world();
      const { kind, a, b } = walk().happening;
      if (sensesClosed(w) !== sensed) {
        sensed = !sensed;
        sensedSince = w.time;
        used = true;
      }
      if (kind === happen.SENSORS) used = true;
      if (!areWell(w)) cellsWell = false;
      typing.pass(w.time);
      throws.check(w.time);
      if (w.dead || w.hung) {
        opensBy = 0;
        typed.forget();
        return;
      }
      if (throws.goesTo(1) || w.bolt >= 1 && !w.stopsFault) opensBy = 0;
      if (opensBy && w.time > opensBy) {
        if (letOut) violate('not let out', `the button inside was pressed more than ${OPENS_MS} ms ago`);
        else violate('right code refused', `${typed.lastDigits} was ended by # more than ${OPENS_MS} ms ago`);
        opensBy = 0;
      }
      if (kind === happen.CLOCK && (w.clockCode === 0 || w.clockCode === CLOCK_WENT_BACK)) calendar.set(a * 1000 + b);
      if (kind === happen.OFFICE) afterOffice();
      if (kind === happen.KEY) pressing.afterKey();
      if (kind === happen.HOURS && w.hoursPassed) calendar.afterHours(storeFailedAt);
      if (w.refusing || w.fuse) typed.forget();
      const undone = typed.undone();
      if (undone) violate('asked for and not done', undone);
      lockOut.check(w.door.status().wrongCodes, (words) => violate('tries forgotten', words));
      if (hashed.some((bytes) => bytes.some((value) => value > 0))) violate('code kept in memory', 'the message that was hashed');
      hashed = [];
      if (entry && typing.mode === 'code' && w.time - pressing.quietSince > 11_000 && entry.some((value) => value > 0)) violate('code kept in memory',
        'the digits typed');
      if (w.time - pressing.quietSince > LOGGED_MS && w.time >= pressing.doubtUntil && !throws.energised() && w.time - throws.lastMs() >= 2000) {
        book.quiet(w.time, w.time - storeFailedAt > LOGGED_MS && !w.refusing);
      }
    },
  };
}
