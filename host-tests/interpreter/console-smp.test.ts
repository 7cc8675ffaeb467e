/** The console way on the real interpreter: what the host types is evaluated there, and what it prints comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { offerOf } from '../../cli/image/read-image.js';
import { createCommands, type Commands } from '../../cli/smp/commands.js';
import { CONSOLE_FRAME_BYTES, consoleLink, sharedPort } from '../../cli/smp/console-link.js';
import { realTime } from '../../cli/smp/link.js';
import type { SignedFirmware } from '../../cli/virtual/firmware.js';
import { NO_WINDOW } from '../../firmware/errors.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { refusal, startUp } from './lock-waits.js';
import { linuxFirmware, linuxLock, MASTER_CODE } from './locks.js';
import { describeWithInterpreter } from './with-interpreter.js';

/** An input buffer of 1,024 with room for what comes before. */
const LONGEST_LINE = 700;

describeWithInterpreter('SMP through the console of a development lock', () => {
  let lock: Interpreter;
  let commands: Commands;
  let newer: SignedFirmware;
  const lines: string[] = [];

  beforeAll(async () => {
    newer = await linuxFirmware('2.0.0');
    lock = await linuxLock(await linuxFirmware('1.0.0'), { production: false });
    await startUp(lock);
    let seen = 0;
    commands = createCommands(consoleLink(sharedPort({
      name: 'interpreter',
      write(line) {
        lines.push(line);
        void lock.evaluate(line.slice(1, -1));
      },
      listen(take) {
        const look = (): void => {
          for (; seen < lock.reports.length; seen++) if (lock.reports[seen]![0] === 'log') take(`${String(lock.reports[seen]![1])}\r\n>`);
          timer = setTimeout(look, 5);
        };
        look();
      },
      close: () => Promise.resolve(),
    })), realTime);
  }, 180_000);
  let timer: NodeJS.Timeout | undefined;

  afterAll(async () => {
    clearTimeout(timer);
    commands?.close();
    await lock?.close();
  });

  test('it answers, keeps to the window, and takes an offer in lines that fit', async () => {
    expect(await commands.about()).toMatchObject({ version: '1.0.0', family: 'linux' });
    expect((await commands.list()).map((each) => each.version)).toEqual(['1.0.0']);
    const offer = offerOf(newer.file);
    expect((await refusal(commands.offer(offer, { frameBytes: CONSOLE_FRAME_BYTES }))).entry?.code).toBe(NO_WINDOW);
    await lock.type(`${MASTER_CODE}#8#`);
    await commands.offer(offer, { frameBytes: CONSOLE_FRAME_BYTES });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(LONGEST_LINE);
    expect(await lock.evaluate('dlFrame')).toBe(0);
  }, 60_000);

  test('what arrives damaged is not worked on', async () => {
    expect(await lock.evaluate('E.CRC32(dlFrame=atob("AAAA"))==1&&smp(dlFrame,print)')).toBe(false);
  });
});
