/** Laying flash out over a console: every cut in it can be mended by doing it again, and none leaves a half-written bootloader that runs. */
import { expect, test } from 'vitest';
import { connect } from '../../cli/board/connection.js';
import { layOut } from '../../cli/provision/lay-out.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES, type Geometry } from '../../firmware/flash/layout.js';
import type { CutPlan } from '../../virtual-board/nor.js';
import { storageImage } from '../../virtual-board/provision.js';
import { createRandom } from '../../virtual-board/random.js';
import { fakeBoard, type FakeBoard } from './fake-board.js';

const GEOMETRY: Geometry = { base: 0x320000, pages: 10, bootPages: 2, identityPages: 2, journalPages: 1, recordPages: 1, offerPages: 1, slotPages: 1 };
const LAYOUT = layoutOf(GEOMETRY);
const START = '(function(){eval(require("Storage").read(".boot0",90,6000))})();';

/** A lock's flash with something in every region that is not blank in a new lock. */
function lockBytes(seed: number): Uint8Array {
  const random = createRandom(seed);
  const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.int(255));
  const program = Array.from({ length: 6000 }, () => String.fromCharCode(32 + random.int(90))).join('');
  const bytes = storageImage({ geometry: GEOMETRY, boot0Text: `${START}\0${program}`, layoutRecord: noise(96) });
  const put = (address: number, length: number): void => bytes.set(noise(length), address - GEOMETRY.base);
  put(LAYOUT.identity.address, 300);
  put(LAYOUT.identity.address + PAGE_BYTES, 300);
  put(LAYOUT.records.address, 64);
  put(LAYOUT.slots[0].address, PAGE_BYTES);
  return bytes;
}

async function run(board: FakeBoard, bytes: Uint8Array, mayErase = true): Promise<'written' | 'done'> {
  return layOut(await connect(board.start(), 1, 50), {
    geometry: GEOMETRY, bytes, mayErase: () => Promise.resolve(mayErase), finishing: () => Promise.resolve(), progress: () => undefined,
  });
}

const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

/** Whether Espruino would run the bootloader. */
function starts(board: FakeBoard): boolean {
  const at = STORAGE_HEADER_BYTES;
  return same(board.nor.bytes.subarray(at, at + START.length), Buffer.from(START));
}

test('an empty board holds exactly the lock\'s bytes afterwards, and a second run writes nothing', async () => {
  const board = fakeBoard({ pages: GEOMETRY.pages });
  const bytes = lockBytes(1);
  expect(await run(board, bytes, false).catch((error: Error) => error.message)).toMatch(/let it erase them, or use --yes/);
  expect(board.nor.operations).toBe(0);
  expect(await run(board, bytes)).toBe('written');
  expect(same(board.nor.bytes, bytes)).toBe(true);
  const before = board.nor.operations;
  expect(await run(board, bytes, false)).toBe('done');
  expect(board.nor.operations).toBe(before);
});

test('every cut: the bootloader starts only when everything is there, and running again makes the lock whole', async () => {
  const bytes = lockBytes(2);
  const whole = fakeBoard({ pages: GEOMETRY.pages });
  await run(whole, bytes);
  const all = whole.nor.operations;
  expect(all).toBeGreaterThan(50);
  for (let at = 0; at < all; at++) {
    for (const how of ['before', 'torn', 'after'] as const) {
      const where = `operation ${at}, ${how}`;
      const board = fakeBoard({ pages: GEOMETRY.pages });
      board.nor.cut = { at, how, random: createRandom(at) } satisfies CutPlan;
      await expect(run(board, bytes), where).rejects.toThrow(/connection broke/);
      if (starts(board)) expect(same(board.nor.bytes, bytes), where).toBe(true);
      await run(board, bytes);
      expect(same(board.nor.bytes, bytes), where).toBe(true);
    }
  }
}, 120_000);

test('after a cut in the middle the second run sends only what is missing', async () => {
  const bytes = lockBytes(3);
  const fresh = fakeBoard({ pages: GEOMETRY.pages });
  await run(fresh, bytes);
  const board = fakeBoard({ pages: GEOMETRY.pages });
  board.nor.cut = { at: fresh.nor.operations - 3, how: 'before' };
  await expect(run(board, bytes)).rejects.toThrow(/connection broke/);
  await run(board, bytes);
  // The bootloader's first page alone.
  expect(board.pieces).toBe(Math.ceil(PAGE_BYTES / 510));
  expect(fresh.pieces).toBeGreaterThan(2 * board.pieces);
});

test('a half-made lock becomes another one: other codes, other bootloader', async () => {
  const first = lockBytes(4);
  const second = lockBytes(5);
  for (const at of [30, 60, 90]) {
    const board = fakeBoard({ pages: GEOMETRY.pages });
    board.nor.cut = { at, how: 'torn', random: createRandom(at) };
    await expect(run(board, first)).rejects.toThrow();
    await run(board, second);
    expect(same(board.nor.bytes, second), `cut at ${at}`).toBe(true);
  }
});

test('a finished lock that has started since counts as done; a finished other lock is erased only when that is allowed', async () => {
  const board = fakeBoard({ pages: GEOMETRY.pages });
  const bytes = lockBytes(6);
  await run(board, bytes);
  board.nor.port.write(new Uint8Array(64), LAYOUT.journal.address);
  expect(await run(board, bytes, false)).toBe('done');
  await expect(run(board, lockBytes(7), false)).rejects.toThrow(/nothing was changed/);
  expect(await run(board, lockBytes(7))).toBe('written');
  expect(same(board.nor.bytes, lockBytes(7))).toBe(true);
});

test('a page that does not keep what is written is named', async () => {
  const board = fakeBoard({ pages: GEOMETRY.pages });
  board.nor.bad.set(9 - 1, 'program');
  await expect(run(board, lockBytes(8))).rejects.toThrow(/flash page at 0x328000 does not hold what was written/);
});

test('a Storage that lies elsewhere is refused before anything raw is written', async () => {
  const board = fakeBoard({ pages: GEOMETRY.pages + 1, base: GEOMETRY.base - PAGE_BYTES });
  await expect(run(board, lockBytes(9))).rejects.toThrow(/does not lie at 0x320000/);
});
