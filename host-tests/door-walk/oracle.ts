/**
 * Watches a walk from outside and holds it against what the door must never do (`invariants.ts`). It knows who has which code, what was typed,
 * and what current flows; nothing of how the lock decides.
 */
import { CODES, LOG_FIRST, MASTER, SETTINGS } from '../../firmware/flash/keys.js';
import { parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import {
  FORCED_USER, LOG_FORCED_USER, LOG_JAMMED, LOG_KEYPAD, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK,
    LOG_WINDOW, LOG_WRONG_CODE_LIMIT,
  MASTER_USER, NOBODY, NON_ACCESS_USER, RECOVERY_USER, SOURCE_AUTO, SOURCE_BUTTON, SOURCE_KEYPAD, SOURCE_REMOTE,
} from '../../firmware/lock/states.js';
import { masterIn, pinOf, RECOVERY, typeOf, USERS } from './device/codes.js';
import * as happen from './device/events.js';
import * as seen from './device/seen.js';
import { HASH, KEYS } from './device/wired.js';
import type { Walk } from './device/walk.js';
import type { Invariant } from './invariants.js';
import { sensesClosed } from './device/world.js';
import { AUTO_RELOCK, readSettings, wordSetting } from '../../firmware/lock/settings.js';
import { openLockOut } from './lock-out.js';
import { mayHaveTyped, openTyping, type Submission } from './typing.js';
import { openThrows } from './throws.js';

/** A press of this length is heard, whatever the lock does. */
export const HEARD_MS = 115;
/** And of this, while somebody types and flash is not written. */
export const HEARD_IN_TYPING_MS = 60;
const ACTIVE_MS = 9000;
/** A key that is down when the lock starts is not for it. */
const STARTING_MS = 100;
/** After so many keys in a minute the keypad may rest, and then nobody knows what is heard. */
const MANY_KEYS = 38;
const RESTS_MS = 61_000;
/** A right code opens within this. */
const OPENS_MS = 5000;
/** An event of which nothing is known any more is told within this, once nobody types. */
const LOGGED_MS = 13_000;
/** A door that is open, or closed, for this long is seen to be. */
const SENSED_MS = 1200;

interface Expected {
  what: number[];
  source: number;
  user: number;
  since: number;
  /** May or may not come. */
  maybe: boolean;
}

export interface Oracle {
  see: seen.See;
  before(): void;
  after(): void;
}

export function openOracle(walk: () => Walk, violate: (invariant: Invariant, words: string) => void): Oracle {
  const typing = openTyping();
  const lockOut = openLockOut();
  const throws = openThrows((invariant, words) => violate(invariant, words), byItself);
  let expected: Expected[] = [];
  let opensBy = 0;
  /** The door's sensor has said this for so long. */
  let sensed = true;
  let sensedSince = 0;
  /** Somebody asked to lock while the door was not known to be closed: it may follow when it is. */
  let wanted = false;
  /** Since the start something happened after which the bolt may go out by itself. */
  let used = false;
  let letOut = false;
  let lastSequence = 0;
  let storeFailedAt = -1e9;
  let marked = true;
  let quietSince = 0;
  let hashed: Uint8Array[] = [];
  let entry: Uint8Array | undefined;
  let lastDigits = '';
  let recoveryAt = -1e9;
  let doubtUntil = 0;
  let pressed: 'sure' | 'as told' | 'unsure' = 'unsure';
  let mustHear = false;
  let pressedAt = 0;
  let typedAt = -1e9;
  let disabledAt = -1e9;
  let keyTimes: number[] = [];
  let restsUntil = -1e9;
  let storedAt = 0;

  const world = (): Walk['world'] => walk().world;
  const now = (): number => world().time;
  const storeWell = (): boolean => !world().refusing && !world().fuse;

  function expectLog(what: number[], source: number, user: number, maybe = false): void {
    expected.push({ what, source, user, since: now(), maybe: maybe || world().refusing });
  }

  /** Whose code this is, by what was set up. */
  function ownerOf(digits: string): number {
    if (digits === RECOVERY) return RECOVERY_USER;
    const master = masterIn(world(), walk().codes);
    if (digits === master) return MASTER_USER;
    for (let user = 1; user <= USERS; user++) if (walk().codes.live[user] && digits === pinOf(user)) return user;
    return NOBODY;
  }

  function mayOpen(user: number): boolean {
    return user === RECOVERY_USER || user !== NOBODY && user !== MASTER_USER && typeOf(user) !== NON_ACCESS_USER;
  }

  /** The door has been in that state for longer than the lock needs to see it. */
  function surely(closed: boolean): boolean {
    return sensed === closed && now() - Math.max(sensedSince, world().startedAt) > SENSED_MS;
  }

  function byItself(direction: number): Invariant | undefined {
    if (direction > 0) return used ? 'unlocked without a cause' : 'energised after a restart';
    if (surely(false)) return 'locked into an open door';
    if (wanted || used && wordSetting(readSettings(world().stores.peek(SETTINGS)), AUTO_RELOCK)) return undefined;
    return used ? 'locked without a cause' : 'energised after a restart';
  }

  function allowLock(source: number, user: number, sure: boolean): void {
    opensBy = 0;
    used = true;
    if (!surely(true)) wanted = true;
    if (!surely(false)) throws.allow(-1, now(), 500);
    expectLog([LOG_LOCK, LOG_JAMMED, LOG_REFUSED], source, user, !sure || !surely(true));
  }

  function allowUnlock(user: number, source: number, sure: boolean): void {
    const type = user > 0 && user <= USERS ? typeOf(user) : 0;
    used = true;
    throws.allow(1, now(), source === SOURCE_KEYPAD ? OPENS_MS : 500);
    expectLog([source === SOURCE_KEYPAD && type === FORCED_USER ? LOG_FORCED_USER : LOG_UNLOCK, LOG_JAMMED, LOG_REFUSED], source, user, !sure);
    const { bolt, stopsFault } = world();
    letOut = source === SOURCE_BUTTON;
    if (sure && (bolt < 1 || stopsFault)) opensBy = now() + OPENS_MS;
  }

  function onSubmission(submission: Submission): void {
    const time = now();
    if (submission.what === 'nothing') return;
    if (submission.what === 'lock') {
      return allowLock(SOURCE_KEYPAD, NOBODY, true);
    }
    lastDigits = submission.digits;
    if (submission.what === 'choice') return onChoice(submission.digits);
    if (submission.what === 'newMaster') {
      expectLog([LOG_MASTER_CHANGED], SOURCE_KEYPAD, RECOVERY_USER, true);
      typing.doubt();
      return;
    }
    if (submission.what === 'unsure') return onUnsure();
    const disabled = lockOut.disabled(time, world().dead ? 0 : world().door.status().disabledMs);
    const user = ownerOf(submission.digits);
    if (disabled === 'yes') {
      disabledAt = time;
      return;
    }
    if (disabled === 'maybe') {
      typing.doubt();
      return onUnsure();
    }
    marked = false;
    if (user === NOBODY) {
      lockOut.wrong(time, storeWell());
      expectLog([LOG_REFUSED, LOG_WRONG_CODE_LIMIT], SOURCE_KEYPAD, NOBODY);
    } else if (user === MASTER_USER) {
      lockOut.right(time, storeWell());
      typing.enter('choice');
      expectLog([LOG_MENU], SOURCE_KEYPAD, user);
    } else {
      if (mayOpen(user)) lockOut.right(time, storeWell());
      else lockOut.refused(time);
      if (mayOpen(user)) allowUnlock(user, SOURCE_KEYPAD, true);
      else expectLog([LOG_NON_ACCESS_USER], SOURCE_KEYPAD, user);
      if (user === RECOVERY_USER) {
        recoveryAt = time;
        typing.enter('newMaster');
      }
    }
  }

  function onChoice(digits: string): void {
    if (digits === '1') {
      allowUnlock(MASTER_USER, SOURCE_KEYPAD, true);
      typing.leaveMenu();
    } else if (digits === '2') {
      allowLock(SOURCE_KEYPAD, MASTER_USER, true);
      typing.leaveMenu();
    } else if (digits === '8') {
      expectLog([LOG_WINDOW], SOURCE_KEYPAD, MASTER_USER);
      typing.leaveMenu();
    }
  }

  /** Something was ended by `#`, nobody knows what: anything that fits the keys of the last minute may happen. */
  function onUnsure(): void {
    const time = now();
    const since = time - 75_000;
    allowLock(SOURCE_KEYPAD, NOBODY, false);
    expectLog([LOG_REFUSED, LOG_WRONG_CODE_LIMIT], SOURCE_KEYPAD, NOBODY, true);
    const might = (code: string): boolean => mayHaveTyped(typing.recent, code, since);
    for (let user = 1; user <= USERS; user++) {
      if (!walk().codes.live[user] || !might(pinOf(user))) continue;
      if (mayOpen(user)) allowUnlock(user, SOURCE_KEYPAD, false);
      else expectLog([LOG_NON_ACCESS_USER], SOURCE_KEYPAD, user, true);
    }
    const master = masterIn(world(), walk().codes);
    if (master && might(master)) {
      expectLog([LOG_MENU], SOURCE_KEYPAD, MASTER_USER, true);
      if (might(`${master}#1`)) allowUnlock(MASTER_USER, SOURCE_KEYPAD, false);
      if (might(`${master}#2`)) allowLock(SOURCE_KEYPAD, MASTER_USER, false);
      if (might(`${master}#8`)) expectLog([LOG_WINDOW], SOURCE_KEYPAD, MASTER_USER, true);
    }
    if (might(RECOVERY)) {
      recoveryAt = time;
      allowUnlock(RECOVERY_USER, SOURCE_KEYPAD, false);
    }
    lockOut.unsure(time, [master, RECOVERY].some((code) => code && might(code)) || [...walk().codes.live].some((live, user) => live && might(pinOf(user))));
    if (time - recoveryAt < 75_000) expectLog([LOG_MASTER_CHANGED], SOURCE_KEYPAD, RECOVERY_USER, true);
  }

  function onLogged(logged: LogEntry, key: number, code: number): void {
    const fits = ({ what, source, user }: Expected): boolean => what.includes(logged.what) && source === logged.source && user === logged.user;
    const sure = expected.findIndex((each) => !each.maybe && fits(each));
    const place = sure >= 0 ? sure : expected.findIndex(fits);
    if (place >= 0) expected.splice(place, 1);
    else if (logged.source === SOURCE_AUTO || wanted && logged.what <= LOG_JAMMED && logged.what !== LOG_UNLOCK) wanted = false;
    else if (logged.what === LOG_KEYPAD) restsUntil = now() + RESTS_MS;
    else if (logged.source === SOURCE_KEYPAD || logged.source === SOURCE_REMOTE) {
      violate('logged without a cause', `entry ${logged.what.toString(16)} of user ${logged.user}, source ${logged.source}`);
    }
    if (code) return;
    if (logged.sequence !== lastSequence + 1 || key !== LOG_FIRST + lastSequence % 256) {
      violate('log out of order', `entry ${logged.sequence} under key ${key} follows ${lastSequence}`);
    }
    lastSequence = logged.sequence;
  }

  function see(what: number, a: number, b: number, bytes?: Uint8Array): void {
    const time = now();
    if (what === seen.MOTOR) throws.motor(a, time);
    else if (what === seen.PULSE) {
      if (b > 100) violate('pulse too long', `${b} ms on pin ${a}`);
    } else if (what === seen.BOTH_INPUTS) violate('both inputs driven', 'at once');
    else if (what === seen.FAILED) violate('turn failed', 'the door logged an exception');
    else if (what === seen.STORED || what === seen.TRY) {
      if (throws.energised()) violate('flash written while energised', what === seen.TRY ? `a mark of ${a}` : `record ${a}`);
      storedAt = time;
      if (b) storeFailedAt = time;
      if (what === seen.TRY) marked = true;
      else onRecord(a, b, bytes!);
    } else if (what === seen.READ) {
      if (a === CODES && time - disabledAt < 300) violate('lock-out cut short', `the table was read for ${lastDigits}`);
      if (a === CODES && !marked && typing.mode === 'code') violate('compared before it was marked', `the table was read for ${lastDigits}`);
    } else if (what === seen.HASHED) {
      if (bytes!.length !== 32) hashed.push(bytes!);
    } else if (what === seen.WIRED) {
      if (bytes!.buffer.byteLength === 12) entry = new Uint8Array(bytes!.buffer);
    } else if (what === seen.CUT) onCut(time);
    else if (what === seen.STARTED) onStart(time);
  }

  function onRecord(key: number, code: number, bytes: Uint8Array): void {
    if (key >= LOG_FIRST) onLogged(parseLogEntry(bytes), key, code);
    if (key === MASTER && now() - recoveryAt > 120_000) violate('master changed without the recovery code', 'its record was written');
    if (lastDigits.length > 5 && Buffer.from(bytes).toString('latin1').includes(lastDigits)) violate('code readable in flash',
      `record ${key} holds ${lastDigits}`);
  }

  function onCut(time: number): void {
    throws.cut(time);
    lockOut.cut(time);
    expected = [];
    opensBy = 0;
    wanted = false;
    hashed = [];
    entry = undefined;
  }

  function onStart(time: number): void {
    typing.restart();
    throws.restart();
    lockOut.restart(time);
    marked = true;
    used = false;
    typedAt = -1e9;
    keyTimes = [];
    restsUntil = -1e9;
    recoveryAt = -1e9;
    quietSince = time;
    doubtUntil = Math.max(doubtUntil, time);
  }

  function beforeKey(): void {
    const { a, b } = walk().happening;
    const w = world();
    const keys = w.keys;
    const others = [...KEYS].some((_, key) => key !== a && w.time + b >= keys.from[key]! && w.time < keys.until[key]! + 25);
    const alone = !others && w.time >= keys.until[a]! + 45 && w.time >= doubtUntil && !w.hung && w.time - w.startedAt > STARTING_MS;
    keyTimes = [...keyTimes.filter((time) => w.time - time < RESTS_MS), w.time];
    if (keyTimes.length >= MANY_KEYS) restsUntil = w.time + RESTS_MS;
    const inTyping = w.time - typedAt < ACTIVE_MS;
    typedAt = w.time;
    quietSince = w.time;
    pressed = w.time < restsUntil ? 'unsure' : alone && b >= HEARD_MS ? 'sure' : alone && a !== HASH ? 'as told' : 'unsure';
    mustHear = alone && (b >= HEARD_MS || inTyping && b >= HEARD_IN_TYPING_MS);
    pressedAt = w.time;
    if (pressed === 'as told') return;
    const submission = typing.key(a, w.time, pressed === 'sure');
    if (submission) onSubmission(submission);
    else if (pressed === 'unsure' && a === HASH) onUnsure();
  }

  /** The key is up again. Whether a short press was heard, the lock tells, as it tells whoever stands before it. */
  function afterKey(): void {
    const w = world();
    const { a, b } = walk().happening;
    const lastKeyMs = w.door.status().lastKeyMs;
    const heard = lastKeyMs > 0 && w.startedAt + lastKeyMs >= pressedAt;
    if (mustHear && !heard && (b >= HEARD_MS || storedAt < pressedAt)) violate('key lost', `key ${KEYS.charAt(a)}, down for ${b} ms`);
    if (pressed === 'as told' && heard) typing.key(a, pressedAt, true);
  }

  return {
    see,
    before() {
      const { kind, a, b } = walk().happening;
      const w = world();
      typing.pass(w.time);
      if (kind === happen.OFFICE) {
        marked = true;
        disabledAt = -1e9;
      }
      if (kind === happen.KEY) beforeKey();
      else if (kind === happen.KEYS_TOGETHER || kind === happen.STUCK) {
        for (let key = 0; key < KEYS.length; key++) {
          if (!(kind === happen.STUCK ? key === a : a & 1 << key)) continue;
          typing.key(key, w.time, false);
        }
        typing.doubt();
        quietSince = w.time;
        doubtUntil = w.time + b + 200;
        if (kind === happen.STUCK ? a === HASH : a & 1 << HASH) onUnsure();
      } else if (kind === happen.REMOTE) {
        if (a === 1) allowLock(SOURCE_REMOTE, b, true);
        else allowUnlock(b, SOURCE_REMOTE, false);
      } else if (kind === happen.RELEASE) allowUnlock(NOBODY, SOURCE_BUTTON, w.time > w.releaseUntil + 600 && !w.hung);
      else if (kind === happen.HAND) {
        opensBy = 0;
        used = true;
      } else if (kind === happen.SENSORS || kind === happen.JAM) opensBy = 0;
      else if (kind === happen.STORE && a) storeFailedAt = w.time;
    },
    after() {
      const w = world();
      const { kind } = walk().happening;
      if (sensesClosed(w) !== sensed) {
        sensed = !sensed;
        sensedSince = w.time;
        used = true;
      }
      if (kind === happen.SENSORS) used = true;
      typing.pass(w.time);
      if (w.dead || w.hung) {
        throws.check(w.time);
        opensBy = 0;
        return;
      }
      throws.check(w.time);
      if (throws.goesTo(1)) opensBy = 0;
      if (opensBy && w.time > opensBy) {
        if (letOut) violate('not let out', `the button inside was pressed more than ${OPENS_MS} ms ago`);
        else violate('right code refused', `${lastDigits} was ended by # more than ${OPENS_MS} ms ago`);
        opensBy = 0;
      }
      const status = w.door.status();
      if (kind === happen.KEY) afterKey();
      lockOut.check(status.wrongCodes, (words) => violate('tries forgotten', words));
      if (hashed.some((bytes) => bytes.some((value) => value > 0))) violate('code kept in memory', 'the message that was hashed');
      hashed = [];
      if (entry && typing.mode === 'code' && w.time - quietSince > 11_000 && entry.some((value) => value > 0)) violate('code kept in memory',
        'the digits typed');
      if (w.time - quietSince > LOGGED_MS && w.time >= doubtUntil) onQuiet(w.time);
    },
  };

  /** Nobody has typed for a while: everything has been logged. */
  function onQuiet(time: number): void {
    if (throws.energised() || time - throws.lastMs() < 2000) return;
    if (time - storeFailedAt > LOGGED_MS && !world().refusing) {
      const lost = expected.find(({ maybe, since }) => !maybe && time - since > LOGGED_MS);
      if (lost) {
        const isUnlock = lost.what.includes(LOG_UNLOCK) || lost.what.includes(LOG_FORCED_USER);
        violate(isUnlock ? 'cause not logged' : 'log entry lost', `${lost.what.map((each) => each.toString(16)).join(' or ')} of user ${lost.user},
          source ${lost.source}`);
      }
    }
    expected = expected.filter(({ since }) => time - since <= LOGGED_MS);
  }
}
