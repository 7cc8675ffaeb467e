/** The doctor's one-line programs on the real interpreter: a development lock out of service, its keys, its motor, its cells, and back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realTime } from '../../cli/doctor/bench.js';
import { doctor } from '../../cli/doctor/doctor.js';
import { openPort } from '../../cli/board/port.js';
import { CONSOLE_PORT, type Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { takeConsolePort } from '../interpreter/console-port.js';
import { boltMoved, doorReady, startUp } from '../interpreter/lock-waits.js';
import { linuxFirmware, linuxLock, PIN } from '../interpreter/locks.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';

const TIMEOUT_MS = 120_000;

describeWithInterpreter('the doctor on the real interpreter', () => {
  let releasePort: () => Promise<void>;
  let lock: Interpreter;

  beforeAll(async () => {
    releasePort = await takeConsolePort();
    lock = await linuxLock(await linuxFirmware('1.0.0'), { production: false, console: true });
    await startUp(lock);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await lock?.close();
    await releasePort();
  });

  test('finds nothing wrong with a lock that is right, and the door opens again', async () => {
    const said: string[] = [];
    // A key is over when its release was seen, too.
    let typing = Promise.resolve();
    let place = 'out';
    const bolt = (): string => {
      const last = lock.reports.filter((report) => report[0] === 'bolt').at(-1);
      return place = last ? { locked: 'out', unlocked: 'in', between: 'between' }[last[1] as 'locked'] : place;
    };
    const terminal = {
      asks: true, progress: () => undefined, stopProgress: () => undefined,
      ask: (question: string) => Promise.resolve(/the bolt/i.test(question) && !/door stand open/.test(question) ? bolt() : /yes\/no/.test(question) ? 'yes' : ''),
      say(text: string) {
        said.push(text);
        const key = /^Press (.)$/.exec(text)?.[1];
        if (key !== undefined) typing = typing.then(() => lock.type(key));
      },
    };
    const again = doorReady(lock);
    const findings = await doctor(
      { via: `tcp:127.0.0.1:${CONSOLE_PORT}`, skip: ['contacts', 'light', 'beeper'] }, terminal, { open: openPort, time: realTime },
    );
    await typing;
    expect(findings.filter(({ level }) => level === 'wrong'), said.join('\n')).toEqual([]);
    expect(said.join('\n')).toMatch(/all 12 keys came[^]*the bolt went both ways[^]*V at rest, .* V while the motor turns/);
    expect(lock.reports.filter((report) => report[0] === 'uncaught')).toEqual([]);
    await again;
    await boltMoved(lock, 'unlocked', `${PIN}#`);
  }, TIMEOUT_MS);
});
