/**
 * Writes a finished text in Espruino's tokens: reserved words, and operators of more than one character, become one byte each, and the blanks
 * around them go. It takes a fifth less room in flash, and Espruino reads it faster. Property names, strings and regular expressions stay as they are.
 */
import ts from 'typescript';
import { applyEdits, isUse, parseScript, type Edit } from './script.js';
import { piecesOf, TOKENS } from './untokenise.js';

/** The text with one byte a character; throws where Espruino would read it as something else. */
export function tokenise(text: string): string {
  const words = inWords(text);
  let tokens = '';
  let end = 0;
  let before = false;
  const leaves = leavesOf(parseScript(words));
  for (const leaf of leaves) {
    const token = tokenOf(leaf);
    const from = leaf.getStart();
    if (!before && token === undefined) tokens += words.slice(end, from);
    tokens += token ?? words.slice(from, leaf.end);
    end = leaf.end;
    before = token !== undefined;
  }
  const pieces = [...piecesOf(tokens)].filter(({ kind }) => kind !== 'blank');
  const at = leaves.findIndex((leaf, index) => leaf.getText() !== pieces[index]?.text);
  if (at >= 0 || pieces.length !== leaves.length) throw new Error(`Espruino would not read this as it is meant: ${words.slice(leaves[at]?.getStart()).slice(0, 80)}`);
  return tokens;
}

/** What minifiers write to save characters has a word, which is a single byte: `!0`, `!1` and `void 0`. */
function inWords(text: string): string {
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    const word = wordFor(node);
    if (word === undefined) return ts.forEachChild(node, visit);
    const from = node.getStart();
    edits.push({ from, to: node.end, text: /[\w$]/.test(text[from - 1] ?? '') ? ` ${word}` : word });
  };
  visit(parseScript(text));
  return applyEdits(text, edits);
}

function wordFor(node: ts.Node): string | undefined {
  const isNumber = (each: ts.Expression, digit: string): boolean => ts.isNumericLiteral(each) && each.getText() === digit;
  if (ts.isVoidExpression(node) && isNumber(node.expression, '0')) return 'undefined';
  if (!ts.isPrefixUnaryExpression(node) || node.operator !== ts.SyntaxKind.ExclamationToken) return undefined;
  return isNumber(node.operand, '0') ? 'true' : isNumber(node.operand, '1') ? 'false' : undefined;
}

/** The token that a leaf of the tree is written as. */
function tokenOf(leaf: ts.Node): string | undefined {
  const text = leaf.getText();
  if (ts.isIdentifier(leaf)) return text === 'undefined' && isUse(leaf) ? TOKENS.get(text) : undefined;
  const isWord = leaf.kind >= ts.SyntaxKind.FirstKeyword && leaf.kind <= ts.SyntaxKind.LastKeyword;
  const isMark = leaf.kind >= ts.SyntaxKind.FirstPunctuation && leaf.kind <= ts.SyntaxKind.LastPunctuation;
  return isWord || isMark ? TOKENS.get(text) : undefined;
}

function leavesOf(root: ts.Node): ts.Node[] {
  const leaves: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    const children = node.getChildren();
    if (children.length) children.forEach(visit);
    else if (node.getStart() < node.end) leaves.push(node);
  };
  visit(root);
  return leaves;
}
