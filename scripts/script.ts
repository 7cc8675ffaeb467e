/** What the passes over a bundle have in common: its tree, the names in it, and changes to its text. */
import ts from 'typescript';

/** Replaces what stands between two offsets; at one and the same offset it adds. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

export function parseScript(script: string): ts.SourceFile {
  return ts.createSourceFile('script.js', script, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
}

/** The script with all edits made. Offsets are those of the script; of two edits at one place the earlier in the list comes first. */
export function applyEdits(script: string, edits: readonly Edit[]): string {
  let text = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    if (edit.from < at) throw new Error(`two changes of a script overlap at "${script.slice(edit.from, edit.from + 40)}"`);
    text += script.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return text + script.slice(at);
}

/** Visits what a node is made of: `ts.forEachChild`, or what knows better what has been moved. */
export type Children = (node: ts.Node, visit: (child: ts.Node) => void) => void;

/** Names that a function declares itself, so that they mean nothing outside. */
export function ownNames(owner: ts.SignatureDeclaration, children: Children = ts.forEachChild): string[] {
  const names = owner.parameters.map((each) => (ts.isIdentifier(each.name) ? each.name.text : ''));
  if (ts.isFunctionExpression(owner) && owner.name) names.push(owner.name.text);
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) names.push(node.name.text);
    if (ts.isFunctionDeclaration(node) && node.name) names.push(node.name.text);
    if (!ts.isFunctionLike(node)) children(node, visit);
  };
  if ('body' in owner && owner.body) children(owner.body, visit);
  return names;
}

/** A value, not the name of a property, a declaration or a function. */
export function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return !((ts.isVariableDeclaration(parent) || ts.isFunctionLike(parent) || ts.isParameter(parent)) && parent.name === node);
}

/** Name of a function, or of the one variable of a statement. */
export function declaredBy(node: ts.Statement): string | undefined {
  if (ts.isFunctionDeclaration(node)) return node.name?.text;
  return ts.isVariableStatement(node) ? nameOf(node.declarationList.declarations[0]!) : undefined;
}

export function nameOf(declaration: ts.VariableDeclaration): string {
  const { name, parent } = declaration;
  if (!ts.isIdentifier(name) || (ts.isVariableDeclarationList(parent) && parent.declarations.length > 1)) throw new Error(`not one variable: ${parent.getText().slice(0, 80)}`);
  return name.text;
}
