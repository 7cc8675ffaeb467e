/** The shipped firmware at a door with a card reader, and at one with a key that has stuck. */
import { beforeAll, expect, test } from 'vitest';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { buildLockFlash, familyOf } from '../../cli/provision/lock-flash.js';
import { makerKey } from '../../cli/story/cast.js';
import { MASTER_CODE, PIN } from '../../cli/story/stage.js';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { KEY_STUCK } from '../../firmware/errors.js';
import { LOG_FIRST } from '../../firmware/flash/keys.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { openStores } from '../../firmware/flash/open.js';
import { keysOf } from '../../firmware/flash/record-chores.js';
import { parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import { addCode, stretchCode } from '../../firmware/lock/codes-table.js';
import { CARD_CODE } from '../../firmware/lock/codes.js';
import { LOG_KEYPAD, LOG_REFUSED, LOG_UNLOCK, NOBODY, SOURCE_KEYPAD, SOURCE_RFID } from '../../firmware/lock/states.js';
import type { Platform } from '../../firmware/platform/types.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';

const virtual = REFERENCE['virtual']!;
const reader: Wiring = { ...virtual, keypad: { type: 'wiegand', d0: 18, d1: 19, bits: 4 } };
const SHORT = '12304567';
const LONG = '4660154321';
let firmware: Uint8Array;
let boot0Text: string;

beforeAll(async () => {
  firmware = (await signFirmware(await buildFirmware({ version: '1.0.0' }), makerKey(), '1.0.0')).file;
  boot0Text = (await buildBootloader({ family: 'virtual' })).text;
}, 300_000);

function storesOf(bytes: Uint8Array) {
  const { geometry } = familyOf(virtual);
  const platform = createHostPlatform(bytes, geometry.base) as Platform;
  return { platform, ...openStores(platform, layoutOf(geometry)) };
}

/** User 1 has a PIN, user 2 these cards. */
function started(wiring: Wiring, cards: readonly string[]): Board {
  const codeSalt = new Uint8Array(16).fill(9);
  const { bytes } = buildLockFlash({
    wiring, boot0Text, image: firmware, production: true, keys: [makerKey().publicKey], masterCode: MASTER_CODE, pins: [PIN], codeSalt,
  });
  const { platform, records, identity } = storesOf(bytes);
  for (const card of cards) {
    const value = stretchCode(platform, codeSalt, `c${card}`, wiring.stretch);
    expect(addCode(platform, records, identity!.recoveryHash, value, 2, CARD_CODE, 0)).toBe(0);
  }
  const board = boot(createWorld({ seed: 5, wiring, flash: bytes }));
  board.run(8000);
  return board;
}

function logOf(board: Board): LogEntry[] {
  const { records } = storesOf(board.world.nor.bytes.slice());
  return keysOf(records).filter((key) => key >= LOG_FIRST).map((key) => parseLogEntry(records.get(key)!)).sort((a, b) => a.sequence - b.sequence);
}

test('cards of 26 and 34 bits open, another one does not, and the PIN is typed on the same lines', () => {
  const board = started(reader, [SHORT, LONG]);
  const { world } = board;
  const opens = (act: () => void): boolean => {
    act();
    return board.pump(() => world.bolt.unlocked(), 5000);
  };
  const lock = (): void => {
    board.run(1000);
    board.pump(world.keypad.type('#'));
    expect(board.pump(() => world.bolt.locked(), 5000)).toBe(true);
    board.run(1000);
  };
  expect(opens(() => world.keypad.card('12304568', 26))).toBe(false);
  for (const act of [() => world.keypad.card(SHORT, 26), () => world.keypad.card(LONG, 34), () => void board.pump(world.keypad.type(`${PIN}#`))]) {
    expect(opens(act)).toBe(true);
    lock();
  }
  expect(logOf(board).filter(({ what }) => what === LOG_UNLOCK || what === LOG_REFUSED).map(({ what, source, user }) => [what, source, user])).toEqual([
    [LOG_REFUSED, SOURCE_RFID, NOBODY], [LOG_UNLOCK, SOURCE_RFID, 2], [LOG_UNLOCK, SOURCE_RFID, 2], [LOG_UNLOCK, SOURCE_KEYPAD, 1],
  ]);
}, 60_000);

test('a key that has stuck is told in the log once, the other keys still open, and it types nothing by itself', () => {
  const board = started(virtual, []);
  const { world } = board;
  const letGo = world.keypad.stick('7');
  board.run(20_000);
  expect(logOf(board).filter(({ what }) => what === LOG_KEYPAD).map(({ code }) => code)).toEqual([KEY_STUCK]);
  board.pump(world.keypad.type(`*${PIN}#`));
  expect(board.pump(() => world.bolt.unlocked(), 5000)).toBe(true);
  letGo();
  board.run(2000);
  board.pump(world.keypad.type('#'));
  expect(board.pump(() => world.bolt.locked(), 5000)).toBe(true);
  expect(logOf(board).filter(({ what }) => what === LOG_KEYPAD || what === LOG_REFUSED)).toHaveLength(1);
}, 60_000);
