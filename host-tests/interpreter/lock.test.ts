/**
 * The whole lock on the real interpreter: the bundles that ship, started like a chip starts, updated over UDP, cut off by SIGKILL.
 * One lock lives through all of it, so the tests build on each other. Every wait is for something the lock does.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../../cli/smp/commands.js';
import type { SignedFirmware } from '../../cli/virtual/firmware.js';
import { IMAGE_THREW, ROLLED_BACK_BEFORE } from '../../firmware/errors.js';
import { ROLLBACK, VERDICT } from '../../firmware/flash/kinds.js';
import { confirmedOf, decodeVerdict, REBUILT, ROLLED_BACK } from '../../firmware/update/boot-state.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { boltMoved, doorReady, refusal, reported, startUp, storesOf } from './lock-waits.js';
import { linuxFirmware, linuxLock, MASTER_CODE, PIN, smpClient } from './locks.js';
import { describeWithInterpreter } from './with-interpreter.js';

const WINDOW_KEYS = `${MASTER_CODE}#8#`;
/** JsVars of prelude and app together, evaluated in place; a copy of its text in RAM would take another five thousand. */
const MOST_VARS_IN_PLACE = 8000;

describeWithInterpreter('a lock on the real interpreter, with the firmware that ships', () => {
  let lock: Interpreter;
  let client: Commands;
  let newer: SignedFirmware;
  let broken: SignedFirmware;

  beforeAll(async () => {
    // As long as what it replaces: the slots here have hardly room for more.
    const throwing = { file: 'firmware/app.ts', find: 'const startedMs = platform.nowMs();', replace: 'const startedMs = handover.broken.onPurpose;' };
    const factory = await linuxFirmware('1.0.0');
    newer = await linuxFirmware('2.0.0');
    broken = await linuxFirmware('3.0.0', { mutations: [throwing] });
    lock = await linuxLock(factory);
    client = await smpClient(lock);
  }, 180_000);

  afterAll(async () => {
    client?.close();
    await lock?.close();
  });

  const powerOn = (): Promise<void> => startUp(lock);
  const moved = (to: 'locked' | 'unlocked', keys: string): Promise<void> => boltMoved(lock, to, keys);

  const versions = async (): Promise<[string, string][]> =>
    (await client.list()).map((image) => [image.version, image.active ? 'runs' : image.pending ? 'waits' : 'lies there']);

  test('the first start verifies the image in full, seals the verdict and launches it where it lies', async () => {
    await powerOn();
    const { journal } = await storesOf(lock);
    expect(decodeVerdict(journal.read(VERDICT)!).result).toBe(REBUILT);
    expect(confirmedOf(journal)?.version).toEqual({ major: 1, minor: 0, revision: 0, build: 0 });
    expect(await lock.evaluate('process.memory().usage')).toBeLessThan(MOST_VARS_IN_PLACE);
    expect(await versions()).toEqual([['1.0.0', 'runs']]);
  }, 20_000);

  test('the PIN opens the door, a key locks it, and a wrong PIN does not open it', async () => {
    await moved('unlocked', `${PIN}#`);
    await moved('locked', '#');
    const from = lock.reports.length;
    await lock.type('9999#');
    await lock.type(`${PIN}`);
    expect(lock.reports.slice(from).filter((each) => each[0] === 'pulse' || each[0] === 'bolt')).toEqual([]);
    await moved('unlocked', '#');
    await moved('locked', '#');
  }, 30_000);

  test('nothing is uploaded before the master code opens the window', async () => {
    expect((await refusal(client.upload(newer.file))).rc).toBe(11);
    await lock.type(WINDOW_KEYS);
  }, 20_000);

  test('power fails in the middle of an upload; the same upload goes on where it was', async () => {
    let done = 0;
    const half = new Promise<void>((resolve) => {
      const onProgress = (sent: number): void => {
        done = sent;
        if (sent > newer.file.length / 2) resolve();
      };
      client.upload(newer.file, { onProgress, stopped: () => done > newer.file.length / 2 }).catch(() => undefined);
    });
    await half;
    await lock.powerOff();
    await powerOn();
    expect(await versions()).toEqual([['1.0.0', 'runs']]);
    await lock.type(WINDOW_KEYS);
    const result = await client.upload(newer.file);
    expect(result.match).toBe(true);
    expect(result.resumedAt).toBeGreaterThan(newer.file.length / 4);
  }, 40_000);

  test('the new version runs on trial after a restart, and confirms itself when it is healthy', async () => {
    await client.test(newer.hash);
    const starts = lock.starts;
    const confirmed = reported(lock, 'the confirmation', ['log', 'complete: version 2.0.0 confirmed']);
    await client.restart();
    await confirmed;
    expect(lock.starts).toBe(starts + 1);
    expect((await client.list()).filter((image) => image.confirmed).map((image) => image.version)).toEqual(['2.0.0']);
    await moved('unlocked', `${PIN}#`);
  }, 30_000);

  test('a version that crashes at its start is rolled back with a reason, and refused from then on', async () => {
    await lock.type(WINDOW_KEYS);
    await client.upload(broken.file);
    await client.test(broken.hash);
    let starts = 0;
    // Three attempts, then the old version again.
    const startedAgain = lock.waitFor('four starts', (each) => each[0] === 'hello' && ++starts === 4, { timeoutMs: 25_000 });
    await client.restart();
    await startedAgain;
    await doorReady(lock);
    const { journal } = await storesOf(lock);
    const verdict = decodeVerdict(journal.read(ROLLBACK)!);
    expect([verdict.result, verdict.reason, verdict.version.major]).toEqual([ROLLED_BACK, IMAGE_THREW, 3]);
    expect((await client.list()).filter((image) => image.active).map((image) => image.version)).toEqual(['2.0.0']);
    await moved('locked', '#');
    await lock.type(WINDOW_KEYS);
    expect((await refusal(client.test(broken.hash))).entry?.code).toBe(ROLLED_BACK_BEFORE);
  }, 40_000);
});
