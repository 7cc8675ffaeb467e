/** The figures of docs/flash-format.md, computed again. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { freeBytesOf } from '../../firmware/flash/record-chores.js';
import { CODES, LOG_FIRST, SCHEDULES } from '../../firmware/flash/keys.js';
import * as kinds from '../../firmware/flash/kinds.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { openRecords } from '../../firmware/flash/records.js';
import { VALUE_MAX } from '../../firmware/flash/record-format.js';
import { HOLIDAYS_MAX, SCHEDULES_MAX } from '../../firmware/lock/schedules.js';
import { SETTINGS_BYTES } from '../../firmware/lock/settings.js';
import { CODE_ENTRY_BYTES, SCHEDULE_ENTRY_BYTES, tablesOf } from '../../firmware/lock/tables.js';
import { LOG_ENTRY_BYTES } from '../../firmware/lock/access-log.js';
import { OWNER_KEY_BYTES, OWNERS_MAX, withOwner } from '../../firmware/lock/owners.js';
import { HISTORY_LIMIT } from '../../firmware/update/history.js';
import { createChip, crc32 } from './support.js';

const doc = readFileSync(new URL('../../docs/flash-format.md', import.meta.url), 'utf8');
const rows = [...doc.matchAll(/^\| ([^|*]+) \| (\d+) \| (\d+) \| (\d+) \|$/gm)].map(([, what, values, bytes, stored]) => (
  { what: what!, values: Number(values), bytes: Number(bytes), stored: Number(stored) }));

const bold = (what: string): number => Number(new RegExp(`\\*\\*${what}\\*\\* \\| \\| \\| \\*\\*(\\d+)\\*\\*`).exec(doc)?.[1]);
const figure = (pattern: RegExp): number => Number(pattern.exec(doc)?.[1]?.replaceAll(',', ''));

function lengthOfEightOwners(): number {
  let record: Uint8Array | undefined;
  for (let owner = 1; owner <= OWNERS_MAX; owner++) record = withOwner(record, owner, new Uint8Array(OWNER_KEY_BYTES));
  return record!.length;
}

function storeOf(pages: number) {
  const chip = createChip(1, pages);
  return { chip, records: openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 }) };
}

describe('docs/flash-format.md', () => {
  it('gives the sizes that the firmware has', () => {
    const bytesOf = (what: string): number => rows.find((row) => row.what.startsWith(what))!.bytes;
    const valuesOf = (what: string): number => rows.find((row) => row.what.startsWith(what))!.values;
    const codes = Math.floor(VALUE_MAX / CODE_ENTRY_BYTES);
    const times = Math.floor(VALUE_MAX / SCHEDULE_ENTRY_BYTES);
    expect([valuesOf('255 codes'), bytesOf('255 codes')]).toEqual([tablesOf(CODES), codes * CODE_ENTRY_BYTES]);
    expect(tablesOf(CODES) * codes).toBe(255);
    expect([valuesOf('100 schedules, 92 ends'), bytesOf('100 schedules, 92 ends')]).toEqual([3, times * SCHEDULE_ENTRY_BYTES]);
    expect(bytesOf('8 more ends')).toBe((SCHEDULES_MAX + 100 - 3 * times) * SCHEDULE_ENTRY_BYTES);
    expect(tablesOf(SCHEDULES) * times).toBeGreaterThanOrEqual(SCHEDULES_MAX + 100);
    expect(bytesOf('20 holidays')).toBe(HOLIDAYS_MAX * SCHEDULE_ENTRY_BYTES);
    expect(bytesOf('settings')).toBe(SETTINGS_BYTES);
    expect(bytesOf('install history')).toBe(HISTORY_LIMIT * 44);
    expect(bytesOf('access log')).toBe(LOG_ENTRY_BYTES);
    expect(bytesOf('security floor')).toBe(84);
    expect(bytesOf('owner epoch and 8 owner keys')).toBe(lengthOfEightOwners());
  });

  it('gives the room that the store takes for each row, and all of it fits', () => {
    const { chip, records } = storeOf(FAMILIES.find(({ name }) => name === 'esp32')!.geometry.recordPages);
    expect(freeBytesOf(records)).toBe(bold('room, 16 pages'));
    let key = 1;
    for (const row of rows) {
      const before = freeBytesOf(records);
      const first = row.what.startsWith('access log') ? LOG_FIRST : key;
      for (let n = 0; n < row.values; n++) expect(records.set(first + n, new Uint8Array(row.bytes).fill(7)), row.what).toBe(0);
      if (first === key) key += row.values;
      expect(before - freeBytesOf(records), row.what).toBe(row.stored);
    }
    expect(rows.reduce((sum, row) => sum + row.stored, 0)).toBe(bold('all of it'));

    const begun = chip.nor.erases.reduce((sum, count) => sum + count, 0);
    const most = { program: 0, erase: 0 };
    for (let n = 0; n < 20_000; n++) {
      const now = { program: 0, erase: 0 };
      chip.nor.onOperation = (operation) => { now[operation.kind]++; };
      expect(records.set(LOG_FIRST + (n & 0xff), new Uint8Array(LOG_ENTRY_BYTES).fill(n))).toBe(0);
      most.program = Math.max(most.program, now.program);
      most.erase = Math.max(most.erase, now.erase);
    }
    const entries = 20_000 / (chip.nor.erases.reduce((sum, count) => sum + count, 0) - begun);
    expect(figure(/one page for every (\d+) log entries/)).toBe(Math.floor(entries));
    expect(figure(/pages last for (\d+) million/)).toBe(Math.floor((Math.floor(entries) * 16 * 100_000) / 1e6));
    expect(figure(/run erases (\d+) page/)).toBe(most.erase);
    expect(figure(/programs (\d+) times/)).toBe(most.program);
  });

  it('says what Espruino for Linux has room for', () => {
    const { geometry } = FAMILIES.find(({ name }) => name === 'linux')!;
    expect(figure(/Linux has (\d+) record pages/)).toBe(geometry.recordPages);
    expect(figure(/record pages, room for (\d+) bytes/)).toBe(freeBytesOf(storeOf(geometry.recordPages).records));
  });

  it('counts the cells of a journal in which every kind has its record', () => {
    const used = Object.values(kinds);
    const marked: number[] = [kinds.SESSION, kinds.BOOTS, kinds.TRIES];
    const chip = createChip(1);
    const journal = openJournal({ flash: chip.nor.port, span: chip.journal, spare: chip.spare, crc32 });
    expect(journal.format()).toBe(0);
    for (const kind of used) expect(journal.append(kind, new Uint8Array(4), marked.includes(kind) ? 64 : 0)).toBe(0);
    expect(figure(/\| (\d+) kinds \|/)).toBe(used.length);
    let free = 0;
    const erases = (): number => chip.nor.erases[1]! + chip.nor.erases[2]!;
    const before = erases();
    while (journal.append(kinds.CONFIRM, new Uint8Array(84)) === 0 && erases() === before) free++;
    expect(figure(/free after a compaction, at least \| (\d+)/)).toBe(free);
  });
});
