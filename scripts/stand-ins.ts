/** Numbers that stand in a finished text for others, which are known only when all texts of a file are finished. */

/** What the parts of `.boot0` are kept from each other by: Espruino's lexer takes it for the end of the text. */
export const BETWEEN_PARTS = '\0';

/** First of the stand-ins for where a part lies: its offset and length follow each other. Numbers of this length leave room for any offset. */
const STAND_IN = 7306200;

/** What stands for offset and length of a part. */
export function partStandIns(part: number): [string, string] {
  return [String(STAND_IN + part * 2), String(STAND_IN + part * 2 + 1)];
}

/** Puts `value` in the place of a stand-in, padded so that nothing behind it moves. */
export function insertNumber(text: string, standIn: string, value: number): string {
  return text.split(standIn).join(String(value).padStart(standIn.length));
}
