/** Figures in the pages come from what `npm run evidence` printed, and from nowhere else. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { emptyFigures, fillFigures } from '../../scripts/figures.js';

const evidence = new Map([['boot', { name: 'boot', appBytes: 54973, coldMs: 1.239 }], ['memory', { name: 'memory', skipped: 'no interpreter' }]]);

test('a figure is filled in, and filled in anew', () => {
  const once = fillFigures('app <!-- figure: boot.appBytes --> bytes, <!-- figure: boot.coldMs --> ms', evidence);
  expect(once).toBe('app <!-- figure: boot.appBytes --> 54,973 bytes, <!-- figure: boot.coldMs --> 1.24 ms');
  expect(fillFigures(once, evidence)).toBe(once);
});

test('what was skipped keeps what it had; a figure that no evidence prints is an error', () => {
  expect(fillFigures('<!-- figure: memory.restVars --> 2,000', evidence)).toBe('<!-- figure: memory.restVars --> 2,000');
  expect(() => fillFigures('<!-- figure: boot.warm -->', evidence)).toThrow('evidence boot has no figure warm');
});

test.each(['README.md', 'docs/design.md'])('%s has all its figures', async (page) => {
  const text = await readFile(page, 'utf8');
  expect(text.match(/<!-- figure: /g)!.length).toBeGreaterThan(10);
  expect(emptyFigures(text)).toEqual([]);
});
