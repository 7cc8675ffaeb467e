/** Flash that rots: nothing throws, and a damaged bit costs no more than the one thing it belongs to. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysOf } from '../../firmware/flash/record-chores.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { LOW_KEYS } from '../../firmware/flash/keys.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { openRecordReader } from '../../firmware/flash/record-reader.js';
import { openRecords } from '../../firmware/flash/records.js';
import { createRandom } from '../../virtual-board/random.js';
import { BASE, createChip, crc32, holds, type Chip } from './support.js';

const JOURNAL_KINDS = 13;
const KEYS = [1, 2, 3, 4, 5, 6, 0x100, 0x101, 0x102, 0x103];

function journalOf(chip: Chip) {
  return openJournal({ flash: chip.nor.port, span: chip.journal, spare: chip.spare, crc32 });
}

function recordsOf(chip: Chip) {
  return openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
}

/** A chip after some life. `changes` decides how full the newest pages are. */
function livedChip(changes: number): Chip {
  const chip = createChip(1, 4);
  const journal = journalOf(chip);
  const records = recordsOf(chip);
  journal.format();
  for (let n = 0; n < JOURNAL_KINDS + changes; n++) {
    const kind = 1 + (n % JOURNAL_KINDS);
    journal.append(kind, new Uint8Array([kind, n]), kind === 7 ? 64 : 0);
    journal.mark(kind, 0, n);
  }
  for (let n = 0; n < 40 + changes; n++) {
    const key = KEYS[n % KEYS.length]!;
    records.set(key, new Uint8Array(key < 8 ? 300 : 16).fill(key));
  }
  return chip;
}

/** What a reader gets: for each kind whether a payload of that kind came back, and how many keys gave their value. */
function lost(chip: Chip): { valid: boolean; kinds: number; keys: number } {
  const journal = journalOf(chip);
  const records = recordsOf(chip);
  const reader = openRecordReader({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
  let kinds = 0;
  for (let kind = 1; kind <= JOURNAL_KINDS; kind++) {
    const payload = journal.read(kind);
    if (payload) expect(payload[0]).toBe(kind);
    else kinds++;
  }
  let keys = 0;
  for (const key of KEYS) {
    const value = records.get(key);
    if (value) expect(value).toEqual(new Uint8Array(key < 8 ? 300 : 16).fill(key));
    else keys++;
    if (key < LOW_KEYS) expect(reader.get(key), `key ${key}, read by itself`).toEqual(value);
  }
  return { valid: journal.valid, kinds, keys };
}

const where = fc.record({ page: fc.integer({ min: 1, max: 6 }), bit: fc.nat(PAGE_BYTES * 8 - 1), changes: fc.nat(80) });

test('a flipped bit costs at most one record and one value', () => {
  holds(fc.property(where, ({ page, bit, changes }) => {
    const chip = livedChip(changes);
    chip.nor.bytes[page * PAGE_BYTES + (bit >> 3)]! ^= 1 << (bit & 7);
    const after = lost(chip);
    expect(after.valid).toBe(true);
    expect(after.kinds + after.keys).toBeLessThanOrEqual(1);
    // And the next changes go on as ever.
    expect(journalOf(chip).append(1, new Uint8Array([1]))).toBe(0);
    expect(recordsOf(chip).set(1, new Uint8Array(300).fill(1))).toBe(0);
    expect(lost(chip).valid).toBe(true);
  }), 120, 'damage.test.ts');
});

test('a page of garbage throws nothing, and the stores go on with what is left', () => {
  const how = fc.constantFrom('random', 'zero', 'blank');
  holds(fc.property(where, how, fc.nat(), ({ page, changes }, content, seed) => {
    const chip = livedChip(changes);
    const garbage = content === 'random' ? createRandom(seed).bytes(PAGE_BYTES) : new Uint8Array(PAGE_BYTES).fill(content === 'zero' ? 0 : 0xff);
    chip.nor.bytes.set(garbage, page * PAGE_BYTES);
    const after = lost(chip);
    if (page < 3) expect(after.keys).toBe(0);
    else expect(after.kinds).toBe(0);
    const journal = journalOf(chip);
    if (!journal.valid) expect(journal.format()).toBe(0);
    expect(journal.append(2, new Uint8Array([2]))).toBe(0);
    expect(recordsOf(chip).set(2, new Uint8Array(300).fill(2))).toBe(0);
    expect(journalOf(chip).read(2)).toEqual(new Uint8Array([2]));
    expect(recordsOf(chip).get(2)).toEqual(new Uint8Array(300).fill(2));
  }), 100, 'damage.test.ts');
});

test('a chip of garbage: no journal, no values, both can be begun', () => {
  holds(fc.property(fc.nat(), (seed) => {
    const chip = createChip(seed, 4);
    chip.nor.bytes.set(createRandom(seed).bytes(chip.nor.bytes.length));
    const journal = journalOf(chip);
    expect(journal.valid).toBe(false);
    expect(journal.read(1)).toBeUndefined();
    expect(keysOf(recordsOf(chip))).toEqual([]);
    expect(journal.format()).toBe(0);
    expect(recordsOf(chip).set(1, new Uint8Array([1]))).toBe(0);
  }), 50, 'damage.test.ts');
});

test('text inside a value is never taken for a record', () => {
  const chip = createChip(3, 4);
  const journal = journalOf(chip);
  journal.format();
  journal.append(1, new Uint8Array([1]));
  const page = chip.nor.bytes.slice(PAGE_BYTES, 2 * PAGE_BYTES);
  const records = recordsOf(chip);
  // Whole cells, headers and tables of both stores, as somebody could put them into a network name.
  for (let round = 0; round < 40; round++) expect(records.set(3, page.subarray(0, 1024))).toBe(0);
  for (let round = 0; round < 40; round++) expect(records.set(4, chip.nor.bytes.slice(3 * PAGE_BYTES, 3 * PAGE_BYTES + 1024))).toBe(0);
  expect(keysOf(recordsOf(chip))).toEqual([3, 4]);
  expect(recordsOf(chip).get(3)).toEqual(page.subarray(0, 1024));
  expect(journalOf(chip).sequenceOf(1)).toBe(1);
  expect(BASE % PAGE_BYTES).toBe(0);
});
