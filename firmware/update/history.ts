/**
 * What became of the images this lock was given: verdicts of 44 bytes, newest last, under one key of the record store. A version
 * that rolled back is not taken again.
 */
import { copyBytes } from '../flash/bytes.js';
import type { ErrorCode } from '../errors.js';
import type { Journal } from '../flash/journal.js';
import { HISTORY } from '../flash/keys.js';
import { ROLLBACK } from '../flash/kinds.js';
import type { Records } from '../flash/records.js';
import { bytesEqual } from '../image/keys.js';
import { compareVersions, type Version } from '../image/version.js';
import { APPLIED, decodeVerdict, encodeVerdict, ROLLED_BACK, type Verdict } from './boot-state.js';

const VERDICT_BYTES = 44;
/** As many as fit one record. */
export const HISTORY_LIMIT = 20;

/** Verdict number `index`, 0 = the newest. */
export function verdictAt(records: Records, index: number): Verdict | undefined {
  const bytes = records.get(HISTORY);
  const at = bytes ? bytes.length - (index + 1) * VERDICT_BYTES : -1;
  return bytes && at >= 0 ? decodeVerdict(copyBytes(bytes, at, at + VERDICT_BYTES)) : undefined;
}

/** Adds a verdict; the oldest makes room. One that is there already, bit for bit, is not added again. */
export function addVerdict(records: Records, verdict: Verdict): ErrorCode {
  const added = encodeVerdict(verdict.result, verdict.reason, verdict);
  const old = records.get(HISTORY) || new Uint8Array(0);
  let from = old.length - HISTORY_LIMIT * VERDICT_BYTES + VERDICT_BYTES;
  if (from < 0) from = 0;
  for (let at = 0; at < old.length; at += VERDICT_BYTES) {
    if (bytesEqual(copyBytes(old, at, at + VERDICT_BYTES), added)) return 0;
  }
  const bytes = new Uint8Array(old.length - from + VERDICT_BYTES);
  bytes.set(copyBytes(old, from, old.length), 0);
  bytes.set(added, old.length - from);
  return records.set(HISTORY, bytes);
}

/** Copies the newest rollback from the journal, which keeps only one. Called before another trial can end in a rollback. */
export function rememberRollback(journal: Journal, records: Records): ErrorCode {
  const bytes = journal.read(ROLLBACK);
  const verdict = bytes && decodeVerdict(bytes);
  return verdict && !rolledBackIn(records, verdict.version) ? addVerdict(records, verdict) : 0;
}

/** Whether this version was tried here and rolled back, and was not applied since. */
export function rolledBackBefore(journal: Journal, records: Records, version: Version): boolean {
  const last = journal.read(ROLLBACK);
  return (!!last && compareVersions(decodeVerdict(last).version, version) === 0) || rolledBackIn(records, version);
}

function rolledBackIn(records: Records, version: Version): boolean {
  for (let i = 0; i < HISTORY_LIMIT; i++) {
    const verdict = verdictAt(records, i);
    if (!verdict) return false;
    if (compareVersions(verdict.version, version) === 0) {
      if (verdict.result === ROLLED_BACK) return true;
      if (verdict.result === APPLIED) return false;
    }
  }
  return false;
}
