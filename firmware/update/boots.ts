/**
 * How the last starts ended, from marks in the journal (kind BOOTS). Each start has four marks: started (value: cause of the
 * reset), launched (value: what was run), healthy (60 s passed), planned (a restart the firmware asked for). A mark is one fresh
 * word, so a normal start costs two words and no erase. A record holds 16 starts; its payload carries the counts of those before.
 */
import { BOOTS } from '../flash/kinds.js';
import { markValue, type Journal } from '../flash/journal.js';
import { MARKS_AT } from '../flash/journal-state.js';
import { BLANK } from '../flash/page-header.js';
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
const SOFTWARE = 3;
const WATCHDOG = 4;

/**
 * Counts over the starts before this one, each "in a row" and at most 255, one byte each at these places; the first four are the payload of
 * a record. At the last place: how many starts the record has.
 */
export type BootCounts = Uint8Array;
export const STARTS_WITHOUT_LAUNCH = 0;
export const UNCLEAN = 1;
export const EARLY = 2;
/** Unclean boots that ran keypad-only. */
export const DEGRADED_UNCLEAN = 3;
/** 1: the last start ended with a planned restart into safe mode. */
export const SAFE_MODE_PLANNED = 4;
const STARTS = 5;

/** Reads the counts. `cause`: why the chip started now. Writes nothing. */
export function countBoots(journal: Journal, cause: ResetCause): BootCounts {
  const words = journal.words(BOOTS);
  const starts = startsIn(words);
  const counts = new Uint8Array(6);
  // Nothing in front of the last healthy run counts: on most days this looks at one start.
  let start = starts;
  while (start > 0 && !wasHealthy(words, markOf(start))) start--;
  if (!start && words.length) counts.set(new Uint8Array(words.buffer, 8, SAFE_MODE_PLANNED));
  counts[STARTS] = starts;
  for (; start < starts; start++) {
    const next = start + 1 < starts ? markValue(words[markOf(start + 1)]!) : CAUSES.indexOf(cause);
    countStart(words, markOf(start), next, counts);
  }
  if (starts && markValue(words[markOf(starts) - 1]!) === RESTART_INTO_SAFE_MODE) counts[SAFE_MODE_PLANNED] = 1;
  return counts;
}

/** Where the marks of a start begin in the words of its record. */
function markOf(start: number): number {
  return MARKS_AT + start * MARKS_PER_START;
}

/** Starts of the newest record that left any mark. */
function startsIn(words: Uint32Array): number {
  // Starts are marked in order: halves what is left.
  let starts = 0;
  for (let half = words.length ? STARTS_PER_RECORD : 0; half >= 1; half >>= 1) {
    if (starts + half <= STARTS_PER_RECORD && words[MARKS_AT + (starts + half - 1) * MARKS_PER_START] !== BLANK) starts += half;
  }
  return starts;
}

/** In the start before `mark` an image that is not on trial ran for 60 s. A torn mark counts, as everywhere. */
function wasHealthy(marks: Uint32Array, mark: number): boolean {
  const launched = markValue(marks[mark - 3]!);
  return marks[mark - 2] !== BLANK && launched !== -1 && !isUncounted(launched);
}

/** Runs of a trial and of safe mode: the trial has its attempts. */
function isUncounted(launched: number): boolean {
  return launched > 0 && (launched & (RAN_TRIAL | RAN_SAFE_MODE)) > 0;
}

/** Adds one start that was not healthy to `counts`. `endedBy`: cause of the reset that followed it (a torn mark counts as unknown). */
function countStart(marks: Uint32Array, mark: number, endedBy: number, counts: BootCounts): void {
  const launched = markValue(marks[mark + LAUNCHED]!);
  if (launched === -1) return raise(counts, STARTS_WITHOUT_LAUNCH);
  counts[STARTS_WITHOUT_LAUNCH] = 0;
  if (isUncounted(launched) || marks[mark + PLANNED] !== BLANK) return;
  const crashed = endedBy === SOFTWARE || endedBy === WATCHDOG;
  raise(counts, crashed ? UNCLEAN : EARLY);
  if (launched > 0 && launched & RAN_DEGRADED && (crashed || counts[EARLY]! > UNKNOWN_LIMIT + 2)) raise(counts, DEGRADED_UNCLEAN);
}

function raise(counts: BootCounts, which: number): void {
  if (counts[which]! < 255) counts[which]!++;
}

/** Whether the counts say that the confirmed image crashes on start again and again. */
export function isCrashLooping(counts: BootCounts, cause: ResetCause): boolean {
  return counts[UNCLEAN]! >= UNCLEAN_LIMIT || counts[EARLY]! >= (cause === 'unknown' ? UNKNOWN_LIMIT : EARLY_LIMIT);
}

/**
 * Marks this start; begins a new record, with the counts carried over, when the last one is full. `afresh`: begins one in which nothing
 * counts, because another image takes over, and must not pay for the crashes of the one before.
 */
export function markStarted(journal: Journal, cause: ResetCause, counts: BootCounts, afresh?: boolean): ErrorCode {
  if (afresh || !counts[STARTS] || counts[STARTS] === STARTS_PER_RECORD) {
    const code = journal.append(BOOTS, afresh ? new Uint8Array(4) : counts.subarray(0, SAFE_MODE_PLANNED), STARTS_PER_RECORD * MARKS_PER_START);
    if (code) return code;
    counts[STARTS] = 0;
  }
  const code = journal.mark(BOOTS, counts[STARTS]! * MARKS_PER_START + STARTED, CAUSES.indexOf(cause));
  if (!code) counts[STARTS]!++;
  return code;
}

/** Marks that something is about to be run: `slot` plus RAN_ bits. Called right before the launch of a start that was marked. */
export function markLaunched(journal: Journal, what: number, counts: BootCounts): ErrorCode {
  return counts[STARTS] ? journal.mark(BOOTS, (counts[STARTS]! - 1) * MARKS_PER_START + LAUNCHED, what) : 0;
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
  const words = journal.words(BOOTS);
  const starts = startsIn(words);
  return starts ? markValue(words[markOf(starts - 1) + LAUNCHED]!) : -1;
}

function markCurrent(journal: Journal, which: number, value: number): ErrorCode {
  const starts = startsIn(journal.words(BOOTS));
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
  const marks = journal.words(BOOTS);
  const starts = startsIn(marks);
  for (let start = 0; start < starts; start++) {
    const mark = markOf(start);
    const cause = markValue(marks[mark + STARTED]!);
    const ran = markValue(marks[mark + LAUNCHED]!);
    const planned = markValue(marks[mark + PLANNED]!);
    const healthy = marks[mark + HEALTHY] !== BLANK;
    log.push({
      cause: CAUSES[cause] || 'unknown',
      stage: healthy ? 'healthy' : ran === -1 ? 'core' : 'app',
      ran,
      planned: planned < 0 ? 0 : planned,
    });
  }
  return log;
}
