/** A sample of the walk, and the walk's own tools; the million is `npm run -s evidence -- door`. */
import { expect, it } from 'vitest';
import { repeatWalk } from '../evidence/door.js';
import { FAULTS, tryFault } from './faults.js';
import { INVARIANTS } from './invariants.js';
import { walkDoor } from './walker.js';
import { firstDifference } from './interpreter.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { readFileSync } from 'node:fs';

const SAMPLE = [1, 2, 3, 4];

it.each(SAMPLE)('whatever happens at a door, no invariant is broken (seed %i)', (seed) => {
  const { violations, events, starts, opened } = walkDoor(seed, 3000);
  expect(violations.map(({ event, invariant, words, story }) => `seed ${seed}, event ${event}: ${invariant}: ${words}\n${story.slice(-40).join('\n')}`)).toEqual([]);
  expect(events).toBe(3000);
  expect(starts).toBeGreaterThan(10);
  expect(opened).toBeGreaterThan(50);
}, 60_000);

it.each(['codes are compared while they are disabled', 'a card that is misread counts'])('notices that %s', async (name) => {
  const violation = await tryFault(name);
  expect(violation).toBeDefined();
  expect(violation!.story.length).toBeGreaterThan(5);
}, 120_000);

it('each planted fault has a name of its own', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});

it('a walk is repeated to the event that is asked for', () => {
  expect(repeatWalk('3:40').story.at(-1)).toMatch(/\S/);
  expect(repeatWalk('3:40')).toEqual(repeatWalk('3:40'));
  expect(repeatWalk('3:40')).toMatchObject({ repeated: '3:40', invariant: null });
  expect(() => repeatWalk('3')).toThrow('SEED:EVENT');
});

it('docs/design.md tells each invariant by its name, and no other', () => {
  const page = readFileSync(new URL('../../docs/design.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('### What the door never does')).split('\n## ')[0]!;
  const named = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  expect(named).toEqual([...INVARIANTS]);
});

describeWithInterpreter('the walk on a real Espruino', () => {
  it.each([1, 3])('leaves the same trace (seed %i)', async (seed) => {
    expect(await firstDifference(seed, 100)).toBeUndefined();
  }, 300_000);
});
