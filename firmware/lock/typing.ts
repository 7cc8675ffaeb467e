/** What keys do: codes, the menu of the master code, and a new master code after the recovery code. */
import { CODES_DISABLED, WRONG_CODE } from '../errors.js';
import { PIN_MAX, PIN_MIN, setMaster } from './codes-table.js';
import { holderOf, startStretch, type Holder } from './codes.js';
import type { DoorState } from './door-parts.js';
import { CLEARED, HASH_ALONE, stepEntry, SUBMITTED, TOO_LONG, wipeEntry } from './entry.js';
import { ONE_TOUCH } from './settings.js';
import { ACCEPTED, AGAIN, DISABLED, KEY, MENU, NEW_MASTER, REFUSED, WAIT } from './signals.js';
import {
  FORCED_USER, LOG_FORCED_USER, LOG_MASTER_CHANGED, LOG_MENU, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, LOG_WINDOW, LOG_WRONG_CODE_LIMIT,
  MASTER_USER, NOBODY, NON_ACCESS_USER, RECOVERY_USER, SOURCE_KEYPAD, UNLOCKED, UNRESTRICTED_USER,
} from './states.js';
import { eventOf, lockDoor, moveBolt, note } from './throwing.js';

/** The keypad is read at the fast pace for this long after a key. */
const ACTIVE_MS = 10000;
const MENU_MS = 30000;

// `expecting`: what is typed next
export const A_CODE = 0;
const A_CHOICE = 1;
const A_NEW_MASTER = 2;
const THE_MASTER_AGAIN = 3;

function expect(d: DoorState, what: number, pattern: string): void {
  d.expecting = what;
  d.expectUntilMs = d.parts.platform.nowMs() + MENU_MS;
  if (what < THE_MASTER_AGAIN) d.newMaster = '';
  d.parts.signals.play(pattern);
}

/** Nobody went on: what was expected no longer is. */
export function backToCodes(d: DoorState): void {
  expect(d, A_CODE, REFUSED);
}

export function onKey(d: DoorState, key: string, nowMs: number): void {
  const signals = d.parts.signals;
  d.shown.lastKeyMs = nowMs;
  d.activeUntilMs = nowMs + ACTIVE_MS;
  d.expectUntilMs = nowMs + MENU_MS;
  const disabled = d.expecting === A_CODE && nowMs < d.disabledUntilMs;
  const typed = stepEntry(d.entry, key, nowMs);
  if (typed === SUBMITTED) onSubmit(d, disabled);
  else if (typed === TOO_LONG || typed === HASH_ALONE && (d.expecting || !d.parts.settings[ONE_TOUCH])) signals.play(REFUSED);
  else if (typed === HASH_ALONE) {
    signals.play(ACCEPTED);
    lockDoor(d, SOURCE_KEYPAD, NOBODY);
  } else {
    if (typed === CLEARED) d.expecting = A_CODE;
    signals.play(disabled ? DISABLED : KEY);
  }
}

function onSubmit(d: DoorState, disabled: boolean): void {
  const parts = d.parts;
  const platform = parts.platform;
  const count = d.entry.count;
  if (d.stretch) parts.signals.play(WAIT);
  else if (disabled) parts.signals.play(DISABLED);
  else if (d.expecting === A_CHOICE) onChoice(d, platform.toWire(d.entry.digits.subarray(0, count)));
  else if (d.expecting && (count < PIN_MIN || count > PIN_MAX)) parts.signals.play(REFUSED);
  else {
    d.bolt.off();
    if (!d.expecting) d.tries.mark();
    d.stretch = startStretch(platform.sha256, parts.identity.codeSalt, d.entry.digits, count, parts.wiring.stretch);
  }
  wipeEntry(d.entry);
}

function onChoice(d: DoorState, digits: string): void {
  const hooks = d.parts.hooks;
  let pattern = ACCEPTED;
  if (digits === '1') moveBolt(d, UNLOCKED, eventOf(d, LOG_UNLOCK, SOURCE_KEYPAD, MASTER_USER, 0));
  else if (digits === '8') {
    note(d, LOG_WINDOW, SOURCE_KEYPAD, MASTER_USER, 0);
    hooks.openWindow();
  } else if (!hooks.menu || !hooks.menu(digits)) pattern = REFUSED;
  expect(d, pattern === REFUSED ? A_CHOICE : A_CODE, pattern);
}

/** A code is stretched: 32 bytes. */
export function onStretched(d: DoorState, value: Uint8Array): void {
  const parts = d.parts;
  // What follows may write flash, and somebody impatient typed while the bolt still moves.
  d.bolt.off();
  if (d.expecting) onNewMaster(d, value);
  else onHolder(d, holderOf(parts.platform, parts.records, parts.identity.recoveryHash, value));
}

function onHolder(d: DoorState, holder: Holder): void {
  const user = holder.user;
  const signals = d.parts.signals;
  if (user === NOBODY) {
    const delayMs = d.tries.delayMs();
    d.disabledUntilMs = d.parts.platform.nowMs() + delayMs;
    signals.play(delayMs ? DISABLED : REFUSED);
    note(d, delayMs ? LOG_WRONG_CODE_LIMIT : LOG_REFUSED, SOURCE_KEYPAD, NOBODY, delayMs ? CODES_DISABLED : WRONG_CODE);
    return;
  }
  d.disabledUntilMs = 0;
  if (user === MASTER_USER) {
    note(d, LOG_MENU, SOURCE_KEYPAD, user, 0);
    expect(d, A_CHOICE, MENU);
  } else if (isAllowed(d, holder)) {
    if (user === RECOVERY_USER) expect(d, A_NEW_MASTER, ACCEPTED + '-' + NEW_MASTER);
    else signals.play(ACCEPTED);
    moveBolt(d, UNLOCKED, eventOf(d, holder.type === FORCED_USER ? LOG_FORCED_USER : LOG_UNLOCK, SOURCE_KEYPAD, user, 0));
  } else {
    signals.play(REFUSED);
    note(d, holder.type === NON_ACCESS_USER ? LOG_NON_ACCESS_USER : LOG_REFUSED, SOURCE_KEYPAD, user, 0);
  }
  // Last, because a right code opens whatever flash says; the motor starts later in this turn.
  d.tries.clear();
}

function isAllowed(d: DoorState, holder: Holder): boolean {
  if (holder.type === NON_ACCESS_USER) return false;
  if (!holder.schedule && (holder.type === UNRESTRICTED_USER || holder.type === FORCED_USER)) return true;
  return d.parts.hooks.allowed !== undefined && d.parts.hooks.allowed(holder);
}

function onNewMaster(d: DoorState, value: Uint8Array): void {
  const parts = d.parts;
  const typed = parts.platform.toWire(value);
  if (d.expecting === A_NEW_MASTER) {
    expect(d, THE_MASTER_AGAIN, AGAIN);
    d.newMaster = typed;
  } else if (typed !== d.newMaster || setMaster(parts.platform, parts.records, parts.identity.recoveryHash, value)) {
    expect(d, A_NEW_MASTER, REFUSED + '-' + NEW_MASTER);
  } else {
    note(d, LOG_MASTER_CHANGED, SOURCE_KEYPAD, RECOVERY_USER, 0);
    expect(d, A_CODE, ACCEPTED);
  }
}
