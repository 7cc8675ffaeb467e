/** What a walked door consists of, and what can be done to it from outside. */
import type { Wiring } from '../../../boards/wiring.js';
import type { Clock } from '../../../firmware/lock/clock.js';
import type { Door } from '../../../firmware/lock/door-parts.js';
import type { Platform, ResetCause } from '../../../firmware/platform/types.js';
import type { Keys } from './keys.js';
import type { Stores } from './stores.js';

/** Native functions of whatever runs this. */
export interface Natives {
  sha256: Platform['sha256'];
  toWire: Platform['toWire'];
  toBytes: Platform['toBytes'];
}

export interface World {
  /** Milliseconds since the beginning, however often the lock restarted. */
  time: number;
  startedAt: number;
  starts: number;
  cause: ResetCause;
  wiring: Wiring;
  door: Door;
  stores: Stores;
  platform: Platform;
  keys: Keys;
  /** Bits a key of the Wiegand keypad; 0 = a matrix. */
  readerBits: 0 | 4 | 8;
  /** No power. */
  dead: boolean;
  /** The interpreter does nothing any more; hardware goes on. */
  hung: boolean;
  /** The interpreter hangs as soon as the motor has current. */
  hangOnPulse: boolean;
  /** The power goes at this time, or at the so many-th write from now (0 = neither), before, inside or after it. */
  cutAt: number;
  fuse: number;
  fuseMode: number;
  refusing: boolean;
  /** 0 = fully out (locked), 1 = fully in. */
  bolt: number;
  /** The motor cannot push the bolt beyond these. */
  blockedBelow: number;
  blockedAbove: number;
  doorClosed: boolean;
  /** 0 = end stops work, 1 = both say "reached", 2 = both say "not". */
  stopsFault: number;
  /** 0 = the sensor works, 1 = its cable is off. */
  doorSensorFault: number;
  /** Somebody presses the button inside until then. */
  releaseUntil: number;
  privacyUntil: number;
  /** Share of the ADC's full scale. */
  analog: number;
  /** What the lock knows of the time; and what came of setting it last. */
  clock: Clock;
  clockCode: number;
  /** The last long time was let pass. */
  hoursPassed: boolean;
  /** What came of the owner's last change. */
  officeCode: number;
  /** In force. */
  settings: Uint8Array;
  /** What the lock is set up with. */
  salt: Uint8Array;
  recoveryHash: Uint8Array;
}

/** What the sensor of the door says. */
export function sensesClosed(w: World): boolean {
  return w.doorClosed && !w.doorSensorFault;
}

export interface Board {
  world: World;
  /** -1, 0, 1: what the bridge does to the motor. */
  force(): number;
  /** Lets time pass until then, or until the power goes. */
  advance(untilMs: number): void;
  cut(): void;
  start(cause: ResetCause): void;
  /** The reader begins to send these. */
  send(bits: string): void;
}

export function wakes(causeNumber: number): ResetCause {
  return causeNumber === 0 ? 'powerOn' : causeNumber === 1 ? 'brownOut' : causeNumber === 2 ? 'watchdog' : causeNumber === 3 ? 'pin' : causeNumber === 4 ? 'software' : 'unknown';
}
