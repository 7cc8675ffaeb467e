/**
 * `npm run -s evidence > FILE; npm run figures -- FILE`: puts the figures that evidence printed into README.md and docs/, behind each
 * `<!-- figure: NAME.key -->`. What FILE does not hold stays as it is.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['README.md', 'docs/design.md'];
const FIGURE = /<!-- figure: (\w+)\.(\w+) -->(?: [\d,.]+)?/g;

/** `text` with the figures of `evidence` (name -> keys). Throws where a figure is named that its evidence does not have. */
export function fillFigures(text: string, evidence: ReadonlyMap<string, Record<string, unknown>>): string {
  return text.replace(FIGURE, (found: string, name: string, key: string) => {
    const keys = evidence.get(name);
    if (!keys || 'skipped' in keys) return found;
    const value = keys[key];
    const number = Array.isArray(value) ? value.length : value;
    if (typeof number !== 'number') throw new Error(`evidence ${name} has no figure ${key}`);
    return `<!-- figure: ${name}.${key} --> ${number.toLocaleString('en', { maximumFractionDigits: 2 })}`;
  });
}

/** Figures that nobody has filled in yet. */
export function emptyFigures(text: string): string[] {
  return [...text.matchAll(FIGURE)].map((match) => match[0]).filter((found) => found.endsWith('-->'));
}

async function main(file: string | undefined): Promise<void> {
  if (!file) throw new Error('usage: npm run figures -- FILE, where FILE holds what npm run -s evidence printed');
  const evidence = new Map<string, Record<string, unknown>>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    if (!line.startsWith('{')) continue;
    const keys = JSON.parse(line) as Record<string, unknown>;
    evidence.set(String(keys['name']), keys);
  }
  for (const page of PAGES) {
    const path = join(ROOT, page);
    const text = await readFile(path, 'utf8');
    await writeFile(path, fillFigures(text, evidence));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv[2]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
