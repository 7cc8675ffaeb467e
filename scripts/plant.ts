/** Changes device sources on their way into a bundle: plants what a test wants to see noticed, takes out what bundles share, hides for-of. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';
import ts from 'typescript';
import { hideForOf } from './for-of.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A change planted in a source file on its way into a bundle, to see whether a test notices. */
export interface Mutation {
  /** Path from the root of the repository. */
  file: string;
  /** Must be there exactly once. */
  find: string;
  replace: string;
}

/**
 * Changes sources on their way into a bundle: plants mutations, puts `image[2][PLACE]` in the place of functions that are shared, hides
 * for-of. `instead`: file -> the file that is read in its place, both from the root of the repository.
 */
export async function rewriting(mutations: Mutation[], sharedFile?: string, instead: Readonly<Record<string, string>> = {}): Promise<Plugin[]> {
  const shared = sharedFile ? await sharedNames(sharedFile) : new Map<string, Map<string, number>>();
  const others = new Map(Object.entries(instead).map(([file, other]) => [join(ROOT, file), join(ROOT, other)]));
  const paths = new Set([...mutations.map((each) => join(ROOT, each.file)), ...shared.keys()]);
  return [{
    name: 'rewrite',
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = paths.has(path) ? withoutFunctions(await mutated(path, mutations), shared.get(path) ?? new Map()) : await readFile(others.get(path) ?? path, 'utf8');
        return { contents: hideForOf(text), loader: 'ts' };
      });
    },
  }];
}

/** Functions that a file like bootloader/shared.ts puts into its array, by the file they come from; each with its place there. */
async function sharedNames(file: string): Promise<Map<string, Map<string, number>>> {
  const path = join(ROOT, file);
  const source = ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.ES2022);
  const places: string[] = [];
  const find = (node: ts.Node): void => {
    if (ts.isArrayLiteralExpression(node)) places.push(...node.elements.map((element) => (ts.isIdentifier(element) ? element.text : '')));
    ts.forEachChild(node, find);
  };
  find(source);
  const names = new Map<string, Map<string, number>>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const from = resolve(dirname(path), statement.moduleSpecifier.text.replace(/\.js$/, '.ts'));
    names.set(from, new Map(bindings.elements.map(({ name }) => {
      if (!places.includes(name.text)) throw new Error(`${file} imports ${name.text} and does not share it`);
      return [name.text, places.indexOf(name.text)];
    })));
  }
  return names;
}

function withoutFunctions(text: string, shared: ReadonlyMap<string, number>): string {
  const source = ts.createSourceFile('shared.ts', text, ts.ScriptTarget.ES2022);
  let result = text;
  for (const statement of [...source.statements].reverse()) {
    const name = ts.isFunctionDeclaration(statement) ? statement.name?.text : undefined;
    const place = name === undefined ? undefined : shared.get(name);
    if (place === undefined) continue;
    result = `${result.slice(0, statement.getStart(source))}export const ${name} = global.image[2][${place}];${result.slice(statement.end)}`;
  }
  return result;
}

async function mutated(path: string, mutations: Mutation[]): Promise<string> {
  let text = await readFile(path, 'utf8');
  for (const { file, find, replace } of mutations) {
    if (join(ROOT, file) !== path) continue;
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file}: what a mutation replaces is there ${parts.length - 1} times, not once: ${find}`);
    text = parts.join(replace);
  }
  return text;
}

