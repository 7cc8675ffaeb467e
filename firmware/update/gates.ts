/** May this image be installed on this lock, now? Everything that can be said without its signature, and nothing is written. */
import {
  BOOTLOADER_TOO_OLD, COUNTER_TOO_LOW, IMAGE_TOO_LARGE, INSTALLED_TOO_OLD, JOURNAL_LOST, ROLLED_BACK_BEFORE,
  TRIAL_RUNNING, UPDATER_TOO_OLD, VERSION_NOT_NEWER, type ErrorCode,
} from '../errors.js';
import type { ImageInfo } from '../image/format.js';
import { compareVersions, type Version } from '../image/version.js';
import { confirmedFloor, isTrialSet } from './boot-state.js';
import type { UpdateContext } from './context.js';
import { rolledBackBefore } from './history.js';
import { checkWindow } from './window.js';

/** Version of this updater, compared with an image's `minUpdater`. */
export const UPDATER_VERSION = 1;

/** May anything start at all: no trial set or running, window open, battery good. */
export function mayStart(context: UpdateContext): ErrorCode {
  const journal = context.stores.journal;
  if (!journal.valid) return JOURNAL_LOST;
  if (isTrialSet(journal)) return TRIAL_RUNNING;
  return checkWindow(context.window, context.platform.nowMs()) || context.battery.gate();
}

/** What the first 32 bytes and the length tell: room, version, and whether it was tried before. */
export function mayInstall(context: UpdateContext, version: Version, totalBytes: number): ErrorCode {
  const stores = context.stores;
  if (totalBytes > context.slotBytes) return IMAGE_TOO_LARGE;
  if (!isNewEnough(context, version)) return VERSION_NOT_NEWER;
  return rolledBackBefore(stores.journal, stores.records, version) ? ROLLED_BACK_BEFORE : 0;
}

/** Newer than the running version. In safe mode nothing runs: the confirmed version may be sent again to repair it. */
function isNewEnough(context: UpdateContext, version: Version): boolean {
  if (context.running.slot >= 0) return compareVersions(version, context.running.version) > 0;
  const confirmed = confirmedFloor(context.stores.journal, context.stores.records);
  return !confirmed || compareVersions(version, confirmed.version) >= 0;
}

/** Everything an image says about itself, but for what `checkOrigin` looks at. */
export function judgeImage(context: UpdateContext, image: ImageInfo): ErrorCode {
  const stores = context.stores;
  const floor = confirmedFloor(stores.journal, stores.records);
  const code = mayInstall(context, image.version, image.totalBytes);
  if (code) return code;
  if (floor && image.counter < floor.counter) return COUNTER_TOO_LOW;
  if (compareVersions(image.minBootloader, context.bootloader) > 0) return BOOTLOADER_TOO_OLD;
  if (image.minUpdater > UPDATER_VERSION) return UPDATER_TOO_OLD;
  const installed = context.running.slot >= 0 ? context.running.version : floor && floor.version;
  return installed && compareVersions(image.minVersion, installed) > 0 ? INSTALLED_TOO_OLD : 0;
}
