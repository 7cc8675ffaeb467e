/** What a lock refused, for the person who asked: the code, what happened, whether the door is safe, what to do. */
import { errorEntry } from '../../firmware/error-table.js';
import { formatCode, NO_WORDS, type ErrorCode } from '../../firmware/errors.js';
import { NO_ANSWER, type SmpError } from './client.js';

/** `reason`: the lock's own words where it has some for that code, volts included. Lines without an indent of their own. */
export function refusalLines(code: ErrorCode, reason?: string): string[] {
  const entry = errorEntry(code);
  if (!entry) return [reason ?? formatCode(code)];
  const words = reason?.endsWith(NO_WORDS) === false ? reason : `${formatCode(code)} ${entry.title}`;
  return [words, plain(entry.door), plain(entry.next)];
}

/** The lines of whatever a request failed with. */
export function failureLines(failure: SmpError): string[] {
  if (failure.rc === NO_ANSWER) return [failure.message];
  return failure.entry ? refusalLines(failure.entry.code, failure.message) : [failure.message];
}

/** `0x46, no radio is reachable. What to do.` */
export function reasonInWords(code: ErrorCode): string {
  const entry = errorEntry(code);
  return entry ? `${formatCode(code)}, ${entry.title}. ${plain(entry.next)}` : formatCode(code);
}

/** Without the marks of Markdown. */
export function plain(text: string): string {
  return text.split('`').join('');
}
