/** A disk that is full at any file: a sentence, never half a file, and the same command mends it when there is room again. */
import type * as FileSystem from 'node:fs/promises';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../../cli/image/refusal.js';
import { provisionBatch } from '../../cli/provision/batch.js';
import { provision } from '../../cli/provision/provision.js';
import { readLock } from '../../cli/flash/read-lock.js';
import type { FakeBoard } from './fake-board.js';
import { scriptedTerminal, type Answer, type ScriptedTerminal } from './scripted-terminal.js';
import { boardOf, cableTo, openWorkshop, VIA, type Workshop } from './workshop.js';

vi.setConfig({ testTimeout: 300_000 });

/** Files whose names contain this are cut off in the middle, from the given write on; how many were. */
const disk = vi.hoisted(() => ({ full: '', from: 0, writes: 0, refused: 0 }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const limited = async (path: string, text: string, options: object): Promise<void> => {
    if (!disk.full || !path.includes(disk.full) || disk.writes++ < disk.from) return real.writeFile(path, text, options);
    disk.refused++;
    await real.writeFile(path, text.slice(0, text.length / 2), options);
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  return { ...real, writeFile: limited };
});

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());
beforeEach(async () => {
  room();
  for (const name of await readdir(workshop.folder)) if (name === 'home' || name.startsWith('boards.')) await rm(workshop.at(name), { recursive: true });
});

function full(name: string, from = 0): void {
  Object.assign(disk, { full: name, from, writes: 0, refused: 0 });
}
const room = (): void => full('');

async function halves(): Promise<string[]> {
  const names = [...await readdir(workshop.folder), ...await readdir(workshop.at('home')).catch(() => [])];
  return names.filter((name) => name.endsWith('.new'));
}

async function one(board: FakeBoard): Promise<{ text: string; refused: string | undefined }> {
  const terminal = scriptedTerminal([], false);
  const error = await provision({ ...workshop.options, serial: 'DL-1' }, terminal, cableTo(board)).then(() => undefined, (failure: unknown) => failure);
  if (error !== undefined) expect(error).toBeInstanceOf(Refusal);
  return { text: terminal.text, refused: (error as Refusal | undefined)?.message };
}

const SENTENCE = /^\S+: cannot be written: the disk is full; make room, .*and run the command again[^.\n]*$/;

test('before the first page: nothing is written to the board', async () => {
  const board = boardOf('esp32');
  full('unfinished-');
  const { refused } = await one(board);
  expect(refused).toMatch(SENTENCE);
  expect(refused).toContain(join('home', 'unfinished-fake-1.json'));
  expect(board.nor.operations).toBe(0);
  expect(await halves()).toEqual([]);
  expect(await workshop.unfinished()).toEqual([]);
  room();
  expect((await one(board)).refused).toBeUndefined();
  expect(readLock(board.nor.bytes, 'flash').serial).toBe('DL-1');
});

test('before anything is erased: what is on the board stays', async () => {
  const board = boardOf('esp32');
  full('unfinished-', 1);
  const { refused } = await one(board);
  expect(refused).toMatch(SENTENCE);
  expect(board.nor.operations).toBe(0);
});

test('before the last characters: the lock does not start, and becomes the same lock later', async () => {
  const board = boardOf('esp32');
  full('unfinished-', 2);
  const { refused, text } = await one(board);
  expect(refused).toMatch(SENTENCE);
  expect(text).not.toMatch(/recovery code/);
  expect(board.restarts).toBe(0);
  expect(await halves()).toEqual([]);
  const [name] = await workshop.unfinished();
  const kept = JSON.parse(await readFile(workshop.at(`home/${name}`), 'utf8')) as { pin: string; finishing: boolean };
  expect(kept.finishing).toBe(false);
  room();
  const again = await one(board);
  expect(again.text).toMatch(/Going on with the lock DL-1/);
  expect(again.text).toContain(`PIN of user 1   ${kept.pin}`);
});

const CONNECT = /^Connect board/;
const AGAIN = /^Try again board/;

async function batch(boards: FakeBoard[], answers: Answer[]): Promise<{ terminal: ScriptedTerminal; refused: string | undefined }> {
  await writeFile(workshop.at('boards.csv'), 'serial,wiring\nDL-1,bench\nDL-2,bench\n');
  let now = 0;
  const terminal = scriptedTerminal(answers.map(([question, typed]): Answer => [question, () => {
    now = Number(/board (\d)/.exec(terminal.text.trim().split('\n').at(-1)!)![1]) - 1;
    return typeof typed === 'string' ? typed : typed();
  }]));
  const error = await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv') }, terminal, (via) => cableTo(boards[now]!)(via), 1)
    .then(() => undefined, (failure: unknown) => failure);
  if (error !== undefined) expect(error).toBeInstanceOf(Refusal);
  expect(terminal.left()).toBe(0);
  return { terminal, refused: (error as Refusal | undefined)?.message };
}

const serials = async (): Promise<string[]> => (await readFile(workshop.at('boards.codes.csv'), 'utf8')).trim().split('\r\n').slice(1).map((row) => row.split(',')[0]!);

test('a batch that cannot keep its state repeats the board, which stays the same lock', async () => {
  const boards = [boardOf('esp32', { chip: 'a' }), boardOf('esp32', { chip: 'b' })];
  full('.state.json');
  const { terminal, refused } = await batch(boards, [[CONNECT, ''], [AGAIN, () => {
    room();
    return '';
  }], [CONNECT, '']]);
  expect(refused).toBeUndefined();
  expect(terminal.text).toMatch(/boards\.state\.json: cannot be written: the disk is full/);
  expect(terminal.text).toMatch(/Going on with the lock DL-1/);
  expect(await serials()).toEqual(['DL-1', 'DL-2']);
  const pin = JSON.parse(await readFile(workshop.at('boards.state.json'), 'utf8')).boards[0].lock.pin as string;
  expect(await readFile(workshop.at('boards.codes.csv'), 'utf8')).toContain(`,${pin}#,`);
  expect(await halves()).toEqual([]);
});

test.each(['.codes.csv', '.labels.svg'])('a batch that has no room for its %s goes on, ends with a sentence, and a later run writes it', async (name) => {
  const boards = [boardOf('esp32', { chip: 'a' }), boardOf('esp32', { chip: 'b' })];
  full(name);
  const { terminal, refused } = await batch(boards, [[CONNECT, ''], [CONNECT, '']]);
  expect(disk.refused).toBe(2);
  expect(refused).toMatch(SENTENCE);
  expect(terminal.text).toMatch(/2 of 2 boards are made/);
  expect(terminal.text).not.toMatch(/its label are written/);
  expect(boards.map(({ restarts }) => restarts)).toEqual([1, 1]);
  expect(await halves()).toEqual([]);
  expect(await workshop.unfinished()).toEqual([]);
  room();
  expect((await batch(boards, [])).refused).toBeUndefined();
  expect(await serials()).toEqual(['DL-1', 'DL-2']);
  expect((await readFile(workshop.at('boards.labels.svg'), 'utf8')).match(/<path /g)).toHaveLength(2);
});
