/** Where what runs on the lock is written, and where what was made of it is kept. */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const CACHE = join(ROOT, 'node_modules/.cache/deadlatch');
const DEVICE_FOLDERS = ['boards', 'bootloader', 'firmware'];

export async function deviceSources(): Promise<string[]> {
  return (await Promise.all(DEVICE_FOLDERS.map((folder) => sourcesUnder(join(ROOT, folder))))).flat().sort();
}

export async function sourcesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && extname(entry.name) === '.ts').map((entry) => join(entry.parentPath, entry.name));
}

