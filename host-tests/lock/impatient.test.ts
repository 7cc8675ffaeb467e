/** An impatient thumb: codes typed while the bolt still moves. The real bundle, on the virtual board, whose motor and flash watch each other. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { factoryLock, makerKey } from '../../cli/story/cast.js';
import { MASTER_CODE, PIN, RECOVERY_CODE } from '../../cli/story/stage.js';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { wiring } from '../../cli/virtual/lock.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';

let flash: Uint8Array;

beforeAll(async () => {
  const maker = makerKey();
  flash = await factoryLock({ publicKey: maker.publicKey, first: await signFirmware(await buildFirmware({ version: '1.0.0' }), maker, '1.0.0') });
}, 120_000);

function started(jammed: boolean): Board {
  const board = boot(createWorld({ seed: 8, wiring, flash }));
  board.run(8000);
  if (jammed) board.world.bolt.jam();
  return board;
}

/** Types with `pauseMs` from key to key, from `afterMs` on, whatever the lock says. */
function type(board: Board, keys: string, afterMs: number, pauseMs: number): void {
  const { clock, keypad } = board.world;
  [...keys].forEach((key, at) => clock.after(afterMs + at * pauseMs, () => keypad.press(key, pauseMs / 2)));
}

test('flash is not written while the motor has current, whatever is typed meanwhile, and the door opens afterwards', () => {
  const code = fc.constantFrom(`${PIN}#`, '1470#', '#', `${MASTER_CODE}#`, `${MASTER_CODE}#1#`, `${RECOVERY_CODE}#4711#4711#`);
  const typed = fc.record({ keys: code, afterMs: fc.integer({ min: 0, max: 4000 }), pauseMs: fc.integer({ min: 110, max: 260 }) });
  fc.assert(fc.property(fc.boolean(), fc.array(typed, { minLength: 1, maxLength: 4 }), (jammed, all) => {
    const board = started(jammed);
    type(board, `${PIN}#`, 0, 130);
    all.forEach(({ keys, afterMs, pauseMs }) => type(board, keys, 600 + afterMs, pauseMs));
    board.run(12_000);
    expect(board.world.violations).toEqual([]);
    board.world.bolt.free();
    // Wrong codes may have disabled the keypad, and a menu may be open.
    board.run(300_000);
    type(board, '#', 0, 150);
    board.run(5000);
    type(board, `${PIN}#`, 0, 150);
    board.run(5000);
    expect(board.world.bolt.unlocked()).toBe(true);
    expect(board.world.violations).toEqual([]);
    expect(board.uncaught).toEqual([]);
  }), { numRuns: 25, seed: 3 });
}, 120_000);
