/** What a lock's flash says, read with the firmware's own modules: for a dump in a lab, and for the virtual lock's file. */
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import { errorEntry } from '../../firmware/error-table.js';
import { formatCode } from '../../firmware/errors.js';
import { LAYOUT_RECORD_BYTES, parseLayoutRecord } from '../../firmware/flash/layout-record.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import { parseImage } from '../../firmware/image/format.js';
import { formatVersion } from '../../firmware/image/version.js';
import type { Platform } from '../../firmware/platform/types.js';
import {
  attemptsUsed, confirmedFloor, DEGRADED, FELL_BACK, REBUILT, ROLLED_BACK, SAFE_MODE, trialOf, type Verdict,
} from '../../firmware/update/boot-state.js';
import { RAN_DEGRADED, RAN_SAFE_MODE, RAN_TRIAL, type BootLogEntry } from '../../firmware/update/boots.js';
import { createHostPlatform } from '../host-platform.js';
import { Refusal } from '../image/refusal.js';
import { readingOf } from './reading.js';
import { slotName } from './words.js';

export interface LockReport {
  family: string;
  serial: string;
  model: string;
  hardwareRevision: number;
  production: boolean;
  slots: { slot: string; version: string | null; state: string }[];
  confirmed: { slot: string; version: string; securityCounter: number; keyEpoch: number } | null;
  trial: { slot: string; version: string; attemptsUsed: number } | null;
  /** What became of the last images, in words. */
  verdicts: string[];
  /** The last starts, oldest first, in words. */
  starts: string[];
  failingPages: number;
}

const RESULTS: Record<number, string> = {
  [ROLLED_BACK]: 'rolled back', [FELL_BACK]: 'fell back to', [DEGRADED]: 'ran keypad-only', [REBUILT]: 'journal rebuilt, runs', [SAFE_MODE]: 'safe mode with',
};

/** Reads all of Storage. Throws a `Refusal` where it is not a lock's. */
export function readLock(bytes: Uint8Array, file: string): LockReport {
  const family = familyOf(bytes, file);
  const { geometry } = family;
  const platform = createHostPlatform(bytes, geometry.base) as Platform;
  const stores = openStores(platform, layoutOf(geometry));
  const { identity, journal, records } = stores;
  if (!identity) throw new Refusal(`${file}: both copies of the identity are damaged; the lock has to be provisioned again`);
  const wiring = JSON.parse(identity.wiring) as { name: string };
  const confirmed = confirmedFloor(journal, records);
  const trial = trialOf(journal);
  const reading = readingOf(stores, platform);
  return {
    family: family.name, serial: identity.serial, model: wiring.name, hardwareRevision: identity.hardware, production: identity.production,
    slots: [0, 1].map((slot) => describeSlot(stores, slot, confirmed?.slot, trial?.slot)),
    confirmed: confirmed
      ? { slot: slotName(confirmed.slot), version: formatVersion(confirmed.version), securityCounter: confirmed.counter, keyEpoch: confirmed.keyEpoch }
      : null,
    trial: trial ? { slot: slotName(trial.slot), version: formatVersion(trial.version), attemptsUsed: attemptsUsed(journal) } : null,
    verdicts: [reading.rollback, reading.verdict].flatMap((each) => (each ? [sentenceOf(each)] : [])),
    starts: reading.starts.map(startInWords),
    failingPages: journal.failing + records.failing,
  };
}

/** The family whose layout record lies where it belongs. */
export function familyOf(bytes: Uint8Array, file: string): ChipFamily {
  const { crc32 } = createHostPlatform(new Uint8Array(0), 0);
  for (const family of FAMILIES) {
    const { geometry } = family;
    const at = geometry.bootPages * PAGE_BYTES + STORAGE_HEADER_BYTES;
    const record = parseLayoutRecord(bytes.subarray(at, at + LAYOUT_RECORD_BYTES), crc32);
    if (!record || record.family !== family.id) continue;
    if (bytes.length !== geometry.pages * PAGE_BYTES) {
      throw new Refusal(`${file}: it has ${bytes.length} bytes, Storage of ${family.name} has ${geometry.pages * PAGE_BYTES}; read all of it`);
    }
    return family;
  }
  throw new Refusal(`${file}: no layout record where one belongs; give all of a lock's Storage, from its first byte`);
}

function describeSlot(stores: Stores, slot: number, confirmed: number | undefined, trial: number | undefined): LockReport['slots'][number] {
  const region = stores.slots[slot]!;
  const image = parseImage(region.read, region.pages * PAGE_BYTES).image;
  const state = slot === trial ? 'on trial' : slot === confirmed ? 'confirmed' : image ? 'other' : 'no image';
  return { slot: slotName(slot), version: image ? formatVersion(image.version) : null, state };
}

function sentenceOf(verdict: Verdict): string {
  const entry = errorEntry(verdict.reason);
  const why = entry ? `: ${formatCode(verdict.reason)} ${entry.title}` : '';
  return `${RESULTS[verdict.result] ?? `result ${verdict.result} of`} ${formatVersion(verdict.version)} (slot ${slotName(verdict.slot)})${why}`;
}

function startInWords(entry: BootLogEntry): string {
  const what = entry.ran === -1 ? 'ended before anything was launched'
    : entry.ran & RAN_SAFE_MODE ? 'safe mode'
      : `ran slot ${slotName(entry.ran & 1)}${entry.ran & RAN_TRIAL ? ' on trial' : ''}${entry.ran & RAN_DEGRADED ? ', keypad only' : ''}`;
  const end = entry.stage === 'healthy' ? ', healthy' : entry.planned ? ', restarted as planned' : '';
  return `${entry.cause}: core${entry.stage === 'core' ? '' : ' > app'}${entry.stage === 'healthy' ? ' > healthy' : ''} (${what}${end})`;
}
