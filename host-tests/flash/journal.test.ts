/** The journal's own rules, one by one. */
import { describe, expect, it } from 'vitest';
import { FLASH_READ_BACK, JOURNAL_FULL, JOURNAL_LOST, OUT_OF_REGION, PAGES_FAILING } from '../../firmware/errors.js';
import { openJournal, type Journal } from '../../firmware/flash/journal.js';
import { MARKS_MAX, PAYLOAD_MAX } from '../../firmware/flash/journal-writer.js';
import { openRecords } from '../../firmware/flash/records.js';
import { createRandom } from '../../virtual-board/random.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { createChip, crc32, type Chip } from './support.js';

function open(chip: Chip): Journal {
  return openJournal({ flash: chip.nor.port, span: chip.journal, spare: chip.spare, crc32 });
}

function fresh(chip = createChip(1, 4)): { chip: Chip; journal: Journal } {
  const journal = open(chip);
  expect(journal.format()).toBe(0);
  return { chip, journal };
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

describe('the journal', () => {
  it('is not valid on a blank chip, and refuses to write there', () => {
    const journal = open(createChip(1, 4));
    expect(journal.valid).toBe(false);
    expect(journal.append(1, bytes(1))).toBe(JOURNAL_LOST);
    expect(journal.mark(1, 0)).toBe(JOURNAL_LOST);
    expect(journal.read(1)).toBeUndefined();
    expect(journal.sequenceOf(1)).toBe(0);
    expect(journal.markAt(1, 0)).toBe(-1);
    expect(journal.firstUnused(1)).toBe(0);
  });

  it('refuses kinds, payloads and mark counts outside its limits, and touches nothing', () => {
    const { chip, journal } = fresh();
    const before = chip.nor.operations;
    for (const kind of [0, 16, -1, NaN]) expect(journal.append(kind, bytes(1))).toBe(OUT_OF_REGION);
    expect(journal.append(1, new Uint8Array(PAYLOAD_MAX + 1))).toBe(OUT_OF_REGION);
    expect(journal.append(1, bytes(1), MARKS_MAX + 1)).toBe(OUT_OF_REGION);
    expect(journal.mark(1, 0)).toBe(OUT_OF_REGION);
    expect(chip.nor.operations).toBe(before);
    expect(journal.append(1, new Uint8Array(PAYLOAD_MAX), MARKS_MAX)).toBe(0);
    expect(journal.mark(1, MARKS_MAX)).toBe(OUT_OF_REGION);
    expect(journal.mark(1, MARKS_MAX - 1, 5)).toBe(0);
    expect(open(chip).markAt(1, MARKS_MAX - 1)).toBe(5);
  });

  it('costs one operation a record and one a mark, and never programs a word twice', () => {
    const { chip, journal } = fresh();
    const before = chip.nor.operations;
    journal.append(1, bytes(1, 2, 3), 64);
    journal.mark(1, 0, 7);
    expect(chip.nor.operations - before).toBe(2);
    for (let n = 0; n < 500; n++) {
      expect(journal.append(1 + (n % 9), bytes(n), n % 9 === 3 ? 64 : 0)).toBe(0);
      expect(journal.mark(1 + (n % 9), n % 8, n)).toBe(0);
    }
    expect(chip.nor.rewrites).toBe(0);
    expect(Math.abs(chip.nor.erases[1]! - chip.nor.erases[2]!)).toBeLessThanOrEqual(1);
  });

  it('keeps sequences and used marks over compactions and restarts', () => {
    const { chip, journal } = fresh();
    journal.append(2, bytes(42), 64);
    for (const [index, value] of [[0, 0], [5, 0xffff], [63, 1234]] as const) expect(journal.mark(2, index, value)).toBe(0);
    const sequence = journal.sequenceOf(2);
    for (let n = 0; n < 200; n++) journal.append(1, bytes(n & 0xff));
    for (const now of [journal, open(chip)]) {
      expect(now.sequenceOf(2)).toBe(sequence);
      expect(now.sequenceOf(1)).toBe(sequence + 200);
      expect([0, 1, 5, 63].map((index) => now.markAt(2, index))).toEqual([0, -1, 0xffff, 1234]);
      expect(now.firstUnused(2)).toBe(1);
      expect(now.mark(2, 5, 1)).toBe(JOURNAL_FULL);
    }
  });

  it('counts a torn mark as used, also after a compaction', () => {
    const { chip, journal } = fresh();
    journal.append(2, bytes(1));
    chip.nor.cut = { at: chip.nor.operations, how: 'torn', random: createRandom(5) };
    expect(() => journal.mark(2, 0, 3)).toThrow();
    chip.nor.powerOn();
    const again = open(chip);
    expect(again.markAt(2, 0)).toBe(-2);
    expect(again.firstUnused(2)).toBe(1);
    for (let n = 0; n < 40; n++) again.append(1, bytes(n));
    expect(open(chip).markAt(2, 0)).toBe(-2);
  });

  it('is sure of itself in its ordinary life, from the first record over compactions and restarts', () => {
    const { chip, journal } = fresh();
    for (let n = 0; n < 130; n++) {
      expect(journal.append(1 + (n % 3), bytes(n))).toBe(0);
      expect(open(chip).sure, `after record ${n}`).toBe(true);
    }
    expect(open(createChip(1, 4)).sure).toBe(false);
  });

  it('never takes an older state for the newest: whatever damage hides a record, it is in doubt', () => {
    let hidden = 0;
    for (let seed = 1; seed <= 600; seed++) {
      const random = createRandom(seed);
      const { chip, journal } = fresh(createChip(seed, 4));
      const last = 1 + random.int(90);
      for (let n = 1; n <= last; n++) expect(journal.append(1 + (n % 2), bytes(n))).toBe(0);
      const page = random.int(2);
      // A second page that is erased as a whole is as blank as before its first use, so there is nothing to see: it takes more than one compaction.
      if (last < 70 || random.int(4)) {
        const from = random.int(1000) * 4;
        const damage = new Uint8Array(Math.min(4 * (1 + random.int(64)), PAGE_BYTES - from)).map(() => random.int(256));
        chip.nor.port.write(damage, chip.journal.address + page * PAGE_BYTES + from);
      } else chip.nor.port.erase(chip.journal.address + page * PAGE_BYTES);
      const after = open(chip);
      const older = [1, 2].some((kind) => after.sequenceOf(kind) !== journal.sequenceOf(kind));
      if (!older) continue;
      hidden++;
      expect(after.sure, `seed ${seed}`).toBe(false);
    }
    expect(hidden).toBeGreaterThan(30);
  });

  it('starts empty after format, and sequences still rise', () => {
    const { chip, journal } = fresh();
    journal.append(1, bytes(1));
    journal.append(2, bytes(2));
    expect(journal.format()).toBe(0);
    const again = open(chip);
    expect(again.valid).toBe(true);
    expect(again.read(1)).toBeUndefined();
    expect(again.append(1, bytes(3))).toBe(0);
    expect(again.sequenceOf(1)).toBe(3);
  });

  it('says JOURNAL_FULL when what counts does not fit a page', () => {
    const { journal } = fresh();
    for (let kind = 1; kind <= 3; kind++) expect(journal.append(kind, bytes(kind), MARKS_MAX)).toBe(0);
    expect(journal.append(4, bytes(4), MARKS_MAX)).toBe(JOURNAL_FULL);
    for (let kind = 1; kind <= 3; kind++) expect(journal.read(kind)).toEqual(bytes(kind));
  });

  it('moves to a spare page when a page fails, remembers it, and leaves the record store its own', () => {
    const { chip, journal } = fresh();
    journal.append(1, bytes(1));
    chip.nor.bad.set(1, 'program').set(2, 'erase');
    expect(journal.append(2, bytes(2))).toBe(0);
    expect(journal.failing).toBe(2);
    for (let n = 0; n < 100; n++) expect(journal.append(3, bytes(n))).toBe(0);
    const records = openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
    chip.nor.bad.set(3, 'erase').set(4, 'erase');
    for (let n = 0; n < 60; n++) records.set(1, new Uint8Array(500).fill(n));
    const again = open(chip);
    expect([1, 2, 3].map((kind) => again.read(kind)![0])).toEqual([1, 2, 99]);
    expect(again.failing).toBe(2);
    expect(records.get(1)![0]).toBe(59);
  });

  it('keeps what it has when no page can be written any more', () => {
    const { chip, journal } = fresh();
    journal.append(1, bytes(1));
    for (let page = 1; page < 12; page++) chip.nor.bad.set(page, 'program');
    expect([FLASH_READ_BACK, PAGES_FAILING]).toContain(journal.append(1, bytes(2)));
    expect([FLASH_READ_BACK, PAGES_FAILING]).toContain(journal.mark(1, 0, 1));
    expect(open(chip).read(1)).toEqual(bytes(1));
  });

  it('writes nothing when it is opened and read', () => {
    const { chip, journal } = fresh();
    journal.append(1, bytes(1));
    const before = chip.nor.bytes.slice();
    const operations = chip.nor.operations;
    const again = open(chip);
    again.read(1);
    again.firstUnused(1);
    expect(chip.nor.operations).toBe(operations);
    expect(chip.nor.bytes).toEqual(before);
  });
});
