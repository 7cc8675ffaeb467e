/** What the update machinery is given by whoever starts it (the app, or safe mode), and the one way it takes its time. */
import { BAD_SIGNATURE, type ErrorCode } from '../errors.js';
import type { Identity } from '../flash/identity.js';
import type { DoorStores } from '../flash/open.js';
import type { Region } from '../flash/region.js';
import type { ParsedImage } from '../image/format.js';
import type { SlhTools } from '../image/slh-dsa.js';
import { compareVersions, type Version } from '../image/version.js';
import type { Platform, Wire } from '../platform/types.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { confirmedFloor, type Confirmed } from './boot-state.js';
import { loadJudge } from './judge.js';
import { pagesDone, sessionOf } from './session.js';
import type { UpdateWindow } from './window.js';

/** A frame and the way to answer it. */
export type WaitingFrame = [Wire, (frame: Wire) => void];

export interface UpdateContext {
  platform: Platform;
  stores: DoorStores;
  /** Room in a slot. */
  slotBytes: number;
  /** The region of a slot, and that of the offer: opened when they are asked for. */
  slot(slot: number): Region;
  offer(): Region;
  identity: Identity;
  slh(): SlhTools;
  running: {
    /** The slot this code runs from; -1 in safe mode. */
    slot: number;
    version: Version;
    /** Launched on trial; whether it still is one, the journal knows. */
    trial: boolean;
  };
  bootloader: Version;
  /** Name of the chip family, for people. */
  machine: string;
  /** The motor is on or a code is being checked: no flash operation may start. */
  door: { busy(): boolean };
  battery: {
    /** May an update, or its installation, begin? */
    gate(): ErrorCode;
    /** May the next page be erased and written? Asked before each page and right after each erase, and once a second of a pause. */
    loaded(): ErrorCode;
    /** What was read and what is needed, in volts: goes with a refusal because of the battery. */
    words(): string;
  };
  /** The table of `sentenceOf`. */
  sentences(): string;
  /** Restarts soon; the reply to the request is on its way by then. */
  restart(reason: string): void;
  log(words: string): void;
  /** Longest text `platform.sha256` can take in one go (and in one turn): all of an image on mapped flash, a few pages elsewhere. */
  hashBytes: number;
  window: UpdateWindow;
  /**
   * Lets this server go, verifies the slot, and hands these frames to the next server: the first of them asks again, and finds the verdict
   * in the window.
   */
  verifyAlone(slot: 0 | 1, trust: Confirmed | undefined, frames: WaitingFrame[]): void;
  /** Step functions under way, see `inSteps`. */
  stepping: number;
}

/** What a step answers when it wants another turn: soon, or after a while. Anything else ends the steps. */
export const GO_ON = -1;
export const WAIT = -2;

const DOOR_POLL_MS = 20;
const WAIT_MS = 100;

/** Calls `step` once a turn, never while the door is busy, until it gives a code. A step that throws has refused. */
export function inSteps(context: UpdateContext, step: () => number, done: (code: ErrorCode) => void): void {
  function turn(): void {
    let code = WAIT;
    let pauseMs = DOOR_POLL_MS;
    if (!context.door.busy()) {
      try {
        code = step();
      } catch (error) {
        context.log('step failed: ' + error);
        code = BAD_SIGNATURE;
      }
      pauseMs = code === WAIT ? WAIT_MS : 1;
    }
    if (code < 0) context.platform.after(pauseMs, turn);
    else {
      context.stepping--;
      done(code);
    }
  }
  context.stepping++;
  context.platform.after(1, turn);
}

/** What lies in a slot, by format only. */
export function parseSlot(context: UpdateContext, slot: number): ParsedImage {
  const region = context.slot(slot);
  return loadJudge().parseImage(region.read, region.pages * PAGE_BYTES);
}

/**
 * The slot an update must leave alone, which SMP clients see as slot 0: the running one; in safe mode the confirmed one; where not
 * even that is known, the one that seems to hold the better image when an upload begins. The
 * other one is theirs to write.
 */
export function keptSlot(context: UpdateContext): number {
  if (context.running.slot >= 0) return context.running.slot;
  const confirmed = confirmedFloor(context.stores.journal, context.stores.records);
  if (confirmed) return confirmed.slot;
  const session = sessionOf(context.stores.journal, context.platform);
  if (session) return 1 - session.slot;
  const second = parseSlot(context, 1).image;
  if (!second) return 0;
  const first = parseSlot(context, 0).image;
  return !first || compareVersions(second.version, first.version) > 0 ? 1 : 0;
}

/** The slot that is being uploaded into: what lies there is neither the old image nor the new one. -1: none. */
export function incompleteSlot(context: UpdateContext): number {
  const journal = context.stores.journal;
  const session = sessionOf(journal, context.platform);
  return session && pagesDone(journal, session) < session.pageCount ? session.slot : -1;
}
