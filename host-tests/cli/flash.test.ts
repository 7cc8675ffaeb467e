import { describe, expect, it } from 'vitest';
import { wiring } from '../../boards/reference/virtual.js';
import { FAMILIES } from '../../boards/families.js';
import { readLock } from '../../cli/flash/read-lock.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { buildLockFlash } from '../../cli/provision/lock-flash.js';
import { HEALTH_KEYPAD } from '../../firmware/errors.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { openStores } from '../../firmware/flash/open.js';
import { ROLLBACK } from '../../firmware/flash/kinds.js';
import type { Platform } from '../../firmware/platform/types.js';
import { confirmImage, encodeVerdict, ROLLED_BACK } from '../../firmware/update/boot-state.js';
import type { Journal } from '../../firmware/flash/journal.js';
import type { ResetCause } from '../../firmware/platform/types.js';
import { countBoots, markHealthy, markLaunched, markStarted, RAN_TRIAL } from '../../firmware/update/boots.js';

const version = { major: 1, minor: 2, revision: 3, build: 0 };
const image = { slot: 1 as const, version, imageId: new Uint8Array(32).fill(9) };

/** A lock that lived through three starts: a healthy one, a trial that was rolled back, and one that reached nothing. */
function livedIn(): Uint8Array {
  const { bytes } = buildLockFlash({
    wiring, boot0Text: '0', image: new Uint8Array(64), production: true, keys: [new Uint8Array(32).fill(1)], masterCode: '7654321',
    pins: ['1234'], recoveryCode: '123456789012', serial: 'DL-7',
  });
  const { geometry } = FAMILIES.find((each) => each.name === wiring.family)!;
  const { journal } = openStores(createHostPlatform(bytes, geometry.base) as Platform, layoutOf(geometry));
  journal.format();
  confirmImage(journal, undefined, { ...image, slot: 0, counter: 4, keyEpoch: 0, key: new Uint8Array(32) });
  start(journal, 'powerOn', 0);
  markHealthy(journal);
  start(journal, 'software', 1 | RAN_TRIAL);
  journal.append(ROLLBACK, encodeVerdict(ROLLED_BACK, HEALTH_KEYPAD, image));
  markStarted(journal, 'watchdog', countBoots(journal, 'watchdog'));
  return bytes;
}

function start(journal: Journal, cause: ResetCause, launched: number): void {
  const counts = countBoots(journal, cause);
  markStarted(journal, cause, counts);
  markLaunched(journal, launched, counts);
}

describe('deadlatch flash', () => {
  it('tells the model, the confirmed version, what was rolled back and why, and how far each start came', () => {
    const report = readLock(livedIn(), 'dump.bin');
    expect(report).toMatchObject({
      family: 'virtual', serial: 'DL-7', production: true, confirmed: { slot: 'A', version: '1.2.3', securityCounter: 4, keyEpoch: 0 }, trial: null,
      failingPages: 0,
    });
    expect(report.verdicts).toEqual(['rolled back 1.2.3 (slot B): 0x41 keypad was not scanned']);
    expect(report.starts).toEqual([
      'powerOn: core > app > healthy (ran slot A, healthy)',
      'software: core > app (ran slot B on trial)',
      'watchdog: core (ended before anything was launched)',
    ]);
  });

  it('keeps codes, salt and keys to itself', () => {
    const text = JSON.stringify(readLock(livedIn(), 'dump.bin'));
    for (const secret of ['1234"', '7654321', '123456789012', 'codeSalt', 'recoveryHash']) expect(text).not.toContain(secret);
  });

  it('says in one sentence that a file is not a lock\'s flash, or not all of it', () => {
    expect(() => readLock(new Uint8Array(100), 'notes.txt')).toThrow(/^notes\.txt: no layout record/);
    expect(() => readLock(livedIn().subarray(0, 200_000), 'half.bin')).toThrow(/^half\.bin: it has 200000 bytes, Storage of virtual has 917504/);
  });

  it('says that a lock without its identity has to be provisioned again', () => {
    const bytes = livedIn();
    const { geometry } = FAMILIES.find((each) => each.name === wiring.family)!;
    const at = layoutOf(geometry).identity.address - geometry.base;
    bytes.fill(0, at, at + 2 * 4096);
    expect(() => readLock(bytes, 'dump.bin')).toThrow(/identity/);
  });
});
