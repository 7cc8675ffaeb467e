/** A development lock on the bench: what its flash says, out of service for the doctor, and back. */
import { unpackWiring } from '../../boards/record.js';
import type { Wiring } from '../../boards/wiring.js';
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import { identityOf, findIdentity } from '../../firmware/flash/identity.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { openJournal, type Journal } from '../../firmware/flash/journal.js';
import { CALIBRATION } from '../../firmware/flash/keys.js';
import { BOOTS } from '../../firmware/flash/kinds.js';
import { partsOf } from '../../firmware/flash/open.js';
import { openRecords } from '../../firmware/flash/records.js';
import { openRegion } from '../../firmware/flash/region.js';
import type { Platform } from '../../firmware/platform/types.js';
import { isTrialSet } from '../../firmware/update/boot-state.js';
import { markPlanned, RESTART } from '../../firmware/update/boots.js';
import type { Connection } from '../board/connection.js';
import { openRawFlash } from '../board/raw-flash.js';
import { createHostPlatform } from '../host-platform.js';
import { Refusal } from '../image/refusal.js';
import { createMirror } from '../log/mirror.js';
import type { Time } from './bench.js';

export interface LockOnBoard {
  serial: string;
  family: ChipFamily;
  wiring: Wiring;
}

const READ_BYTES = 240;
/** The record fits into this; the rest of its page is erased. */
const IDENTITY_BYTES = 1536;
const IDENTITY_PAGES = 2;
/** Opening a port restarts many boards, and a start that is stopped before it launches anything counts against the lock. */
const START_MS = 3000;

/** Undefined: the board is no lock. Refuses where it is one whose identity cannot be read. */
export async function lockOn(board: Connection): Promise<LockOnBoard | undefined> {
  const files = await board.evaluate('require("Storage").list().slice(0,8)') as string[];
  if (!files.includes('.boot0') || !files.includes('deadlatch')) return undefined;
  const bytes = new Uint8Array(IDENTITY_PAGES * PAGE_BYTES).fill(0xff);
  for (let page = 0; page < IDENTITY_PAGES; page++) {
    for (let at = 0; at < IDENTITY_BYTES; at += READ_BYTES) {
      // By the name of the file, because the chip is not known yet. Its first page, in front of the identity, begins with Storage's own bytes.
      const from = (page + 1) * PAGE_BYTES - STORAGE_HEADER_BYTES + at;
      const text = await board.evaluate(`btoa(require("Storage").read("deadlatch",${from},${READ_BYTES}))`) as string;
      bytes.set(Buffer.from(text, 'base64'), page * PAGE_BYTES + at);
    }
    const platform = createHostPlatform(bytes, 0);
    const record = findIdentity(openRegion(platform.flash, { address: 0, pages: IDENTITY_PAGES }, platform.crc32), platform.crc32);
    if (!record) continue;
    const identity = identityOf(record);
    const wiring = unpackWiring(identity.wiring);
    const family = FAMILIES.find(({ id }) => id === identity.family);
    if (wiring && family) return { serial: identity.serial, family, wiring };
  }
  throw new Refusal(`${board.name}: it is a lock, and both copies of its identity are damaged; make it anew with "deadlatch provision"`);
}

/** A lock whose firmware is stopped. */
export interface StoppedLock {
  /** Its record of how far divider and ADC are off; none where it was never calibrated. */
  calibration(): Promise<Uint8Array | undefined>;
  /** Marks the restart that follows as wanted, as the firmware does before its own: several others in a row would look like firmware that crashes. */
  markRestart(): Promise<void>;
}

/**
 * Stops the firmware: its timers and watches are all that moves it. From here on the watchdog has to be fed. Refuses while a version is on trial:
 * the restart would take one of its attempts.
 */
export async function takeOutOfService(board: Connection, { family: { geometry } }: LockOnBoard, time: Time): Promise<StoppedLock> {
  await time.wait(START_MS);
  const layout = layoutOf(geometry);
  const journalOf = (platform: Platform): Journal => openJournal(partsOf(platform, layout, layout.journal));
  const running = createMirror(await openRawFlash(board), geometry.base, geometry.pages * PAGE_BYTES);
  if (await running.look((_, platform) => isTrialSet(journalOf(platform)))) {
    throw new Refusal(`${board.name}: the lock is trying a new version; nothing was changed; run the doctor again when it has confirmed it or gone back, within seven minutes`);
  }
  await board.evaluate('[clearInterval(),clearTimeout(),clearWatch(),E.kickWatchdog()].length');
  const fed: Connection = { ...board, evaluate: (expression, timeoutMs) => board.evaluate(`[E.kickWatchdog(),${expression}][1]`, timeoutMs) };
  const mirror = createMirror(await openRawFlash(fed), geometry.base, geometry.pages * PAGE_BYTES, running.bytes);
  return {
    calibration: () => mirror.look((_, platform) => openRecords(partsOf(platform, layout, layout.records)).get(CALIBRATION)),
    async markRestart() {
      await mirror.look((_, platform) => journalOf(platform).words(BOOTS));
      const before = mirror.bytes;
      const after = before.slice();
      const platform = createHostPlatform(after, geometry.base) as Platform;
      markPlanned(journalOf(platform), RESTART);
      // One fresh word; none where nothing was marked since power-on.
      for (let at = 0; at < after.length; at += 4) {
        const word = after.subarray(at, at + 4);
        if (Buffer.compare(word, before.subarray(at, at + 4))) await fed.evaluate(`require("Flash").write([${word.join(',')}],${geometry.base + at})`);
      }
    },
  };
}
