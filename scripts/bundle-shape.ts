/**
 * Lays a bundle out for the lock's memory. A name costs Espruino variables for as long as it can be reached, and a function some six
 * of them, so these passes leave as few as possible at the top of a bundle. They work on what tsup makes: flat ES5 in which every
 * name at the top is declared once.
 */
import ts from 'typescript';
import { applyEdits, isUse, nameOf, ownNames, parseScript, type Edit } from './script.js';

/** Puts the values of constants in their places: numbers, whatever is reckoned from numbers alone, and short texts. */
export function inlineConstants(script: string): string {
  const source = parseScript(script);
  const values = new Map<string, number | string>();
  const changed = assignedNames(source);
  const edits: Edit[] = [];
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const declaration = statement.declarationList.declarations[0]!;
    if (statement.declarationList.declarations.length > 1 || !declaration.initializer || changed.has(nameOf(declaration))) continue;
    const value = valueOf(declaration.initializer, values);
    if (value === undefined) continue;
    values.set(nameOf(declaration), value);
    edits.push({ from: statement.getStart(), to: statement.getEnd(), text: '' });
  }
  const gone = [...edits];
  eachUse(source, (use) => {
    const value = values.get(use.text);
    if (value === undefined || gone.some((edit) => use.getStart() >= edit.from && use.getEnd() <= edit.to)) return;
    const text = typeof value === 'string' ? JSON.stringify(value) : value < 0 ? `(${value})` : String(value);
    edits.push({ from: use.getStart(), to: use.getEnd(), text: ts.isShorthandPropertyAssignment(use.parent) ? `${use.text}:${text}` : text });
  });
  return applyEdits(script, edits);
}

/**
 * A bundle that exports one function as a script that assigns that function to `result` in the end, and runs nothing before.
 * The functions in `once` are let go after that function's one call: they run within it and never again. Their names go too: at the root each
 * takes a variable.
 */
export function programOf(script: string, result: string, once: readonly string[]): string {
  const source = parseScript(script);
  const exported = source.statements.filter(ts.isExportDeclaration);
  const names = exported.flatMap(({ exportClause: clause }) => (clause && ts.isNamedExports(clause) ? clause.elements.map((each) => each.name.text) : []));
  if (names.length !== 1) throw new Error(`an image has to export one function, its start; it exports ${names.join(', ') || 'nothing'}`);
  const isDeclaration = [ts.isFunctionDeclaration, ts.isVariableStatement, ts.isExportDeclaration, ts.isEmptyStatement];
  const running = source.statements.find((each) => !isDeclaration.some((is) => is(each)));
  if (running) throw new Error(`an image must not run before it is called: ${running.getText().slice(0, 80)}`);
  const text = applyEdits(script, exported.map((each) => ({ from: each.getStart(), to: each.getEnd(), text: '' })));
  if (!once.length) return `${text}\n${result}=${names[0]};`;
  checkOnce(source, names[0]!, once);
  const gone = [...once, names[0]!].map((name) => `delete ${name}`).join(',');
  return `${text}\n${result}=function(handover){${names[0]}(handover);${gone}};`;
}

/** A function runs once if it is called only by functions that do, and by none of the functions inside them, which may be called later. */
function checkOnce(source: ts.SourceFile, start: string, once: readonly string[]): void {
  const functions = new Set(source.statements.map((each) => (ts.isFunctionDeclaration(each) ? each.name?.text : undefined)));
  for (const name of once) if (!functions.has(name)) throw new Error(`there is no function ${name} to let go of`);
  for (const top of source.statements) {
    const from = ts.isFunctionDeclaration(top) ? top.name?.text : undefined;
    eachUse(top, (use) => {
      if (!once.includes(use.text) || ts.isExportSpecifier(use.parent)) return;
      let around: ts.Node = use;
      while (!ts.isFunctionLike(around) && !ts.isSourceFile(around)) around = around.parent;
      if (around !== top || !from || (from !== start && !once.includes(from))) throw new Error(`${use.text} may run more than once: ${use.parent.getText().slice(0, 80)}`);
    });
  }
}

/** Calls `visit` for every use of a name that no function within `start` declares. */
function eachUse(start: ts.Node, visit: (use: ts.Identifier) => void): void {
  /** Name -> how many of the functions around declare it. */
  const hidden = new Map<string, number>();
  const walk = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isUse(node) && !hidden.get(node.text)) visit(node);
    const caught = ts.isCatchClause(node) && node.variableDeclaration?.name;
    const own = ts.isFunctionLike(node) ? ownNames(node) : caught && ts.isIdentifier(caught) ? [caught.text] : [];
    for (const name of own) hidden.set(name, (hidden.get(name) ?? 0) + 1);
    ts.forEachChild(node, walk);
    for (const name of own) hidden.set(name, hidden.get(name)! - 1);
  };
  walk(start);
}

/** Texts up to this length are no longer than the name that would stand for them, or not by much. */
const SHORT_TEXT = 8;

/** What an expression of literals and known constants comes to; undefined where it is anything else. */
function valueOf(node: ts.Expression, known: Map<string, number | string>): number | string | undefined {
  if (ts.isParenthesizedExpression(node)) return valueOf(node.expression, known);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteral(node)) return node.text.length <= SHORT_TEXT && /^[ -~]*$/.test(node.text) ? node.text : undefined;
  if (ts.isIdentifier(node)) return known.get(node.text);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
    const value = valueOf(node.operand, known);
    return typeof value === 'number' && value !== 0 ? -value : undefined;
  }
  if (!ts.isBinaryExpression(node)) return undefined;
  const left = valueOf(node.left, known);
  const right = valueOf(node.right, known);
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.PlusToken: return left + right;
    case ts.SyntaxKind.MinusToken: return left - right;
    case ts.SyntaxKind.AsteriskToken: return left * right;
    case ts.SyntaxKind.SlashToken: return left / right;
    default: return undefined;
  }
}

/** Names that get another value somewhere than where they are declared. */
function assignedNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  eachUse(source, (use) => {
    const { parent } = use;
    const assigned = ts.isBinaryExpression(parent) && parent.left === use
      && parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
    const counted = (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent))
      && (parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken);
    if (assigned || counted) names.add(use.text);
  });
  return names;
}
