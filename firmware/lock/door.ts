/**
 * The door: keypad, codes, bolt and signals as one thing that runs by itself, the same in the app and in safe mode. Nothing here can
 * fail in a way that stops it: each turn arms the next one first, and what throws is dropped with the digits typed so far.
 *
 *   PIN #            opens            master code #     menu for 30 s: 1# opens, 8# opens the update window, * leaves
 *   # alone          locks            recovery code #   opens, then asks for a new master code, twice, each ended by #
 *   *                clears           * and # held 3 s within 10 s of power-on: safe mode
 */
import { BOLT_JAMMED, CODES_DISABLED, WRONG_CODE, type ErrorCode } from '../errors.js';
import { writeLogEntry, type LogEntry } from './access-log.js';
import { openBolt, readInput, setUpInput } from './bolt.js';
import { PIN_MAX, PIN_MIN, setMaster } from './codes-table.js';
import { holderOf, ITERATIONS_A_TURN, openTries, startStretch, stepStretch, WRONG_CODE_LIMIT, type Holder, type Stretch } from './codes.js';
import type { Door, DoorParts, DoorStatus } from './door-parts.js';
import { CLEARED, HASH_ALONE, newEntry, stepEntry, SUBMITTED, TOO_LONG, wipeEntry } from './entry.js';
import { openKeypad } from './keypad.js';
import {
  ACCEPTED, AGAIN, DISABLED, errorPattern, JAMMED, KEY, LOW_BATTERY, MENU, NEW_MASTER, REFUSED, WAIT,
} from './signals.js';
import {
  DOOR_CLOSED, DOOR_OPEN, DOOR_UNKNOWN, FORCED_USER, LOCKED, LOG_FORCED_USER, LOG_JAMMED, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU,
  LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, LOG_WINDOW, LOG_WRONG_CODE_LIMIT, MASTER_USER, NOBODY, NON_ACCESS_USER, RECOVERY_USER,
  SOURCE_KEYPAD, SOURCE_MANUAL, UNLOCKED, UNRESTRICTED_USER,
} from './states.js';

export type { Door, DoorHooks, DoorParts, DoorStatus } from './door-parts.js';

const ACTIVE_TURN_MS = 20;
const IDLE_TURN_MS = 50;
/** While nothing goes on, so many turns only ask whether a key is down; end stops are read in the one after them. */
const QUIET_TURNS = 9;
/** Between the two looks at the first key after a quiet time: longer than keys bounce. */
const FIRST_LOOK_MS = 10;
/** The keypad is read at the fast pace for this long after a key. */
const ACTIVE_MS = 10000;
/** Somebody is typing: flash operations wait this long after a digit. */
const TYPING_MS = 3000;
const MENU_MS = 30000;
const CHORD_MS = 3000;
const CHORD_UNTIL_MS = 10000;
/** End stops that change this long after a throw were moved by hand. */
const BY_HAND_MS = 2000;
const LOG_WAITING_MAX = 8;

// What is typed next
const A_CODE = 0;
const A_CHOICE = 1;
const A_NEW_MASTER = 2;
const THE_MASTER_AGAIN = 3;

/** Sets the pins up, reads the tries, and starts. Moves nothing. */
export function openDoor(parts: DoorParts): Door {
  const platform = parts.platform;
  const records = parts.records;
  const identity = parts.identity;
  const signals = parts.signals;
  const hooks = parts.hooks;
  const doorInput = parts.wiring.sensors && parts.wiring.sensors.door;
  const keypad = openKeypad(platform.pins, platform.nowMs, parts.wiring.keypad);
  const bolt = openBolt(platform.pins, platform.nowMs, parts.wiring.bolt, parts.wiring.sensors);
  const tries = openTries(parts.journal, parts.wrongCodeLimit || WRONG_CODE_LIMIT);
  const entry = newEntry();
  const waiting: LogEntry[] = [];
  const cause = platform.startCause();
  let timer = 0;
  let pauseMs = IDLE_TURN_MS;
  let quietTurns = 0;
  let expecting = A_CODE;
  let expectUntilMs = 0;
  let stretch: Stretch | undefined;
  let newMaster = '';
  let throwing: LogEntry | undefined;
  let newest = -1;
  let restSinceMs = 0;
  let activeUntilMs = 0;
  let chordSinceMs = cause === 'powerOn' || cause === 'pin' || cause === 'unknown' ? 0 : -1;
  setUpInput(platform.pins, doorInput);
  const shown: DoorStatus = {
    lockState: bolt.position(), doorState: readDoor(), keypadScanned: false, motorIdle: true, fault: 0, lastKeyMs: 0,
    wrongCodes: tries.count(), disabledMs: 0, lastTurnMs: 0, failures: 0,
  };
  let disabledUntilMs = platform.nowMs() + tries.delayMs();

  function readDoor(): number {
    const closed = readInput(platform.pins, doorInput);
    return closed < 0 ? DOOR_UNKNOWN : closed ? DOOR_CLOSED : DOOR_OPEN;
  }

  function status(): DoorStatus {
    const leftMs = disabledUntilMs - platform.nowMs();
    shown.motorIdle = bolt.atRest();
    shown.wrongCodes = tries.count();
    shown.disabledMs = leftMs > 0 ? leftMs : 0;
    return shown;
  }

  function event(what: number, source: number, user: number, code: ErrorCode): LogEntry {
    return { sequence: 0, time: parts.clock ? parts.clock() : 0, uptime: Math.floor(platform.nowMs() / 1000), what, source, user, code };
  }

  function note(happened: LogEntry): void {
    if (waiting.length < LOG_WAITING_MAX) waiting.push(happened);
  }

  function move(goal: number, happened: LogEntry): void {
    if (throwing) note(throwing);
    throwing = happened;
    quietTurns = 0;
    bolt.move(goal);
  }

  function expect(what: number, pattern: string): void {
    expecting = what;
    expectUntilMs = platform.nowMs() + MENU_MS;
    if (what < THE_MASTER_AGAIN) newMaster = '';
    signals.play(pattern);
  }

  function onKey(key: string, nowMs: number): void {
    shown.lastKeyMs = nowMs;
    activeUntilMs = nowMs + ACTIVE_MS;
    expectUntilMs = nowMs + MENU_MS;
    const disabled = expecting === A_CODE && nowMs < disabledUntilMs;
    const typed = stepEntry(entry, key, nowMs);
    if (typed === SUBMITTED) onSubmit(disabled);
    else if (typed === TOO_LONG || typed === HASH_ALONE && expecting) signals.play(REFUSED);
    else if (typed === HASH_ALONE) {
      signals.play(ACCEPTED);
      move(LOCKED, event(LOG_LOCK, SOURCE_KEYPAD, NOBODY, 0));
    } else {
      if (typed === CLEARED) expecting = A_CODE;
      signals.play(disabled ? DISABLED : KEY);
    }
  }

  function onSubmit(disabled: boolean): void {
    const count = entry.count;
    if (stretch) signals.play(WAIT);
    else if (disabled) signals.play(DISABLED);
    else if (expecting === A_CHOICE) onChoice(platform.toWire(entry.digits.subarray(0, count)));
    else if (expecting && (count < PIN_MIN || count > PIN_MAX)) signals.play(REFUSED);
    else {
      bolt.off();
      if (!expecting) tries.mark();
      stretch = startStretch(platform.sha256, identity.codeSalt, entry.digits, count, parts.wiring.stretch);
    }
    wipeEntry(entry);
  }

  function onChoice(digits: string): void {
    let pattern = ACCEPTED;
    if (digits === '1') move(UNLOCKED, event(LOG_UNLOCK, SOURCE_KEYPAD, MASTER_USER, 0));
    else if (digits === '8') {
      note(event(LOG_WINDOW, SOURCE_KEYPAD, MASTER_USER, 0));
      hooks.openWindow();
    } else if (!hooks.menu || !hooks.menu(digits)) pattern = REFUSED;
    expect(pattern === REFUSED ? A_CHOICE : A_CODE, pattern);
  }

  function onStretched(value: Uint8Array): void {
    // What follows may write flash, and somebody impatient typed while the bolt still moves.
    bolt.off();
    if (expecting) onNewMaster(value);
    else onHolder(holderOf(platform, records, identity.recoveryHash, value));
  }

  function onHolder(holder: Holder): void {
    const user = holder.user;
    if (user === NOBODY) {
      const delayMs = tries.delayMs();
      disabledUntilMs = platform.nowMs() + delayMs;
      signals.play(delayMs ? DISABLED : REFUSED);
      note(event(delayMs ? LOG_WRONG_CODE_LIMIT : LOG_REFUSED, SOURCE_KEYPAD, NOBODY, delayMs ? CODES_DISABLED : WRONG_CODE));
      return;
    }
    disabledUntilMs = 0;
    if (user === MASTER_USER) {
      note(event(LOG_MENU, SOURCE_KEYPAD, user, 0));
      expect(A_CHOICE, MENU);
    } else if (isAllowed(holder)) {
      if (user === RECOVERY_USER) expect(A_NEW_MASTER, ACCEPTED + '-' + NEW_MASTER);
      else signals.play(ACCEPTED);
      move(UNLOCKED, event(holder.type === FORCED_USER ? LOG_FORCED_USER : LOG_UNLOCK, SOURCE_KEYPAD, user, 0));
    } else {
      signals.play(REFUSED);
      note(event(holder.type === NON_ACCESS_USER ? LOG_NON_ACCESS_USER : LOG_REFUSED, SOURCE_KEYPAD, user, 0));
    }
    // Last, because a right code opens whatever flash says; the motor starts later in this turn.
    tries.clear();
  }

  function isAllowed(holder: Holder): boolean {
    if (holder.type === NON_ACCESS_USER) return false;
    if (!holder.schedule && (holder.type === UNRESTRICTED_USER || holder.type === FORCED_USER)) return true;
    return hooks.allowed !== undefined && hooks.allowed(holder);
  }

  function onNewMaster(value: Uint8Array): void {
    const typed = platform.toWire(value);
    if (expecting === A_NEW_MASTER) {
      expect(THE_MASTER_AGAIN, AGAIN);
      newMaster = typed;
    } else if (typed !== newMaster || setMaster(platform, records, identity.recoveryHash, value)) {
      expect(A_NEW_MASTER, REFUSED + '-' + NEW_MASTER);
    } else {
      note(event(LOG_MASTER_CHANGED, SOURCE_KEYPAD, RECOVERY_USER, 0));
      expect(A_CODE, ACCEPTED);
    }
  }

  /** After a throw: what it came to. */
  function afterThrow(nowMs: number): void {
    const happened = throwing;
    throwing = undefined;
    restSinceMs = nowMs;
    if (!happened) return;
    const fault = bolt.state.fault;
    happened.code = fault;
    if (fault) happened.what = LOG_JAMMED;
    note(happened);
    if (fault) signals.play(fault === BOLT_JAMMED ? JAMMED : errorPattern(fault));
    else if (parts.battery && parts.battery.low()) signals.play(ACCEPTED + '-' + LOW_BATTERY);
  }

  /** Tells what changed; end stops that change without the motor were moved by hand. */
  function watch(nowMs: number): void {
    const lockState = bolt.position();
    const doorState = readDoor();
    const fault = bolt.state.fault;
    const moved = lockState !== shown.lockState;
    if (!moved && doorState === shown.doorState && fault === shown.fault) return;
    shown.lockState = lockState;
    shown.doorState = doorState;
    shown.fault = fault;
    if (moved && bolt.atRest() && nowMs - restSinceMs > BY_HAND_MS && (lockState === LOCKED || lockState === UNLOCKED)) {
      bolt.state.fault = 0;
      note(event(lockState === LOCKED ? LOG_LOCK : LOG_UNLOCK, SOURCE_MANUAL, NOBODY, 0));
    }
    if (hooks.changed) hooks.changed(status());
  }

  /** `chordSinceMs`: 0 = not held, -1 = no longer of interest. */
  function watchChord(nowMs: number): void {
    if (chordSinceMs < 0) return;
    if (!keypad.chord()) chordSinceMs = nowMs < CHORD_UNTIL_MS ? 0 : -1;
    else if (!chordSinceMs) chordSinceMs = nowMs;
    else if (nowMs - chordSinceMs >= CHORD_MS) {
      chordSinceMs = -1;
      if (hooks.requestSafeMode) hooks.requestSafeMode();
    }
  }

  function writeLog(): void {
    const happened = waiting.splice(0, 1)[0]!;
    newest = happened.sequence = writeLogEntry(records, newest, happened);
    if (hooks.logged) hooks.logged(happened);
  }

  function turn(): void {
    const nowMs = platform.nowMs();
    const key = keypad.poll();
    if (key) onKey(key, nowMs);
    else stepEntry(entry, '', nowMs);
    if (expecting && nowMs >= expectUntilMs && !stretch) expect(A_CODE, REFUSED);
    if (stretch && stepStretch(stretch, platform.sha256)) {
      const value = stretch.value;
      stretch = undefined;
      onStretched(value);
    } else if (stretch && Math.floor(stretch.left / ITERATIONS_A_TURN) & 1) platform.collect();
    bolt.tick();
    if (bolt.atRest()) {
      if (throwing) afterThrow(nowMs);
      else if (waiting.length && !stretch && !entry.count) writeLog();
    }
    watch(nowMs);
    watchChord(nowMs);
    shown.keypadScanned = true;
    shown.lastTurnMs = nowMs;
  }

  function isQuiet(): boolean {
    return pauseMs === IDLE_TURN_MS && !stretch && !throwing && !waiting.length && !expecting && chordSinceMs < 0;
  }

  function run(): void {
    const armedMs = pauseMs;
    timer = platform.after(armedMs, run);
    if (quietTurns-- > 0 && !keypad.anyDown()) return;
    door.tick();
    pauseMs = stretch ? 1 : !bolt.atRest() ? bolt.dueMs()
      : keypad.unsettled() ? (armedMs === IDLE_TURN_MS ? FIRST_LOOK_MS : ACTIVE_TURN_MS)
        : platform.nowMs() < activeUntilMs ? ACTIVE_TURN_MS : IDLE_TURN_MS;
    quietTurns = isQuiet() ? QUIET_TURNS : 0;
    if (pauseMs >= armedMs) return;
    const slow = timer;
    timer = platform.after(pauseMs, run);
    platform.cancel(slow);
  }

  const door: Door = {
    tick: () => {
      try {
        turn();
      } catch (error) {
        stretch = undefined;
        wipeEntry(entry);
        shown.failures++;
        platform.log('door: ' + error);
      }
    },
    busy: () => stretch !== undefined || !bolt.atRest() || entry.count > 0 && platform.nowMs() - shown.lastKeyMs < TYPING_MS,
    status,
    lock: (source, user) => move(LOCKED, event(LOG_LOCK, source, user, 0)),
    unlock: (source, user) => move(UNLOCKED, event(LOG_UNLOCK, source, user, 0)),
  };
  run();
  return door;
}
