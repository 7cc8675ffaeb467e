/** A record store on simulated flash with everything a lock may hold, told apart by a byte. */
import { expect } from 'vitest';
import {
  CALIBRATION, CLOCK, CODES, FLOOR, HEALTH_BASELINE, HISTORY, HOLIDAYS, LOG_FIRST, MASTER, MORE_CODES, OWNERS, RECOVERY, SCHEDULES, SETTINGS, WIFI,
} from '../../firmware/flash/keys.js';
import { keysOf } from '../../firmware/flash/record-chores.js';
import { openRecords, type Ring } from '../../firmware/flash/records.js';
import { parseLogEntry } from '../../firmware/lock/access-log.js';
import { withOwner } from '../../firmware/lock/owners.js';
import { crc32, type Chip } from '../flash/support.js';

export const bytesOf = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
export const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
export const open = (chip: Chip): Ring => openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
export const entry = (fill: number, user: number, type: number): Uint8Array => concat(bytesOf(16, fill), new Uint8Array([user, type, 0, 0]));

/** Users, settings and all else, told apart by `mark`. */
export function fill(records: Ring, mark: number): void {
  const put = (key: number, bytes: Uint8Array): void => expect(records.set(key, bytes)).toBe(0);
  put(CODES, concat(...Array.from({ length: 51 }, (_, n) => entry(mark + n & 255, n + 1, 0))));
  put(MORE_CODES, concat(...Array.from({ length: 9 }, (_, n) => entry(mark ^ n, n + 52, 5))));
  put(MASTER, bytesOf(16, mark ^ 0xff));
  put(SETTINGS, bytesOf(24, mark));
  put(WIFI, bytesOf(31, mark));
  put(CALIBRATION, bytesOf(2, mark));
  put(SCHEDULES, bytesOf(160, mark));
  put(HOLIDAYS, bytesOf(48, mark));
  put(OWNERS, withOwner(undefined, 1, bytesOf(32, mark)));
  put(CLOCK, bytesOf(8, mark));
  put(FLOOR, bytesOf(84, mark));
  put(HISTORY, bytesOf(440, mark));
  put(HEALTH_BASELINE, bytesOf(1, mark));
  put(RECOVERY, bytesOf(32, mark));
  for (let n = 0; n < 20; n++) put(LOG_FIRST + n, concat(new Uint8Array([n + 1, 0, 0, 0]), bytesOf(12, mark)));
}

function contents(records: Ring): Map<number, Uint8Array> {
  return new Map(keysOf(records).map((key) => [key, records.get(key)!]));
}

/** Everything but the log. */
export function values(records: Ring): Map<number, Uint8Array> {
  return new Map([...contents(records)].filter(([key]) => key < LOG_FIRST));
}

export function logged(records: Ring): number[] {
  return [...contents(records)].filter(([key]) => key >= LOG_FIRST).map(([, bytes]) => parseLogEntry(bytes).what);
}
