/** A part of the power-cut explorer; `npm run -s evidence -- powercut` is the whole of it, with every planted fault. */
import { afterAll, describe, expect, test } from 'vitest';
import { findFaults } from '../evidence/powercut.js';
import { openPool, runCampaign } from './campaign.js';
import { FLOWS } from './flows.js';

const SAMPLE = { cuts: 0, nested: 20, operationsStep: 18 };
/** Of each kind one: what is read, kept, written, counted, trusted, and the door. */
const PLANTED = [
  'journal CRC ignored', 'compaction without copy', 'slot erased before the offer is proven', 'attempts not counted', 'seal written whatever verifying says',
  'wrong codes not counted',
];
const SEED = Number(process.env['SEED'] ?? 20_000);

describe('a lock that loses power', { timeout: 300_000 }, () => {
  const pool = openPool();
  afterAll(() => pool.close());

  test('in any flash operation of any flow boots, opens to the right PIN in time, and takes the update in the end', async () => {
    const result = await runCampaign(pool, { flows: FLOWS.map((flow) => flow.name), ...SAMPLE, seed: SEED });
    const failures = result.failures.map(({ id, failures: words }) => `${words.join('; ')}\n  repeat: npm run -s evidence -- powercut --repeat ${id}`);
    expect(failures.join('\n')).toBe('');
    expect(result).toMatchObject({ bricks: 0, doorRefused: 0, completed: result.cuts, nested: SAMPLE.nested });
  });

  test.each(PLANTED)('does not with a fault in its firmware: %s', async (name) => {
    expect(await findFaults(pool, [name])).toEqual({ missed: [] });
  });
});
