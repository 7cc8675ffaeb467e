/** The shipped firmware with a servo and with a strike, at a door: a code opens, a restart moves nothing, a hang ends all current. */
import { beforeAll, describe, expect, test } from 'vitest';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { buildLockFlash } from '../../cli/provision/lock-flash.js';
import { makerKey } from '../../cli/story/cast.js';
import { MASTER_CODE, PIN } from '../../cli/story/stage.js';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';

/** The reference wiring's parts on the virtual board. */
const onVirtual = (name: string): Wiring => ({ ...REFERENCE[name]!, family: 'virtual' });
const WIRINGS: Record<string, Wiring> = { servo: onVirtual('esp32-servo'), strike: onVirtual('esp32-strike'), magnet: { ...onVirtual('esp32-strike'), onPowerLoss: 'failSafe' } };
const flashes: Record<string, Uint8Array> = {};

beforeAll(async () => {
  const maker = makerKey();
  const firmware = await signFirmware(await buildFirmware({ version: '1.0.0' }), maker, '1.0.0');
  const { text } = await buildBootloader({ family: 'virtual' });
  for (const [name, wiring] of Object.entries(WIRINGS)) {
    const { bytes } = buildLockFlash({
      wiring, boot0Text: text, image: firmware.file, production: true, keys: [maker.publicKey], masterCode: MASTER_CODE, pins: [PIN],
    });
    flashes[name] = bytes;
  }
}, 300_000);

function started(name: string, evaluating?: (text: string) => string): Board {
  const board = boot(createWorld({ seed: 5, wiring: WIRINGS[name]!, flash: flashes[name]! }), evaluating ? { evaluating } : {});
  board.run(8000);
  return board;
}

function type(board: Board, keys: string): void {
  board.pump(board.world.keypad.type(keys));
}

/** From the last key on: until the bolt is in. */
function opens(board: Board): boolean {
  type(board, `${PIN}#`);
  return board.pump(() => board.world.bolt.unlocked(), 3000);
}

describe.each(Object.keys(WIRINGS))('a lock with a %s', (name) => {
  const magnet = name === 'magnet';

  test('opens with a code and locks again, and a restart in between moves nothing', () => {
    const board = started(name);
    const { world } = board;
    if (magnet) {
      type(board, '#');
      board.run(1000);
    }
    expect(world.bolt.locked()).toBe(true);
    expect(opens(board)).toBe(true);
    if (name === 'servo') {
      board.run(2000);
      type(board, '#');
    }
    expect(board.pump(() => world.bolt.locked(), 8000)).toBe(true);
    board.run(3000);
    type(board, `${PIN}#`);
    board.pump(() => world.motor.energised() !== magnet, 3000);
    board.pressReset();
    const at = world.bolt.position();
    board.run(100);
    const after = world.bolt.position();
    board.run(10_000);
    expect(world.bolt.position(), `at ${at} when it was reset`).toBe(after);
    expect(world.motor.energised()).toBe(false);
    expect(world.violations).toEqual([]);
    expect(board.uncaught).toEqual([]);
  });

  test('has no current a tenth of a second after its interpreter hangs', () => {
    for (const intoMs of [1, 40, 99, 130, 777]) {
      const board = started(name);
      const { world } = board;
      type(board, magnet ? '#' : `${PIN}#`);
      board.pump(() => world.motor.energised(), 3000);
      board.run(intoMs);
      world.clock.advanceTo(world.clock.now() + 101);
      expect(world.motor.energised(), `hung after ${intoMs} ms`).toBe(false);
      expect(world.violations).toEqual([]);
    }
  });

  test('whose firmware switches the current without a timer is found out', () => {
    const board = started(name, (text) => text.replaceAll('digitalPulse', 'digitalWrite'));
    type(board, magnet ? '#' : `${PIN}#`);
    board.run(3000);
    expect(board.world.violations.map(({ kind }) => kind)).toContain('motor-unbounded');
  });
});
