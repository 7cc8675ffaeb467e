/** The journal against a model, with power cuts in any operation: what is read afterwards is the old or the new, never else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openJournal, type Journal } from '../../firmware/flash/journal.js';
import { createChip, crc32, cutArbitrary, holds, withCut, type Chip, type Cut } from './support.js';

interface Entry {
  payload: number[];
  sequence: number;
  marks: number[];
}
type Model = Map<number, Entry>;

interface Step {
  do: 'append' | 'mark' | 'format' | 'restart';
  kind: number;
  payload: Uint8Array;
  marks: number;
  index: number;
  value: number;
  cut: Cut | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.oneof(
    { weight: 12, arbitrary: fc.constant('append' as const) }, { weight: 12, arbitrary: fc.constant('mark' as const) },
    { weight: 1, arbitrary: fc.constant('format' as const) }, { weight: 2, arbitrary: fc.constant('restart' as const) },
  ),
  kind: fc.integer({ min: 1, max: 13 }),
  payload: fc.uint8Array({ maxLength: 84 }),
  marks: fc.constantFrom(0, 0, 0, 8, 9, 40, 64),
  index: fc.nat(12),
  value: fc.nat(0xffff),
  cut: cutArbitrary(24),
});

function open(chip: Chip): Journal {
  const before = chip.nor.operations;
  const journal = openJournal({ flash: chip.nor.port, span: chip.journal, spare: chip.spare, crc32 });
  expect(chip.nor.operations, 'opening writes nothing').toBe(before);
  return journal;
}

function read(journal: Journal): Model {
  const model: Model = new Map();
  for (let kind = 1; kind < 16; kind++) {
    const payload = journal.read(kind);
    if (!payload) continue;
    // 8 + 2 * 32 marks are looked at: more than any record of this test has.
    const marks = Array.from({ length: 72 }, (_, index) => journal.markAt(kind, index));
    model.set(kind, { payload: [...payload], sequence: journal.sequenceOf(kind), marks });
  }
  return model;
}

function same(a: Model, b: Model): boolean {
  return JSON.stringify([...a]) === JSON.stringify([...b].sort((x, y) => x[0] - y[0]));
}

function changed(model: Model, kind: number, entry: Entry): Model {
  return new Map([...model, [kind, entry] as const].sort((a, b) => a[0] - b[0]));
}

function runSteps(chip: Chip, steps: Step[]): void {
  let journal = open(chip);
  if (journal.format() !== 0) throw new Error('no fresh journal on a blank chip');
  let model: Model = new Map();
  for (const now of steps) {
    let newer = [model];
    const newest = Math.max(0, ...[...model.values()].map((entry) => entry.sequence));
    let code = 0;
    const cut = withCut(chip.nor, now.cut, () => {
      if (now.do === 'append') code = journal.append(now.kind, now.payload, now.marks);
      else if (now.do === 'mark') code = journal.mark(now.kind, now.index, now.value);
      else if (now.do === 'format') code = journal.format();
      else journal = open(chip);
    });
    if (cut) journal = open(chip);
    const seen = read(journal);
    const entry = model.get(now.kind);
    if (now.do === 'append') {
      const sequence = journal.sequenceOf(now.kind);
      const marks = Array<number>(72).fill(-1);
      newer = [changed(model, now.kind, { payload: [...now.payload], sequence, marks })];
      if (same(seen, newer[0]!) && sequence !== entry?.sequence) expect(sequence).toBeGreaterThan(newest);
    } else if (now.do === 'format') newer = [new Map()];
    else if (now.do === 'mark' && entry && journal.markAt(now.kind, now.index) !== -1) {
      const mark = (value: number): Model => changed(model, now.kind, { ...entry, marks: entry.marks.with(now.index, value) });
      newer = [mark(now.value), mark(-2)];
      if (!cut && code === 0) newer.pop();
    }
    if (!cut && now.do === 'mark' && code !== 0) newer = [model];
    if (cut) newer.push(model);
    else if (now.do !== 'mark') expect(code).toBe(0);
    expect(newer.some((possible) => same(seen, possible)), `after ${now.do}: ${JSON.stringify([...seen])}`).toBe(true);
    expect(journal.valid).toBe(true);
    model = seen;
  }
}

test('any sequence of appends, marks and power cuts leaves the old or the new record', () => {
  holds(fc.property(fc.nat(), fc.array(step, { maxLength: 120, size: 'max' }), (seed, steps) => {
    const chip = createChip(seed, 4);
    runSteps(chip, steps);
    expect(chip.nor.rewrites).toBe(0);
  }), 150, 'journal-model.test.ts');
});

test('one failing page of the four costs nothing', () => {
  holds(fc.property(fc.nat(), fc.constantFrom(1, 2, 9, 10), fc.constantFrom('program' as const, 'erase' as const), fc.array(step, { maxLength: 120, size: 'max' }), (seed, page, how, steps) => {
    const chip = createChip(seed, 4);
    chip.nor.bad.set(page, how);
    runSteps(chip, steps);
  }), 100, 'journal-model.test.ts');
});
