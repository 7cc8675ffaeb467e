/**
 * The door: keypad, codes, bolt and signals as one thing that runs by itself, the same in the app and in safe mode. Nothing here can
 * fail in a way that stops it: each turn arms the next one first, and what throws is dropped with the digits typed so far.
 *
 *   PIN # or card    opens            master code #     menu (menu.ts)
 *   # alone          locks            recovery code #   opens, then asks for a new master code, twice, each ended by #
 *   *                clears           * and # held 3 s within 10 s of power-on: safe mode
 */
import type { LogEntry } from './access-log.js';
import { openBolt, setUpInput } from './bolt.js';
import { openTries, stepStretch } from './codes.js';
import {
  act, CODE_STRETCHED, KEY_PRESSED, LOG_DUE, MENU_ENDS, MENU_TURN, OPERATION_ASKED, THROW_ENDED,
} from './deeds.js';
import type { Door, DoorParts, DoorState, DoorStatus } from './door-parts.js';
import { newEntry, stepEntry, wipeEntry } from './entry.js';
import { openKeypad } from './keypad.js';
import { WANTS_HOLD, WANTS_TIME } from './menu.js';
import { openButtons, readDoor, sense } from './sensing.js';
import { AJAR, FORCED } from './signals.js';
import { DOOR_AJAR, DOOR_FORCED_OPEN, LOG_BROWN_OUT } from './states.js';

export type { Door, DoorHooks, DoorParts, DoorStatus } from './door-parts.js';

/** Between the two looks at a key: longer than keys bounce. */
const ACTIVE_TURN_MS = 10;
const IDLE_TURN_MS = 50;
/** While nothing goes on, so many turns only ask whether a key is down; end stops are read in the one after them. */
const QUIET_TURNS = 9;
/** Somebody is typing: flash operations wait this long after a digit. */
const TYPING_MS = 3000;
const CHORD_MS = 3000;
const CHORD_UNTIL_MS = 10000;

/** Sets the pins up, reads the tries, and starts. Moves nothing. */
export function openDoor(parts: DoorParts): Door {
  const platform = parts.platform;
  const d = newDoor(parts);
  let timer = 0;
  let pauseMs = IDLE_TURN_MS;
  let quietTurns = 0;

  function run(): void {
    const armedMs = pauseMs;
    timer = platform.after(armedMs, run);
    if (quietTurns-- > 0 && !d.keypad.anyDown() && (!d.readButtons || d.readButtons() === d.buttons)) return;
    tick();
    const boltMs = d.bolt.dueMs();
    const nowMs = platform.nowMs();
    const isDown = d.keypad.unsettled();
    pauseMs = d.stretch ? 0 : boltMs ? boltMs : isDown || nowMs < d.activeUntilMs ? ACTIVE_TURN_MS : IDLE_TURN_MS;
    quietTurns = isDown || !isQuiet(d) ? 0 : pauseMs === IDLE_TURN_MS ? QUIET_TURNS : 1;
    if (pauseMs >= armedMs) return;
    const slow = timer;
    // The two looks are so far apart, not the end of one and the next.
    timer = platform.after(pauseMs === ACTIVE_TURN_MS ? pauseMs + d.shown.lastTurnMs - nowMs : pauseMs, run);
    platform.cancel(slow);
  }

  function tick(): void {
    try {
      turn(d);
    } catch (error) {
      d.stretch = undefined;
      wipeEntry(d.entry);
      d.shown.failures++;
      platform.log('door: ' + error);
    }
  }

  /** The motor is on, a key is down, a code is being typed or checked. A key that was seen once has to be seen again before it is let go. */
  function busy(): boolean {
    return d.stretch !== undefined || !d.bolt.atRest() || d.keypad.unsettled() || d.entry.count > 0 && platform.nowMs() - d.shown.lastKeyMs < TYPING_MS;
  }

  run();
  return {
    tick,
    busy,
    settled: () => !busy() && !d.waiting.length,
    status: () => statusOf(d),
    operate: (operation, source, user) => act(d, OPERATION_ASKED, platform.nowMs(), operation * 16 + source, user),
    alarm: () => (d.shown.doorState === DOOR_FORCED_OPEN ? FORCED : d.shown.doorState === DOOR_AJAR ? AJAR : ''),
  };
}

function newDoor(parts: DoorParts): DoorState {
  const platform = parts.platform;
  const pins = platform.pins;
  const sensors = parts.wiring.sensors;
  const doorInput = sensors && sensors.door;
  const cause = platform.startCause();
  const bolt = openBolt(pins, platform.nowMs, parts.wiring.bolt, sensors, parts.wiring.onPowerLoss, parts.settings);
  const tries = openTries(parts.journal, parts.settings);
  setUpInput(pins, doorInput);
  const readButtons = openButtons(pins, sensors);
  const doorState = readDoor(pins, doorInput);
  return {
    parts, bolt, tries, doorInput, readButtons,
    keypad: openKeypad(pins, platform.nowMs, parts.wiring.keypad), entry: newEntry(),
    shown: {
      lockState: bolt.position(), doorState, keypadScanned: false, motorIdle: true, rests: false, fault: 0, lastKeyMs: 0, wrongCodes: tries.count(),
      disabledMs: 0, lastTurnMs: 0, failures: 0,
    },
    waiting: parts.finished ? [parts.finished] : cause === 'brownOut' ? [brownOut()] : [],
    newest: -1, menu: undefined, menuUntilMs: 0, isHeld: false, stretch: undefined, source: 0,
    disabledUntilMs: platform.nowMs() + tries.delayMs(), activeUntilMs: 0, throwing: undefined, restSinceMs: 0, relockMs: 0, relockSource: 0, relockUser: 0,
    ajarMs: 0, doorSeen: doorState, buttons: readButtons ? readButtons() : 0, chordSinceMs: cause === 'powerOn' || cause === 'pin' || cause === 'unknown' ? 0 : -1,
  };
}

function brownOut(): LogEntry {
  return { sequence: 0, time: 0, uptime: 0, what: LOG_BROWN_OUT, source: 0, user: 0, code: 0 };
}

function turn(d: DoorState): void {
  const platform = d.parts.platform;
  const nowMs = platform.nowMs();
  const key = d.keypad.poll();
  const stretch = d.stretch;
  // A turn has time for one deed with flash.
  let isFree = !key && !stretch;
  if (key) act(d, KEY_PRESSED, nowMs, key, 0);
  else stepEntry(d.entry, '', nowMs);
  if (d.menu && isFree) {
    if (nowMs >= d.menuUntilMs && d.menu.wants !== WANTS_TIME) act(d, MENU_ENDS, nowMs, 0, 0);
    else if (d.menu.wants >= WANTS_HOLD) {
      act(d, MENU_TURN, nowMs, 0, 0);
      isFree = false;
    }
  }
  // What a code opens takes a turn of its own.
  if (stretch && stretch.left) stepStretch(stretch, platform);
  else if (stretch) {
    d.stretch = undefined;
    act(d, CODE_STRETCHED, nowMs, stretch.value, 0);
  }
  d.shown.keypadScanned = true;
  d.shown.lastTurnMs = nowMs;
  // Somebody waits for what the code opens.
  if (d.stretch && d.bolt.atRest()) return;
  d.bolt.tick();
  if (!d.bolt.atRest()) {
    if (d.parts.battery) d.parts.battery.sample(true);
  } else if (d.throwing) act(d, THROW_ENDED, nowMs, 0, 0);
  else if (d.waiting.length && isFree && !d.entry.count) act(d, LOG_DUE, nowMs, 0, 0);
  sense(d, nowMs);
  if (d.chordSinceMs >= 0) watchChord(d, nowMs);
}

function isQuiet(d: DoorState): boolean {
  return !d.stretch && !d.throwing && !d.waiting.length && !d.menu && d.chordSinceMs < 0;
}

function statusOf(d: DoorState): DoorStatus {
  const leftMs = d.disabledUntilMs - d.parts.platform.nowMs();
  d.shown.motorIdle = d.bolt.atRest();
  d.shown.rests = d.shown.motorIdle && isQuiet(d) && !d.entry.count && !d.relockMs && !d.ajarMs;
  d.shown.wrongCodes = d.tries.count();
  d.shown.disabledMs = leftMs > 0 ? leftMs : 0;
  return d.shown;
}

function watchChord(d: DoorState, nowMs: number): void {
  const hooks = d.parts.hooks;
  if (!d.keypad.chord()) d.chordSinceMs = nowMs < CHORD_UNTIL_MS ? 0 : -1;
  else if (!d.chordSinceMs) d.chordSinceMs = nowMs;
  else if (nowMs - d.chordSinceMs >= CHORD_MS) {
    d.chordSinceMs = -1;
    if (hooks.requestSafeMode) hooks.requestSafeMode();
  }
}
