/**
 * Soft reset, hard reset, and what a start has to finish. A hard reset and a restore are only marked (record `PENDING`) and then done by the
 * next start, before the door opens: a power cut before the mark leaves all as it was, one after it leaves a mark that the start after
 * it finds. Each step of finishing may be done again.
 *
 *   0  1  1 = hard reset, 2 = restore
 *   1  1  source of the order (`SOURCE_*`)
 *   2  1  who gave it
 *   3  1  0
 *   4  4  hard reset: epoch of owner keys to come (u16); restore: bit k = key k gets what lies under STAGED + k, or is removed; no bit: what
 *         lies there goes
 *
 * A hard reset takes users, codes, master code, schedules, settings, Wi-Fi, owner keys, clock and access log. It leaves the images, the
 * recovery code, the battery's calibration (a fact of the board, not of its owner), security floors, what health checks found, and the install
 * history. From then on the recovery code is the only one: it opens, and asks for a new master code.
 */
import { NO_BOOTABLE_IMAGE, type ErrorCode } from '../errors.js';
import { CALIBRATION, FLOOR, HEALTH_BASELINE, HISTORY, OWNERS, PENDING, RECOVERY, STAGED } from '../flash/keys.js';
import { scrubRecords, wipeRecords } from '../flash/record-chores.js';
import type { Ring } from '../flash/records.js';
import type { LogEntry } from './access-log.js';
import { ownerEpoch, withoutOwners } from './owners.js';
import { LOG_FACTORY_RESET, LOG_RESTORED } from './states.js';
import type { WritableRecords } from './tables.js';

export const PENDING_BYTES = 8;
export const HARD_RESET = 1;
export const RESTORE = 2;

/** May the lock be restarted on purpose? `bootable`: an image that the next start can run is in flash. */
export function checkReset(bootable: boolean): ErrorCode {
  return bootable ? 0 : NO_BOOTABLE_IMAGE;
}

/** Orders a hard reset: restart when this gives 0. */
export function orderHardReset(records: WritableRecords, bootable: boolean, source: number, user: number): ErrorCode {
  const epoch = ownerEpoch(withoutOwners(records.get(OWNERS)));
  return checkReset(bootable) || orderPending(records, HARD_RESET, source, user, epoch);
}

/** The mark itself; one write. */
export function orderPending(records: WritableRecords, what: number, source: number, user: number, value: number): ErrorCode {
  return records.set(PENDING, new Uint8Array([what, source, user, 0, value, value >> 8, value >> 16, value >> 24]));
}

/** What a start finished. */
export interface Finished {
  /** 0: nothing was left to do, or all of it is done. A code: flash refused; the old codes may still open, and the next start tries again. */
  code: ErrorCode;
  /** For the log. */
  entry: LogEntry | undefined;
}

/** At each start, before the door opens and anything of the records is kept in RAM. Takes up to a second where there is something to do. */
export function finishPending(ring: Ring): Finished {
  const mark = ring.get(PENDING);
  const finished: Finished = { code: 0, entry: undefined };
  if (!mark) return finished;
  const what = mark.length === PENDING_BYTES ? mark[0] : 0;
  if (what === HARD_RESET) finished.code = finishHardReset(ring, mark);
  else if (what === RESTORE) finished.code = finishRestore(ring, mark);
  if (!finished.code && what && !isDropping(what, mark)) {
    finished.entry = {
      sequence: 0, time: 0, uptime: 0, what: what === HARD_RESET ? LOG_FACTORY_RESET : LOG_RESTORED, source: mark[1]!, user: mark[2]!, code: 0,
    };
  }
  finished.code = finished.code || ring.set(PENDING, new Uint8Array(0));
  return finished;
}

/** A restore that was finished, and told of, but for what lay ready. */
function isDropping(what: number, mark: Uint8Array): boolean {
  return what === RESTORE && !(mark[4]! | mark[5]! | mark[6]! | mark[7]!);
}

function finishHardReset(ring: Ring, mark: Uint8Array): ErrorCode {
  const code = wipeRecords(ring, [FLOOR, HISTORY, CALIBRATION, HEALTH_BASELINE, RECOVERY, PENDING])
    || ring.set(OWNERS, new Uint8Array([mark[4]!, mark[5]!, 0]));
  if (code) return code;
  // A page that cannot be erased any more may keep what it holds: the lock itself never reads it again.
  scrubRecords(ring);
  return 0;
}

/** First all that comes; then a mark without keys, which says that what lay ready for it may go. */
function finishRestore(ring: Ring, mark: Uint8Array): ErrorCode {
  if (!isDropping(RESTORE, mark)) {
    for (let key = 1; key < STAGED; key++) {
      if (!(mark[4 + (key >> 3)]! & 1 << (key & 7))) continue;
      const code = ring.set(key, ring.get(STAGED + key) || new Uint8Array(0));
      if (code) return code;
    }
    const done = new Uint8Array(mark);
    done.fill(0, 4);
    const code = ring.set(PENDING, done);
    if (code) return code;
  }
  return dropStaged(ring);
}

function dropStaged(ring: Ring): ErrorCode {
  for (let key = STAGED + 1; key < STAGED + STAGED; key++) {
    const code = ring.get(key) ? ring.set(key, new Uint8Array(0)) : 0;
    if (code) return code;
  }
  return 0;
}
