/** What a lock's flash says about it, for people: read with the firmware's own modules, and nothing is written. */
import { LOG_FIRST, LOG_LAST } from '../../firmware/flash/keys.js';
import { ROLLBACK, VERDICT } from '../../firmware/flash/kinds.js';
import { openStores } from '../../firmware/flash/open.js';
import { formatVersion } from '../../firmware/image/version.js';
import { newestSequence, parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import type { Platform } from '../../firmware/platform/types.js';
import { attemptsUsed, confirmedOf, decodeVerdict, trialOf, type Verdict } from '../../firmware/update/boot-state.js';
import { lastLaunched } from '../../firmware/update/boots.js';
import { verdictAt } from '../../firmware/update/history.js';
import { pagesDone, sessionOf } from '../../firmware/update/session.js';
import type { World } from '../../virtual-board/world.js';
import { createHostPlatform } from '../host-platform.js';

export interface Reading {
  /** The journal is there: the lock has started at least once. */
  known: boolean;
  /** Slot of the image launched last, -1 where the journal does not say. */
  launchedSlot: 0 | 1 | -1;
  confirmed: { version: string; slot: 'A' | 'B' } | undefined;
  trial: { version: string; slot: 'A' | 'B'; attempts: number } | undefined;
  upload: { pages: number; done: number; bytes: number } | undefined;
  /** Newest rollback, with the journal's sequence number of it (0 = none). */
  rollback: (Verdict & { sequence: number }) | undefined;
  /** Newest verdict of the bootloader: rebuilt, fell back, degraded, safe mode; or an upload given up. */
  verdict: (Verdict & { sequence: number }) | undefined;
  /** What became of the last image, from the history that clients read. */
  last: Verdict | undefined;
  /** Newest entry of the access log; its sequence is 0 where there is none. */
  logSequence: number;
  /** Access-log entry of that sequence. */
  logEntry(sequence: number): LogEntry | undefined;
}

const slotName = (slot: number): 'A' | 'B' => (slot === 1 ? 'B' : 'A');

export function readLock(world: World): Reading {
  const platform = createHostPlatform(world.nor.bytes, world.nor.base) as Platform;
  const { journal, records } = openStores(platform, world.layout);
  const valid = journal.valid;
  const confirmed = valid ? confirmedOf(journal) : undefined;
  const trial = valid ? trialOf(journal) : undefined;
  const session = valid ? sessionOf(journal, platform) : undefined;
  const verdictOf = (kind: number): Reading['rollback'] => {
    const bytes = valid ? journal.read(kind) : undefined;
    return bytes && { ...decodeVerdict(bytes), sequence: journal.sequenceOf(kind) };
  };
  const launched = valid ? lastLaunched(journal) : -1;
  return {
    known: valid,
    launchedSlot: launched < 0 ? -1 : launched & 1 ? 1 : 0,
    confirmed: confirmed && { version: formatVersion(confirmed.version), slot: slotName(confirmed.slot) },
    trial: trial && { version: formatVersion(trial.version), slot: slotName(trial.slot), attempts: attemptsUsed(journal) },
    upload: session && { pages: session.pageCount, done: pagesDone(journal, session), bytes: session.length },
    rollback: verdictOf(ROLLBACK),
    verdict: verdictOf(VERDICT),
    last: verdictAt(records, 0),
    logSequence: newestSequence(records),
    logEntry(sequence) {
      const bytes = records.get(LOG_FIRST + ((sequence - 1) % (LOG_LAST - LOG_FIRST + 1)));
      return bytes && parseLogEntry(bytes);
    },
  };
}
