import { expect, test } from 'vitest';
import { cutProvisioning } from './cuts.js';

const POINTS = 20;

test('a lock in the making whose power fails at any of 20 seeded points is finished by running the command again', async () => {
  const seed = Number(process.env['DEADLATCH_SEED'] ?? 7);
  const results = await cutProvisioning(POINTS, seed);
  expect(results.filter(({ failed }) => failed), `repeat with DEADLATCH_SEED=${seed} npx vitest run host-tests/first-hour/cuts.test.ts`).toEqual([]);
  expect(new Set(results.map(({ operation }) => operation)).size).toBe(POINTS);
}, 180_000);
