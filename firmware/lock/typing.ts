/** What keys and cards do: codes, and the menu while it is open. */
import { CODES_DISABLED, KEY_STUCK, TOO_MANY_KEYS, WRONG_CODE } from '../errors.js';
import { IN_SAFE_MODE } from '../safe-mode.js';
import { admit, logOf, opensMenu } from './access.js';
import { PIN_MAX, PIN_MIN } from './codes-table.js';
import { holderOf, startStretch, type Holder } from './codes.js';
import type { DoorState } from './door-parts.js';
import { CARD, CLEARED, countKey, forgiveKeys, HASH_ALONE, stepEntry, SUBMITTED, TOO_LONG, wipeEntry } from './entry.js';
import { HELD, STUCK } from './keypad-parts.js';
import { DID_NOTHING, MENU_MS, openMenu, WANTS_CODE, WANTS_HOLD, WANTS_NOTHING, WANTS_TIME, type Menu } from './menu.js';
import { startPairing } from './owners.js';
import { ONE_TOUCH, OPERATING_MODE } from './settings.js';
import { ACCEPTED, DISABLED, errorPattern, KEY, REFUSED, WAIT } from './signals.js';
import {
  LOG_FACTORY_RESET, LOG_KEYPAD, LOG_LOCK, LOG_MENU, LOG_MODE, LOG_PAIRING, LOG_REFUSED, LOG_SOFT_RESET, LOG_UNLOCK, LOG_WINDOW,
  LOG_WRONG_CODE_LIMIT, MASTER_USER, MODE_PASSAGE, MODE_PRIVACY, NOBODY, RECOVERY_USER, SOURCE_KEYPAD, SOURCE_RFID, UNLOCKED,
} from './states.js';
import { eventOf, lockDoor, moveBolt, note, refuseMove, throwBolt, timeNow } from './throwing.js';

/** The keypad is read at the fast pace for this long after a key. */
const ACTIVE_MS = 10000;
/** Longest text of a card, with its `c`. */
const CARD_BYTES = 16;

/** `key`: what `Keypad.poll` gave. */
export function onKey(d: DoorState, key: string, nowMs: number): void {
  const signals = d.parts.signals;
  const menu = d.menu;
  if (key === STUCK) return note(d, LOG_KEYPAD, SOURCE_KEYPAD, NOBODY, KEY_STUCK);
  d.shown.lastKeyMs = nowMs;
  d.activeUntilMs = nowMs + ACTIVE_MS;
  d.menuUntilMs = nowMs + MENU_MS;
  if (key.charAt(0) === HELD) {
    d.isHeld = key.charAt(1) === '#';
    return;
  }
  if (!menu && countKey(d.entry, nowMs)) note(d, LOG_KEYPAD, SOURCE_KEYPAD, NOBODY, TOO_MANY_KEYS);
  if (!menu && nowMs < d.entry.restsUntilMs) return signals.play(DISABLED);
  const disabled = !menu && nowMs < d.disabledUntilMs;
  const typed = stepEntry(d.entry, key, nowMs);
  if (typed === CARD) onCard(d, key, disabled);
  else if (typed === SUBMITTED) onSubmit(d, disabled);
  else if (typed === TOO_LONG) signals.play(REFUSED);
  else if (typed === HASH_ALONE) onHash(d);
  else if (typed === CLEARED && menu && !isWorking(d)) useMenu(d, menu, () => menu.back());
  else signals.play(disabled ? DISABLED : KEY);
}

function onHash(d: DoorState): void {
  const menu = d.menu;
  if (menu && isWorking(d)) return d.parts.signals.play(WAIT);
  if (menu && menu.wants === WANTS_CODE || !menu && !d.parts.settings[ONE_TOUCH]) return d.parts.signals.play(REFUSED);
  // It has only just gone down: `onMenuTurn` notices when it is let go.
  d.isHeld = menu !== undefined;
  if (menu) return useMenu(d, menu, () => menu.typed(''));
  d.parts.signals.play(ACCEPTED);
  lockDoor(d, SOURCE_KEYPAD, NOBODY);
}

function onSubmit(d: DoorState, disabled: boolean): void {
  const parts = d.parts;
  const menu = d.menu;
  const count = d.entry.count;
  if (isWorking(d)) parts.signals.play(WAIT);
  else if (disabled) parts.signals.play(DISABLED);
  else if (menu && menu.wants !== WANTS_CODE) {
    const digits = parts.platform.toWire(d.entry.digits.subarray(0, count));
    useMenu(d, menu, () => menu.typed(digits));
  } else if (menu && (count < PIN_MIN || count > PIN_MAX)) parts.signals.play(REFUSED);
  else stretch(d, d.entry.digits, count, SOURCE_KEYPAD);
  wipeEntry(d.entry);
}

/** A card's text is its number behind a `c`, so that no PIN is one. */
function onCard(d: DoorState, card: string, disabled: boolean): void {
  if (isWorking(d)) d.parts.signals.play(WAIT);
  else if (disabled) d.parts.signals.play(DISABLED);
  else if (d.menu) d.parts.signals.play(REFUSED);
  else {
    const text = new Uint8Array(CARD_BYTES);
    text[0] = 99;
    for (let i = 0; i < card.length; i++) text[i + 1] = card.charCodeAt(i);
    stretch(d, text, card.length + 1, SOURCE_RFID);
  }
}

/** The try is marked before anything is compared; never while the motor has current. */
function stretch(d: DoorState, digits: Uint8Array, count: number, source: number): void {
  d.bolt.off();
  if (!d.menu) d.tries.mark();
  d.source = source;
  d.stretch = startStretch(d.parts.platform.sha256, d.parts.identity.codeSalt, digits, count, d.parts.wiring.stretch);
}

/** A code is stretched: 32 bytes. */
export function onStretched(d: DoorState, value: Uint8Array): void {
  const parts = d.parts;
  const menu = d.menu;
  // What follows may write flash, and somebody impatient typed while the bolt still moves.
  d.bolt.off();
  if (menu) useMenu(d, menu, () => menu.code(value));
  else onHolder(d, holderOf(parts.platform, parts.records, parts.identity.recoveryHash, value));
}

function onHolder(d: DoorState, holder: Holder): void {
  const parts = d.parts;
  const signals = parts.signals;
  const user = holder.user;
  if (user === NOBODY) {
    const delayMs = d.tries.delayMs();
    d.disabledUntilMs = parts.platform.nowMs() + delayMs;
    signals.play(delayMs ? DISABLED : REFUSED);
    return note(d, delayMs ? LOG_WRONG_CODE_LIMIT : LOG_REFUSED, d.source, NOBODY, delayMs ? CODES_DISABLED : WRONG_CODE);
  }
  d.disabledUntilMs = 0;
  forgiveKeys(d.entry);
  // No one-time code is spent on a throw that cannot be.
  const refusal = (user < MASTER_USER && !opensMenu(holder) ? refuseMove(d, UNLOCKED) : 0) || admit(parts, holder, timeNow(d), d.source);
  if (refusal) {
    signals.play(errorPattern(refusal));
    note(d, logOf(holder, refusal), d.source, user, refusal);
  } else if (opensMenu(holder)) {
    note(d, LOG_MENU, d.source, user, 0);
    enterMenu(d, user);
  } else {
    if (user === RECOVERY_USER) enterMenu(d, user);
    else signals.play(ACCEPTED);
    (user < MASTER_USER ? throwBolt : moveBolt)(d, UNLOCKED, eventOf(d, logOf(holder, 0), d.source, user, 0));
  }
  // Last, because a right code opens whatever flash says; the motor starts later in this turn.
  d.tries.clear(refusal > 0);
}

function enterMenu(d: DoorState, user: number): void {
  const parts = d.parts;
  const isMatrix = parts.wiring.keypad.type === 'matrix';
  d.menu = openMenu({
    platform: parts.platform, records: parts.records, identity: parts.identity, settings: parts.settings, user, canHold: isMatrix,
    bootable: parts.hooks.bootable,
  });
  d.menuUntilMs = parts.platform.nowMs() + MENU_MS;
  parts.signals.play(d.menu.play);
}

/** A code or the menu takes its time: it will answer by itself. */
function isWorking(d: DoorState): boolean {
  return d.stretch !== undefined || !IN_SAFE_MODE && d.menu !== undefined && d.menu.wants === WANTS_TIME;
}

/** In every turn while the menu works, or waits for `#` to be held. */
export function onMenuTurn(d: DoorState, nowMs: number): void {
  const menu = d.menu;
  if (!IN_SAFE_MODE && menu && menu.wants === WANTS_TIME) return useMenu(d, menu, () => menu.work());
  if (!d.keypad.unsettled()) d.isHeld = false;
  else if (d.isHeld) d.menuUntilMs = nowMs + MENU_MS;
  if (menu) useMenu(d, menu, () => menu.hold(d.isHeld, nowMs));
}

/** Nobody types any more. */
export function leaveMenu(d: DoorState): void {
  const menu = d.menu;
  if (menu) useMenu(d, menu, () => menu.close());
}

/** One step of the menu, and what comes of it. It may write flash: never while the motor has current. */
function useMenu(d: DoorState, menu: Menu, step: () => void): void {
  const hooks = d.parts.hooks;
  d.bolt.off();
  step();
  const did = menu.did;
  if (menu.play) d.parts.signals.play(menu.play);
  if (menu.wants === WANTS_NOTHING) d.menu = undefined;
  else if (menu.wants !== WANTS_HOLD) d.isHeld = false;
  if (did === DID_NOTHING) return;
  if (did === LOG_UNLOCK || did === LOG_LOCK) {
    if (did === LOG_LOCK) lockDoor(d, SOURCE_KEYPAD, menu.user);
    else moveBolt(d, UNLOCKED, eventOf(d, LOG_UNLOCK, SOURCE_KEYPAD, menu.user, 0));
    return;
  }
  // The start that finishes a hard reset tells of it: this log goes.
  if (did !== LOG_FACTORY_RESET) note(d, did, SOURCE_KEYPAD, menu.user, 0);
  if (did === LOG_WINDOW) hooks.openWindow();
  else if (did === LOG_PAIRING && hooks.pair && menu.secret) hooks.pair(startPairing(menu.secret, d.parts.platform.nowMs()));
  else if (did === LOG_SOFT_RESET || did === LOG_FACTORY_RESET) hooks.restart();
  else if (did === LOG_MODE) onMode(d, menu.user);
}

/** Passage leaves the bolt in; privacy puts it out. */
function onMode(d: DoorState, user: number): void {
  const mode = d.parts.settings[OPERATING_MODE];
  if (mode === MODE_PASSAGE) moveBolt(d, UNLOCKED, eventOf(d, LOG_UNLOCK, SOURCE_KEYPAD, user, 0));
  else if (mode === MODE_PRIVACY) lockDoor(d, SOURCE_KEYPAD, user);
}
