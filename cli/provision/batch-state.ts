/**
 * What a batch has made, beside its list: a state that a later run goes on from, and two files made of it for people, the labels and the
 * list of codes. All of them are secrets of the locks. The state is written first, so that the other two can always be written again.
 */
import { readFile } from 'node:fs/promises';
import { reasonOf, Refusal } from '../image/refusal.js';
import { labelSheets } from './label-sheet.js';
import { grouped, ownerUriOf } from './last-page.js';
import { writePrivate } from './private-file.js';
import { isLock, unfinishedFile, type Unfinished } from './unfinished.js';

export interface MadeBoard {
  /** ISO 8601 */
  made: string;
  lock: Unfinished;
}

export interface BatchState {
  readonly boards: readonly MadeBoard[];
  readonly files: { state: string; codes: string; labels: string };
  /** Keeps one more. */
  add(lock: Unfinished): Promise<void>;
  /** Writes labels and codes of all. */
  writePages(): Promise<void>;
}

const FORMAT = 'deadlatch batch 1';
const ADVICE = 'make room, or let it be written, and run the command again: what is made stays made';

/** Refuses a state that is damaged. `folder`: of unfinished locks. */
export async function openBatchState(list: string, folder: string): Promise<BatchState> {
  const base = list.replace(/\.csv$/i, '');
  const files = { state: `${base}.state.json`, codes: `${base}.codes.csv`, labels: `${base}.labels.svg` };
  const boards = await readState(files.state);
  // One that was kept and not forgotten before a cut.
  for (const { lock } of boards) {
    const file = unfinishedFile(folder, lock.chip);
    if ((await file.read())?.deviceId === lock.deviceId) await file.remove();
  }

  async function writePages(): Promise<void> {
    const locks = boards.map(({ lock }) => lock);
    await writePrivate(files.codes, codesOf(boards), ADVICE);
    const sheets = labelSheets(locks.map((lock) => ({ serial: lock.serial, model: lock.wiring, ownerUri: ownerUriOf(lock) })));
    for (const [index, sheet] of sheets.entries()) await writePrivate(sheetFile(files.labels, index), sheet, ADVICE);
  }
  return {
    boards, files, writePages,
    async add(lock) {
      const board = { made: new Date().toISOString(), lock };
      await writePrivate(files.state, `${JSON.stringify({ format: FORMAT, boards: [...boards, board] }, undefined, 1)}\n`, ADVICE);
      boards.push(board);
    },
  };
}



/** `boards.labels.svg`, `boards.labels-2.svg`, ... */
function sheetFile(labels: string, index: number): string {
  return index ? labels.replace(/\.svg$/, `-${index + 1}.svg`) : labels;
}

/** Codes as they are typed, `#` included: a spreadsheet takes them for text and keeps zeros in front. */
function codesOf(boards: readonly MadeBoard[]): string {
  const rows = boards.map(({ made, lock }) => [
    lock.serial, lock.wiring, `${lock.pin}#`, `${lock.masterCode}#`, `${grouped(lock.recoveryCode)} #`, ownerUriOf(lock), lock.chip, made,
  ]);
  const head = ['serial', 'model', 'PIN of user 1', 'master code', 'recovery code', 'owner 1', 'chip', 'made'];
  return [head, ...rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
}

/** In quotes where it has to be, and no formula for a spreadsheet. */
function field(text: string): string {
  const plain = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

async function readState(path: string): Promise<MadeBoard[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Refusal(`${path}: cannot be read: ${reasonOf(error)}; it says which boards are made, so make it readable for you`);
  }
  const boards = boardsIn(text);
  if (!boards) throw new Refusal(`${path}: it is damaged, and it says which boards are made; restore it, or move it away to make all of them anew`);
  return boards;
}

function boardsIn(text: string): MadeBoard[] | undefined {
  try {
    const { format, boards } = JSON.parse(text) as { format: unknown; boards: Partial<MadeBoard>[] };
    const whole = format === FORMAT && boards.every((board) => typeof board.made === 'string' && isLock(board.lock));
    return whole ? boards as MadeBoard[] : undefined;
  } catch {
    return undefined;
  }
}
