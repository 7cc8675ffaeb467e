/** `deadlatch log`: the flash of a lock in words, over its console and from a file, and what is new in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tellLog } from '../../cli/log/commands.js';
import { createMirror } from '../../cli/log/mirror.js';
import { consoleSource, openSource, type LogSource } from '../../cli/log/source.js';
import { hashOf } from '../../cli/board/raw-flash.js';
import { prepareCast, type Cast } from '../../cli/story/cast.js';
import { createTeller } from '../../cli/story/tell.js';
import { keepTyping, openWindow } from '../../cli/virtual/person.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import { updateImageOf } from '../../cli/update/image.js';
import { runUpdate } from '../../cli/update/session.js';
import { listener, MASTER_CODE, PIN, virtualLock, type VirtualLock } from '../update/virtual-lock.js';

let cast: Cast;
let folder: string;
let source: LogSource | undefined;

beforeAll(async () => {
  cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
  folder = await mkdtemp(join(tmpdir(), 'deadlatch-log-'));
}, 120_000);

afterEach(() => source?.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A development lock that opened its door, and gave a version up. */
async function livedIn(): Promise<VirtualLock> {
  const lock = await virtualLock(cast.first, cast.publicKey, false);
  keepTyping(lock.board, `${PIN}#`, lock.world.bolt.unlocked, 5000);
  lock.board.run(3000);
  openWindow(lock.board, MASTER_CODE);
  const image = updateImageOf(cast.bad.file, 'bad.img');
  await lock.settle(runUpdate({ image, connector: lock.connector, time: lock.time, screen: listener(), windowWaitMs: 0 }));
  return lock;
}

const TOLD = [
  'Virtual lock, serial DL-update, virtual, development.',
  'Starts, oldest first:',
  '  Power is on. Slot A ran. Then it restarted as planned.',
  ...Array.from({ length: 3 }, () => '  Restart. Slot B ran, on trial. Then it restarted as planned.'),
  '  Restart. Slot A ran.',
  'Updates, oldest first:',
  '  ROLLED BACK: version 1.2.0, because of 0x46, no radio is reachable. Report it to whoever built the image.',
  '  Version 1.0.0 is the confirmed one, in slot A.',
  'At the door, oldest first:',
];

describe('a lock\'s log', () => {
  it('is told in words over its console, and goes on with what the lock does and prints, through a restart', async () => {
    const lock = await livedIn();
    source = await consoleSource('tcp:virtual:1', () => Promise.resolve(openWirePort(lock.board)));
    const lines: string[] = [];
    const seen = (words: string): boolean => lines.some((line) => line.endsWith(words));
    let step = 0;
    let looks = 0;
    await tellLog({
      source, follow: true, say: (line) => lines.push(line),
      async next() {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (step === 0) {
          for (const key of `${PIN}#`) {
            lock.world.keypad.press(key, 100);
            await new Promise((resolve) => setTimeout(resolve, 30));
          }
          step = 1;
        }
        if (step === 1 && seen('Log: locked by the # key.')) throw new Error('PIN and # do not lock');
        if (step === 1 && (seen('opened by the PIN of user 1.') || looks > 200)) {
          lock.board.pressReset();
          step = 2;
        }
        return !(step === 2 && lines.filter((line) => line.endsWith('  Slot A runs.')).length) && ++looks < 400;
      },
    });
    expect(lines.slice(0, TOLD.length).map((line) => line.replace(' It was healthy.', ''))).toEqual(TOLD);
    expect(lines.some((line) => /^ {2}\d\d:\d\d:\d\d after a start {2}opened by the PIN of user 1\.$/.test(line))).toBe(true);
    expect(lines.filter((line) => line.endsWith('  Slot A runs.'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('Uncaught'))).toEqual([]);
  }, 60_000);

  it('is the same from a file', async () => {
    const lock = await livedIn();
    const file = join(folder, 'lock.flash');
    await writeFile(file, lock.world.nor.bytes);
    source = await openSource(`file:${file}`);
    const lines: string[] = [];
    let looks = 0;
    await tellLog({
      source, follow: true, say: (line) => lines.push(line),
      async next() {
        if (looks++) return false;
        keepTyping(lock.board, '#', lock.world.bolt.locked, 5000);
        lock.board.run(3000);
        await writeFile(file, lock.world.nor.bytes);
        return true;
      },
    });
    expect(lines.slice(0, TOLD.length).map((line) => line.replace(' It was healthy.', ''))).toEqual(TOLD);
    expect(lines.at(-1)).toMatch(/^\d\d:\d\d:\d\d {2}Log: locked by the # key\.$/);
  }, 60_000);

  it('is refused in one sentence to the network, and where there is no lock', async () => {
    await expect(openSource('udp:127.0.0.1')).rejects.toThrow(/^--via udp:127\.0\.0\.1: a lock tells its log to nobody on the network; take its wire, or file:PATH/);
    await expect(openSource(`file:${folder}/none`)).rejects.toThrow(/none: cannot be read: it does not exist;/);
    await writeFile(join(folder, 'notes'), 'no flash');
    source = await openSource(`file:${folder}/notes`);
    await expect(tellLog({ source, follow: false, say: () => undefined, next: () => Promise.resolve(true) })).rejects.toThrow(/no layout record where one belongs/);
  });
});

describe('a mirror of a board\'s flash', () => {
  it('fetches what is looked at, and again only pages that changed', async () => {
    const base = 0x320000;
    const flash = new Uint8Array(8 * 4096).fill(0xff);
    flash[2 * 4096] = 7;
    const reads: number[] = [];
    const mirror = createMirror({
      hashes: (address, count) => Promise.resolve(Array.from({ length: count }, (_, index) => hashOf(flash.subarray(address - base + index * 4096, address - base + (index + 1) * 4096)))),
      read: (address, length) => {
        reads.push((address - base) / 4096);
        return Promise.resolve(flash.slice(address - base, address - base + length));
      },
    }, base, flash.length);
    // What is read decides what is read next, as a journal's header does.
    const look = (): Promise<number> => mirror.look((_, platform) => platform.flash.read(1, base + platform.flash.read(1, base + 2 * 4096)![0]! * 4096)![0]!);
    expect(await look()).toBe(0xff);
    expect(reads).toEqual([2]);
    flash[7 * 4096] = 1;
    expect(await look()).toBe(1);
    expect(reads).toEqual([2, 7]);
    expect(await look()).toBe(1);
    expect(reads).toEqual([2, 7]);
  });
});
