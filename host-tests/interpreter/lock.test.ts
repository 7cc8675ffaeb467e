/**
 * The bundles that ship, on the real interpreter: the door, and an update over UDP with the power cut in the middle. Real time; every
 * wait is for something the lock reports, with a limit.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../../cli/smp/commands.js';
import type { SignedFirmware } from '../../cli/virtual/firmware.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { linuxFirmware, linuxLock, MASTER_CODE, PIN, smpClient } from './locks.js';
import { describeWithInterpreter } from './with-interpreter.js';

describeWithInterpreter('a lock as it ships, on the real interpreter', () => {
  let first: SignedFirmware;
  let second: SignedFirmware;
  let lock: Interpreter;
  let client: Commands;

  beforeAll(async () => {
    first = await linuxFirmware('1.0.0');
    second = await linuxFirmware('1.0.1');
    lock = await linuxLock(first);
  }, 120_000);
  afterAll(async () => {
    client?.close();
    await lock?.close();
  });

  /** Switches the power on and waits until the app answers. */
  async function start(): Promise<void> {
    await lock.powerOn();
    client ??= await smpClient(lock);
    await answering();
  }

  /** The client repeats its question until the app is there. */
  async function answering(): Promise<void> {
    expect(await client.echo('there?')).toBe('there?');
  }

  async function bolt(state: string, from: number, timeoutMs = 8000): Promise<void> {
    await lock.waitFor(`the bolt to be ${state}`, (report) => report[0] === 'bolt' && report[1] === state, { from, timeoutMs });
  }

  const versions = async (): Promise<string[]> => (await client.list()).map((image) => {
    const flags = (['active', 'confirmed', 'pending'] as const).filter((name) => image[name]);
    return [image.version, ...flags].join(' ');
  });

  test('the first start verifies the image in its slot and runs it in place', async () => {
    await start();
    expect(await versions()).toEqual(['1.0.0 active confirmed']);
    expect(lock.starts).toBe(1);
  });

  test('a wrong PIN does not move the motor, the right one opens, # locks', async () => {
    const begun = lock.reports.length;
    await lock.type('1358#');
    await lock.waitFor('the refusal to be heard', (report) => report[0] === 'tone' && report[2] > 0, { from: begun });
    expect(lock.reports.slice(begun).filter((report) => report[0] === 'pulse')).toEqual([]);
    await lock.type(`${PIN}#`);
    await bolt('unlocked', begun);
    await lock.type('#');
    await bolt('locked', lock.reports.findIndex((report, index) => index > begun && report[0] === 'bolt' && report[1] === 'unlocked'));
  });

  test('an upload needs the window, survives a power cut, and goes on where it was', async () => {
    await expect(client.upload(second.file)).rejects.toThrow(/window is closed/);
    await lock.type(`${MASTER_CODE}#8#`);
    let cut = false;
    await client.upload(second.file, {
      stopped: () => cut,
      onProgress: (sent, total) => {
        cut ||= sent > total / 2;
      },
    }).catch(() => undefined);
    expect(cut).toBe(true);
    await lock.powerOff();
    await start();
    expect(await versions()).toEqual(['1.0.0 active confirmed']);
    await lock.type(`${MASTER_CODE}#8#`);
    const { resumedAt } = await client.upload(second.file);
    expect(resumedAt).toBeGreaterThan(0);
  });

  test('the new version is tried, proves itself and is confirmed, and the PIN opens the door it runs', async () => {
    await client.test(second.hash);
    expect(await versions()).toEqual(['1.0.0 active confirmed', '1.0.1 pending']);
    const from = lock.reports.length;
    await client.restart();
    await lock.waitFor('the restart', (report) => report[0] === 'hello', { from });
    await lock.waitFor('the confirmation', (report) => report[0] === 'log' && /1\.0\.1 confirmed/.test(report[1]), { from, timeoutMs: 40_000 });
    expect(await versions()).toEqual(['1.0.1 active confirmed', '1.0.0']);
    await lock.type(`${PIN}#`);
    await bolt('unlocked', from);
  }, 60_000);

  test('nothing was thrown that nobody caught, and the watchdog never had to bite', () => {
    expect(lock.reports.filter((report) => report[0] === 'uncaught')).toEqual([]);
    expect(lock.watchdogStarts).toBe(0);
  });
});
