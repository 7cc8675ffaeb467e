/** The computer that makes a lock is cut off at any change of a file: run again, the board is one lock, and its codes and label are its own. */
import type * as FileSystem from 'node:fs/promises';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { provisionBatch } from '../../cli/provision/batch.js';
import { parseOwnerUri } from '../../cli/provision/owner-uri.js';
import { OWNERS } from '../../firmware/flash/keys.js';
import { ownerKey } from '../../firmware/lock/owners.js';
import { boardOf, cableTo, openWorkshop, storesOf, VIA, type Workshop } from './workshop.js';
import type { FakeBoard } from './fake-board.js';
import { scriptedTerminal } from './scripted-terminal.js';

class Cut extends Error {}

/** The change of a file at which the computer loses its power; after it nothing works any more. */
const computer = vi.hoisted(() => ({ cutAt: Infinity, torn: false, changes: 0 }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const limited = <Given extends unknown[]>(change: (...given: Given) => Promise<unknown>, half: ((...given: Given) => Promise<unknown>) | undefined) => async (...given: Given): Promise<unknown> => {
    const now = computer.changes++;
    if (now < computer.cutAt) return change(...given);
    if (now === computer.cutAt && computer.torn) await half?.(...given);
    throw new Cut();
  };
  return {
    ...real,
    writeFile: limited(real.writeFile as (path: string, text: string, options: object) => Promise<void>, (path, text, options) => real.writeFile(path, text.slice(0, text.length / 2), options)),
    rename: limited(real.rename, undefined), rm: limited(real.rm, undefined),
  };
});

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(async () => {
  power();
  await workshop.close();
});

const power = (cutAt = Infinity, torn = false): void => void Object.assign(computer, { cutAt, torn, changes: 0 });

async function run(board: FakeBoard): Promise<void> {
  const terminal = scriptedTerminal([], true);
  // A person presses Enter as long as the computer runs, and is asked nothing else.
  terminal.ask = async (question) => {
    if (computer.changes > computer.cutAt) throw new Cut();
    if (!/^(Connect|Try again) board 1 of 1/.test(question)) throw new Error(`asked: ${question}`);
    return '';
  };
  await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), wiring: 'bench' }, terminal, cableTo(board), 1);
}

test('at every change of a file', async () => {
  await writeFile(workshop.at('boards.csv'), 'serial\nDL-1\n');
  const boardsFiles = async (): Promise<string[]> => (await readdir(workshop.folder)).filter((name) => name.startsWith('boards.') && name !== 'boards.csv');
  power();
  await run(boardOf('esp32'));
  const all = computer.changes;
  expect(all).toBeGreaterThan(12);
  for (let at = 0; at < all; at++) {
    for (const torn of [false, true]) {
      power();
      for (const name of [...await boardsFiles(), 'home']) await rm(workshop.at(name), { recursive: true, force: true });
      const board = boardOf('esp32');
      power(at, torn);
      await expect(run(board), `change ${at}`).rejects.toThrow(Cut);
      const toldBefore = await rowOf();
      power();
      await run(board);
      const row = await rowOf();
      expect(row, `change ${at}`).toBeDefined();
      if (toldBefore !== undefined) expect(row, `change ${at}`).toBe(toldBefore);
      const uri = parseOwnerUri(/deadlatch:[^,]+/.exec(row!)![0]);
      const { identity, records } = storesOf(board, 'esp32');
      expect(uri.deviceId).toEqual(identity!.deviceId);
      expect(uri.ownerKey).toEqual(ownerKey(records.get(OWNERS), 1));
      expect((await readFile(workshop.at('boards.labels.svg'), 'utf8')).match(/<path /g)).toHaveLength(1);
      expect((await boardsFiles()).sort()).toEqual(['boards.codes.csv', 'boards.labels.svg', 'boards.state.json']);
      expect(await workshop.unfinished()).toEqual([]);
    }
  }

  async function rowOf(): Promise<string | undefined> {
    return (await readFile(workshop.at('boards.codes.csv'), 'utf8').catch(() => '')).split('\r\n')[1];
  }
}, 300_000);
