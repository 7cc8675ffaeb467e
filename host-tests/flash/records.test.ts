/** The record store's own rules, one by one. */
import { describe, expect, it } from 'vitest';
import { OUT_OF_REGION, RECORDS_FULL } from '../../firmware/errors.js';
import { freeBytesOf, keysOf, removeRecord, wipeRecords } from '../../firmware/flash/record-chores.js';
import { LOG_FIRST, LOG_LAST } from '../../firmware/flash/keys.js';
import { openRecords, type Ring } from '../../firmware/flash/records.js';
import { createChip, crc32, type Chip } from './support.js';

function open(chip: Chip): Ring {
  return openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
}

const value = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

describe('the record store', () => {
  it('gives back what was stored, in this start and the next', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (const length of [1, 2, 3, 4, 5, 1023, 1024]) {
      expect(records.set(7, value(length, length))).toBe(0);
      expect(records.get(7)).toEqual(value(length, length));
      expect(open(chip).get(7)).toEqual(value(length, length));
    }
    expect(removeRecord(records, 7)).toBe(0);
    expect(records.get(7)).toBeUndefined();
    expect(keysOf(open(chip))).toEqual([]);
    expect(chip.nor.rewrites).toBe(0);
  });

  it('refuses what is no key and what is too long, and touches nothing', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (const key of [0, -1, 64, 255, LOG_LAST + 1, NaN]) {
      expect(records.set(key, value(4, 1))).toBe(OUT_OF_REGION);
      expect(records.get(key)).toBeUndefined();
    }
    expect(records.set(1, value(1025, 1))).toBe(OUT_OF_REGION);
    expect(removeRecord(records, 5)).toBe(0);
    expect(chip.nor.operations).toBe(0);
  });

  it('spreads erases evenly over its pages, one erase for some hundred log entries', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (let key = 1; key <= 10; key++) records.set(key, value(400, key));
    for (let n = 0; n < 20_000; n++) expect(records.set(LOG_FIRST + (n & 0xff), value(16, n))).toBe(0);
    const erases = [...chip.nor.erases.subarray(3, 19)];
    expect(Math.max(...erases) - Math.min(...erases)).toBeLessThanOrEqual(1);
    expect(20_000 / erases.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(40);
    for (let key = 1; key <= 10; key++) expect(records.get(key)).toEqual(value(400, key));
    expect(chip.nor.rewrites).toBe(0);
  });

  it('never does much at once: a log entry takes one erase and a few programs at most', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (let key = 1; key <= 10; key++) records.set(key, value(600, key));
    let most = 0;
    let erases = 0;
    chip.nor.onOperation = (operation) => { erases += operation.kind === 'erase' ? 1 : 0; };
    for (let n = 0; n < 3000; n++) {
      const before = chip.nor.operations;
      erases = 0;
      records.set(LOG_FIRST + (n & 0xff), value(16, n));
      expect(erases).toBeLessThanOrEqual(1);
      most = Math.max(most, chip.nor.operations - before);
    }
    expect(most).toBeLessThanOrEqual(20);
  });

  it('says RECORDS_FULL before anything is lost, and takes values again when others are removed', () => {
    const chip = createChip(1, 4);
    const records = open(chip);
    let key = 1;
    while (freeBytesOf(records) >= 416) expect(records.set(key++, value(400, key))).toBe(0);
    expect(records.set(key, value(400, 0))).toBe(RECORDS_FULL);
    expect(records.get(key)).toBeUndefined();
    for (let n = 0; n < 100; n++) expect(records.set(1 + (n % (key - 1)), value(400, n))).toBe(0);
    expect(records.set(1, value(100, 9))).toBe(0);
    expect(removeRecord(records, 2)).toBe(0);
    expect(records.set(key, value(400, 0))).toBe(0);
    expect(keysOf(open(chip))).toHaveLength(key - 1);
  });

  it('wipes everything but what is kept, in one step', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (let key = 1; key < 20; key++) records.set(key, value(200, key));
    expect(wipeRecords(records, [3, 10, 40])).toBe(0);
    for (const now of [records, open(chip)]) {
      expect(keysOf(now)).toEqual([3, 10]);
      expect(now.get(3)).toEqual(value(200, 3));
    }
    for (let n = 0; n < 500; n++) records.set(5, value(200, n));
    expect(keysOf(open(chip))).toEqual([3, 5, 10]);
  });

  it('refuses to wipe when what is kept does not fit a page', () => {
    const chip = createChip(1);
    const records = open(chip);
    for (let key = 1; key < 6; key++) records.set(key, value(1000, key));
    expect(wipeRecords(records, [1, 2, 3, 4])).toBe(RECORDS_FULL);
    expect(keysOf(records)).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes spare pages for failing and worn ones', () => {
    const chip = createChip(1, 6);
    const records = open(chip);
    chip.nor.bad.set(4, 'erase').set(6, 'program');
    for (let n = 0; n < 300; n++) expect(records.set(1 + (n % 9), value(300, n))).toBe(0);
    expect(records.failing).toBe(2);
    const again = open(chip);
    expect(keysOf(again)).toHaveLength(9);
    expect(again.failing).toBe(2);
  });
});
