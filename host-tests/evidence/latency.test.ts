/** The arithmetic of the evidence `latency`. */
import { expect, it } from 'vitest';
import type { EndLine, EntryLine } from './device/protocol.js';
import { figuresOf, spread } from './latency.js';

it('a percentile is the smallest sample that so many percent do not exceed', () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(spread(samples)).toEqual({ p50Ms: 100, p99Ms: 198, maxMs: 200, presses: 200 });
  expect(spread([7])).toEqual({ p50Ms: 7, p99Ms: 7, maxMs: 7, presses: 1 });
});

it('stretching comes off the # of a PIN and of nothing else, and an nRF52 is slower in JavaScript only', () => {
  const entry: EntryLine = ['entry', [[40, 20], [50, 30]], [300, 250], [90, 60], [70, 50]];
  const end: EndLine = ['end', 44.4, 50, 3, 2, 140, 0];
  const one = (ms: number) => ({ p50Ms: ms, p99Ms: ms, maxMs: ms, presses: 1 });
  expect(figuresOf([entry], [end, end], 140)).toEqual({
    p50Ms: 50, p99Ms: 160, maxMs: 160, presses: 4, open: one(160), lock: one(90), beep: { p50Ms: 50, p99Ms: 70, maxMs: 70, presses: 3 },
    // 160 + 110 x 3.2, 90 + 60 x 3.2; 40 + 20 x 3.2, 50 + 30 x 3.2, 70 + 50 x 3.2
    nrf52: { open: one(512), lock: one(282), beep: { p50Ms: 146, p99Ms: 230, maxMs: 230, presses: 3 } },
    lost: 4, longestTurnMs: 44, erases: 6,
  });
});
