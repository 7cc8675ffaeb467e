/** The explorer's own tools: planted faults that cannot miss their place, and flash rebuilt from a list of operations. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wiring } from '../../boards/reference/virtual.js';
import { createWorld } from '../../virtual-board/world.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { FAULTS } from './faults.js';
import { record, replay } from './recording.js';

const entry = 'host-tests/tooling/device/app.ts';
const build = (find: string): Promise<string> => (
  buildApp({ family: 'virtual', version: '1.0.0', entry, mutations: [{ file: 'host-tests/tooling/device/helpers.ts', find, replace: 'planted' }] })
);

describe('a planted fault', () => {
  test('whose place is not in the file is an error', async () => {
    await expect(build('this text is nowhere')).rejects.toThrow('0 times, not once');
  });

  test('whose place is there more than once is an error', async () => {
    await expect(build('return')).rejects.toThrow(/[2-9] times, not once/);
  });
});

describe('the faults of the explorer', () => {
  test.each(FAULTS)('$name: each change has exactly one place', async ({ mutations }) => {
    for (const { file, find } of mutations) expect((await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')).split(find), `${file}: ${find}`).toHaveLength(2);
  });
});

describe('a recording', () => {
  const PAGES = [20, 21, 22];
  const step = fc.record({ page: fc.constantFrom(...PAGES), word: fc.nat(1000), erase: fc.boolean(), bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }) });

  test('gives flash before every operation, in any order, as it was', () => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), fc.infiniteStream(fc.nat()), (steps, order) => {
      const world = createWorld({ seed: 1, wiring });
      const { nor } = world;
      world.chip.begin('powerOn');
      const recorder = record(world);
      const seen: Uint8Array[] = [];
      for (const { page, word, erase, bytes } of steps) {
        seen.push(nor.bytes.slice());
        if (erase) nor.port.erase(nor.base + page * 4096);
        else nor.port.write(bytes, nor.base + page * 4096 + word * 4);
      }
      const source = replay(recorder.finish());
      for (let round = 0; round < 6; round++) {
        const at = order.next().value! % steps.length;
        expect(Buffer.compare(source.before(at), seen[at]!)).toBe(0);
        expect(Buffer.compare(source.cut({ at, how: 'before', seed: 1 }).bytes, seen[at]!)).toBe(0);
        expect(Buffer.compare(source.cut({ at, how: 'after', seed: 1 }).bytes, seen[at + 1] ?? nor.bytes)).toBe(0);
      }
    }), { numRuns: 30 });
  });
});
