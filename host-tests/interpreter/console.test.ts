import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Connection } from '../../cli/board/connection.js';
import { openPort } from '../../cli/board/port.js';
import { CONSOLE_PORT, type Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { takeConsolePort } from './console-port.js';
import { boltMoved, startUp } from './lock-waits.js';
import { linuxFirmware, linuxLock, PIN } from './locks.js';
import { describeWithInterpreter } from './with-interpreter.js';

const TIMEOUT_MS = 120_000;

describeWithInterpreter('the console of a lock on the real interpreter', () => {
  let releasePort: () => Promise<void>;

  beforeAll(async () => {
    releasePort = await takeConsolePort();
  }, TIMEOUT_MS);

  afterAll(() => releasePort());

  async function withLock(production: boolean, use: (lock: Interpreter) => Promise<void>): Promise<void> {
    const lock = await linuxLock(await linuxFirmware('1.0.0'), { production, console: true });
    try {
      await startUp(lock);
      await use(lock);
    } finally {
      await lock.close();
    }
  }

  test('a development lock answers on its wire while it runs, and the door opens all the same', async () => {
    await withLock(false, async (lock) => {
      let board: Connection | undefined;
      try {
        board = await connect(await openPort(`tcp:127.0.0.1:${CONSOLE_PORT}`));
        expect(await board.evaluate('require("Storage").list()')).toEqual(['.boot0', 'deadlatch']);
        await boltMoved(lock, 'unlocked', `${PIN}#`);
        expect(await board.evaluate('1+1')).toBe(2);
      } finally {
        await board?.close();
      }
    });
  }, TIMEOUT_MS);

  test('a production lock has none', async () => {
    await withLock(true, async () => {
      await expect(openPort(`tcp:127.0.0.1:${CONSOLE_PORT}`).then((port) => connect(port, 1))).rejects.toThrow(/nothing listens there|no Espruino console answers/);
    });
  }, TIMEOUT_MS);
});
