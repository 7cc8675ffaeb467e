import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { checkDeviceText } from '../../scripts/device-text.js';
import { hideForOf, showForOf } from '../../scripts/for-of.js';

describe("Espruino's own for-of", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deadlatch-for-of-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('comes through the compilers, with what was before the loop still before it', async () => {
    const entry = join(folder, 'loops.ts');
    await writeFile(entry, `
      declare function print(text: string): void;
      declare const given: { bytes: number[]; busy: boolean };
      function sum(values: number[]): number {
        const place = [7, 0];
        let total = 0;
        for (place[0] of values) total += place[0]!;
        for (const mark of [1, 2]) {}
        return total * 100 + place[0]!;
      }
      print(String(sum(given.bytes)));`.replace('for (const mark of [1, 2]) {}', `if (given.busy) {
          given.bytes = values.slice(1);
          for (given.bytes[0] of given.bytes.slice(1)) total += 1000 * given.bytes[0]!;
        }`));
    const text = await bundleDevice(entry);
    expect(text.match(/for\([\w.]+\[0\]of[ (\w]/g)).toHaveLength(2);
    const printed: string[] = [];
    runInNewContext(text, { given: { bytes: [1, 2, 3, 4], busy: true }, print: (line: string) => printed.push(line), String });
    expect(printed).toEqual(['701004']);
  });

  test('is hidden only where its place is an element or a field', () => {
    expect(hideForOf('for (a[b] of c.d(e)) f();')).toBe('for (var it in __OF__(a[b], c.d(e))) f();');
    expect(hideForOf('for (a.b of c) f();')).toBe('for (var it in __OF__(a.b, c)) f();');
    for (const other of ['for (const a of b) f();', 'for (let a of b) f();', 'for (a of b) f();', 'for (const [a] of b) f();', 'f("of");']) expect(hideForOf(other)).toBe(other);
  });

  test.each([
    ['for(var a in __OF__(b[0],c))d()', 'for(b[0]of c)d()'],
    ['for(var a in __OF__(b.e,[c]))d()', 'for(b.e of[c])d()'],
    ['for(var a in b=f(),g(),__OF__(b[0],c))d()', 'b=f(),g();for(b[0]of c)d()'],
    ['if(e)for(var a in b=f(),__OF__(b[0],c))d();else g()', 'if(e){b=f();for(b[0]of c)d();}else g()'],
    ['for(var a in b)d()', 'for(var a in b)d()'],
  ])('%s is shown as %s', (hidden, shown) => {
    expect(showForOf(hidden)).toBe(shown);
  });

  test('that a compiler changed beyond recognition stops the build', () => {
    expect(() => showForOf('for(a in __OF__(b[0],c))b[0]=a')).not.toThrow();
    expect(() => showForOf('__OF__(b[0],c)')).toThrow(/did not come through/);
    expect(() => showForOf('for(var a in __OF__(b,c))d()')).toThrow(/did not come through/);
  });

  test('passes the check of a finished bundle, and no other for-of does', () => {
    expect(checkDeviceText('for(a[0]of b)c(a);for(a.d of b)c(a);')).toEqual([]);
    for (const other of ['for(var a of b)c(a);', 'for(let a of b)c(a);', 'for(a of b)c(a);', 'for([a]of b)c(a);']) expect(checkDeviceText(other).join()).toMatch(/ForOf|is not ES5/);
  });
});
