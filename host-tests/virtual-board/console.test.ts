import { afterEach, describe, expect, test } from 'vitest';
import { REFERENCE } from '../../boards/reference/index.js';
import { FAMILIES } from '../../boards/families.js';
import { checkBoard } from '../../cli/board/checks.js';
import { connect, type Connection } from '../../cli/board/connection.js';
import { layOut } from '../../cli/provision/lay-out.js';
import { buildLockFlash } from '../../cli/provision/lock-flash.js';
import { buildImage } from '../../cli/image/build-image.js';
import { signFirmware } from '../../cli/virtual/firmware.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import { createKey } from '../../cli/image/key-file.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';
import { bootWith } from './support.js';

let connection: Connection | undefined;
afterEach(() => connection?.close());

/** A board whose flash is erased: Espruino and nothing else. */
const blankBoard = (wiring = REFERENCE['esp32-devkit']!): Board => boot(createWorld({ seed: 4, wiring }));

async function consoleOf(board: Board): Promise<Connection> {
  connection = await connect(openWirePort(board));
  return connection;
}

describe('the console of a virtual board', () => {
  test('evaluates a line, keeps what it names, and says what it throws', async () => {
    const console = await consoleOf(blankBoard());
    expect(await console.evaluate('1+1')).toBe(2);
    expect(await console.evaluate('!(F=function(a){return a*2})')).toBe(false);
    expect(await console.evaluate('F(21)')).toBe(42);
    expect(await console.evaluate('typeof Map+typeof nothing')).toBe('undefinedundefined');
    await expect(console.evaluate('nothing.here')).rejects.toThrow(/the board refused a step: TypeError/);
    expect(await console.evaluate('eval("F(4)")')).toBe(8);
  });

  test('prints what a program prints, and shows what is typed with an echo', () => {
    const board = bootWith('setTimeout(function(){print("tick",1)},500);setTimeout(function(){throw new Error("off")},600)');
    board.world.serial.send('2*3\n');
    board.run(400);
    expect(board.world.serial.output).toBe('2*3\r\n=6\r\n>');
    board.run(1000);
    expect(board.world.serial.output).toBe('2*3\r\n=6\r\n>tick 1\r\nUncaught Error: off\r\n');
  });

  test('is dead once a program took it away, and alive where it was put on the wire again', async () => {
    const dead = bootWith('E.setConsole(null,{force:true})');
    dead.run(300);
    await expect(connect(openWirePort(dead), 2, 200)).rejects.toThrow(/no Espruino console answers/);
    expect(dead.world.serial.output).toBe('');
    const open = bootWith('E.setConsole(null,{force:true});E.setConsole(Serial1,{force:true})');
    expect(await (await consoleOf(open)).evaluate('3')).toBe(3);
  });

  test('what somebody does there by hand is not held against the firmware', async () => {
    const board = blankBoard();
    const console = await consoleOf(board);
    await console.evaluate('require("Storage").write("a","b")');
    await console.evaluate('require("Flash").erasePage(0x320000)');
    expect(board.world.violations).toEqual([]);
  });
});

test('a board with nothing but Espruino becomes a lock over its wire, and the door opens', async () => {
  const wiring = REFERENCE['esp32-devkit']!;
  const family = FAMILIES.find(({ name }) => name === wiring.family)!;
  const key = createKey(true, new Uint8Array(48).fill(6));
  const firmware = await signFirmware(buildImage(await buildApp({ family: 'esp32', version: '0.1.0' }), { family: 'esp32', version: '0.1.0', counter: 1, channel: 'dev' }), key, '0.1.0');
  const { text } = await buildBootloader({ family: 'esp32' });
  const { bytes } = buildLockFlash({ wiring, boot0Text: text, image: firmware.file, production: false, keys: [key.publicKey], masterCode: '86420', pins: ['1357'] });
  const board = blankBoard(wiring);
  const console = await consoleOf(board);
  expect((await checkBoard(console, family)).files).toEqual([]);
  await layOut(console, { geometry: family.geometry, bytes, mayErase: () => Promise.resolve(true), finishing: () => Promise.resolve(), progress: () => undefined });
  await console.restart();
  const { clock, keypad, bolt, violations } = board.world;
  board.run(8000);
  expect(bolt.unlocked()).toBe(false);
  [...'1357#'].forEach((keyName, at) => clock.after(200 * at, () => keypad.press(keyName, 100)));
  expect(board.pump(() => bolt.unlocked(), 5000), 'the PIN opens').toBe(true);
  expect(violations).toEqual([]);
  expect(board.uncaught).toEqual([]);
}, 60_000);
