/** SMP through a development lock's console, and on its wire in safe mode: the virtual board, whose time runs while its wire is held. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCommands } from '../../cli/smp/commands.js';
import { realTime } from '../../cli/smp/link.js';
import { wireConnector, type WireConnector } from '../../cli/smp/wire.js';
import { prepareCast, type Cast } from '../../cli/story/cast.js';
import { createTeller } from '../../cli/story/tell.js';
import { updateImageOf } from '../../cli/update/image.js';
import { runUpdate, type UpdateParts } from '../../cli/update/session.js';
import { openWindow } from '../../cli/virtual/person.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import { REFERENCE } from '../../boards/reference/index.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';
import { listener, MASTER_CODE, virtualLock, type VirtualLock } from './virtual-lock.js';

let cast: Cast;
let connector: WireConnector | undefined;

beforeAll(async () => {
  cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
}, 120_000);

afterEach(() => connector?.close());

function wireOf(board: Board, probeMs = 1500): WireConnector {
  return connector = wireConnector('tcp:virtual:1', () => Promise.resolve(openWirePort(board)), { probeMs, rounds: 2, startMs: 20_000 })!;
}

function partsOf(lock: VirtualLock, file: Uint8Array): UpdateParts & { screen: ReturnType<typeof listener> } {
  return { image: updateImageOf(file, 'lock.img'), connector: wireOf(lock.board), time: realTime, screen: listener(), windowWaitMs: 0 };
}

describe('the wire of a lock', () => {
  it('carries an update through the console of a development lock, and says the verdict after its restart', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey, false);
    openWindow(lock.board, MASTER_CODE);
    const longest: number[] = [];
    const send = lock.world.serial.send;
    lock.world.serial.send = (message) => {
      longest.push(message.length);
      send(message);
    };
    const parts = partsOf(lock, cast.good.file);
    expect(await runUpdate(parts)).toEqual({ done: 'applied' });
    expect(parts.screen.lines.at(-1)).toBe('APPLIED: version 1.1.0 has proved itself and is confirmed.');
    expect(Math.max(...longest)).toBeLessThanOrEqual(700);
    expect(lock.board.uncaught).toEqual([]);
    expect(lock.world.violations).toEqual([]);
  }, 120_000);

  it('keeps the rules of the window: without it nothing is taken', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey, false);
    const parts = partsOf(lock, cast.good.file);
    expect(await runUpdate(parts)).toMatchObject({ done: 'refused', code: 0x11 });
  }, 60_000);

  it('goes to the server in safe mode, which a development lock\'s console would keep from it', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey, false);
    lock.world.keypad.press('*', 6000);
    lock.world.keypad.press('#', 6000);
    lock.board.pressReset();
    lock.board.run(8000);
    const { link, frameBytes } = await wireOf(lock.board).open();
    expect(frameBytes).toBe(1024);
    const commands = createCommands(link, realTime);
    expect(await commands.about()).toEqual({ version: '1.0.0', family: 'virtual', hardware: 1 });
    expect((await commands.list())[0]).toMatchObject({ version: '1.0.0', active: false });
    expect(await connector!.open()).toMatchObject({ frameBytes: 1024 });
    lock.board.pressReset();
    const again = await connector!.open();
    expect(again.frameBytes).toBeLessThan(512);
    expect((await createCommands(again.link, realTime).list())[0]).toMatchObject({ version: '1.0.0', active: true });
  }, 60_000);

  it('is found again when its cable was pulled, and by a lock that opening the port restarted', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey, false);
    const unplug: (() => void)[] = [];
    connector = wireConnector('tcp:virtual:1', () => {
      const port = openWirePort(lock.board);
      lock.board.pressReset();
      return Promise.resolve({
        ...port,
        listen(take: (text: string) => void, gone: () => void) {
          unplug.push(gone);
          port.listen(take, gone);
        },
      });
    })!;
    const first = await connector.open();
    expect(await createCommands(first.link, realTime).echo('a')).toBe('a');
    expect((await connector.open()).link).toBe(first.link);
    unplug[0]!();
    const second = await connector.open();
    expect(second.link).not.toBe(first.link);
    expect(await createCommands(second.link, realTime).echo('b')).toBe('b');
    expect(unplug).toHaveLength(2);
  }, 60_000);

  it('of a production lock says nothing, and of a board without a lock how one is made', async () => {
    const lock = await virtualLock(cast.first, cast.publicKey);
    await expect(wireOf(lock.board, 200).open()).rejects.toThrow(/^tcp:virtual:1: neither a lock nor Espruino's console answers there\. .* A production lock answers on its wire only in safe mode$/);
    await connector!.close();
    const board = boot(createWorld({ seed: 4, wiring: REFERENCE['esp32-devkit']! }));
    await expect(wireOf(board).open()).rejects.toThrow('tcp:virtual:1: Espruino answers there, and no lock; "deadlatch provision --via tcp:virtual:1" makes one of the board');
  }, 60_000);
});
