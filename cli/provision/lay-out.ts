/**
 * Writes a lock's flash onto a board, in an order in which any cut can be mended by running it again: pages that are right already are left
 * alone, the identity is last but one, and the few characters at the beginning of `.boot0` that start the bootloader are last of all. Until
 * they are there the board starts as an Espruino without a program: the first characters of `.boot0` followed by erased flash is a syntax
 * error, and the console answers.
 */
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES, type Geometry } from '../../firmware/flash/layout.js';
import { Refusal } from '../image/refusal.js';
import type { Connection } from '../board/connection.js';
import { hashOf, openRawFlash, type RawFlash } from '../board/raw-flash.js';

export interface LayOutOptions {
  geometry: Geometry;
  /** All of Storage, as it is to be. */
  bytes: Uint8Array;
  /** Whether what is in Storage may go. Not asked when it is empty or a half-made lock of ours. */
  mayErase(): Promise<boolean>;
  /** All but the last characters is written and compared. */
  finishing(): Promise<void>;
  progress(done: number, all: number): void;
}

/** What a page was, and is to be. */
interface Page {
  address: number;
  bytes: Uint8Array;
  /** Begins with one of Storage's file headers: never erased alone, or Espruino would erase all of Storage at its next start. */
  header: boolean;
}

/** Flash is programmed in these: Storage wants a first byte for a file. */
const WORD_BYTES = 4;
const ERASE_ALL_TIMEOUT_MS = 180_000;

/** `done`: it was a finished lock of just these bytes, which may have started meanwhile. */
export async function layOut(board: Connection, options: LayOutOptions): Promise<'written' | 'done'> {
  const { geometry } = options;
  const flash = await openRawFlash(board);
  const pages = pagesOf(options);
  const [boot] = pages as [Page, ...Page[]];
  const startEnd = startEndOf(boot.bytes);
  let state = await stateOf(flash, pages);
  if (state === 'started') {
    const fixed = pages.filter((page) => isFixed(page, geometry));
    if ((await wrongPages(flash, fixed)).length === 0) return 'done';
    state = 'other';
  }
  const rest = pages.slice(1);
  let wrong = state === 'other' ? [] : await wrongPages(flash, rest);
  // A page erased by itself and cut in that may read as erased and not stay so: only what is written again afterwards is erased alone.
  const afresh = wrong.some(isBlank);
  if (state === 'other' || afresh) {
    if (state === 'other' && !await options.mayErase()) throw new Refusal(`${board.name}: there are other files on the board, and nothing was changed; run the command again and let it erase them, or use --yes`);
    await makeFiles(board, options.bytes, geometry);
    if (await stateOf(flash, pages) !== 'laid out') {
      throw new Refusal(`${board.name}: Storage does not lie at ${hexOf(geometry.base)} as in the build that the lock is made for; flash the build that the page of your board names and run the command again`);
    }
    wrong = await wrongPages(flash, rest);
  }

  let done = pages.length - wrong.length - 1;
  options.progress(done, pages.length);
  for (const page of wrong) {
    await writePage(flash, page, board);
    options.progress(++done, pages.length);
  }
  await flash.send(boot.bytes);
  await flash.write(boot.address, startEnd);
  const almost = boot.bytes.slice();
  almost.set(await flash.read(boot.address, startEnd));
  await compare(flash, board, [...rest, { ...boot, bytes: almost }]);
  await options.finishing();
  // The page is in the board's memory still.
  await flash.write(boot.address, STORAGE_HEADER_BYTES, startEnd);
  await compare(flash, board, [boot]);
  options.progress(pages.length, pages.length);
  return 'written';
}

/** Where the characters that start the bootloader end, a NUL behind them included; a multiple of 4. */
function startEndOf(boot: Uint8Array): number {
  const nul = boot.indexOf(0, STORAGE_HEADER_BYTES);
  if (nul < 0) throw new Error('The bootloader\'s first page holds no end of what Espruino evaluates.');
  return (nul + 4) & ~3;
}

/** In the order of writing, but for the first, which is the bootloader's first and comes last. */
function pagesOf({ geometry, bytes }: LayOutOptions): Page[] {
  const all = Array.from({ length: geometry.pages }, (_, index): Page => ({
    address: geometry.base + index * PAGE_BYTES,
    bytes: bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES),
    header: index === 0 || index === geometry.bootPages,
  }));
  const { identity } = layoutOf(geometry);
  const isIdentity = ({ address }: Page): boolean => address >= identity.address && address < identity.address + identity.pages * PAGE_BYTES;
  return [...all.filter((page) => !isIdentity(page)), ...all.filter(isIdentity)];
}

const isBlank = ({ bytes }: Page): boolean => bytes.every((byte) => byte === 0xff);

/** Pages that a lock itself never writes, before its first update. */
function isFixed({ address }: Page, geometry: Geometry): boolean {
  const { identity, slots: [slotA] } = layoutOf(geometry);
  return address < identity.address + identity.pages * PAGE_BYTES || (address >= slotA.address && address < slotA.address + slotA.pages * PAGE_BYTES);
}

/** `laid out`: our two files lie there and nothing starts. `started`: the bootloader does, or half of the characters that start it are there. */
async function stateOf(flash: RawFlash, pages: Page[]): Promise<'laid out' | 'started' | 'other'> {
  for (const page of pages.filter(({ header }) => header)) {
    const header = await flash.read(page.address, STORAGE_HEADER_BYTES);
    if (Buffer.compare(header, page.bytes.subarray(0, STORAGE_HEADER_BYTES))) return 'other';
  }
  const startEnd = startEndOf(pages[0]!.bytes);
  const start = await flash.read(pages[0]!.address + STORAGE_HEADER_BYTES, startEnd - STORAGE_HEADER_BYTES);
  const want = pages[0]!.bytes.subarray(STORAGE_HEADER_BYTES, startEnd);
  if (Buffer.compare(start, want) === 0) return 'started';
  for (const page of pages.filter(({ header }) => header)) if (!await canBecome(flash, page)) return 'other';
  return 'laid out';
}

/** What is in a page can still become what it is to be without erasing it: bits only go from 1 to 0. */
async function canBecome(flash: RawFlash, page: Page): Promise<boolean> {
  const untouched = new Uint8Array(PAGE_BYTES).fill(0xff);
  untouched.set(page.bytes.subarray(0, STORAGE_HEADER_BYTES + WORD_BYTES));
  const [hash] = await flash.hashes(page.address, 1);
  if (hash === hashOf(page.bytes) || hash === hashOf(untouched)) return true;
  const there = await flash.read(page.address, PAGE_BYTES);
  return there.every((byte, at) => (byte & page.bytes[at]!) === page.bytes[at]);
}

/** Storage from empty: two files that fill it. */
async function makeFiles(board: Connection, bytes: Uint8Array, geometry: Geometry): Promise<void> {
  await board.evaluate('require("Storage").eraseAll()', ERASE_ALL_TIMEOUT_MS);
  const bootBytes = geometry.bootPages * PAGE_BYTES;
  const make = (name: string, size: number, first: Uint8Array): Promise<unknown> =>
    board.evaluate(`require("Storage").write("${name}",atob("${Buffer.from(first).toString('base64')}"),0,${size})`, ERASE_ALL_TIMEOUT_MS);
  const firstOf = (offset: number): Uint8Array => bytes.subarray(offset + STORAGE_HEADER_BYTES, offset + STORAGE_HEADER_BYTES + WORD_BYTES);
  await make('.boot0', bootBytes - STORAGE_HEADER_BYTES, firstOf(0));
  await make('deadlatch', geometry.pages * PAGE_BYTES - bootBytes - STORAGE_HEADER_BYTES, firstOf(bootBytes));
}

async function writePage(flash: RawFlash, page: Page, board: Connection): Promise<void> {
  if (page.header) {
    await flash.send(page.bytes);
    await flash.write(page.address, STORAGE_HEADER_BYTES);
  } else {
    await flash.erase(page.address);
    await flash.send(page.bytes);
    await flash.write(page.address);
  }
  await compare(flash, board, [page]);
}

async function wrongPages(flash: RawFlash, pages: Page[]): Promise<Page[]> {
  const wrong: Page[] = [];
  for (let at = 0; at < pages.length;) {
    let end = at + 1;
    while (end < pages.length && pages[end]!.address === pages[end - 1]!.address + PAGE_BYTES) end++;
    const hashes = await flash.hashes(pages[at]!.address, end - at);
    wrong.push(...pages.slice(at, end).filter((page, index) => hashes[index] !== hashOf(page.bytes)));
    at = end;
  }
  return wrong;
}

async function compare(flash: RawFlash, board: Connection, pages: Page[]): Promise<void> {
  const [wrong] = await wrongPages(flash, pages);
  if (wrong) throw new Refusal(`${board.name}: the flash page at ${hexOf(wrong.address)} does not hold what was written; run the command again, and if it says the same take another board`);
}

const hexOf = (address: number): string => `0x${address.toString(16)}`;
