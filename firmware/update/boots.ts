/**
 * How the last starts ended, from marks in the journal (kind BOOTS). Each start has four marks: started (value: cause of the
 * reset), launched (value: what was run), healthy (60 s passed), planned (a restart the firmware asked for). A mark is one fresh
 * word, so a normal start costs two words and no erase. A record holds 16 starts; its payload carries the counts of those before.
 */
import { BOOTS } from '../flash/kinds.js';
import type { Journal } from '../flash/journal.js';
import type { ResetCause } from '../platform/types.js';
import type { ErrorCode } from '../errors.js';

const STARTS_PER_RECORD = 16;
const MARKS_PER_START = 4;
const STARTED = 0;
const LAUNCHED = 1;
const HEALTHY = 2;
const PLANNED = 3;

/** Bits of the `launched` mark. */
export const RAN_TRIAL = 2;
export const RAN_DEGRADED = 4;
export const RAN_SAFE_MODE = 8;

/** Values of the `planned` mark. */
export const RESTART = 1;
export const RESTART_INTO_SAFE_MODE = 2;

/** Unclean boots in a row at which the confirmed image counts as crash-looping. */
export const UNCLEAN_LIMIT = 5;
/** The same for early resets that do not speak against the image: power-on, button, brown-out. */
export const EARLY_LIMIT = 8;
/** The same where the cause of a reset cannot be read, and every early one counts. */
export const UNKNOWN_LIMIT = 10;

const CAUSES: ResetCause[] = ['unknown', 'powerOn', 'pin', 'software', 'watchdog', 'brownOut', 'deepSleep'];

/** Counts over the starts before this one, each "in a row". */
export interface BootCounts {
  startsWithoutLaunch: number;
  unclean: number;
  early: number;
  /** Unclean boots that ran keypad-only. */
  degradedUnclean: number;
  /** The last start ended with a planned restart into safe mode. */
  safeModePlanned: boolean;
}

/** Reads the counts. `cause`: why the chip started now. Writes nothing. */
export function countBoots(journal: Journal, cause: ResetCause): BootCounts {
  const carried = journal.read(BOOTS);
  const counts: BootCounts = {
    startsWithoutLaunch: carried ? carried[0]! : 0,
    unclean: carried ? carried[1]! : 0,
    early: carried ? carried[2]! : 0,
    degradedUnclean: carried ? carried[3]! : 0,
    safeModePlanned: false,
  };
  if (!carried) return counts;
  const starts = startsIn(journal);
  for (let start = 0; start < starts; start++) {
    const next = start + 1 < starts ? journal.markAt(BOOTS, (start + 1) * MARKS_PER_START + STARTED) : CAUSES.indexOf(cause);
    countStart(journal, start * MARKS_PER_START, next, counts);
  }
  return counts;
}

/** Starts of the newest record that left any mark. */
function startsIn(journal: Journal): number {
  let starts = STARTS_PER_RECORD;
  while (starts > 0 && journal.markAt(BOOTS, (starts - 1) * MARKS_PER_START + STARTED) === -1) starts--;
  return starts;
}

/** Adds one start to `counts`. `endedBy`: cause of the reset that followed it (a torn mark counts as unknown). */
function countStart(journal: Journal, mark: number, endedBy: number, counts: BootCounts): void {
  const launched = journal.markAt(BOOTS, mark + LAUNCHED);
  const planned = journal.markAt(BOOTS, mark + PLANNED);
  counts.safeModePlanned = planned === RESTART_INTO_SAFE_MODE;
  if (launched === -1) {
    counts.startsWithoutLaunch++;
    return;
  }
  counts.startsWithoutLaunch = 0;
  const ran = launched < 0 ? 0 : launched;
  if (ran & (RAN_TRIAL | RAN_SAFE_MODE)) return;
  if (journal.markAt(BOOTS, mark + HEALTHY) !== -1) {
    counts.unclean = counts.early = counts.degradedUnclean = 0;
    return;
  }
  if (planned !== -1) return;
  const cause = CAUSES[endedBy < 0 ? 0 : endedBy];
  if (cause === 'watchdog' || cause === 'software') {
    counts.unclean++;
    if (ran & RAN_DEGRADED) counts.degradedUnclean++;
  } else {
    counts.early++;
    if (ran & RAN_DEGRADED && counts.early > UNKNOWN_LIMIT + 2) counts.degradedUnclean++;
  }
}

/** Whether the counts say that the confirmed image crashes on start again and again. */
export function isCrashLooping(counts: BootCounts, cause: ResetCause): boolean {
  return counts.unclean >= UNCLEAN_LIMIT || counts.early >= (cause === 'unknown' ? UNKNOWN_LIMIT : EARLY_LIMIT);
}

/**
 * Marks this start; begins a new record, with the counts carried over, when the last one is full. Without `counts` it begins one in
 * which nothing counts: another image takes over, and must not pay for the crashes of the one before.
 */
export function markStarted(journal: Journal, cause: ResetCause, counts?: BootCounts): ErrorCode {
  if (!counts || !journal.read(BOOTS) || startsIn(journal) === STARTS_PER_RECORD) {
    const carried = new Uint8Array(4);
    if (counts) carried.set([counts.startsWithoutLaunch, counts.unclean, counts.early, counts.degradedUnclean]);
    const code = journal.append(BOOTS, carried, STARTS_PER_RECORD * MARKS_PER_START);
    if (code) return code;
  }
  return journal.mark(BOOTS, startsIn(journal) * MARKS_PER_START + STARTED, CAUSES.indexOf(cause));
}

/** Marks that something is about to be run: `slot` plus RAN_ bits. Called right before the launch. */
export function markLaunched(journal: Journal, what: number): ErrorCode {
  return markCurrent(journal, LAUNCHED, what);
}

/** The image ran for 60 s: earlier crashes no longer count. */
export function markHealthy(journal: Journal): ErrorCode {
  return markCurrent(journal, HEALTHY, 1);
}

/** The restart that follows is wanted: RESTART or RESTART_INTO_SAFE_MODE. */
export function markPlanned(journal: Journal, how: number): ErrorCode {
  return markCurrent(journal, PLANNED, how);
}

/** What was launched last: its slot plus RAN_ bits. Negative where no mark says so. */
export function lastLaunched(journal: Journal): number {
  const starts = startsIn(journal);
  return starts ? journal.markAt(BOOTS, (starts - 1) * MARKS_PER_START + LAUNCHED) : -1;
}

function markCurrent(journal: Journal, which: number, value: number): ErrorCode {
  const starts = startsIn(journal);
  return starts ? journal.mark(BOOTS, (starts - 1) * MARKS_PER_START + which, value) : 0;
}

/** One start in the boot log. */
export interface BootLogEntry {
  /** Why the chip started; `unknown` also where the mark is torn. */
  cause: ResetCause;
  /** How far it came: `core` = the bootloader began; `app` = a slot passed its check and was launched; `healthy` = 60 s passed. */
  stage: 'core' | 'app' | 'healthy';
  /** What was launched: slot number and RAN_ bits; -1 = nothing. */
  ran: number;
  /** RESTART, RESTART_INTO_SAFE_MODE, or 0 where the restart that ended it was not asked for. */
  planned: number;
}

/** The boot log: up to 16 starts, oldest first, this one last. The bootloader does not carry this function. */
export function bootLog(journal: Journal): BootLogEntry[] {
  const log: BootLogEntry[] = [];
  if (!journal.read(BOOTS)) return log;
  const starts = startsIn(journal);
  for (let start = 0; start < starts; start++) {
    const mark = start * MARKS_PER_START;
    const cause = journal.markAt(BOOTS, mark + STARTED);
    const ran = journal.markAt(BOOTS, mark + LAUNCHED);
    const planned = journal.markAt(BOOTS, mark + PLANNED);
    const healthy = journal.markAt(BOOTS, mark + HEALTHY) !== -1;
    log.push({
      cause: CAUSES[cause] || 'unknown',
      stage: healthy ? 'healthy' : ran === -1 ? 'core' : 'app',
      ran,
      planned: planned < 0 ? 0 : planned,
    });
  }
  return log;
}
