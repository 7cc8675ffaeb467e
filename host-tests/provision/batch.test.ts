/** Many boards over one port: every lock has what the list and the labels say, whatever is cut, mixed up or left out on the way. */
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../cli/image/refusal.js';
import { provisionBatch, type BatchOptions } from '../../cli/provision/batch.js';
import { parseOwnerUri } from '../../cli/provision/owner-uri.js';
import type { OpenPort } from '../../cli/provision/provision.js';
import { OWNERS, WIFI } from '../../firmware/flash/keys.js';
import { stretchCode } from '../../firmware/lock/codes-table.js';
import { holderOf } from '../../firmware/lock/codes.js';
import { ownerKey } from '../../firmware/lock/owners.js';
import { MASTER_USER } from '../../firmware/lock/states.js';
import type { Platform } from '../../firmware/platform/types.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import type { FakeBoard } from './fake-board.js';
import { scriptedTerminal, type Answer, type ScriptedTerminal } from './scripted-terminal.js';
import { boardOf, openWorkshop, storesOf, VIA, type Workshop } from './workshop.js';

vi.setConfig({ testTimeout: 300_000 });

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());
beforeEach(async () => {
  for (const name of await readdir(workshop.folder)) if (name === 'home' || name.startsWith('boards.')) await rm(workshop.at(name), { recursive: true });
});

/** What somebody has at hand: boards by chip, one of them on the cable. */
function desk(chips: string[]) {
  const boards = new Map(chips.map((chip) => [chip, boardOf('esp32', { chip })]));
  let now: string | undefined;
  const open: OpenPort = async () => {
    if (now === undefined) throw new Refusal(`${VIA}: it cannot be opened: there is no such port; check the cable and look for the port's name again`);
    return boards.get(now)!.start();
  };
  return {
    open, board: (chip: string): FakeBoard => boards.get(chip)!,
    /** Puts that board on the cable, and presses Enter. */
    take: (chip: string | undefined) => (): string => {
      now = chip;
      return '';
    },
  };
}

const CONNECT = (number: number, all: number, serial: string): RegExp => new RegExp(`^Connect board ${number} of ${all} \\(${serial}, ESP32 bench board, no parts\\), then press Enter`);
const AGAIN = /^Try again board/;

const list = (text: string): Promise<void> => writeFile(workshop.at('boards.csv'), text);

const THREE = 'serial,wiring,pin,master\nDL-0001,bench,0471,\nDL-0002,bench,,112233\nDL-0003,bench,,\n';

async function run(open: OpenPort, answers: Answer[], options: Partial<BatchOptions> = {}): Promise<ScriptedTerminal> {
  const terminal = scriptedTerminal(answers);
  await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), ...options }, terminal, open, 1);
  expect(terminal.left()).toBe(0);
  return terminal;
}

interface Listed {
  serial: string; model: string; 'PIN of user 1': string; 'master code': string; 'recovery code': string; 'owner 1': string; chip: string;
}

const listed = async (): Promise<Listed[]> => parse<Listed>(await readFile(workshop.at('boards.codes.csv'), 'utf8'), { columns: true });

/** Every lock opens with the codes of its row, and knows the owner of its row and label. */
async function expectLocks(board: (chip: string) => FakeBoard, serials: string[]): Promise<void> {
  const rows = await listed();
  expect(rows.map(({ serial }) => serial)).toEqual(serials);
  const labels = await readFile(workshop.at('boards.labels.svg'), 'utf8');
  for (const row of rows) {
    const { identity, records } = storesOf(board(row.chip), 'esp32');
    const platform = createHostPlatform(new Uint8Array(0), 0) as Platform;
    const stretched = (code: string): Uint8Array => stretchCode(platform, identity!.codeSalt, code.replace(/[ #]/g, ''), 280);
    const userOf = (code: string): number => holderOf(platform, records, identity!.recoveryHash, stretched(code)).user;
    expect(identity!.serial).toBe(row.serial);
    expect(row['PIN of user 1']).toMatch(/^\d+#$/);
    expect(userOf(row['PIN of user 1'])).toBe(1);
    expect(userOf(row['master code'])).toBe(MASTER_USER);
    expect(Buffer.from(stretched(row['recovery code']))).toEqual(Buffer.from(identity!.recoveryHash));
    expect(ownerKey(records.get(OWNERS), 1)).toEqual(parseOwnerUri(row['owner 1']).ownerKey);
    expect(labels).toContain(`>${row.serial}</text>`);
  }
  expect(labels.match(/<path /g)).toHaveLength(rows.length);
  for (const name of ['boards.state.json', 'boards.codes.csv', 'boards.labels.svg']) expect((await stat(workshop.at(name))).mode & 0o777, name).toBe(0o600);
  expect((await readdir(workshop.folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
}

/** A port that is silent once the last characters of a lock are written: from then on as that of a finished production lock. */
function goneAtTheEnd(open: OpenPort): OpenPort {
  let made = false;
  return async (via) => {
    if (made) return { name: VIA, write: () => undefined, listen: (_take, gone) => setTimeout(gone, 5), close: () => Promise.resolve() };
    const port = await open(via);
    let gone = (): void => undefined;
    return {
      ...port,
      listen(taker, leaver) {
        port.listen(taker, leaver);
        gone = leaver;
      },
      write(text) {
        if (made) return;
        port.write(text);
        if (!text.includes(`),${0x320000 + 32})`)) return;
        made = true;
        gone();
      },
    };
  };
}

describe('at a terminal', () => {
  test('three boards: each is asked for, made and written down', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b', 'c']);
    const { text } = await run(open, [[CONNECT(1, 3, 'DL-0001'), take('a')], [CONNECT(2, 3, 'DL-0002'), take('b')], [CONNECT(3, 3, 'DL-0003'), take('c')]]);
    await expectLocks(board, ['DL-0001', 'DL-0002', 'DL-0003']);
    const rows = await listed();
    expect(rows[0]!['PIN of user 1']).toBe('0471#');
    expect(rows[1]!['master code']).toBe('112233#');
    expect(text).toMatch(/3 of 3 boards are made\.\nSecrets, which only you can read/);
    expect(text.match(/^Building/gm)).toHaveLength(1);
    expect(text).toMatch(/boards\.csv: others can read the codes in it; run "chmod 600 /);
    // Codes are in the files, not on the screen that a workshop shares.
    expect(text).not.toMatch(/0471|112233|deadlatch:1/);
    expect(await workshop.unfinished()).toEqual([]);
    expect(['a', 'b', 'c'].map((chip) => board(chip).restarts)).toEqual([1, 1, 1]);

    await chmod(workshop.at('boards.csv'), 0o600);
    const again = await run(open, []);
    expect(again.text).toMatch(/3 of 3 boards are made/);
    expect(again.text).not.toMatch(/chmod/);
  });

  test('a board of an earlier line is noticed, and stays what it is', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b']);
    let before = new Uint8Array(0);
    const { text } = await run(open, [
      [CONNECT(1, 3, 'DL-0001'), take('a')],
      [CONNECT(2, 3, 'DL-0002'), () => {
        before = board('a').nor.bytes.slice();
        return '';
      }],
      [AGAIN, take('b')], [CONNECT(3, 3, 'DL-0003'), 'q'],
    ]);
    expect(text).toMatch(/This board has the chip a, which became DL-0001: nothing was changed\. Take it off and connect another one\./);
    expect(Buffer.compare(board('a').nor.bytes, before)).toBe(0);
    await expectLocks(board, ['DL-0001', 'DL-0002']);
    expect(text).toMatch(/2 of 3 boards are made\. Missing: DL-0003\. Run the command again/);
  });

  test('a board that fails is told, and repeated with the same codes, or left out; a later run makes what is missing', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b', 'c']);
    board('a').nor.cut = { at: 70, how: 'before' };
    const first = await run(open, [
      [CONNECT(1, 3, 'DL-0001'), take('a')],
      [AGAIN, take(undefined)],
      [AGAIN, take('a')],
      [CONNECT(2, 3, 'DL-0002'), 's'],
      [CONNECT(3, 3, 'DL-0003'), take('c')],
    ]);
    expect(first.text).toMatch(/the connection broke; check cable and supply/);
    expect(first.text).toMatch(/there is no such port/);
    expect(first.text).toMatch(/Going on with the lock DL-0001/);
    expect(first.text).toMatch(/2 of 3 boards are made\. Missing: DL-0002/);
    await expectLocks(board, ['DL-0001', 'DL-0003']);
    const before = await listed();

    await run(open, [[CONNECT(2, 3, 'DL-0002'), take('b')]]);
    await expectLocks(board, ['DL-0001', 'DL-0003', 'DL-0002']);
    expect((await listed()).slice(0, 2)).toEqual(before);
  });

  test('cut at any board and operation, run again: nothing is lost and no board is made twice', async () => {
    for (const at of [5, 240, 500, 800]) {
      await list(THREE);
      const { open, board, take } = desk(['a', 'b', 'c']);
      board('b').nor.cut = { at, how: 'torn' };
      await run(open, [[CONNECT(1, 3, 'DL-0001'), take('a')], [CONNECT(2, 3, 'DL-0002'), take('b')], [AGAIN, 'q']]);
      const kept = await listed();
      const lockA = board('a').nor.bytes.slice();
      await run(open, [[CONNECT(2, 3, 'DL-0002'), take('b')], [CONNECT(3, 3, 'DL-0003'), take('c')]]);
      await expectLocks(board, ['DL-0001', 'DL-0002', 'DL-0003']);
      expect((await listed())[0]).toEqual(kept[0]);
      expect(Buffer.compare(board('a').nor.bytes, lockA)).toBe(0);
      for (const name of await readdir(workshop.folder)) if (name.startsWith('boards.')) await rm(workshop.at(name));
    }
  });

  test('a board that was begun as another one is begun anew, with codes of its own', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b', 'c']);
    board('a').nor.cut = { at: 60, how: 'before' };
    await run(open, [[CONNECT(1, 3, 'DL-0001'), take('a')], [AGAIN, 's'], [CONNECT(2, 3, 'DL-0002'), take('a')], [CONNECT(3, 3, 'DL-0003'), 's']]);
    await run(open, [[CONNECT(1, 3, 'DL-0001'), take('b')], [CONNECT(3, 3, 'DL-0003'), take('c')]]);
    await expectLocks(board, ['DL-0002', 'DL-0001', 'DL-0003']);
    const owners = (await listed()).map((row) => row['owner 1']);
    expect(new Set(owners.map((uri) => parseOwnerUri(uri).ownerKey.join())).size).toBe(3);
    expect(await workshop.unfinished()).toEqual([]);
  });

  test('a production lock that was finished and cut off before it was kept: who stands before it says whether it opens', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b', 'c']);
    const options = { production: true, key: workshop.makerKey };
    const confirm: Answer = [/^A production lock has no console/, 'yes'];
    const first = await run(goneAtTheEnd(open), [confirm, [CONNECT(1, 3, 'DL-0001'), take('a')], [/^The last step for DL-0001 was under way before.*0471# at its keypad/, 'no'], [AGAIN, ''], [/^The last step for DL-0001/, 'yes'], [CONNECT(2, 3, 'DL-0002'), 'q']], options);
    expect(first.text).toMatch(/1 of 3 boards are made/);
    await expectLocks(board, ['DL-0001']);
    expect(await workshop.unfinished()).toEqual([]);
    await run(open, [confirm, [CONNECT(2, 3, 'DL-0002'), take('b')], [CONNECT(3, 3, 'DL-0003'), take('c')]], options);
    await expectLocks(board, ['DL-0001', 'DL-0002', 'DL-0003']);
    expect(storesOf(board('c'), 'esp32').identity!.production).toBe(true);
  });

  test('each network\'s password is asked for once, and no board gets another one\'s', async () => {
    await list('serial,wiring,wifi\nDL-0001,bench,one\nDL-0002,bench,two\nDL-0003,bench,one\nDL-0004,bench,\n');
    const { open, board, take } = desk(['a', 'b', 'c', 'd']);
    const terminal = await run(open, [
      [/^Password of the network one/, 'password one'], [/^Password of the network two/, 'password two'],
      ...(['a', 'b', 'c', 'd'].map((chip, index): Answer => [CONNECT(index + 1, 4, `DL-000${index + 1}`), take(chip)])),
    ]);
    expect(terminal.hidden).toHaveLength(2);
    const networks = ['a', 'b', 'c', 'd'].map((chip) => storesOf(board(chip), 'esp32').records.get(WIFI));
    expect(networks.map((record) => record && Buffer.from(record).toString())).toEqual(['one\0password one', 'two\0password two', 'one\0password one', undefined]);
  });
});

describe('with --yes on a pipe', () => {
  test('a board is taken when its chip is new, and one that fails when it was away meanwhile', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a', 'b', 'c', 'other']);
    board('b').nor.cut = { at: 70, how: 'before' };
    const events: [number, string | undefined][] = [[3, 'a'], [8, undefined], [10, 'a'], [12, 'b'], [20, undefined], [22, 'b'], [30, undefined], [32, 'c']];
    let looks = 0;
    const timed: OpenPort = async (via) => {
      looks++;
      const event = events.filter(([at]) => at <= looks).at(-1);
      take(event?.[1])();
      return open(via);
    };
    const terminal = scriptedTerminal([], false);
    await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), yes: true }, terminal, timed, 1);
    await expectLocks(board, ['DL-0001', 'DL-0002', 'DL-0003']);
    expect((await listed()).map(({ chip }) => chip)).toEqual(['a', 'b', 'c']);
    expect(terminal.text).toMatch(/Waiting for board 2 of 3 \(DL-0002/);
    expect(terminal.text).toMatch(/connection broke.*\nThis board is tried again when it was taken off and comes back/);
    // Said once, however often it was looked at.
    expect(terminal.text.match(/there is no such port/g)!.length).toBeLessThanOrEqual(4);
  });

  test('a board that cannot be a lock is told once, and another one is taken', async () => {
    await list('serial,wiring\nDL-0001,bench\n');
    const { board, open, take } = desk(['good']);
    const bad = boardOf('esp32', { chip: 'bad', freeVariables: 100 });
    let looks = 0;
    const timed: OpenPort = async (via) => {
      if (looks++ < 5) return bad.start();
      take('good')();
      return open(via);
    };
    const terminal = scriptedTerminal([], false);
    await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), yes: true }, terminal, timed, 1);
    expect(terminal.text.match(/has 100 free variables/g)).toHaveLength(1);
    await expectLocks(board, ['DL-0001']);
  });
});

describe('with --yes, production', () => {
  const options = (): BatchOptions => ({ via: VIA, key: workshop.makerKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), yes: true, production: true });

  test('a lock that may be finished is not made a second time: somebody has to say', async () => {
    await list(THREE);
    const { open, board, take } = desk(['a']);
    take('a')();
    const terminal = scriptedTerminal([], false);
    await expect(provisionBatch(options(), terminal, goneAtTheEnd(open), 1)).rejects.toThrow(/^DL-0001: its last step was under way before, and it may be a finished lock; run the command without --yes once/);
    expect(await workshop.unfinished()).toHaveLength(1);
    expect(board('a').restarts).toBe(0);
  });

  test('the silence of the lock that was just made is no trouble, and not told', async () => {
    await list('serial,wiring\nDL-0001,bench\nDL-0002,bench\n');
    const { open, board, take } = desk(['a', 'b']);
    take('a')();
    let looks = 0;
    const shut: OpenPort = async (via) => {
      if (board('a').restarts && looks++ > 2) take('b')();
      if (board('a').restarts && looks <= 3) return { name: VIA, write: () => undefined, listen: (_take, gone) => setTimeout(gone, 5), close: () => Promise.resolve() };
      return open(via);
    };
    const terminal = scriptedTerminal([], false);
    await provisionBatch(options(), terminal, shut, 1);
    await expectLocks(board, ['DL-0001', 'DL-0002']);
    expect(looks).toBeGreaterThan(3);
    expect(terminal.text).not.toMatch(/console|waiting\./);
  });
});

describe('is refused before a board is touched:', () => {
  const never: OpenPort = () => Promise.reject(new Error('the port was opened'));
  const refusal = async (options: Partial<BatchOptions>, terminal = scriptedTerminal([])): Promise<string> => {
    const error = await provisionBatch({ via: VIA, key: workshop.devKey, folder: workshop.at('home'), batch: workshop.at('boards.csv'), ...options }, terminal, never, 1).then(() => undefined, (failure: unknown) => failure);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).message).toMatch(/^[^\n]+;[^\n]+[^.]$/);
    return (error as Refusal).message;
  };

  test('what is one board\'s, a wrong list, a pipe without --yes', async () => {
    await list(THREE);
    expect(await refusal({ pin: '1234' })).toMatch(/^--pin: in a batch it is a column of the list/);
    expect(await refusal({ serial: 'X' })).toMatch(/^--serial: in a batch/);
    expect(await refusal({ wifi: 'home' })).toMatch(/^--wifi: in a batch/);
    expect(await refusal({ batteryMv: '5900' })).toMatch(/^--battery-mv: each board of a batch/);
    expect(await refusal({}, scriptedTerminal([], false))).toMatch(/no terminal to press Enter at; give --yes/);
    await list(THREE.replace('0471', '04x1'));
    expect(await refusal({})).toMatch(/line 2, column pin: "04x1" is no code/);
    await list('serial,wiring,wifi\nA,bench,one\nB,bench,two\n');
    expect(await refusal({ wifiPasswordFile: 'x' })).toMatch(/name 2 networks \(one, two\), and the file holds the password of one/);
  });

  test('a line that was changed after its board was made, and a state that is damaged', async () => {
    await list(THREE);
    const { open, take } = desk(['a']);
    await run(open, [[CONNECT(1, 3, 'DL-0001'), take('a')], [CONNECT(2, 3, 'DL-0002'), 'q']]);
    await list(THREE.replace('0471', '0472'));
    expect(await refusal({})).toMatch(/line 2, column pin: DL-0001 is made already, with another one; restore the line/);
    await list(THREE.replace('DL-0001,bench', 'DL-0001,esp32-devkit'));
    expect(await refusal({})).toMatch(/line 2, column wiring: DL-0001 is made already/);
    await list(THREE);
    const state = workshop.at('boards.state.json');
    const text = await readFile(state, 'utf8');
    for (const damaged of [text.slice(0, -20), text.replace('recoveryCode', 'x'), text.replace('batch 1', 'batch 2'), '{}', '']) {
      await writeFile(state, damaged);
      expect(await refusal({})).toMatch(/boards\.state\.json: it is damaged, and it says which boards are made; restore it/);
    }
  });
});
