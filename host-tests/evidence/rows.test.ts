/** The map from requirements to tests, without running those tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namesOf } from './rows.js';
import { SHOWN_BY } from './shown-by.js';

const source = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

describe('the map from requirements to tests', () => {
  it('names only tests that exist', () => {
    const missing: string[] = [];
    for (const [row, shown] of Object.entries(SHOWN_BY)) {
      for (const { file, tests } of shown) {
        const text = source(file);
        for (const test of tests) {
          for (const title of test.split(' > ')) if (!["'", '"', '`'].some((quote) => text.includes(quote + title + quote))) missing.push(`row ${row}: ${file}: ${title}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it('names rows of docs/requirements.md', () => {
    const rows = new Set([...readFileSync(join(import.meta.dirname, '../../docs/requirements.md'), 'utf8').matchAll(/^\| (\d+) \|/gm)].map(([, row]) => row));
    expect(Object.keys(SHOWN_BY).filter((row) => !rows.has(row))).toEqual([]);
  });

  it('counts a row only if each of its tests ran and passed', () => {
    const shown = [{ file: 'a.test.ts', tests: ['door > opens', 'door > %s is refused (%i)'] }];
    const ran = (name: string, passed = true, file = 'a.test.ts'): { file: string; name: string; passed: boolean } => ({ file, name, passed });
    const all = [ran('door > opens'), ran('door > 1 is refused (2)'), ran('door > 3 is refused (4)'), ran('window > opens', false)];
    expect(namesOf(shown, all)).toEqual(['door > opens', 'door > 1 is refused (2)', 'door > 3 is refused (4)']);
    expect(namesOf(shown, all.slice(1))).toBeUndefined();
    expect(namesOf(shown, all.slice(0, 1))).toBeUndefined();
    expect(namesOf(shown, [...all, ran('door > 5 is refused (6)', false)])).toBeUndefined();
    expect(namesOf(shown, all.map(({ name, passed }) => ran(name, passed, 'b.test.ts')))).toBeUndefined();
  });
});
