import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { dailyMah, POWER_PATH, powerPage } from '../../scripts/power.js';

it('docs/power.md is what the script makes: run `npm run power` when this fails', () => {
  expect(readFileSync(POWER_PATH, 'utf8')).toBe(powerPage());
});

it('a day without anybody awake is a day at rest, and the throws', () => {
  expect(dailyMah(100, 0.2, 0)).toBeCloseTo(24 * 0.2 + 20 * 250 / 3600, 6);
  expect(dailyMah(100, 0.2, 36)).toBeCloseTo(0.1 * 100 + 23.9 * 0.2 + 20 * 250 / 3600, 6);
});
