/**
 * Lays a bundle out for the lock's memory. A name costs Espruino variables for as long as it can be reached, and a function some six
 * of them, so these passes leave as few as possible at the top of a bundle. They work on what tsup makes: flat ES5 in which every
 * name at the top is declared once.
 */
import ts from 'typescript';
import { applyEdits, isUse, ownNames, parseScript, type Edit } from './script.js';

/** A statement at the top of a bundle. */
interface Top {
  node: ts.Statement;
  /** Name it declares; a statement that declares none is the program itself. */
  name: string | undefined;
  /** Names at the top that it mentions. */
  uses: Set<string>;
}

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
  eachUse(source, (use) => {
    const value = values.get(use.text);
    if (value === undefined || edits.some((edit) => edit.text === '' && use.getStart() >= edit.from && use.getEnd() <= edit.to)) return;
    const text = typeof value === 'string' ? JSON.stringify(value) : value < 0 ? `(${value})` : String(value);
    edits.push({ from: use.getStart(), to: use.getEnd(), text: ts.isShorthandPropertyAssignment(use.parent) ? `${use.text}:${text}` : text });
  });
  return applyEdits(script, edits);
}

/**
 * Moves what only `owner` needs into `owner`, for each of `owners`: it is made when that function is called, and gone when nothing
 * holds on to that call any more. What two owners share stays where it is, and so does an owner, unless it is called one inside another.
 * `outer.owner` is a function declared in another one: its sibling functions are moved, and functions at the top that nothing else uses;
 * variables have state to keep.
 */
export function nest(script: string, owners: readonly string[]): string {
  return owners.reduce((text, owner) => nestOne(text, owner, owners), script);
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
  for (const name of once) bodyOf(source, name);
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

function nestOne(script: string, path: string, owners: readonly string[]): string {
  const names = path.split('.');
  const owner = names.pop()!;
  const around = names.map((name) => `${name}.`).join('');
  const staying = new Set(owners.filter((each) => each.startsWith(around)).map((each) => each.slice(around.length)).filter((each) => !each.includes('.')));
  const source = parseScript(script);
  let block: ts.SourceFile | ts.Block = source;
  for (const name of names) block = bodyOf(block, name);
  const target = bodyOf(block, owner);
  const tops = topsOf(block);
  const outside = reach(tops, tops.filter((top) => top.name === undefined || (staying.has(top.name) && top.name !== owner)), owner);
  const within = reach(tops, tops.filter((top) => top.name === owner), undefined);
  const moved = tops.filter((top) => top.name !== undefined && top.name !== owner && within.has(top.name) && !outside.has(top.name) && !staying.has(top.name));
  if (!outside.has(owner)) throw new Error(`nothing calls ${path}`);
  const clash = moved.find((top) => declaresInside(target, top.name!));
  if (clash) throw new Error(`${path} has a ${clash.name} of its own`);
  const at = target.getStart() + 1;
  const siblings = moved.map((top) => top.node);
  const nodes = names.length ? [...siblings, ...ownOfTop(source, names[0]!, target, siblings, owners)] : siblings;
  const text = nodes.map((node) => script.slice(node.getStart(), node.getEnd())).join('\n');
  return applyEdits(script, [{ from: at, to: at, text: `\n${text}` }, ...nodes.map((node) => ({ from: node.getStart(), to: node.getEnd(), text: '' }))]);
}

/** Functions at the top that are used within `target` and `siblings` alone, which are further in; not where a name would come to mean something else. */
function ownOfTop(source: ts.SourceFile, outer: string, target: ts.Block, siblings: readonly ts.Node[], owners: readonly string[]): ts.FunctionDeclaration[] {
  const taken = new Set<string>();
  for (let node: ts.Node = target; !ts.isSourceFile(node); node = node.parent) if (ts.isFunctionLike(node)) for (const name of ownNames(node)) taken.add(name);
  const found = new Map<string, ts.FunctionDeclaration>();
  for (const node of source.statements) {
    if (!ts.isFunctionDeclaration(node) || !node.name || node.name.text === outer || owners.includes(node.name.text) || taken.has(node.name.text)) continue;
    let hides = declaresInside(target, node.name.text);
    eachUse(node, (use) => {
      hides ||= taken.has(use.text);
    });
    if (!hides) found.set(node.name.text, node);
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    eachUse(source, (use) => {
      const node = found.get(use.text);
      const within = (each: ts.Node): boolean => use.getStart() >= each.getStart() && use.getEnd() <= each.getEnd();
      if (node && ![target, ...siblings, ...found.values()].some(within)) found.delete(use.text);
    });
  }
  return [...found.values()];
}

function bodyOf(block: ts.SourceFile | ts.Block, name: string): ts.Block {
  const found = block.statements.find((each) => ts.isFunctionDeclaration(each) && each.name?.text === name) as ts.FunctionDeclaration | undefined;
  if (!found?.body) throw new Error(`there is no function ${name} to nest into`);
  return found.body;
}

/** Names that can be reached from `from`, `closed` included but not what only it leads to. */
function reach(tops: Top[], from: Top[], closed: string | undefined): Set<string> {
  const byName = new Map(tops.filter((top) => top.name !== undefined).map((top) => [top.name!, top]));
  const found = new Set<string>();
  const waiting = [...from];
  for (let top = waiting.pop(); top; top = waiting.pop()) {
    for (const name of top.uses) {
      if (found.has(name)) continue;
      found.add(name);
      if (name !== closed) waiting.push(byName.get(name)!);
    }
  }
  return found;
}

function topsOf(block: ts.SourceFile | ts.Block): Top[] {
  const isTop = ts.isSourceFile(block);
  const tops = block.statements.map((node): Top => ({ node, name: isTop || ts.isFunctionDeclaration(node) ? declaredBy(node) : undefined, uses: new Set() }));
  const names = new Set(tops.map((top) => top.name));
  for (const top of tops) {
    eachUse(top.node, (use) => {
      if (names.has(use.text)) top.uses.add(use.text);
    });
  }
  return tops;
}

/** Name of a function, or of the one variable of a statement. */
function declaredBy(node: ts.Statement): string | undefined {
  if (ts.isFunctionDeclaration(node)) return node.name?.text;
  return ts.isVariableStatement(node) ? nameOf(node.declarationList.declarations[0]!) : undefined;
}

function nameOf(declaration: ts.VariableDeclaration): string {
  const { name, parent } = declaration;
  if (!ts.isIdentifier(name) || (ts.isVariableDeclarationList(parent) && parent.declarations.length > 1)) throw new Error(`not one variable: ${parent.getText().slice(0, 80)}`);
  return name.text;
}

/** Calls `visit` for every use of a name that no function within `start` declares. */
function eachUse(start: ts.Node, visit: (use: ts.Identifier) => void): void {
  const walk = (node: ts.Node, hidden: Set<string>): void => {
    if (ts.isIdentifier(node) && isUse(node) && !hidden.has(node.text)) visit(node);
    const caught = ts.isCatchClause(node) && node.variableDeclaration?.name;
    const own = ts.isFunctionLike(node) ? ownNames(node) : caught && ts.isIdentifier(caught) ? [caught.text] : [];
    const inner = own.length ? new Set([...hidden, ...own]) : hidden;
    ts.forEachChild(node, (child) => walk(child, inner));
  };
  walk(start, new Set());
}

function declaresInside(owner: ts.Node, name: string): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && ownNames(node).includes(name)) found = true;
    if (!found) ts.forEachChild(node, visit);
  };
  visit(owner);
  return found;
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
