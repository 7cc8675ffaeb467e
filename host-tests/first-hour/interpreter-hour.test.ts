import { expect, test } from 'vitest';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { notRun, walk } from './hour.js';
import { ELSEWHERE, onInterpreter } from './interpreter-hour.js';

describeWithInterpreter('the guide, on the real interpreter', () => {
  test('from an empty board to a second version by wire', async () => {
    const { steps, rest } = await onInterpreter(async (runs) => ({ steps: await walk(runs), rest: await notRun(Object.keys(runs), ELSEWHERE) }));
    expect(steps.filter(({ failed }) => failed !== undefined)).toEqual([]);
    expect(rest.every(({ why }) => why.length > 0)).toBe(true);
  }, 300_000);
});
