/**
 * One start of the lock. On an ordinary day nothing is to be decided: the confirmed image is recognised and run, and this file and what it
 * uses is all that is evaluated. Everything else is in rare.ts, which is opened when it is needed.
 */
import type { Wiring } from '../boards/wiring.js';
import type { IdentityRecord } from '../firmware/flash/identity.js';
import type { Journal } from '../firmware/flash/journal.js';
import { SEAL_A } from '../firmware/flash/kinds.js';
import { STORAGE_HEADER_BYTES, type Geometry, type Layout } from '../firmware/flash/layout.js';
import { openRegion, type Region } from '../firmware/flash/region.js';
import type { Handover } from '../firmware/handover.js';
import type { Platform, ResetCause } from '../firmware/platform/types.js';
import { confirmedOf, isTrialSet, type Confirmed, type Trial } from '../firmware/update/boot-state.js';
import {
  countBoots, DEGRADED_UNCLEAN, isCrashLooping, markLaunched, markStarted, RAN_DEGRADED, RAN_TRIAL, SAFE_MODE_PLANNED, STARTS_WITHOUT_LAUNCH,
  type BootCounts,
} from '../firmware/update/boots.js';
import { action, MOST_LOST_STARTS, RUN, type BootAction } from './decide.js';
import { recognise } from './recognise.js';

declare const __MAPPED_FLASH__: boolean;
declare const __VERSION__: string;
declare const __GEOMETRY__: Geometry;
declare const __SENTENCES_OFFSET__: number;

/** What the start found at the board. */
export interface BootInput {
  platform: Platform;
  layout: Layout;
  journal: Journal;
  /** Undefined where both copies are damaged. */
  identityRecord: IdentityRecord | undefined;
  wiring: Wiring | undefined;
  /** The recovery strap inside the door. */
  strapClosed: boolean;
  /** A key was down when the start began. */
  keyDown: boolean;
  cause: ResetCause;
  /** Starts a text in `delayMs`: see firmware/platform/launch.ts. */
  launch(delayMs: number, text: string, handover: Handover, shared: object | undefined): void;
  /** Decides where a start is not ordinary: `openRare`. */
  openRare(boot: Boot): void;
}

/** What the journal says besides. */
export interface Boot {
  findings: BootInput;
  /** A deep-sleep wake: writes nothing. */
  asleep: boolean;
  counts: BootCounts;
  confirmedImage: Confirmed | undefined;
  onTrial: boolean;
}

/** Starts the decision. Returns at once; the launch follows from a later turn. */
export function startBoot(input: BootInput): void {
  const platform = input.platform;
  const journal = input.journal;
  const counts = countBoots(journal, input.cause);
  const asleep = input.cause === 'deepSleep';
  if (!asleep && journal.valid) markStarted(journal, input.cause, counts);
  platform.after(0, function () {
    const boot = { findings: input, asleep, counts, confirmedImage: confirmedOf(journal), onTrial: isTrialSet(journal) };
    const body = isOrdinary(boot) ? recognised(boot, boot.confirmedImage!) : '';
    if (body) run(boot, action(RUN, 4, boot.confirmedImage!.slot, 0), boot.confirmedImage!, body, 0);
    else input.openRare(boot);
  });
}

/**
 * Whether `decide` has but one answer if the confirmed image verifies: row 4. Otherwise, and wherever the facts would have to be looked up
 * elsewhere, it is asked.
 */
export function isOrdinary(boot: Boot): boolean {
  const input = boot.findings;
  const counts = boot.counts;
  return !!input.identityRecord && input.journal.sure && !!boot.confirmedImage && !boot.onTrial && !input.strapClosed && !input.keyDown
    && !counts[SAFE_MODE_PLANNED] && counts[STARTS_WITHOUT_LAUNCH]! < MOST_LOST_STARTS && !counts[DEGRADED_UNCLEAN] && !isCrashLooping(counts, input.cause);
}

/** Where flash is not mapped, a whole image would have to be copied to be hashed. */
function recognised(boot: Boot, confirmed: Confirmed): string {
  const slot = confirmed.slot;
  const seal = __MAPPED_FLASH__ && boot.findings.journal.readUnmarked(SEAL_A + slot);
  return seal ? recognise(slotOf(boot, slot), slot, confirmed.imageId, seal, boot.findings.platform) : '';
}

export function slotOf(boot: Boot, slot: 0 | 1): Region {
  const platform = boot.findings.platform;
  return openRegion(platform.flash, boot.findings.layout.slots[slot], platform.crc32);
}

/** The end of every start that runs an image: marks it, and hands over in `delayMs`. `body`: its text, in place. */
export function run(boot: Boot, what: BootAction, image: Trial, body: string, delayMs: number): void {
  if (!boot.asleep) markLaunched(boot.findings.journal, what.slot | (what.trial ? RAN_TRIAL : 0) | (what.degraded ? RAN_DEGRADED : 0), boot.counts);
  boot.findings.launch(delayMs, body, handoverOf(boot, what, image), undefined);
}

/** `image`: what runs; in safe mode, what would. */
export function handoverOf(boot: Boot, what: BootAction, image: Trial): Handover {
  const input = boot.findings;
  return {
    layout: input.layout, slot: what.slot, version: image.version, imageId: image.imageId,
    trial: what.trial, degraded: what.degraded, row: what.row, reason: what.reason, cause: input.cause,
    bootloader: __VERSION__, sentences: __GEOMETRY__.base + STORAGE_HEADER_BYTES + __SENTENCES_OFFSET__, strap: input.strapClosed,
  };
}
