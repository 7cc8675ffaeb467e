/** What the door is made of, and what it tells. */
import type { Wiring } from '../../boards/wiring.js';
import type { ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import type { LogEntry } from './access-log.js';
import type { Battery } from './battery.js';
import type { Holder, TryJournal } from './codes.js';
import type { WritableRecords } from './codes-table.js';
import type { Signals } from './signals.js';

export interface DoorParts {
  platform: Platform;
  wiring: Wiring;
  journal: TryJournal;
  records: WritableRecords;
  identity: { codeSalt: Uint8Array; recoveryHash: Uint8Array };
  signals: Signals;
  /** For the warning after opening. */
  battery?: Battery;
  /** Matter's WrongCodeEntryLimit, 5 if left out. */
  wrongCodeLimit?: number;
  /** Seconds since 1970, 0 while the clock is not set. */
  clock?: () => number;
  hooks: DoorHooks;
}

export interface DoorHooks {
  openWindow(): void;
  /** Digits typed in the menu that are not the door's own. True = accepted. */
  menu?: (digits: string) => boolean;
  /** May a user with a schedule or a special type enter now? Without this hook they may not. */
  allowed?: (holder: Holder) => boolean;
  requestSafeMode?: () => void;
  /** Something of `status` that people see has changed. */
  changed?: (status: DoorStatus) => void;
  logged?: (entry: LogEntry) => void;
}

export interface DoorStatus {
  /** Matter's LockState, `POSITION_UNKNOWN` without end stops. */
  lockState: number;
  /** Matter's DoorState: open or closed, `DOOR_UNKNOWN` without a sensor. */
  doorState: number;
  /** At least one turn read the keys and came to its end. */
  keypadScanned: boolean;
  motorIdle: boolean;
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

export interface Door {
  /** A turn out of turn; the door takes its turns by itself. Never throws. */
  tick(): void;
  /** The motor is on, a code is being typed or checked: nobody may start a flash operation. */
  busy(): boolean;
  status(): DoorStatus;
  lock(source: number, user: number): void;
  unlock(source: number, user: number): void;
}
