/** Writes `docs/boards/`: a page and a picture for each reference wiring. `npm run boards`; a test fails when a file is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { boardFiles } from './board-page.js';

export const BOARDS_FOLDER = fileURLToPath(new URL('../docs/boards/', import.meta.url));

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = boardFiles();
  mkdirSync(BOARDS_FOLDER, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(BOARDS_FOLDER, name), text);
  console.log(`Wrote ${files.size} files to ${BOARDS_FOLDER}`);
}
