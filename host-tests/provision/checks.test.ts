/** Boards and builds that cannot carry a lock are refused in one sentence that says what to do; nothing is written. */
import { expect, test } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { checkBoard, type BoardFacts } from '../../cli/board/checks.js';
import { connect } from '../../cli/board/connection.js';
import { Refusal } from '../../cli/image/refusal.js';
import { fakeBoard, type FakeBoard, type FakeOptions } from './fake-board.js';

const ESP32 = FAMILIES.find(({ name }) => name === 'esp32')!;
const PAGES = ESP32.geometry.pages;

const check = async (board: FakeBoard): Promise<BoardFacts> => checkBoard(await connect(board.start(), 1, 200), ESP32);

const CASES: [string, Partial<FakeOptions>, RegExp][] = [
  ['another family', { board: 'ESP32C3_IDF4' }, /^fake: this is Espruino for the board ESP32C3_IDF4, and the wiring is for ESP32 .*; choose the wiring .*, or flash espruino_2v29\.277_esp32\.tgz/],
  ['a board nobody knows', { board: 'PUCKJS' }, /for the board PUCKJS/],
  ['a build that loses bytes behind the first 64', { lineBytes: 64 }, /loses bytes of longer messages.*; flash espruino_2v29\.277/],
  ['a build without the crypto module', { modules: 'Flash,Storage,net' }, /without the module crypto.*; flash/],
  ['a build without Flash and Storage', { modules: 'net,crypto' }, /without the module Flash and the module Storage/],
  ['a build without SHA-256', { hashless: true }, /no SHA-256 of its own.*; flash/],
  ['too small a Storage', { storageBytes: 256 * 1024 }, /Storage has 256 KB and the lock's layout 896 KB; flash/],
  ['random numbers that repeat', { random: 2002641757 }, /random numbers repeat \(peek32\(0x60035144\) gave 2002641757, .*; flash/],
  ['too few variables', { freeVariables: 1200 }, /has 1200 free variables and the lock needs 3900; erase/],
];

test.each(CASES)('refused: %s', async (_title, options, sentence) => {
  const board = fakeBoard({ pages: PAGES, ...options });
  const error = await check(board).then(() => undefined, (failure: unknown) => failure as Error);
  expect(error).toBeInstanceOf(Refusal);
  expect(error!.message).toMatch(sentence);
  expect(error!.message).not.toMatch(/\n|\.$/);
  expect(board.nor.operations).toBe(0);
});

test('refused: a board that runs from a saved state', async () => {
  const board = fakeBoard({ pages: PAGES });
  board.storage.write('.varimg', 'state');
  await expect(check(board)).rejects.toThrow(/saved with save\(\).*; erase its whole flash/);
});

test('refused: a port behind which nothing answers', async () => {
  const silent = { name: 'fake', write: () => undefined, listen: () => undefined, close: () => Promise.resolve() };
  await expect(connect(silent, 2, 50)).rejects.toThrow(/^fake: no Espruino console answers; check cable and port/);
});

test('a lock that runs is not asked for the variables that its firmware has taken', async () => {
  const board = fakeBoard({ pages: PAGES, freeVariables: 1200 });
  expect(await checkBoard(await connect(board.start(), 1, 200), ESP32, true)).toEqual({ chip: 'fake-1', files: [] });
});

test('a fitting board tells its chip and the files that are on it', async () => {
  const board = fakeBoard({ pages: PAGES });
  board.storage.write('blink.js', 'x');
  expect(await check(board)).toEqual({ chip: 'fake-1', files: ['blink.js'] });
});
