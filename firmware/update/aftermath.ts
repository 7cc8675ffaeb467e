/** What follows a trial: its confirmation, or the memory of a version that rolled back. */
import type { ErrorCode } from '../errors.js';
import { FLOOR } from '../flash/keys.js';
import { PAGE_BYTES, type Layout } from '../flash/layout.js';
import { openRegion } from '../flash/region.js';
import type { DoorStores } from '../flash/open.js';
import type { Handover } from '../handover.js';
import { bytesEqual, keysAfter } from '../image/keys.js';
import { formatVersion } from '../image/version.js';
import type { Platform } from '../platform/types.js';
import { APPLIED, confirmImage, encodeConfirmed } from './boot-state.js';
import { loadJudge } from './judge.js';
import { loadRules } from './rules.js';

export interface Aftermath {
  confirmTrial: typeof confirmTrial;
  settle: typeof settle;
}

/** Made when it is called for, as `loadJudge` is. */
export function loadAftermath(): Aftermath {
  return { confirmTrial, settle };
}

/** Confirms the image that runs, with the counter and the keys that it brings. True when it is done; false to be tried again. */
export function confirmTrial(platform: Platform, layout: Layout, stores: DoorStores, handover: Handover): boolean {
  const journal = stores.journal;
  const region = openRegion(platform.flash, layout.slots[handover.slot], platform.crc32);
  const image = loadJudge().parseImage(region.read, region.pages * PAGE_BYTES).image;
  if (!image) return false;
  const before = loadRules().confirmedFloor(journal, stores.records);
  const keys = keysAfter(image.keyChange, before);
  const counter = before && before.counter > image.counter ? before.counter : image.counter;
  const confirmed = { slot: handover.slot, version: handover.version, counter, keyEpoch: keys.keyEpoch, key: keys.key, imageId: handover.imageId };
  if (confirmImage(journal, before, confirmed)) return false;
  keepFloor(stores);
  loadRules().addVerdict(stores.records, { result: APPLIED, reason: 0, slot: handover.slot, version: handover.version, imageId: handover.imageId });
  platform.log('complete: version ' + formatVersion(handover.version) + ' confirmed');
  return true;
}

/** Once after each start of a confirmed image: repairs what a cut left undone, and keeps what the journal would forget. */
export function settle(stores: DoorStores): ErrorCode {
  keepFloor(stores);
  return loadRules().rememberRollback(stores.journal, stores.records);
}

/** The copy of the confirmation in the record store: written after it, and repaired here where a cut came in between. */
function keepFloor(stores: DoorStores): void {
  const floor = loadRules().confirmedFloor(stores.journal, stores.records);
  const payload = floor && encodeConfirmed(floor);
  const copy = stores.records.get(FLOOR);
  if (payload && !(copy && bytesEqual(copy, payload))) stores.records.set(FLOOR, payload);
}
