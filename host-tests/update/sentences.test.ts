/** The table of what refusals say, as it lies in `.boot0`. */
import { expect, it } from 'vitest';
import { ERRORS, shortName } from '../../firmware/error-table.js';
import { JOURNAL_FULL, NO_WINDOW, NO_WORDS } from '../../firmware/errors.js';
import { SENTENCES_MAX, sentenceOf, sentenceTable } from '../../firmware/sentences.js';
import { storageImage } from '../../virtual-board/provision.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { familyOf } from '../../scripts/defines.js';
import { untokenise } from '../../scripts/untokenise.js';

it('every code has its sentence, whatever follows the table', () => {
  for (const behind of ['', '\n'.repeat(100), '\xff'.repeat(100)]) {
    const table = (sentenceTable() + behind).slice(0, SENTENCES_MAX);
    for (const { code } of ERRORS) expect(sentenceOf(table, code)).toBe(shortName(code));
  }
  expect(sentenceOf(sentenceTable(), JOURNAL_FULL)).toBe('the journal cannot take another record');
});

it('a table without the code, and none at all, send the reader to the playbook', () => {
  const older = sentenceTable().replace(/\n11.*/, '');
  expect([sentenceOf(older, NO_WINDOW), sentenceOf('', NO_WINDOW), sentenceOf(sentenceTable(), 0xfe)]).toEqual([NO_WORDS, NO_WORDS, NO_WORDS]);
});

it('Espruino finds what only begins at the very end: no sentence either', () => {
  const table = { indexOf: (_: string, from = 0) => (from < 5 ? 5 : -1), substring: () => 'something else' };
  expect(sentenceOf(table as unknown as string, NO_WINDOW)).toBe(NO_WORDS);
});

it('the bootloader tells where it lies in flash', async () => {
  const { geometry } = familyOf('esp32');
  const boot = await buildBootloader({ family: 'esp32' });
  const told = /sentences:(\w+)\+32\+ *(\d+)/.exec(untokenise(boot.parts[0]!))!;
  expect(untokenise(boot.parts[0]!)).toContain(`${told[1]!}=${geometry.base}`);
  const flash = storageImage({ geometry, boot0Text: boot.text });
  const at = 32 + Number(told[2]);
  expect(sentenceOf(Buffer.from(flash.subarray(at, at + SENTENCES_MAX)).toString('latin1'), NO_WINDOW)).toBe('the update window is closed');
});
