/** A development lock on the bench: what its identity says, out of service for the doctor, and back. */
import { unpackWiring } from '../../boards/record.js';
import type { Wiring } from '../../boards/wiring.js';
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import { identityOf, findIdentity } from '../../firmware/flash/identity.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { partsOf } from '../../firmware/flash/open.js';
import { openRegion } from '../../firmware/flash/region.js';
import type { Platform } from '../../firmware/platform/types.js';
import { markPlanned, RESTART } from '../../firmware/update/boots.js';
import type { Connection } from '../board/connection.js';
import { openRawFlash } from '../board/raw-flash.js';
import { createHostPlatform } from '../host-platform.js';
import { Refusal } from '../image/refusal.js';
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
      // The identity follows the first page of the file, whose first bytes are Storage's own.
      const from = (page + 1) * PAGE_BYTES - STORAGE_HEADER_BYTES + at;
      const text = await board.evaluate(`btoa(require("Storage").read("deadlatch",${from},${READ_BYTES}))`) as string;
      bytes.set(Buffer.from(text, 'base64').subarray(0, PAGE_BYTES - at), page * PAGE_BYTES + at);
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

/** Stops the firmware: its timers and watches are all that moves it. From here on the watchdog has to be fed. */
export async function takeOutOfService(board: Connection, time: Time): Promise<void> {
  await time.wait(START_MS);
  await board.evaluate('[clearInterval(),clearTimeout(),clearWatch(),E.kickWatchdog()].length');
}

/**
 * Marks the restart that follows as wanted, as the firmware does before its own: five others in a row, each within a minute of the start,
 * would look like firmware that crashes.
 */
export async function markRestart(board: Connection, family: ChipFamily): Promise<void> {
  const layout = layoutOf(family.geometry);
  const { address, pages } = layout.journal;
  const flash = await openRawFlash(board);
  // As far as a spare page that may stand in for a failing one; that one reads as erased, and then nothing is marked.
  const bytes = new Uint8Array(layout.spare.address + layout.spare.pages * PAGE_BYTES - address).fill(0xff);
  for (let page = 0; page < pages; page++) {
    await board.evaluate('!E.kickWatchdog()');
    bytes.set(await flash.read(address + page * PAGE_BYTES, PAGE_BYTES), page * PAGE_BYTES);
  }
  const platform = createHostPlatform(bytes, address) as Platform;
  const before = bytes.slice();
  const journal = openJournal(partsOf(platform, layout, layout.journal));
  // A mark is one fresh word; where nothing was marked since power-on, or the journal is lost, there is nothing to do.
  if (!journal.valid || markPlanned(journal, RESTART)) return;
  for (let at = 0; at < pages * PAGE_BYTES; at += 4) {
    const word = bytes.subarray(at, at + 4);
    if (Buffer.compare(word, before.subarray(at, at + 4)) === 0) continue;
    await board.evaluate(`require("Flash").write([${word.join(',')}],${address + at})`);
  }
}
