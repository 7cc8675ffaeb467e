/**
 * Reads a finished device bundle and lists what Espruino would not run, would run wrongly, or what no lock may ever call. The lint
 * rules say the same about sources; this is the proof about what ships, whatever a compiler helper or a library slipped in.
 */
import ts from 'typescript';
import { isOwnForOf } from './for-of.js';

/** Globals Espruino does not have, or that a lock must not touch. */
const FORBIDDEN_GLOBALS = [
  'Symbol', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect', 'BigInt', 'globalThis', 'window',
  'setInterval', 'save', 'load', 'reset', 'dump',
];

/** Names to JavaScript, words of the language to Espruino's lexer wherever they stand. */
const TAKEN_WORDS = ['of', 'let', 'static'];

/** `object.name` that Espruino does not have, gets wrong, or that would break the lock's flash. */
const FORBIDDEN_MEMBERS = [
  'Array.from', 'Array.of', 'Array.prototype', 'Object.freeze', 'Object.entries', 'Object.values', 'Object.fromEntries',
  'Object.getOwnPropertySymbols', 'Number.isInteger', 'Number.isSafeInteger', 'Math.imul', 'Math.trunc', 'Math.pow', 'Math.hypot',
  'Math.log2', 'Math.fround', 'Uint8Array.from', 'E.setPassword',
];

/** Methods that no object of a bundle may be asked for. */
const FORBIDDEN_METHODS = [
  'setBootCode', 'save', 'compact', 'eraseAll', 'onErrorSave', 'setSNTP', 'padStart', 'padEnd', 'codePointAt', 'flat', 'flatMap', 'at', 'matchAll', 'normalize',
  'copyWithin', 'finally',
];

/** All that may be asked of `require("Storage")`: everything else could move or erase files. */
const STORAGE_METHODS = ['read', 'getFree', 'list', 'hash'];

/** One sentence for each problem, in order; empty for a text that may ship. */
export function checkDeviceText(text: string): string[] {
  const problems: string[] = [];
  const bad = /[^\n\x20-\x7e]/.exec(text);
  if (bad) problems.push(`character code ${text.charCodeAt(bad.index)} at ${bad.index}: the text must be printable ASCII`);
  const source = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const visit = (node: ts.Node): void => {
    const problem = problemOf(node);
    if (problem) problems.push(`${problem}, at "${text.slice(node.getStart(), node.getStart() + 60)}"`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

function problemOf(node: ts.Node): string | undefined {
  if (isFree(node) && FORBIDDEN_GLOBALS.includes(node.text)) return `${node.text} must not be used on a lock`;
  if (isFree(node) && TAKEN_WORDS.includes(node.text)) return `${node.text} is no name in Espruino`;
  if (ts.isPropertyAccessExpression(node)) return problemOfMember(node);
  if (ts.isElementAccessExpression(node) && isStorage(node.expression)) return 'Storage is only ever read, by a method named in the source';
  if (ts.isRegularExpressionLiteral(node) && /[^\\]\{\d|\(\?|[*+?]\?/.test(node.text)) return 'Espruino has no such regular expression';
  if (ts.isStringLiteralLike(node) && /[^\0-\xff]/.test(node.text)) return 'characters above 255 lose their upper byte';
  if (ts.isLabeledStatement(node)) return 'Espruino has no labels';
  if (isStorage(node) && !ts.isPropertyAccessExpression(node.parent)) return storedStorageProblem(node);
  return problemOfSyntax(node);
}

function problemOfMember(node: ts.PropertyAccessExpression): string | undefined {
  const method = node.name.text;
  const member = ts.isIdentifier(node.expression) ? `${node.expression.text}.${method}` : '';
  if (FORBIDDEN_MEMBERS.includes(member)) return `${member} must not be used on a lock`;
  if (FORBIDDEN_METHODS.includes(method)) return `.${method} must not be used on a lock`;
  if (isStorage(node.expression) && !STORAGE_METHODS.includes(method)) return `Storage.${method}: Storage is only ever read`;
  if (method === 'length' && isAssigned(node)) return 'assigning to .length throws in Espruino';
  return undefined;
}

/** Newer syntax than ES5 that a compiler may leave behind. */
function problemOfSyntax(node: ts.Node): string | undefined {
  const newer = ts.isArrowFunction(node) || ts.isClassLike(node) || ts.isSpreadElement(node) || ts.isObjectBindingPattern(node)
    || ts.isArrayBindingPattern(node) || (ts.isForOfStatement(node) && !isOwnForOf(node)) || ts.isTemplateExpression(node) || ts.isYieldExpression(node)
    || ts.isAwaitExpression(node) || (ts.isFunctionLike(node) && node.parameters.some((each) => each.initializer ?? each.dotDotDotToken));
  if (newer) return `${ts.SyntaxKind[node.kind]} is not ES5`;
  if (ts.isCaseBlock(node)) {
    const last = node.clauses.findIndex(ts.isDefaultClause);
    if (last >= 0 && last < node.clauses.length - 1) return 'Espruino cannot read a case after default';
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken) return '** is not ES5';
  return undefined;
}

/** A bundle may keep `require("Storage")` in a variable if that variable is only ever asked for a reading method. */
function storedStorageProblem(node: ts.Node): string | undefined {
  const holder = node.parent;
  const name = ts.isVariableDeclaration(holder) && ts.isIdentifier(holder.name) ? holder.name.text
    : ts.isBinaryExpression(holder) && holder.right === node && ts.isIdentifier(holder.left) ? holder.left.text : undefined;
  if (!name) return 'Storage is handed on, where nobody can see what is called';
  let misused = false;
  const scope = enclosingFunction(holder);
  const visit = (each: ts.Node): void => {
    if (each !== scope && ts.isFunctionLike(each) && declares(each, name)) return;
    if (ts.isIdentifier(each) && each.text === name && each.parent !== holder && !isName(each)) {
      misused ||= !(ts.isPropertyAccessExpression(each.parent) && STORAGE_METHODS.includes(each.parent.name.text));
    }
    ts.forEachChild(each, visit);
  };
  visit(scope);
  return misused ? `Storage is kept in ${name}, and ${name} is used for more than reading` : undefined;
}

/** Whether a function has a parameter, variable or inner function of that name: inside, the name means something else. */
function declares(scope: ts.Node, name: string): boolean {
  let found = false;
  const visit = (each: ts.Node): void => {
    const declaration = ts.isParameter(each) || ts.isVariableDeclaration(each) || ts.isFunctionDeclaration(each);
    if (declaration && each.name && ts.isIdentifier(each.name) && each.name.text === name) found = true;
    if (each === scope || !ts.isFunctionLike(each)) ts.forEachChild(each, visit);
  };
  visit(scope);
  return found;
}

function enclosingFunction(node: ts.Node): ts.Node {
  let scope = node;
  while (!ts.isFunctionLike(scope) && !ts.isSourceFile(scope)) scope = scope.parent;
  return scope;
}

function isStorage(node: ts.Node): boolean {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require'
    && node.arguments.length === 1 && ts.isStringLiteralLike(node.arguments[0]!) && node.arguments[0].text === 'Storage';
}

/** An identifier that is used as a value, not as the name of a property or of a declaration. */
function isFree(node: ts.Node): node is ts.Identifier {
  return ts.isIdentifier(node) && !isName(node);
}

function isName(node: ts.Identifier): boolean {
  const parent = node.parent;
  return (ts.isPropertyAccessExpression(parent) && parent.name === node) || (ts.isPropertyAssignment(parent) && parent.name === node)
    || ((ts.isVariableDeclaration(parent) || ts.isFunctionLike(parent) || ts.isParameter(parent)) && parent.name === node);
}

function isAssigned(node: ts.Expression): boolean {
  const parent = node.parent;
  return ts.isBinaryExpression(parent) && parent.left === node
    && parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
}
