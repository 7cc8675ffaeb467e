/** The command that prints evidence, as far as it can be tried in a moment. */
import { describe, expect, it } from 'vitest';
import { runScript } from '../cli/commands.js';
import { EVIDENCE_NAMES, evidenceOf } from './index.js';

describe('npm run -s evidence', () => {
  it.each([
    [['nothing'], 'there is no evidence named "nothing"'], [['rows', 'memory'], 'one name at a time, or none for all'],
    [['rows', '--repeat', 'upload:1:torn:1'], '--repeat goes with powercut and door'], [['--fast'], "Unknown option '--fast'"],
  ])('with %j says in one sentence what is wrong, and ends with 1', async (given, sentence) => {
    const { code, output, error } = await runScript('scripts/evidence.ts', given);
    expect([code, output]).toEqual([1, '']);
    expect(error.trim().split('\n')).toHaveLength(1);
    expect(error).toContain(sentence);
    expect(error).toContain(EVIDENCE_NAMES.join(' | '));
  }, 60_000);

  it('says why it has no figures where there is no interpreter', async () => {
    const before = process.env['ESPRUINO'];
    process.env['ESPRUINO'] = '/nowhere/espruino';
    try {
      expect(await evidenceOf('memory', { progress: () => undefined })).toEqual({ name: 'memory', skipped: 'ESPRUINO names /nowhere/espruino, which is not a program.' });
    } finally {
      if (before === undefined) delete process.env['ESPRUINO'];
      else process.env['ESPRUINO'] = before;
    }
  });
});
