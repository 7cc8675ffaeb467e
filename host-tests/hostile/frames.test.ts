/** Whatever arrives over the network or the wire: an answer or none, nothing in flash, nothing told that is nobody's business. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openClient } from '../../cli/virtual/client.js';
import { typeOnce } from '../../cli/virtual/person.js';
import { lineLink, linesOf } from '../../cli/smp/link.js';
import { CODES, MASTER } from '../../firmware/flash/keys.js';
import { openStores } from '../../firmware/flash/open.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import type { Platform } from '../../firmware/platform/types.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { replyOf, requestOf } from '../smp/frames.js';
import { imageOf } from '../update/images.js';
import {
  attack, attackQuiet, homeFlash, isUnharmed, MASTER_CODE, opensWithPin, PIN, RECOVERY_CODE, regionOf, repeatable, VERSION, type Attacked,
} from './lock.js';

beforeAll(homeFlash, 120_000);

const FILE = 'frames.test.ts';
const image = imageOf();
const WINDOW_MS = 600_000;

/** What genuine clients send, to be spoilt. */
const GENUINE: string[] = [
  requestOf(0, 0, { d: 'hello' }), requestOf(0, 6, {}, { operation: 0 }), requestOf(0, 7, { format: 'a' }, { operation: 0 }),
  requestOf(1, 0, {}, { operation: 0 }), requestOf(1, 0, { hash: image.hash, confirm: false }), requestOf(1, 0, { confirm: true }),
  requestOf(1, 1, { off: 0, len: image.file.length, sha: new Uint8Array(32), data: image.file.slice(0, 700) }),
  requestOf(1, 1, { off: 700, data: image.file.slice(700, 1400) }), requestOf(1, 5, { slot: 1 }), requestOf(1, 6, {}, { operation: 0 }),
  requestOf(64, 1, { off: 0, len: image.offer.length, data: image.offer.slice(0, 900) }),
  requestOf(64, 1, { off: 900, data: image.offer.slice(900, 1800) }),
];

/** One of them with bytes changed, cut short, made longer, sent twice, or run together with another. */
const spoilt = fc.tuple(
  fc.constantFrom(...GENUINE), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.option(fc.nat()),
  fc.option(fc.uint8Array({ maxLength: 60 })), fc.option(fc.constantFrom(...GENUINE)),
).map(([genuine, edits, cut, tail, next]) => {
  const bytes = Buffer.from(genuine, 'latin1');
  // Half of the changes hit header and first members, where they do most.
  for (const [at, value] of edits) bytes[at % (at & 1 ? bytes.length : Math.min(24, bytes.length))] = value;
  const frame = bytes.toString('latin1').slice(0, cut === null ? undefined : cut % bytes.length);
  return frame + (tail ? Buffer.from(tail).toString('latin1') : '') + (next ?? '');
});

const anything = fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const hostile = fc.oneof({ weight: 6, arbitrary: spoilt }, { weight: 1, arbitrary: anything });

/** Pieces of what a lock keeps to itself: codes, their stored form, salt. Eight bytes of any of it in an answer are a leak. */
function secretsOf({ world }: Attacked): string[] {
  const stores = openStores(createHostPlatform(world.nor.bytes, world.nor.base) as Platform, world.layout);
  const identity = stores.identity!;
  const kept = [identity.codeSalt, identity.recoveryHash, stores.records.get(CODES)!, stores.records.get(MASTER)!];
  const pieces = kept.flatMap((bytes) => Array.from({ length: bytes.length - 7 }, (_, at) => Buffer.from(bytes.subarray(at, at + 8))));
  return [...pieces.filter((piece) => new Set(piece).size > 2).map((piece) => piece.toString('latin1')), MASTER_CODE, RECOVERY_CODE];
}

function expectNoLeak(attacked: Attacked, answers: string[]): void {
  const all = answers.join('\n');
  expect(secretsOf(attacked).filter((secret) => all.includes(secret))).toEqual([]);
}

describe('frames sent to a lock whose window is closed', () => {
  it('write nothing, whatever they are, and tell no secret', async () => {
    const attacked = await attackQuiet(1);
    const { world, board } = attacked;
    const before = attacked.flash();
    const operations = world.nor.operations;
    const answers: string[] = [];
    fc.assert(fc.property(hostile, fc.boolean(), (frame, twice) => {
      if (twice) answers.push(...attacked.send(frame, 1));
      const replies = attacked.send(frame, 40);
      replies.forEach(replyOf);
      answers.push(...replies);
      expect(world.nor.operations).toBe(operations);
      expect(board.uncaught).toEqual([]);
    }), repeatable(3000, FILE));
    expect(answers.length).toBeGreaterThan(500);
    expect(before.equals(attacked.flash())).toBe(true);
    expectNoLeak(attacked, answers);
    isUnharmed(attacked);
    expect(opensWithPin(board)).toBeDefined();
  });

  it('of every group and command that writes are refused: rc 11 where there is such a command, rc 8 where there is none', async () => {
    const attacked = await attackQuiet(2);
    const operations = attacked.world.nor.operations;
    const bodies: Record<string, Record<string, unknown>> = {
      '0/5': {}, '1/1': { off: 0, len: image.file.length, data: image.file.slice(0, 500) }, '1/5': {},
      '64/1': { off: 0, len: image.offer.length, data: image.offer.slice(0, 500) },
    };
    const refused: string[] = [];
    for (const group of [0, 1, 2, 3, 8, 9, 63, 64, 65, 65535]) {
      for (let command = 0; command < 12; command++) {
        const name = `${group}/${command}`;
        const { rc, r } = attacked.ask(group, command, bodies[name] ?? { d: 'x' });
        if (rc === 11) refused.push(name);
        else if (name === '0/0') expect(r).toBe('x');
        else if (name === '1/0') expect(rc).toBe(3);
        else expect([name, rc]).toEqual([name, 8]);
      }
    }
    expect(refused).toEqual(Object.keys(bodies));
    expect(attacked.world.nor.operations).toBe(operations);
    isUnharmed(attacked);
  });

  it('cannot try an image that was uploaded while the window was open, nor erase it, nor restart the lock', async () => {
    const attacked = await attackQuiet(3);
    const { board, world } = attacked;
    const client = openClient(board);
    attacked.openWindow();
    expect(client.upload(image.file).reply?.match).toBe(true);
    board.run(WINDOW_MS);
    const operations = world.nor.operations;
    for (const { failure } of [client.test(image.hash), client.erase(), client.restart(), client.offer(image.offer)]) expect(failure?.rc).toBe(11);
    expect(world.nor.operations).toBe(operations);
    expect(attacked.reading().trial).toBeUndefined();
    isUnharmed(attacked);
  });

  it('recorded in a genuine session and sent again, in any order, write nothing', async () => {
    const attacked = await attackQuiet(4);
    const { board, world } = attacked;
    const spy = world.network.client();
    const recorded: string[] = [];
    attacked.openWindow();
    const record = (frame: string): Record<string, unknown> => {
      recorded.push(frame);
      const from = spy.received.length;
      spy.send(frame);
      board.pump(() => spy.received.length > from, 30_000);
      return replyOf(spy.received[from]!).body;
    };
    for (let off = 0; off < image.offer.length; off += 900) record(requestOf(64, 1, { off, len: image.offer.length, data: image.offer.slice(off, off + 900) }));
    for (let off = 0; off < image.file.length; off += 900) record(requestOf(1, 1, { off, len: image.file.length, data: image.file.slice(off, off + 900) }));
    expect(record(requestOf(1, 0, { hash: image.hash }))).toHaveProperty('images');
    record(requestOf(0, 5, {}));
    // The image is none that runs: the lock goes back to its old version by itself.
    board.run(100_000);
    expect(attacked.reading()).toMatchObject({ confirmed: { version: VERSION }, trial: undefined });
    const runs = board.runs.length;
    const before = attacked.flash();
    fc.assert(fc.property(fc.shuffledSubarray(recorded), (frames) => {
      for (const frame of frames) attacked.send(frame, 30);
    }), repeatable(20, FILE));
    expect(before.equals(attacked.flash())).toBe(true);
    isUnharmed(attacked, runs - 1);
  });
});

describe('frames sent while the window is open', () => {
  it('change only what a window grants, and leave a lock that takes the genuine update afterwards', async () => {
    const attacked = await attackQuiet(5);
    const { board, world } = attacked;
    const { layout } = world;
    const guarded = (): Buffer => Buffer.concat([
      attacked.flash().subarray(0, layout.journal.address - world.nor.base), regionOf(attacked, layout.slots[0]),
      regionOf(attacked, { ...layout.spare, address: layout.spare.address + 3 * PAGE_BYTES, pages: layout.spare.pages - 3 }),
    ]);
    const before = guarded();
    const isRestart = (frame: string): boolean => frame.includes(requestOf(0, 5, {}).slice(2, 6)) && frame.includes('\x05\xa0');
    const answers: string[] = [];
    let sent = 0;
    fc.assert(fc.property(hostile, (frame) => {
      if (isRestart(frame)) return;
      if (sent++ % 150 === 0) attacked.openWindow();
      answers.push(...attacked.send(frame, 120));
      expect(board.uncaught).toEqual([]);
    }), repeatable(600, FILE));
    expect(guarded().equals(before)).toBe(true);
    expectNoLeak(attacked, answers);
    board.run(30_000);
    isUnharmed(attacked, board.runs.length - 1);
    expect(attacked.reading()).toMatchObject({ confirmed: { version: VERSION }, trial: undefined });
    expect(opensWithPin(board)).toBeDefined();
    board.run(3000);
    attacked.openWindow();
    const client = openClient(board);
    expect(client.upload(image.file)).toMatchObject({ reply: { match: true } });
    expect(client.test(image.hash).failure).toBeUndefined();
  });

  it('lost, doubled, late and out of order still end as the same file', async () => {
    const attacked = await attackQuiet(6);
    const { board, world } = attacked;
    attacked.openWindow();
    Object.assign(world.network.faults, { loss: 0.15, duplicate: 0.2, reorder: 0.3, reorderMs: 900 });
    const client = openClient(board);
    expect(client.upload(image.file, { window: 3 }).reply?.match).toBe(true);
    expect(regionOf(attacked, world.layout.slots[1]).subarray(0, image.file.length).equals(image.file)).toBe(true);
    world.network.faults.loss = world.network.faults.duplicate = world.network.faults.reorder = 0;
    board.run(5000);
    isUnharmed(attacked);
  });
});

describe('the wire, in safe mode', () => {
  it('stands any text and any frame; without a code at the keypad nothing is written, with one it takes the update', async () => {
    const flash = (await homeFlash()).slice();
    const lock = attack(flash, 7, (world) => {
      world.nor.bytes.fill(0, world.layout.slots[0].address - world.nor.base, world.layout.slots[0].address - world.nor.base + 500);
    });
    const { board, world } = lock;
    const answers: string[] = [];
    const link = lineLink({
      write: (text) => world.serial.send(text),
      onData: (take) => {
        world.serial.onOutput = take;
      },
      close: () => undefined,
    });
    link.onFrame((frame) => answers.push(frame));
    const ask = (frame: string): Record<string, unknown> => {
      const from = answers.length;
      link.send(frame);
      board.pump(() => answers.length > from, 20_000);
      return replyOf(answers[from]!).body;
    };
    board.run(5000);
    expect(lock.reading().verdict?.result).toBeGreaterThan(0);
    const before = lock.flash();
    fc.assert(fc.property(hostile, fc.nat(), fc.boolean(), (frame, at, framed) => {
      const lines = framed ? linesOf(frame) : frame;
      const spot = at % (lines.length + 1);
      world.serial.send(at & 1 ? lines : `${lines.slice(0, spot)}${String.fromCharCode(at & 255)}${lines.slice(spot)}\n`);
      board.run(150);
      expect(board.uncaught).toEqual([]);
    }), repeatable(400, FILE));
    world.serial.send('\n');
    board.run(1000);
    expect(before.equals(lock.flash())).toBe(true);
    expectNoLeak(lock, answers);
    expect(ask(requestOf(0, 0, { d: 'alive' }))).toEqual({ r: 'alive' });
    const first = requestOf(1, 1, { off: 0, len: image.file.length, data: image.file.slice(0, 700) }, { version: 0 });
    expect(ask(first)).toMatchObject({ rc: 11 });
    expect(before.equals(lock.flash())).toBe(true);
    lock.openWindow();
    expect(ask(first)).toEqual({ off: 700 });
    typeOnce(board, `${PIN}#`);
    expect(board.pump(() => world.bolt.unlocked(), 5000)).toBe(true);
    expect(world.violations).toEqual([]);
  });
});
