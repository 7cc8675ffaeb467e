/**
 * Espruino makes a `var` when it comes to it, not when its function begins. Until then the name means a variable further out, or a
 * new global: `if (a) { var b = 1; } b = 2;` writes somebody else's `b` when `a` is false. Minifiers write such code freely, and give
 * every scope the same short names. This pass declares such names at the beginning of their function; all others stay as they are.
 */
import ts from 'typescript';
import { applyEdits, isUse, ownNames, parseScript, type Edit } from './script.js';

/** One function, or the whole text. */
interface Scope {
  body: ts.Block | ts.SourceFile;
  /** Names that exist from the beginning: parameters and functions. */
  known: Set<string>;
  vars: Map<string, Variable>;
  /** Functions declared inside -> where this function first mentions them, by name or through another one: from there on they may run. */
  mentions: Map<string, number>;
  /** Calls that this function itself makes, and where it may end: there, function expressions before them may run. */
  runs: ts.Node[];
}

interface Variable {
  declarations: ts.VariableDeclaration[];
  /** Uses by this function itself. */
  uses: ts.Identifier[];
  /** Uses by functions inside it, with the outermost of those functions. */
  innerUses: { use: ts.Identifier; inside: ts.Node }[];
}

interface Found {
  use: ts.Identifier;
  inside: ts.Node | undefined;
}

/** The same program, with every name declared before anything can use it. */
export function hoistVars(script: string): string {
  return applyEdits(script, scopesOf(script).flatMap(editsOf));
}

/** One sentence for every name that may be used before Espruino makes it. */
export function checkVars(script: string): string[] {
  return scopesOf(script).flatMap((scope) => lateNames(scope).map((name) => {
    const at = scope.vars.get(name)!.declarations[0]!.getStart();
    return `${name} may be used before Espruino makes it, at "${script.slice(at, at + 60)}"`;
  }));
}

/** Moves whole `var` statements: the order in which values are assigned stays the same. */
function editsOf(scope: Scope): Edit[] {
  const names = new Set(lateNames(scope));
  if (!names.size) return [];
  const lists = new Set<ts.VariableDeclarationList>();
  for (const name of names) {
    for (const { parent } of scope.vars.get(name)!.declarations) {
      lists.add(parent as ts.VariableDeclarationList);
      for (const each of (parent as ts.VariableDeclarationList).declarations) names.add(nameOf(each));
    }
  }
  const start = ts.isBlock(scope.body) ? scope.body.getStart() + 1 : scope.body.getStart();
  const declared = [...names].filter((name) => !scope.known.has(name));
  return [{ from: start, to: start, text: `var ${declared.join(',')};` }, ...[...lists].flatMap(undeclare)];
}

/** `var a=1,b,c=2` becomes `a=1,c=2`. */
function undeclare(list: ts.VariableDeclarationList): Edit[] {
  const each = list.declarations;
  const edits: Edit[] = [{ from: list.getStart(), to: each[0]!.getStart(), text: '' }];
  if (ts.isForInStatement(list.parent)) return edits;
  let kept = false;
  each.forEach((declaration, index) => {
    if (declaration.initializer) kept = true;
    else if (kept) edits.push({ from: each[index - 1]!.getEnd(), to: declaration.getEnd(), text: '' });
    else edits.push({ from: declaration.getStart(), to: each[index + 1]?.getStart() ?? declaration.getEnd(), text: '' });
  });
  return edits;
}

function lateNames(scope: Scope): string[] {
  return [...scope.vars.keys()].filter((name) => !scope.known.has(name) && isLate(scope, scope.vars.get(name)!));
}

function isLate({ body, runs, mentions }: Scope, { declarations, uses, innerUses }: Variable): boolean {
  const made = declarations[0]!.getStart();
  const region = regionOf(declarations[0]!, body);
  const reaches = (node: ts.Node): boolean => region === body || (node.getStart() >= region.getStart() && node.getEnd() <= region.getEnd());
  if (uses.some((use) => use.getStart() < made || !reaches(use))) return true;
  return innerUses.some(({ use, inside }) => {
    if (!reaches(use)) return true;
    if (ts.isFunctionDeclaration(inside) && inside.name) return mentions.get(inside.name.text)! < made;
    return inside.getStart() < made && runs.some((each) => each.getStart() < made && each.getEnd() > inside.getStart());
  });
}

/** The part of the function that runs only if the declaration has a chance to: a branch, a loop's body, a case. */
function regionOf(declaration: ts.Node, body: ts.Node): ts.Node {
  for (let node = declaration; node.parent && node !== body; node = node.parent) {
    const { parent } = node;
    if ((ts.isForStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === node) continue;
    if (ts.isIterationStatement(parent, false) || ts.isIfStatement(parent) || ts.isCaseOrDefaultClause(parent) || ts.isTryStatement(parent)
      || ts.isCatchClause(parent)) return node;
  }
  return body;
}

function scopesOf(script: string): Scope[] {
  const source = parseScript(script);
  const scopes: Scope[] = [scopeOf(source, source)];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && ts.isBlock(node.body)) scopes.push(scopeOf(node, node.body));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return scopes;
}

function scopeOf(owner: ts.Node, body: Scope['body']): Scope {
  const scope: Scope = { body, known: new Set(), vars: new Map(), mentions: new Map(), runs: [] };
  if (ts.isFunctionLike(owner)) for (const { name } of owner.parameters) if (ts.isIdentifier(name)) scope.known.add(name.text);
  const found: Found[] = [];
  const visit = (node: ts.Node, inside: ts.Node | undefined, hidden: Set<string>): void => {
    if (!inside) note(scope, node);
    if (ts.isIdentifier(node) && isUse(node) && !hidden.has(node.text)) found.push({ use: node, inside });
    if (!ts.isFunctionLike(node)) return ts.forEachChild(node, (child) => visit(child, inside, hidden));
    const names = new Set([...hidden, ...ownNames(node)]);
    ts.forEachChild(node, (child) => visit(child, inside ?? node, names));
  };
  ts.forEachChild(body, (child) => visit(child, undefined, new Set()));
  for (const { use, inside } of found) {
    if (inside) scope.vars.get(use.text)?.innerUses.push({ use, inside });
    else scope.vars.get(use.text)?.uses.push(use);
  }
  findMentions(scope.mentions, found);
  return scope;
}

/** What a function itself, not one inside it, declares and calls. */
function note(scope: Scope, node: ts.Node): void {
  if (ts.isVariableDeclaration(node) && ts.isVariableDeclarationList(node.parent)) {
    const variable = scope.vars.get(nameOf(node)) ?? { declarations: [], uses: [], innerUses: [] };
    variable.declarations.push(node);
    scope.vars.set(nameOf(node), variable);
  }
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isReturnStatement(node)) scope.runs.push(node);
  if (ts.isFunctionDeclaration(node) && node.name) {
    scope.known.add(node.name.text);
    scope.mentions.set(node.name.text, Infinity);
  }
}

function findMentions(mentions: Map<string, number>, found: Found[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const { use, inside } of found) {
      const before = mentions.get(use.text);
      if (before === undefined) continue;
      const through = inside && ts.isFunctionDeclaration(inside) && inside.name;
      const at = through ? mentions.get(through.text)! : (inside ?? use).getStart();
      if (at < before) mentions.set(use.text, at);
      changed ||= at < before;
    }
  }
}

function nameOf(declaration: ts.VariableDeclaration): string {
  return (declaration.name as ts.Identifier).text;
}
