/**
 * Espruino's own `for (place of values)`. It runs its body without evaluating a condition and a step at every pass, which in a short loop is a
 * third of the time; but compilers to ES5 turn it into helpers that need Symbol, or into a counting loop. So one form of it goes through them as
 * `for (var it in __OF__(place, values))`, which all of them keep, and is put back at the end. `place` is an element or a field, such as
 * `bytes[3]`: no variable, which compilers might put a value for, or join with others.
 */
import ts from 'typescript';
import { applyEdits, parseScript, type Edit } from './script.js';

const MARK = '__OF__';

/** Whether a loop is of the form that comes through. */
export function isOwnForOf(node: ts.Node): node is ts.ForOfStatement {
  return ts.isForOfStatement(node) && !node.awaitModifier && isPlace(node.initializer);
}

function isPlace(node: ts.Node | undefined): node is ts.Expression {
  return !!node && (ts.isElementAccessExpression(node) || ts.isPropertyAccessExpression(node));
}

/** A source file with its own for-of loops in disguise; `text` itself where it has none. */
export function hideForOf(text: string): string {
  if (!/\bfor \(.* of /.test(text)) return text;
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (isOwnForOf(node)) {
      const { initializer, expression } = node;
      edits.push(
        { from: initializer.getStart(), to: initializer.getStart(), text: `var it in ${MARK}(` },
        { from: initializer.getEnd(), to: expression.getStart(), text: ', ' }, { from: expression.getEnd(), to: expression.getEnd(), text: ')' },
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true));
  return applyEdits(text, edits);
}

/** The finished script with its for-of loops again. */
export function showForOf(script: string): string {
  if (!script.includes(MARK)) return script;
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isForInStatement(node)) edits.push(...editsOf(node, script));
    ts.forEachChild(node, visit);
  };
  visit(parseScript(script));
  const shown = applyEdits(script, edits);
  if (shown.includes(MARK)) throw new Error(`a for-of loop did not come through the compilers: ${/.{0,60}__OF__.{0,60}/.exec(shown)?.[0]}`);
  return shown;
}

/** What a minifier moved in front of the values stands in front of the loop again. */
function editsOf(loop: ts.ForInStatement, script: string): Edit[] {
  const { initializer, expression, parent } = loop;
  const isSequence = ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken;
  const call = isSequence ? expression.right : expression;
  if (!ts.isCallExpression(call) || call.expression.getText() !== MARK) return [];
  const [place, values] = call.arguments;
  if (!isPlace(place) || !values) return [];
  const from = place.getText();
  const to = values.getText();
  const words = `${from}${/\w$/.test(from) ? ' ' : ''}of${/^[\w$]/.test(to) ? ' ' : ''}${to}`;
  const edits: Edit[] = [{ from: initializer.getStart(), to: expression.getEnd(), text: words }];
  if (!isSequence) return edits;
  const before = `${script.slice(expression.getStart(), expression.left.getEnd())};`;
  const at = loop.getStart();
  if (ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent)) return [{ from: at, to: at, text: before }, ...edits];
  return [{ from: at, to: at, text: `{${before}` }, ...edits, { from: loop.getEnd(), to: loop.getEnd(), text: '}' }];
}
