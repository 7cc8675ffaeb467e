/** The change that does most at once, cut at each of its operations; and the change after that restart, cut at its first ones. */
import { expect, test } from 'vitest';
import { openRecords, type Records } from '../../firmware/flash/records.js';
import { createChip, crc32, withCut, type Chip } from './support.js';

const KEYS = 36;

function open(chip: Chip): Records {
  return openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
}

const valueOf = (key: number, version: number): Uint8Array => new Uint8Array(key < 3 ? 700 : 60).fill(key + version * 41);

/** A chip whose next change (of key 1, to version 9) empties an old page into the last free one. */
function tightChip(): { chip: Chip; expected: Map<number, Uint8Array>; operations: number } {
  const chip = createChip(1, 4);
  const records = open(chip);
  const expected = new Map<number, Uint8Array>();
  let best = { bytes: chip.nor.bytes.slice(), operations: 0, expected };
  for (let n = 0; n < 400; n++) {
    const before = { bytes: chip.nor.bytes.slice(), expected: new Map(expected) };
    const key = n % 3 ? 1 + (n % 2) : 1 + ((n * 7) % KEYS);
    const value = valueOf(key, n % 6);
    // From a fresh start, so that the same operations follow when the snapshot is opened.
    const operations = chip.nor.operations;
    if (n > 2 * KEYS) {
      const trial = chipWith(before.bytes);
      open(trial).set(1, valueOf(1, 9));
      if (trial.nor.operations > best.operations) best = { ...before, operations: trial.nor.operations };
    }
    expect(records.set(key, value)).toBe(0);
    expected.set(key, value);
    expect(chip.nor.operations).toBeGreaterThan(operations);
  }
  return { chip: chipWith(best.bytes), expected: best.expected, operations: best.operations };
}

function chipWith(bytes: Uint8Array): Chip {
  const chip = createChip(1, 4);
  chip.nor.bytes.set(bytes);
  return chip;
}

/** Key 1 may be old or new (version 9), key 2 old or new (version 8), as far as they were tried; all others are what they were. */
function check(chip: Chip, expected: Map<number, Uint8Array>, what: string): void {
  const records = open(chip);
  for (const [key, value] of expected) {
    const possible = key === 1 ? [value, valueOf(1, 9)] : key === 2 ? [value, valueOf(2, 8)] : [value];
    const seen = records.get(key);
    if (!possible.some((one) => seen && Buffer.compare(one, seen) === 0)) throw new Error(`key ${key} is lost after ${what}`);
  }
}

test('two cuts in a row in the busiest change of a tight store lose nothing', () => {
  const { chip, expected, operations } = tightChip();
  expect(operations).toBeGreaterThan(20);
  const start = chip.nor.bytes.slice();
  for (let first = 0; first < operations; first++) {
    for (const how of ['torn', 'after'] as const) {
      const cutOnce = chipWith(start);
      withCut(cutOnce.nor, { ahead: first, how, seed: first }, () => open(cutOnce).set(1, valueOf(1, 9)));
      check(cutOnce, expected, `a cut (${how}) in operation ${first}`);
      const between = cutOnce.nor.bytes.slice();
      for (let second = 0; second < 4; second++) {
        for (let seed = 0; seed < 8; seed++) {
          const cutTwice = chipWith(between);
          withCut(cutTwice.nor, { ahead: second, how: 'torn', seed }, () => open(cutTwice).set(2, valueOf(2, 8)));
          const what = `cuts in operations ${first} (${how}) and ${second} (torn, seed ${seed})`;
          check(cutTwice, expected, what);
          const records = open(cutTwice);
          expect(records.set(2, valueOf(2, 8)), what).toBe(0);
          expect(records.set(1, valueOf(1, 9)), what).toBe(0);
          check(cutTwice, expected, `${what}, and what came then`);
        }
      }
    }
  }
}, 60_000);
