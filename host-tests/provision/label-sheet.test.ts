/** Labels: they lie inside the sheet and beside one another, their text is inside them, and their QR codes are the owners'. */
import jsQR from 'jsqr';
import { describe, expect, test } from 'vitest';
import { LABELS_ON_SHEET, labelSheets, type Label } from '../../cli/provision/label-sheet.js';

const labelOf = (index: number): Label => ({ serial: `DL-${index}`, model: 'ESP32 DevKit, USB power', ownerUri: `deadlatch:1?d=${index}&k=${'Ab-_'.repeat(30)}` });
const labels = (count: number): Label[] => Array.from({ length: count }, (_, index) => labelOf(index));

describe('label sheets', () => {
  test('hold 21 labels each, on A4', () => {
    expect(LABELS_ON_SHEET).toBe(21);
    for (const [count, sheets] of [[0, 0], [1, 1], [21, 1], [22, 2], [50, 3]] as const) {
      const drawn = labelSheets(labels(count));
      expect(drawn).toHaveLength(sheets);
      expect(drawn.join('').match(/<path /g)?.length ?? 0).toBe(count);
      for (const sheet of drawn) expect(sheet).toMatch(/width="210mm" height="297mm" viewBox="0 0 210 297"/);
    }
  });

  test('lie beside one another inside the sheet', () => {
    const [sheet] = labelSheets(labels(21));
    const places = [...sheet!.matchAll(/<g transform="translate\(([\d.]+) ([\d.]+)\)">/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
    expect(places).toHaveLength(21);
    for (const [index, { x, y }] of places.entries()) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + 63.5).toBeLessThanOrEqual(210);
      expect(y + 38.1).toBeLessThanOrEqual(297);
      for (const other of places.slice(index + 1)) expect(Math.abs(x - other.x) >= 63.5 || Math.abs(y - other.y) >= 38.09).toBe(true);
    }
  });

  test.each([
    ['as usual', labelOf(1)], ['of the longest texts', { ...labelOf(1), serial: 'W'.repeat(32), model: 'M'.repeat(32) }],
    ['of many short words', { ...labelOf(1), serial: 'a b c d e f g h i j k l m n o p', model: 'aaaaaaaaaa bbbbbbbbbb cccccccccc' }],
  ])('keep their text inside: %s', (_title, label) => {
    const [sheet] = labelSheets([label]);
    const lines = [...sheet!.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"[^>]*>([^<]*)</g)];
    expect(lines.map(([, , , , text]) => text).join(' ')).toContain('Keep this inside: who reads it owns this lock.'.slice(0, 10));
    for (const [, x, y, size, text] of lines) {
      expect(Number(y)).toBeLessThan(38.1 - 1);
      expect(Number(x) + text!.length * Number(size) * 0.58).toBeLessThanOrEqual(63.5);
    }
    expect(lines.map(([, , , , text]) => text).join('').replaceAll(' ', '')).toBe(`${label.serial}${label.model}Keep this inside: who reads it owns this lock.`.replaceAll(' ', ''));
  });

  test('have nothing in their texts that SVG would take for its own', () => {
    const [sheet] = labelSheets([{ ...labelOf(1), serial: '<&">\'', model: '</svg>' }]);
    expect(sheet).toContain('>&#60;&#38;&#34;&#62;&#39;</text>');
    expect(sheet!.match(/<\/svg>/g)).toHaveLength(1);
  });

  test('have the owner\'s code, at least half a millimetre a module, with its margin', () => {
    const label = labelOf(7);
    const [sheet] = labelSheets([label]);
    const [, left, top, scale, quiet, path] = /translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+)\) translate\((\d+) \d+\)"><path d="([^"]+)"/.exec(sheet!)!;
    expect(Number(scale)).toBeGreaterThan(0.5);
    const dark = new Set<string>();
    for (const [, x, y, width] of path!.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) for (let at = 0; at < Number(width); at++) dark.add(`${Number(x) + at} ${y}`);
    const side = Math.max(...[...dark].map((place) => Number(place.split(' ')[0]))) + 1 + 2 * Number(quiet);
    expect(Number(left) + side * Number(scale)).toBeLessThanOrEqual(36);
    expect(Number(top) + side * Number(scale)).toBeLessThanOrEqual(38.1);
    const pixels = new Uint8ClampedArray((side * 3) ** 2 * 4).fill(255);
    for (let y = 0; y < side * 3; y++) {
      for (let x = 0; x < side * 3; x++) if (dark.has(`${Math.floor(x / 3) - Number(quiet)} ${Math.floor(y / 3) - Number(quiet)}`)) pixels.fill(0, (y * side * 3 + x) * 4, (y * side * 3 + x) * 4 + 3);
    }
    expect(jsQR.default(pixels, side * 3, side * 3)?.data).toBe(label.ownerUri);
  });
});
