/** `deadlatch watch`: saves in a folder, one round at a time, and a round against the virtual board. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEAF, makerKey, prepareCast, type Cast } from '../../cli/story/cast.js';
import { createTeller } from '../../cli/story/tell.js';
import { openWindow } from '../../cli/virtual/person.js';
import { buildFirmware } from '../../cli/virtual/firmware.js';
import { watchFolders } from '../../cli/watch/changes.js';
import { eachSave } from '../../cli/watch/commands.js';
import { createRounds } from '../../cli/watch/round.js';
import { HEALTH_RADIO } from '../../firmware/errors.js';
import { listener, MASTER_CODE, virtualLock } from '../update/virtual-lock.js';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'deadlatch-watch-'));
  await mkdir(join(root, 'boards/reference'), { recursive: true });
  await mkdir(join(root, 'firmware'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe('saves', () => {
  it('that follow one another closely are one, what editors leave is none, and one that comes meanwhile waits', async () => {
    const changes = watchFolders(root, ['boards', 'firmware'], 100);
    try {
      const first = changes.next();
      await writeFile(join(root, 'firmware/.main.ts.swp'), '');
      await writeFile(join(root, 'firmware/main.ts'), '1');
      await writeFile(join(root, 'firmware/main.ts'), '2');
      await writeFile(join(root, 'boards/reference/mine.ts'), '1');
      expect(await first).toEqual(['boards/reference/mine.ts', 'firmware/main.ts']);
      await writeFile(join(root, 'firmware/app.ts'), '1');
      expect(await changes.next()).toEqual(['firmware/app.ts']);
    } finally {
      changes.close();
    }
    expect(() => watchFolders(root, ['nowhere'])).toThrow(/nowhere: cannot be watched: it does not exist; run the command in a checkout$/);
  });

  it('are worked on one after the other: what is saved during a round is the next one', async () => {
    const waiting = [['a.ts'], ['b.ts', 'c.ts', 'd.ts', 'e.ts']];
    let running = 0;
    let rounds = 0;
    const said: string[] = [];
    const work = eachSave({
      next: () => (waiting.length ? Promise.resolve(waiting.shift()!) : Promise.reject(new Error('no more saves'))),
      close: () => undefined,
    }, async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      rounds++;
    }, (text) => said.push(text));
    await expect(work).rejects.toThrow('no more saves');
    expect(rounds).toBe(2);
    expect(said.filter((text) => text.includes('Saved:')).map((text) => text.slice(11))).toEqual(['Saved: a.ts.', 'Saved: b.ts, c.ts, d.ts and 1 more.']);
  });
});

describe('a round', () => {
  let cast: Cast;
  let patch: Uint8Array;
  let deaf: Uint8Array;

  beforeAll(async () => {
    cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
    // Beforehand: a build takes real time, in which the lock's would run away.
    patch = await buildFirmware({ version: '1.0.1' });
    deaf = await buildFirmware({ version: '1.0.2', mutations: [DEAF] });
  }, 120_000);

  it('shows what does not build, puts the next patch onto the lock, and goes above a version that rolled back', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey, false);
    const screen = listener();
    let build: (version: string) => Promise<Uint8Array> = () => Promise.reject(new Error('firmware/app.ts:7:3: ERROR: Expected ";"'));
    const round = createRounds({
      connector: lock.connector, time: lock.time, screen, key: makerKey(), windowWaitMs: 600_000,
      build: (family, version) => {
        expect(family).toBe('virtual');
        return build(version);
      },
    });
    const opened = (): void => {
      if (screen.lines.at(-1)?.startsWith('At the lock\'s keypad')) openWindow(lock.board, MASTER_CODE);
    };
    expect(await lock.settle(round())).toEqual({ done: 'not built' });
    expect(screen.lines.at(-1)).toBe('NOT BUILT: firmware/app.ts:7:3: ERROR: Expected ";"\nMend it and save again.');
    build = () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' }));
    await lock.settle(round());
    expect(screen.lines.at(-1)).toBe('NOT BUILT: the disk is full; make room and save again.');

    build = (version) => {
      expect(version).toBe('1.0.1');
      return Promise.resolve(patch);
    };
    expect(await lock.settle(round(), opened)).toEqual({ done: 'applied' });
    expect(screen.lines.at(-1)).toBe('APPLIED: version 1.0.1 has proved itself and is confirmed.');
    build = (version) => {
      expect(version).toBe('1.0.2');
      return Promise.resolve(deaf);
    };
    expect(await lock.settle(round(), opened)).toEqual({ done: 'rolled back', code: HEALTH_RADIO });
    let asked = '';
    build = (version) => Promise.reject(new Error(asked = version));
    await lock.settle(round());
    expect(asked).toBe('1.0.3');
  }, 180_000);

  it('that finds no lock says why that may be, and leaves the next one to the next save', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey);
    lock.board.powerCut();
    const screen = listener();
    const round = createRounds({
      connector: lock.connector, time: lock.time, screen, key: makerKey(), windowWaitMs: 0, build: () => Promise.reject(new Error('it must not get here')),
    });
    expect(await lock.settle(round())).toEqual({ done: 'no lock' });
    expect(screen.lines).toEqual(['Nothing has come from the lock for 8 seconds. Causes.', 'udp:virtual: the lock does not answer. Causes.']);
  }, 30_000);
});
