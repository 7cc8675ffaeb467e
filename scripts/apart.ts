/**
 * Parts of the bootloader that most starts never need. Whatever stands in the text of a program is read over by Espruino's lexer, and
 * every function in it is made, which takes a start more time than anything else. So the bodies of some functions lie apart, behind the
 * program in the same file, and in their place stands an `eval` of that text: it runs where the body stood and sees the same names.
 */
import ts from 'typescript';
import { applyEdits, parseScript, type Edit } from './script.js';
import { partStandIns } from './stand-ins.js';

/** Stands at the beginning of a body that will lie apart, and comes through minification as it is. */
const MARK = '__APART__';

export interface Apart {
  /** The program, with stand-ins for the places of the parts. */
  program: string;
  parts: string[];
}

/** Marks the body of each of these functions, all declared at the top of `script`. */
export function markApart(script: string, names: readonly string[]): string {
  const { statements } = parseScript(script);
  return applyEdits(script, names.map((name): Edit => {
    const owner = statements.find((each) => ts.isFunctionDeclaration(each) && each.name?.text === name) as ts.FunctionDeclaration | undefined;
    if (!owner?.body) throw new Error(`there is no function ${name} to set apart`);
    const at = owner.body.getStart() + 1;
    return { from: at, to: at, text: `${MARK}();` };
  }));
}

/** Takes the marked bodies out of a finished program. `file`: the Storage file they will lie in. Such a body returns nothing: an `eval` cannot. */
export function setApart(program: string, file: string): Apart {
  const parts: string[] = [];
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === MARK) {
      const body = bodyAround(node);
      const unmarked = applyEdits(program.slice(body.getStart() + 1, body.getEnd() - 1), [
        { from: node.getStart() - body.getStart() - 1, to: node.getEnd() - body.getStart() - 1, text: '0' },
      ]);
      edits.push({ from: body.getStart() + 1, to: body.getEnd() - 1, text: `eval(require("Storage").read("${file}",${partStandIns(parts.length).join()}))` });
      parts.push(unmarked);
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(parseScript(program));
  return { program: applyEdits(program, edits), parts };
}

function bodyAround(node: ts.Node): ts.Block {
  let owner = node.parent;
  while (!ts.isFunctionDeclaration(owner)) {
    if (ts.isSourceFile(owner) || ts.isFunctionLike(owner)) throw new Error('what is set apart has to be the body of a declared function');
    owner = owner.parent;
  }
  const visit = (each: ts.Node): void => {
    if (ts.isReturnStatement(each)) throw new Error(`a function whose body is set apart must not return: ${each.getText().slice(0, 60)}`);
    if (!ts.isFunctionLike(each)) ts.forEachChild(each, visit);
  };
  ts.forEachChild(owner.body!, visit);
  return owner.body!;
}
