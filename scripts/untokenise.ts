/**
 * Espruino's tokens, and the way back from them to words. Its lexer takes a reserved word, or an operator of more than one character, as one
 * byte too (`LEX_TYPES` in src/jslex.h; tools outside Espruino count on the order). Such a text is kept one byte a character (latin1).
 */

/** The byte of the first word of `WORDS`; the others follow. */
const FIRST_TOKEN = 138;
const WORDS = [
  ...'== === != !== <= << <<= >= >> >>> >>= >>>= += -= ++ -- *= /= %= &= && |= || ^= =>'.split(' '),
  ...'if else do while for break continue function return var let const this throw try catch finally true false null undefined new in'.split(' '),
  ...'instanceof switch case default delete typeof void debugger class extends super static of'.split(' '),
];

/** word or operator -> its byte as a character */
export const TOKENS: ReadonlyMap<string, string> = new Map([...WORDS.map((word, at): [string, string] => [word, String.fromCharCode(FIRST_TOKEN + at)]), ['??', '\xd0']]);
const WORD_OF = new Map([...TOKENS].map(([word, token]) => [token, word]));

/** What Espruino's lexer takes for one token, tried in this order. */
const PIECES: [kind: Kind, pattern: RegExp][] = [
  ['blank', /[\t\v\f \n\r]+|\/\/[^\n\0]*|\/\*[^\0]*?\*\//y],
  ['end', /\0/y],
  ['string', /"(?:[^"\\\0]|\\[^\0])*"|'(?:[^'\\\0]|\\[^\0])*'|`(?:[^`\\\0]|\\[^\0])*`/y],
  ['word', /[A-Za-z_$][\w$]*/y],
  ['number', /0[xXbBoO][\da-fA-F_]*|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]*)?/y],
  ['regex', /\/(?:[^/\\\n\0]|\\[^\n\0])*(?:\/[gimyu]*)?/y],
  ['mark', new RegExp([...WORDS, '??'].filter((word) => !/\w/.test(word)).sort((a, b) => b.length - a.length).map((word) => word.replace(/./g, '\\$&')).join('|'), 'y')],
  ['mark', /[!-~]/y],
];
type Kind = 'blank' | 'end' | 'string' | 'word' | 'number' | 'regex' | 'mark' | 'token' | 'stray';

export interface Piece {
  kind: Kind;
  /** In words, where it is a token. */
  text: string;
  at: number;
}

/** Tokens that are values: a slash after one divides. */
const VALUES = ['true', 'false', 'null', 'undefined'];

/** The text in words, with blanks where they are needed; a text without tokens comes back as it is. Throws where a byte is no token. */
export function untokenise(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  const out: string[] = [];
  let before: Piece | undefined;
  for (const piece of piecesOf(text)) {
    if (piece.kind === 'stray') throw new Error(`byte ${piece.text.charCodeAt(0)} at ${piece.at} is no token of Espruino's`);
    if (before && (piece.kind === 'token' || before.kind === 'token') && wouldMerge(before, piece)) out.push(' ');
    out.push(piece.text);
    before = piece;
  }
  return out.join('');
}

/** Where a text holds the first byte that is neither printable ASCII (or a tab or line end) nor a token between words; -1: nowhere. */
export function strayByte(text: string): number {
  if (!/[^\t\n\r -~]/.test(text)) return -1;
  for (const { kind, text: piece, at } of piecesOf(text)) {
    const stray = kind === 'token' ? -1 : piece.search(/[^\t\n\r -~]/);
    if (stray >= 0) return at + stray;
  }
  return -1;
}

/** What Espruino's lexer makes of a text, blanks and comments included. */
export function* piecesOf(text: string): Generator<Piece> {
  let before = '';
  for (let at = 0; at < text.length;) {
    const word = WORD_OF.get(text[at]!);
    const piece: Piece = word === undefined ? pieceAt(text, at, before) : { kind: 'token', text: word, at };
    yield piece;
    at += word === undefined ? piece.text.length : 1;
    if (piece.kind !== 'blank') before = piece.text;
  }
}

function pieceAt(text: string, at: number, before: string): Piece {
  for (const [kind, pattern] of PIECES) {
    if (kind === 'regex' && !regexMayFollow(before)) continue;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return { kind, text: found[0], at };
  }
  return { kind: 'stray', text: text[at]!, at };
}

/** As `jslGetNextToken` in src/jslex.c decides. */
function regexMayFollow(text: string): boolean {
  if (text === '' || text === '\0') return true;
  return TOKENS.has(text) ? !VALUES.includes(text) : text.length === 1 && '!%&*+-/<=>?[{}(,;:'.includes(text);
}

/** Whether two pieces that touch would be read as one, or as others. */
function wouldMerge(before: Piece, piece: Piece): boolean {
  const isWord = (each: Piece): boolean => /[\w$]/.test(each.text[0]!);
  if (before.kind === 'blank' || piece.kind === 'blank') return false;
  if (isWord(piece) || piece.kind === 'number') return isWord(before) || before.kind === 'number' || before.kind === 'regex';
  return /[-+*/%&|^=!<>?]$/.test(before.text) && /^[-+*/%&|^=!<>?]/.test(piece.text);
}
