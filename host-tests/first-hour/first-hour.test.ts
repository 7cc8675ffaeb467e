/** A reader with the guide in hand gets a door that opens: what it tells to type is typed here. */
import { describe, expect, test } from 'vitest';
import { notRun, walk } from './hour.js';
import { COMMANDS, onStage } from './virtual-hour.js';

/** Each minute counts here; `npm run -s evidence -- firstHour` walks all of it. */
const WALKED = ['a ready lock', 'a board to be made a lock'];

test('no command of the guide is left out without a reason', async () => {
  expect((await notRun(COMMANDS)).map(({ why }) => why)).not.toContain('');
});

describe.concurrent('the guide, on the virtual board:', () => {
  test.each(WALKED)('%s', async (part) => {
    const steps = await onStage(part, (runs) => walk(runs));
    expect(steps.filter(({ failed }) => failed !== undefined)).toEqual([]);
  }, 280_000);
});
