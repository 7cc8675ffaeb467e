/** What a lock's flash says about it, for people: read with the firmware's own modules, and nothing is written. */
import { LOG_FIRST, LOG_LAST } from '../../firmware/flash/keys.js';
import { BOOTS, ROLLBACK, VERDICT } from '../../firmware/flash/kinds.js';
import type { DoorStores } from '../../firmware/flash/open.js';
import { formatVersion } from '../../firmware/image/version.js';
import { newestSequence, parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import type { Platform } from '../../firmware/platform/types.js';
import { attemptsUsed, confirmedOf, decodeVerdict, ROLLED_BACK, trialOf, type Verdict } from '../../firmware/update/boot-state.js';
import { bootLog, lastLaunched, type BootLogEntry } from '../../firmware/update/boots.js';
import { HISTORY_LIMIT, verdictAt } from '../../firmware/update/history.js';
import { pagesDone, sessionOf } from '../../firmware/update/session.js';
import { reasonInWords } from '../smp/refusal-words.js';
import { logInWords } from './log-words.js';
import { slotName, verdictInWords } from './words.js';

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
  /** What became of the images, oldest first, from the history that survives the journal. */
  history(): Verdict[];
  /** The last starts, oldest first, of at most 16. `startsSequence`: of the journal's record that holds them. */
  starts: BootLogEntry[];
  startsSequence: number;
  /** Newest entry of the access log; its sequence is 0 where there is none. */
  logSequence: number;
  /** Access-log entry of that sequence, as long as the ring holds it. */
  logEntry(sequence: number): LogEntry | undefined;
}

export const LOG_ENTRIES = LOG_LAST - LOG_FIRST + 1;

export function readingOf({ journal, records }: Pick<DoorStores, 'journal' | 'records'>, platform: Platform): Reading {
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
    history: () => Array.from({ length: HISTORY_LIMIT }, (_, index) => verdictAt(records, HISTORY_LIMIT - 1 - index)).filter((each) => each !== undefined),
    starts: valid ? bootLog(journal) : [],
    startsSequence: valid ? journal.sequenceOf(BOOTS) : 0,
    logSequence: newestSequence(records),
    logEntry(sequence) {
      const bytes = records.get(LOG_FIRST + ((sequence - 1) % LOG_ENTRIES));
      const entry = bytes && parseLogEntry(bytes);
      return entry?.sequence === sequence ? entry : undefined;
    },
  };
}

/** The newest rollback as a verdict of the history may lack it: the next start copies it there. */
export function outcomes(reading: Reading): Verdict[] {
  const { rollback } = reading;
  const history = reading.history();
  const known = rollback && history.some((each) => each.result === ROLLED_BACK && Buffer.compare(each.imageId, rollback.imageId) === 0);
  return rollback && !known ? [...history, rollback] : history;
}

export interface Change {
  topic: 'door' | 'boot' | 'update';
  text: string;
}

/** What changed from one reading to the next, starts aside. */
export function changesIn(before: Reading, now: Reading): Change[] {
  const changes: Change[] = [];
  const tell = (topic: Change['topic'], text: string): void => void changes.push({ topic, text });
  if (now.upload && (now.upload.done !== before.upload?.done || now.upload.bytes !== before.upload.bytes) && now.upload.done > 0) {
    const percent = Math.floor((now.upload.done / now.upload.pages) * 100);
    const last = before.upload && before.upload.bytes === now.upload.bytes ? Math.floor((before.upload.done / before.upload.pages) * 100) : 0;
    if (Math.floor(percent / 10) !== Math.floor(last / 10)) tell('update', `Upload: ${percent} % is in flash.`);
  }
  if (now.confirmed && (now.confirmed.version !== before.confirmed?.version || now.confirmed.slot !== before.confirmed.slot)) {
    tell('update', before.known ? `Version ${now.confirmed.version} has proved itself: CONFIRMED.` : `First start: version ${now.confirmed.version} was verified in full.`);
  }
  if (now.rollback && now.rollback.sequence !== before.rollback?.sequence) {
    tell('update', `ROLLED BACK: version ${formatVersion(now.rollback.version)}, because of ${reasonInWords(now.rollback.reason)}`);
  }
  if (now.verdict && now.verdict.sequence !== before.verdict?.sequence) {
    const words = verdictInWords(now.verdict);
    if (words) tell('boot', words);
  }
  for (let sequence = Math.max(before.logSequence, now.logSequence - 16) + 1; sequence <= now.logSequence; sequence++) {
    const entry = now.logEntry(sequence);
    if (entry) tell('door', `Log: ${logInWords(entry)}`);
  }
  return changes;
}

/** Starts that began after the reading before. */
export function startsSince(before: Reading, now: Reading): BootLogEntry[] {
  return now.startsSequence === before.startsSequence ? now.starts.slice(before.starts.length) : now.starts;
}
