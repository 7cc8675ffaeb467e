/**
 * What a refusal says. The sentences lie once on a lock, in `.boot0` behind safe mode, and `Handover.sentences` tells where: a line for each
 * code, of two hex digits and the words. A bootloader does not know the codes of images that came after it; of those the number is told.
 */
import { ERRORS, shortName } from './error-table.js';
import { formatCode, NO_WORDS, type ErrorCode } from './errors.js';

/** What is read of the table: as much as it may ever have. */
export const SENTENCES_MAX = 4096;

/** The whole table, for the build of `.boot0`. */
export function sentenceTable(): string {
  const known = ERRORS.filter((each) => shortName(each.code) !== NO_WORDS);
  const table = '\n' + known.map((each) => digitsOf(each.code) + shortName(each.code) + '\n').join('');
  if (table.length > SENTENCES_MAX) throw new Error(`the sentences have ${table.length} bytes, a lock reads ${SENTENCES_MAX} of them`);
  return table;
}

/** `table`: the text from where it begins, with whatever follows it; empty where the bootloader has none. */
export function sentenceOf(table: string, code: ErrorCode): string {
  const at = table.indexOf('\n' + digitsOf(code)) + 3;
  const end = table.indexOf('\n', at);
  // At the very end of a text Espruino also finds what only begins there.
  return at > 2 && end > at ? table.substring(at, end) : NO_WORDS;
}

function digitsOf(code: ErrorCode): string {
  return formatCode(code).substr(2);
}
