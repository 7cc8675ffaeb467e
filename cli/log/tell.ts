/** A lock's log, in words: what it remembers, and what is new in it. */
import type { LogEntry } from '../../firmware/lock/access-log.js';
import { changesIn, LOG_ENTRIES, outcomes, readingOf, startsSince, type Reading } from '../flash/reading.js';
import { logInWords } from '../flash/log-words.js';
import { CAUSES, launchInWords, startInWords, verdictInWords } from '../flash/words.js';
import { Refusal } from '../image/refusal.js';
import type { LockState } from './source.js';

/** All that the lock remembers, oldest first in each part: only the access log knows a time, and only where the clock was set. */
export function logLines(state: LockState, file: string): string[] {
  const { identity, family } = state;
  if (!identity) throw new Refusal(`${file}: both copies of the identity are damaged; the lock has to be provisioned again`);
  const reading = readingOf(state, state.platform);
  const { name } = JSON.parse(identity.wiring) as { name: string };
  return [
    `${name}, serial ${identity.serial}, ${family.name}, ${identity.production ? 'production' : 'development'}.`,
    ...part('Starts', reading.starts.map(startInWords)),
    ...part('Updates', updatesIn(reading)),
    ...part('At the door', entriesOf(reading).map((entry) => `${whenOf(entry)}  ${logInWords(entry)}`)),
  ];
}

function part(title: string, lines: readonly string[]): string[] {
  return [`${title}, oldest first:`, ...(lines.length ? lines : ['nothing yet']).map((line) => `  ${line}`)];
}

function updatesIn(reading: Reading): string[] {
  const { verdict, trial, upload, confirmed } = reading;
  const last = verdict && verdictInWords(verdict);
  return [
    ...outcomes(reading).flatMap((each) => verdictInWords(each) ?? []),
    ...(last ? [last] : []),
    ...(upload && upload.done < upload.pages ? [`An upload is under way: ${upload.done} of ${upload.pages} pages are in flash.`] : []),
    ...(trial ? [`Version ${trial.version} is on trial, in slot ${trial.slot}: ${trial.attempts} of 3 attempts used.`] : []),
    confirmed ? `Version ${confirmed.version} is the confirmed one, in slot ${confirmed.slot}.` : 'Nothing is confirmed yet: the first start verifies both slots.',
  ];
}

function entriesOf(reading: Reading): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let sequence = Math.max(1, reading.logSequence - LOG_ENTRIES + 1); sequence <= reading.logSequence; sequence++) {
    const entry = reading.logEntry(sequence);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** The time where the lock knew it, how long it had been running where it did not. */
function whenOf({ time, uptime }: LogEntry): string {
  if (time) return new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(uptime / 3600))}:${two(Math.floor(uptime / 60) % 60)}:${two(uptime % 60)} after a start`;
}

/** What is new since `before`. The same state gives the same lines: it may be asked more than once. */
export function newsIn(before: Reading, state: LockState): { now: Reading; lines: string[] } {
  const now = readingOf(state, state.platform);
  const lines = startsSince(before, now).map(({ cause }) => CAUSES[cause]);
  const launched = now.starts.at(-1);
  if (launched && launched.ran >= 0 && (lines.length || before.starts.at(-1)?.ran !== launched.ran)) lines.push(launchInWords(launched, 'runs'));
  return { now, lines: [...lines, ...changesIn(before, now).map(({ text }) => text)] };
}
