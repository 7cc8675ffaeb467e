import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILDS } from '../../boards/builds.js';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { layOut } from '../../scripts/board-layout.js';
import { boardFiles } from '../../scripts/board-page.js';
import { BOARDS_FOLDER } from '../../scripts/board-pages.js';
import { planOf, shoppingList, wiresOf } from '../../scripts/board-plan.js';
import { picture } from '../../scripts/board-picture.js';
import { CHORD_HELD_S, CHORD_WITHIN_S, lightWords } from '../../scripts/board-recovery.js';
import { crossings, segmentsOf, type Segment } from '../../scripts/board-routes.js';
import { dividerOf } from '../../scripts/board-supply.js';
import { SAFE_MODE, WAIT, WINDOW } from '../../firmware/lock/signals.js';

const plans = BUILDS.map((build) => planOf(build, REFERENCE[build.name]!));
const named = plans.map((plan) => [plan.build.name, plan] as const);
const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Every pin a wiring names, wherever it does. */
function pinsOf(value: unknown, key = ''): number[] {
  if (typeof value === 'number') return ['pin', 'd0', 'd1', 'in1', 'in2'].includes(key) ? [value] : [];
  if (Array.isArray(value)) return key === 'rows' || key === 'columns' ? value as number[] : [];
  return value && typeof value === 'object' ? Object.entries(value).flatMap(([name, each]) => pinsOf(each, name)) : [];
}

describe('the pages of the boards', () => {
  it('are what the script makes: run `npm run boards` when this fails', () => {
    const files = boardFiles();
    expect(readdirSync(BOARDS_FOLDER).sort()).toEqual([...files.keys()].sort());
    for (const [name, text] of files) expect(readFileSync(join(BOARDS_FOLDER, name), 'utf8'), name).toBe(text);
  });

  it('are there for every reference wiring that can be built', () => {
    expect(BUILDS.map((build) => build.name).sort()).toEqual(Object.keys(REFERENCE).filter((name) => name !== 'virtual' && name !== 'linux').sort());
  });

  it.each(named)('%s: tells every pin of the wiring once, and no other but those of a bare module', (_, plan) => {
    const told = wiresOf(plan).map((wire) => wire.pad.pin);
    const bare = plan.build.serialAdapter ? [undefined, 0, 1, 3] : [];
    expect(told.sort()).toEqual([...pinsOf(plan.wiring), ...bare].sort());
    const text = boardFiles().get(`${plan.build.name}.md`)!;
    for (const { pad } of wiresOf(plan)) expect(text.split(`| ${pad.printed}${pad.number ? ` (pad ${pad.number})` : ''} | ${pad.pin === undefined ? '-' : `D${pad.pin}`} |`), pad.printed).toHaveLength(2);
  });

  it('draw and list nothing that the wiring does not declare', () => {
    const none = { sensors: undefined, led: undefined, beeper: undefined, strap: undefined };
    const bare: Wiring = { ...REFERENCE['esp32-devkit']!, ...none, keypad: { type: 'none' }, bolt: { type: 'none' } };
    const plan = planOf(BUILDS[0]!, bare);
    expect(plan.parts).toEqual([]);
    expect(shoppingList(plan)).toEqual([{ count: 1, part: 'ESP32-DevKitC V4' }]);
    const withDoor = planOf(BUILDS[0]!, { ...bare, sensors: { door: { pin: 14, active: 0, pull: 'up' } } });
    expect(withDoor.parts.map((part) => part.title)).toEqual(['Door sensor']);
  });

  it('say how a lock with flat cells is fed from outside, and never with 9 V as they are', () => {
    const fed = BUILDS.filter(({ name }) => REFERENCE[name]!.battery.chemistry !== 'mains').map(({ name }) => `docs/boards/${name}.md`);
    expect(fed.length).toBeGreaterThan(1);
    for (const page of fed) expect(source(page), page).toMatch(/A 9 V block may only be connected through a step-down module for 5 V/);
    expect(source('docs/wiring.md')).toMatch(/## Emergency terminals\n\n[^#]*(9 V|USB)/);
  });

  it('link to files that exist', () => {
    const pages = [...boardFiles()].filter(([name]) => name.endsWith('.md')).map(([name, text]) => [join('docs/boards', name), text] as const);
    for (const [path, text] of [...pages, ['docs/getting-started.md', source('docs/getting-started.md')] as const]) {
      for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(new URL('../../', import.meta.url).pathname, dirname(path), target!)), `${path} links to ${target}`).toBe(true);
      }
    }
  });
});

describe('figures on the pages', () => {
  it.each(named)('%s: the divider puts fullScaleMv at the full scale of the ADC', (_, { wiring, family }) => {
    const divider = dividerOf(wiring.battery, family.adcFullScaleMv);
    expect(divider === undefined).toBe(wiring.battery.chemistry === 'mains');
    if (!divider) return;
    expect(wiring.battery.fullScaleMv! * divider.lower / (divider.upper + divider.lower)).toBeCloseTo(family.adcFullScaleMv, 0);
    // The firmware reads a switched divider at once: nothing there may be slow.
    expect(divider.capacitor === 0).toBe(wiring.battery.enable !== undefined);
  });

  it('follow a divider of another ratio', () => {
    expect(dividerOf({ chemistry: 'li1', pin: 35, fullScaleMv: 5400 }, 3600)).toEqual({ upper: 50_000, lower: 100_000, capacitor: 100 });
  });

  it('give the times of the key chord that firmware and bootloader keep', () => {
    expect(source('firmware/lock/door.ts')).toContain(`const CHORD_MS = ${CHORD_HELD_S * 1000};\nconst CHORD_UNTIL_MS = ${CHORD_WITHIN_S * 1000};`);
    expect(source('bootloader/rare.ts')).toContain(`const CHORD_MS = ${CHORD_HELD_S * 1000};`);
    expect(source('firmware/lock/signals.ts')).toContain('const HELD_EVERY_MS = 2000;');
  });

  it('tell light patterns apart', () => {
    expect([WAIT, SAFE_MODE, WINDOW].map(lightWords)).toEqual(['two ticks', 'three ticks', 'two ticks']);
    expect(lightWords('lllss-l')).toBe('three longs, two shorts, a pause, one long');
  });
});

describe('the pictures', () => {
  it.each(named)('%s: no part covers another, and none leaves the picture', (_, plan) => {
    const { boxes, board, width, height } = layOut(plan);
    const all = [board, ...boxes];
    all.forEach((a, i) => {
      expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height).toBe(true);
      for (const b of all.slice(i + 1)) expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
    });
  });

  it.each(named)('%s: no wire lies on another or runs through a part, and those that cross differ in colour', (_, plan) => {
    const { routes, boxes, board } = layOut(plan);
    expect(routes).toHaveLength(wiresOf(plan).length);
    routes.forEach((one, i) => {
      for (const segment of segmentsOf(one.points)) for (const place of [board, ...boxes]) expect(enters(segment, place), `${one.wire.signal} through a part`).toBe(false);
      for (const two of routes.slice(i + 1)) {
        for (const a of segmentsOf(one.points)) for (const b of segmentsOf(two.points)) expect(along(a, b), `${one.wire.signal} on ${two.wire.signal}`).toBe(false);
        if (crossings([one.points, two.points])) expect(one.colour).not.toBe(two.colour);
      }
    });
  });

  it('put the plus of the motor\'s capacitor on the side of the supply, on either side of the board', () => {
    const svg = (name: string): string => picture(plans.find((plan) => plan.build.name === name)!);
    expect(svg('esp32-devkit')).toContain('>+ 470 µF<');
    expect(svg('xiao-wiegand')).toContain('>470 µF +<');
  });

  it.each(named)('%s: name the pad at both ends of each wire, have a title and a description, and load nothing', (_, plan) => {
    const svg = picture(plan);
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\n<desc id="desc">[^<]+<\/desc>/);
    expect(svg).not.toMatch(/href|url\(|@import|<script|<image|<style/);
    for (const { pad } of wiresOf(plan)) {
      const labels = [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, words]) => words!.replace(/^\d+ (?=\D)|(?<=\D\d*) \d+$/g, ''));
      expect(labels.filter((label) => label === pad.printed).length, pad.printed).toBeGreaterThanOrEqual(2);
    }
  });
});

/** Strictly inside: a wire ends on the edge of its part. */
function enters({ a, b }: Segment, place: { x: number; y: number; width: number; height: number }): boolean {
  const [left, right, top, bottom] = [Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return right > place.x + 0.5 && left < place.x + place.width - 0.5 && bottom > place.y + 0.5 && top < place.y + place.height - 0.5;
}

/** On the same line or closer than an eye tells apart, for longer than a point. */
function along(one: Segment, two: Segment): boolean {
  for (const [flat, long] of [['y', 'x'], ['x', 'y']] as const) {
    if (one.a[flat] !== one.b[flat] || two.a[flat] !== two.b[flat] || Math.abs(one.a[flat] - two.a[flat]) >= 3) continue;
    const start = Math.max(Math.min(one.a[long], one.b[long]), Math.min(two.a[long], two.b[long]));
    const end = Math.min(Math.max(one.a[long], one.b[long]), Math.max(two.a[long], two.b[long]));
    if (end > start) return true;
  }
  return false;
}
