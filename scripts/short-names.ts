/**
 * Shortens the names of the firmware's own records. A name of more than four characters takes Espruino more than one variable wherever a
 * record holds it, and every name costs bytes of `.boot0`, which is full.
 *
 * Shortened are names that `firmware/` and `bootloader/` declare in interfaces. A name that means anything outside one bundle keeps: those
 * of the language and of Espruino, the wiring record, the handover between bootloader and image, everything SMP, and every text that a
 * program holds.
 * The table follows from the sources, so the bootloader and its safe mode, which share records, have the same one.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { applyEdits, parseScript, type Edit } from './script.js';

/** Names up to this length are short enough. */
const SHORT = 3;
/** Interfaces whose records leave the bundle. */
const CROSSING = ['firmware/handover.ts', 'firmware/flash/layout.ts', 'firmware/image/version.ts', 'firmware/smp/request.ts'];
/** What makes the maps that go over the wire: every name given a value here is one of theirs. */
const ON_WIRE = ['firmware/smp/cbor', 'firmware/smp/image-group', 'firmware/smp/lock-group', 'firmware/smp/os-group', 'firmware/update/exchange'];
/** Every word of these, their comments apart, is the name of something that is there already. */
const FOREIGN = [
  'node_modules/typescript/lib/lib.es5.d.ts', 'node_modules/@types/espruino/index.d.ts', 'firmware/platform/espruino-globals.d.ts',
];

interface Source {
  /** Path from the root of the repository. */
  name: string;
  text: string;
}

/** The table of each state of the sources that was asked for: a process that builds many bundles reads them all for each. */
const tables = new Map<string, Map<string, string>>();

/** name -> short name, from all device sources (`files`, absolute paths below `root`). */
export async function shortNamesOf(root: string, files: readonly string[]): Promise<Map<string, string>> {
  const read = (paths: readonly string[]): Promise<Source[]> => Promise.all(paths.map(async (path) => (
    { name: path.slice(root.length).replace(/^\//, ''), text: await readFile(path, 'utf8') })));
  const foreign = await read(FOREIGN.map((file) => join(root, file)));
  const sources = await read(files);
  const state = createHash('sha256').update(JSON.stringify([foreign, sources])).digest('hex');
  const table = tables.get(state) ?? tableOf(foreign, sources);
  tables.set(state, table);
  return table;
}

function tableOf(foreign: readonly Source[], sources: readonly Source[]): Map<string, string> {
  const kept = new Set<string>();
  const found = new Set<string>();
  const uses = new Map<string, number>();
  for (const { text } of foreign) {
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    for (const word of code.match(/[A-Za-z_$][\w$]*/g) ?? []) kept.add(word);
  }
  for (const { name, text } of sources) {
    if (name.endsWith('.d.ts')) continue;
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    const own = name.startsWith('firmware/') || name.startsWith('bootloader/');
    const crosses = !own || CROSSING.includes(name);
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) kept.add(node.text);
      if (ts.isIdentifier(node) && !ts.isImportSpecifier(node.parent)) uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
      if ((ts.isPropertySignature(node) || ts.isMethodSignature(node)) && ts.isIdentifier(node.name)) (crosses ? kept : found).add(node.name.text);
      const inMap = ON_WIRE.some((prefix) => name.startsWith(prefix)) && (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node));
      if (inMap && ts.isIdentifier(node.name)) kept.add(node.name.text);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  // What is named most often gets the shortest names.
  const names = [...found].filter((name) => name.length > SHORT && !kept.has(name)).sort().sort((a, b) => uses.get(b)! - uses.get(a)!);
  return new Map(names.map((name, index) => [name, shortName(index)]));
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `$a`, `$b`, ..., `_a`, ..., `$aa`, ...: nothing else is called so. */
function shortName(index: number): string {
  const round = Math.floor(index / LETTERS.length);
  const rest = Math.floor(round / 2);
  return `${'$_'[round % 2]}${rest ? LETTERS[rest - 1] : ''}${LETTERS[index % LETTERS.length]}`;
}

/** The same script with short names for its records. */
export function shortenNames(script: string, names: ReadonlyMap<string, string>): string {
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    const isName = parent && (((ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node));
    if (ts.isIdentifier(node) && isName) {
      const text = names.get(node.text);
      if (text) edits.push({ from: node.getStart(), to: node.getEnd(), text });
    } else if (ts.isShorthandPropertyAssignment(node)) {
      const text = names.get(node.name.text);
      if (text) edits.push({ from: node.getStart(), to: node.getEnd(), text: `${text}:${node.name.text}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(parseScript(script));
  return applyEdits(script, edits);
}
