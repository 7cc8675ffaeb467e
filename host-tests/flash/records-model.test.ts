/** The record store against a model, with power cuts in any operation: every key holds its old or its new value, never neither. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OUT_OF_REGION, RECORDS_FULL } from '../../firmware/errors.js';
import { freeBytesOf, keysOf, removeRecord, wipeRecords } from '../../firmware/flash/record-chores.js';
import { openRecordReader } from '../../firmware/flash/record-reader.js';
import { openRecords, type Ring } from '../../firmware/flash/records.js';
import { createChip, crc32, cutArbitrary, holds, withCut, type Chip, type Cut } from './support.js';

type Model = Map<number, string>;

/** Keys up to this one are also read by the bootloader's reader. */
const ASKED_SINGLY = 6;

interface Step {
  do: 'set' | 'remove' | 'wipe' | 'restart';
  key: number;
  length: number;
  fill: number;
  keep: number[];
  cut: Cut | undefined;
}

const key = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }) }, { weight: 3, arbitrary: fc.integer({ min: 0x100, max: 0x11f }) });
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(
    { weight: 30, arbitrary: fc.constant('set' as const) }, { weight: 3, arbitrary: fc.constant('remove' as const) },
    { weight: 1, arbitrary: fc.constant('wipe' as const) }, { weight: 3, arbitrary: fc.constant('restart' as const) },
  ),
  key,
  length: fc.oneof(fc.constantFrom(16, 20, 40), fc.nat(200), fc.constantFrom(700, 1000, 1023, 1024, 1025)),
  fill: fc.nat(255),
  keep: fc.array(key, { maxLength: 4 }),
  cut: cutArbitrary(20),
});

function open(chip: Chip): Ring {
  const before = chip.nor.operations;
  const records = openRecords({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
  freeBytesOf(records);
  expect(chip.nor.operations, 'opening writes nothing').toBe(before);
  return records;
}

function read(records: Ring): Model {
  const model: Model = new Map();
  for (const held of keysOf(records).sort((a, b) => a - b)) {
    const value = records.get(held);
    model.set(held, value ? Buffer.from(value).toString('latin1') : 'lost');
  }
  return model;
}

/** The same by the bootloader's reader, which has no index of all keys. */
function readSingly(chip: Chip): Model {
  const reader = openRecordReader({ flash: chip.nor.port, span: chip.records, spare: chip.spare, crc32 });
  const model: Model = new Map();
  for (let held = 1; held <= ASKED_SINGLY; held++) {
    const value = reader.get(held);
    if (value) model.set(held, Buffer.from(value).toString('latin1'));
  }
  return model;
}

const text = (model: Model): string => JSON.stringify([...model].sort((a, b) => a[0] - b[0]));

function after(model: Model, now: Step, value: Uint8Array): Model {
  const newer = new Map(model);
  if (now.do === 'wipe') {
    for (const held of model.keys()) if (!now.keep.includes(held)) newer.delete(held);
  } else if (now.do === 'remove' || (now.do === 'set' && !value.length)) newer.delete(now.key);
  else if (now.do === 'set') newer.set(now.key, Buffer.from(value).toString('latin1'));
  return newer;
}

function runSteps(chip: Chip, steps: Step[]): void {
  let records = open(chip);
  let model: Model = new Map();
  let number = 0;
  for (const now of steps) {
    const value = Uint8Array.from({ length: now.length }, (_, i) => now.fill + i * 7 + number);
    number++;
    let code = 0;
    const free = freeBytesOf(records);
    const cut = withCut(chip.nor, now.cut, () => {
      if (now.do === 'set') code = records.set(now.key, value);
      else if (now.do === 'remove') code = removeRecord(records, now.key);
      else if (now.do === 'wipe') code = wipeRecords(records, now.keep);
      else records = open(chip);
    });
    if (cut) records = open(chip);
    const seen = text(read(records));
    const newer = after(model, now, value);
    const what = `step ${number} ${now.do} ${now.key} (${now.length} bytes)${cut ? ' cut' : ''} code ${code}`;
    if (cut) expect([text(model), text(newer)], what).toContain(seen);
    else if (code) {
      expect(now.length > 1024 ? OUT_OF_REGION : RECORDS_FULL, what).toBe(code);
      if (code === RECORDS_FULL && now.do === 'set') expect(now.length + 19, what).toBeGreaterThan(free);
      expect(seen, what).toBe(text(model));
    } else expect(seen, what).toBe(text(newer));
    // What was read is what a restart reads, to the byte count.
    const again = open(chip);
    expect(text(read(again)), what).toBe(seen);
    expect(freeBytesOf(again), what).toBe(freeBytesOf(records));
    expect(text(readSingly(chip)), what).toBe(text(new Map([...read(again)].filter(([held]) => held <= ASKED_SINGLY))));
    model = cut && seen === text(model) ? model : code ? model : newer;
  }
}

const runs = (name: string, pages: number, count: number, length: number): void => {
  test(`${name}: any sequence of changes and power cuts leaves old or new values`, () => {
    holds(fc.property(fc.nat(), fc.array(step, { maxLength: length, size: 'max' }), (seed, steps) => {
      const chip = createChip(seed, pages);
      runSteps(chip, steps);
      expect(chip.nor.bad.size).toBe(0);
    }), count, 'records-model.test.ts');
  });
};

runs('4 pages', 4, 120, 120);
runs('6 pages', 6, 60, 160);
runs('16 pages', 16, 30, 240);

test('a failing page costs nothing', () => {
  const failing = fc.tuple(fc.integer({ min: 3, max: 8 }), fc.constantFrom('program' as const, 'erase' as const));
  holds(fc.property(fc.nat(), fc.array(failing, { maxLength: 2 }), fc.array(step, { maxLength: 120, size: 'max' }), (seed, bad, steps) => {
    const chip = createChip(seed, 6);
    for (const [page, how] of bad) chip.nor.bad.set(page, how);
    runSteps(chip, steps);
  }), 80, 'records-model.test.ts');
});

const shortOfPages: fc.Arbitrary<Step[]> = fc.array(fc.record({
  do: fc.constant('set' as const),
  key: fc.integer({ min: 1, max: 40 }),
  length: fc.constantFrom(16, 60, 90, 200, 500),
  fill: fc.nat(255),
  keep: fc.constant([]),
  cut: fc.record({ ahead: fc.nat(12), how: fc.constantFrom('torn' as const, 'torn' as const, 'before' as const, 'after' as const), seed: fc.nat() }),
}), { minLength: 10, maxLength: 40, size: 'max' });

test('a nearly full store of 4 pages whose power fails in every change, in every restart after it', () => {
  holds(fc.property(fc.nat(), fc.nat(120), shortOfPages, (seed, churn, steps) => {
    const chip = createChip(seed, 4);
    const filling = Array.from({ length: 60 + churn }, (_, i): Step => (
      { do: 'set', key: 1 + ((i * 7) % 40), length: 60 + (i % 5) * 8, fill: i & 0xff, keep: [], cut: undefined }));
    runSteps(chip, [...filling, ...steps]);
  }), 60, 'records-model.test.ts');
});
