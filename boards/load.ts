/** Board files on the command line: a reference name, or the path of a .ts or .json file. Host only. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkWiring } from './check.js';
import { REFERENCE } from './reference/index.js';
import { readWiring } from './shape.js';
import type { Wiring } from './wiring.js';

/** No board file needs more; a larger file is something else. */
const MOST_BYTES = 64 * 1024;

/** A board that cannot be used. The message has one line for each problem, each naming the file. */
export class BoardError extends Error {
  override name = 'BoardError';
  readonly problems: string[];

  constructor(board: string, problems: string[]) {
    super(problems.map((problem) => `${board}: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

/** The checked wiring of a reference name or board file. Throws `BoardError`. */
export async function loadBoard(board: string): Promise<Wiring> {
  const { wiring, problems } = readWiring(await boardValue(board));
  const wrong = wiring ? checkWiring(wiring) : problems;
  if (!wiring || wrong.length) throw new BoardError(board, wrong);
  return wiring;
}

async function boardValue(board: string): Promise<unknown> {
  if (Object.hasOwn(REFERENCE, board)) return REFERENCE[board];
  const extension = extname(board);
  if (extension !== '.ts' && extension !== '.json') {
    throw new BoardError(board, [`There is no such board: give the path of a .ts or .json file, or one of ${Object.keys(REFERENCE).join(', ')}.`]);
  }
  const text = await readFile(board, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BoardError(board, [error.code === 'ENOENT' ? 'There is no such file.' : `The file cannot be read (${error.code}).`]);
  });
  if (text.length > MOST_BYTES) throw new BoardError(board, [`The file has more than ${MOST_BYTES / 1024} KB: it is not a board file.`]);
  return extension === '.json' ? parseJson(board, text) : importWiring(board);
}

function parseJson(board: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BoardError(board, [`The file is not JSON (${(error as Error).message}).`]);
  }
}

async function importWiring(board: string): Promise<unknown> {
  const module = await import(pathToFileURL(resolve(board)).href).catch((error: Error) => {
    throw new BoardError(board, [`The file cannot be loaded (${error.message.split('\n')[0]}).`]);
  }) as { wiring?: unknown };
  if (module.wiring === undefined) throw new BoardError(board, ['The file must `export const wiring: Wiring = {...}`.']);
  return module.wiring;
}
