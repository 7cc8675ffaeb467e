/** What the door is made of, what it remembers, and what it tells. */
import type { InputWiring, Wiring } from '../../boards/wiring.js';
import type { ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import type { LogEntry } from './access-log.js';
import type { Battery } from './battery.js';
import type { Bolt } from './bolt.js';
import type { Clock } from './clock.js';
import type { Stretch, Tries, TryJournal } from './codes.js';
import type { Entry } from './entry.js';
import type { Keypad } from './keypad-parts.js';
import type { Menu } from './menu.js';
import type { Pairing } from './owners.js';
import type { Signals } from './signals.js';
import type { WritableRecords } from './tables.js';

export interface DoorParts {
  platform: Platform;
  wiring: Wiring;
  journal: TryJournal;
  records: WritableRecords;
  identity: { deviceId: Uint8Array; codeSalt: Uint8Array; recoveryHash: Uint8Array };
  signals: Signals;
  /** In force, see `settings.ts`; whoever changes one writes it here too. */
  settings: Uint8Array;
  /** For the warning after opening. */
  battery?: Battery;
  clock?: Clock;
  /** What this start finished, to be logged. */
  finished?: LogEntry | undefined;
  hooks: DoorHooks;
}

export interface DoorHooks {
  openWindow(): void;
  /** As soon as the door is at rest and its log is written. */
  restart(): void;
  /** An image that the next start can run is in flash. */
  bootable(): boolean;
  /** Somebody with the master code typed the digits of a phone that wants to become an owner: see `owners.ts`. */
  pair?: (begun: Pairing) => void;
  requestSafeMode?: () => void;
  /** Something of `status` that people see has changed. */
  changed?: (status: DoorStatus) => void;
  logged?: (entry: LogEntry) => void;
}

export interface DoorStatus {
  /** Matter's LockState, `POSITION_UNKNOWN` without end stops. */
  lockState: number;
  /** Matter's DoorState: open, closed, forced open or ajar; `DOOR_UNKNOWN` without a sensor. */
  doorState: number;
  /** At least one turn read the keys and came to its end. */
  keypadScanned: boolean;
  motorIdle: boolean;
  /** Nothing is typed, waited for, moving, or left to be logged. */
  rests: boolean;
  /** Of the last throw. */
  fault: ErrorCode;
  /** `nowMs` of the last key, 0 = none since the start. */
  lastKeyMs: number;
  wrongCodes: number;
  /** Codes are disabled for this long. */
  disabledMs: number;
  /** `nowMs` of the last turn that came to its end. */
  lastTurnMs: number;
  /** Turns that ended in an exception. */
  failures: number;
}

// Bits of `buttons`
export const RELEASE = 1;
export const PRIVACY = 2;
export const FRONT = 4;

/** All that the door remembers, changed in place by the functions over it. Times are `nowMs`. */
export interface DoorState {
  parts: DoorParts;
  keypad: Keypad;
  bolt: Bolt;
  tries: Tries;
  entry: Entry;
  shown: DoorStatus;
  /** Log entries not yet in flash. */
  waiting: LogEntry[];
  /** Sequence of the newest log entry in flash, below 0: not known yet. */
  newest: number;
  /** Open after a master, recovery or programming code; until when without a key. */
  menu: Menu | undefined;
  menuUntilMs: number;
  /** `#` is held down. */
  isHeld: boolean;
  /** The code being stretched, and whether it was typed or is a card's. */
  stretch: Stretch | undefined;
  source: number;
  disabledUntilMs: number;
  /** The keypad is read at the fast pace until then. */
  activeUntilMs: number;
  /** What the throw under way is for. */
  throwing: LogEntry | undefined;
  /** When the last throw ended. */
  restSinceMs: number;
  /** The bolt goes out then; 0 = not, `WHEN_CLOSED` = as soon as the door is closed. */
  relockMs: number;
  relockSource: number;
  relockUser: number;
  /** The open door is reported then; 0 = not. */
  ajarMs: number;
  /** What the door sensor said last; the same twice counts. */
  doorSeen: number;
  doorInput: InputWiring | undefined;
  /** Gives the bits of the buttons that are down; undefined where none is wired. */
  readButtons: (() => number) | undefined;
  buttons: number;
  /** Since when the chord is held; 0 = not held, -1 = no longer of interest. */
  chordSinceMs: number;
}

export interface Door {
  /** A turn out of turn; the door takes its turns by itself. Never throws. */
  tick(): void;
  /** The motor is on, a code is being typed or checked: nobody may start a flash operation. */
  busy(): boolean;
  /** Not busy, and all that happened is in the log: a restart loses nothing. */
  settled(): boolean;
  status(): DoorStatus;
  /**
   * `operation`: `LOG_LOCK` (as soon as the door is closed), `LOG_UNLOCK` or `LOG_UNLATCH`, for a remote. 0, or why it will not; DOOR_NOT_CLOSED:
   * it will, later.
   */
  operate(operation: number, source: number, user: number): ErrorCode;
  /** A pattern to hold on the light while something is wrong, `''` while nothing is. */
  alarm(): string;
}
