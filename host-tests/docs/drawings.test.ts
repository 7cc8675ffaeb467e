import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { layoutOf, PAGE_BYTES } from '../../firmware/flash/layout.js';

const text = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the drawing of flash', () => {
  const geometry = FAMILIES.find(family => family.name === 'esp32')!.geometry;
  const layout = layoutOf(geometry);
  const spans: [string, number, number][] = [
    ['.boot0', geometry.base, geometry.bootPages], ['page 0', layout.base, 1], ['identity', layout.identity.address, layout.identity.pages],
    ['journal', layout.journal.address, layout.journal.pages], ['records', layout.records.address, layout.records.pages],
    ['offer', layout.offer.address, layout.offer.pages], ['slot A', layout.slots[0].address, layout.slots[0].pages],
    ['slot B', layout.slots[1].address, layout.slots[1].pages], ['spare', layout.spare.address, layout.spare.pages],
  ];

  it.each(['docs/design.md', 'README.md'])('in %s gives every region at its real address and size on an ESP32', file => {
    const drawn = [...text(file).matchAll(/^[ |]*0x([0-9A-F]{6}) +(\d+) +(\.boot0|page 0|slot [AB]|\w+)/gm)];
    expect(drawn.map(([, address, pages, name]) => [name, parseInt(address!, 16), Number(pages)])).toEqual(spans);
  });

  it('ends where Storage ends', () => {
    expect(layout.spare.address + layout.spare.pages * PAGE_BYTES).toBe(geometry.base + geometry.pages * PAGE_BYTES);
  });
});

describe('links between the pages', () => {
  const pages = ['README.md', 'SECURITY.md', 'docs/design.md', 'docs/threat-model.md', 'docs/wiring.md', 'docs/platform.md', 'docs/requirements.md'];

  it.each(pages)('of %s lead to files that exist', file => {
    for (const [, target] of text(file).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      const url = new URL(target!, new URL(`../../${file}`, import.meta.url));
      expect(() => readFileSync(url), `${file} links to ${target}`).not.toThrow();
    }
  });

  it('count the requirements from 1 to 80 without a gap, because tests refer to them by number', () => {
    const rows = [...text('docs/requirements.md').matchAll(/^\| (\d+) \|/gm)].map(([, row]) => Number(row));
    expect(rows).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });
});
