/** `deadlatch update` against the virtual board, in simulated time: the bundles that ship, the session that a person starts. */
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareCast, type Cast } from '../../cli/story/cast.js';
import { openWindow } from '../../cli/virtual/person.js';
import { updateImageOf, type UpdateImage } from '../../cli/update/image.js';
import { runUpdate } from '../../cli/update/session.js';
import { createTeller } from '../../cli/story/tell.js';
import { ALREADY_RUNNING, HEALTH_RADIO, NO_WINDOW, ROLLED_BACK_BEFORE, UNKNOWN_KEY, VERSION_NOT_NEWER } from '../../firmware/errors.js';
import { createKey } from '../../cli/image/key-file.js';
import { buildFirmware } from '../../cli/virtual/firmware.js';
import { listener, MASTER_CODE, virtualLock, type VirtualLock } from './virtual-lock.js';

let cast: Cast;
let good: UpdateImage;

beforeAll(async () => {
  cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
  good = updateImageOf(cast.good.file, 'good.img');
}, 120_000);

const lockWithFirst = (): Promise<VirtualLock> => virtualLock(cast.first, cast.publicKey);

function update(lock: VirtualLock, image: UpdateImage, windowWaitMs = 0): { screen: ReturnType<typeof listener>; result: ReturnType<typeof runUpdate> } {
  const screen = listener();
  return { screen, result: runUpdate({ image, connector: lock.connector, time: lock.time, screen, windowWaitMs }) };
}

describe('an update from the file to the verdict', () => {
  it('is offered, sent with its speed, tried and confirmed; the same once more is no work', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const first = update(lock, good);
    expect(await lock.settle(first.result)).toEqual({ done: 'applied' });
    expect(first.screen.lines[0]).toBe('The lock at udp:virtual: virtual, hardware revision 1, version 1.0.0.');
    expect(first.screen.lines[1]).toMatch(/^The file: virtual, version 1\.1\.0, \d+ of 262144 bytes that a slot has, signed with key [0-9a-f]{16}\.$/);
    expect(first.screen.lines.at(-1)).toBe('APPLIED: version 1.1.0 has proved itself and is confirmed.');
    expect(first.screen.shares.at(-1)).toBe(1);
    expect(first.screen.words.at(-2)).toMatch(/^1\.1\.0: \d+\.\d kB\/s, \d+ s left$/);
    expect(lock.board.printed).toContain('offer accepted');

    const again = update(lock, good);
    expect(await lock.settle(again.result)).toEqual({ done: 'running' });
    expect(again.screen.lines.at(-1)).toBe('Version 1.1.0 runs already, and it is this very build: nothing to do.');
    expect(lock.world.violations).toEqual([]);
  }, 60_000);

  it('waits for the window and says which keys open it; where nobody waits it is refused', async () => {
    const lock = await lockWithFirst();
    const refused = update(lock, good);
    expect(await lock.settle(refused.result)).toEqual({ done: 'refused', code: NO_WINDOW });
    expect(refused.screen.lines.slice(-3)).toEqual([
      '0x11 the update window is closed', 'The door works as before; the running version is untouched.',
      'At the keypad enter the master code and #, then 8#. The window stays open for 10 minutes.',
    ]);

    const waiting = update(lock, good, 120_000);
    let asked = false;
    const result = await lock.settle(waiting.result, () => {
      if (asked || !waiting.screen.lines.some((line) => line.startsWith('At the lock\'s keypad: master code, #, then 8#.'))) return;
      asked = true;
      openWindow(lock.board, MASTER_CODE);
    });
    expect([asked, result.done]).toEqual([true, 'applied']);
  }, 60_000);

  it('goes on where it stopped when the power fails in the middle, in the same run', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const { screen, result } = update(lock, good, 300_000);
    let cutAtMs = 0;
    let back = false;
    expect(await lock.settle(result, () => {
      if (!cutAtMs && (screen.shares.at(-1) ?? 0) > 0.5) {
        cutAtMs = lock.world.clock.now();
        lock.board.powerCut();
      } else if (cutAtMs && !back && lock.world.clock.now() - cutAtMs > 15_000) {
        back = true;
        lock.board.powerOn();
        openWindow(lock.board, MASTER_CODE);
      }
    })).toEqual({ done: 'applied' });
    expect(screen.lines).toContain('Nothing has come from the lock for 8 seconds. Causes.');
    expect(screen.lines).toContain('The connection to the lock is lost; it is tried again.');
    const resumed = screen.lines.map((line) => /^It went on at byte (\d+)/.exec(line)).find((match) => match);
    expect(Number(resumed![1])).toBeGreaterThan(good.bytes.length / 3);
  }, 60_000);

  it('goes on where another run stopped', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const first = update(lock, good);
    const stopped = first.result.catch((error: unknown) => error);
    const half = new Promise<void>((resolve) => {
      first.screen.progress = (done, all) => {
        if (done > all / 2) resolve();
      };
    });
    await lock.settle(half);
    (await lock.connector.open()).link.onFrame(() => undefined);
    const second = update(lock, good);
    expect(await lock.settle(second.result)).toEqual({ done: 'applied' });
    expect(second.screen.lines.some((line) => /^It went on at byte [1-9]/.test(line))).toBe(true);
    expect(await lock.settle(stopped)).toMatchObject({ message: 'the lock does not answer' });
  }, 60_000);

  it('says that the lock pauses for weak cells, with volts, and goes on with fresh ones', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const { screen, result } = update(lock, good);
    let weak = false;
    expect(await lock.settle(result, () => {
      if (!weak && (screen.shares.at(-1) ?? 0) > 0.5) {
        weak = true;
        lock.world.battery.set({ openCircuitMv: 4700, internalMilliohm: 1500 });
      } else if (screen.lines.at(-1)?.startsWith('The lock pauses')) lock.world.battery.replace({ openCircuitMv: 6000, internalMilliohm: 800 });
    })).toEqual({ done: 'applied' });
    const pauses = screen.lines.filter((line) => line.startsWith('The lock pauses'));
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toMatch(/^The lock pauses: 0x15 .*: \d\.\d\d V at rest \(needs \d\.\d\d V\), \d\.\d\d V under load \(needs \d\.\d\d V\)\. The door works [^.]*\. Fit fresh cells/);
  }, 60_000);

  it('says with code and sentence why a version rolled back, and does not send it again', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const bad = updateImageOf(cast.bad.file, 'bad.img');
    const { screen, result } = update(lock, bad);
    expect(await lock.settle(result)).toEqual({ done: 'rolled back', code: HEALTH_RADIO });
    expect(screen.lines.at(-2)).toBe('ROLLED BACK: version 1.2.0, because of 0x46, no radio is reachable. Report it to whoever built the image.');
    expect(screen.lines.at(-1)).toBe('The door works: the lock went back to the version that ran before. Version 1.0.0 runs. Version 1.2.0 is not taken again (0x46 is in docs/playbook.md).');
    openWindow(lock.board, MASTER_CODE);
    expect(await lock.settle(update(lock, bad).result)).toEqual({ done: 'refused', code: ROLLED_BACK_BEFORE });
  }, 60_000);

  it('shows a stranger\'s signature, an older version and another build of the same one with code and advice', async () => {
    const lock = await lockWithFirst();
    openWindow(lock.board, MASTER_CODE);
    const foreign = update(lock, updateImageOf(cast.foreign.file, 'foreign.img'));
    expect(await lock.settle(foreign.result)).toEqual({ done: 'refused', code: UNKNOWN_KEY });
    expect(foreign.screen.lines.at(-1)).toContain('Sign with the key that was provisioned');
    const other = updateImageOf(cast.first.file, 'first.img');
    const sameVersion = { ...other, info: { ...other.info, hash: new Uint8Array(32) } };
    expect(await lock.settle(update(lock, sameVersion).result)).toEqual({ done: 'refused', code: ALREADY_RUNNING });
    const older = { ...good, info: { ...good.info, version: { major: 0, minor: 9, revision: 0, build: 0 } }, version: '0.9.0' };
    const { screen, result } = update(lock, older);
    expect(await lock.settle(result)).toEqual({ done: 'refused', code: VERSION_NOT_NEWER });
    expect(screen.lines).toContain('0x23: the file is version 0.9.0, and the lock runs 1.0.0.');
  }, 60_000);
});

describe('the file of an update', () => {
  it('is refused in one sentence where it is not signed, damaged, or signed by another key', async () => {
    const unsigned = await buildFirmware({ version: '1.1.0' });
    expect(() => updateImageOf(unsigned, 'lock.img')).toThrow(/^lock\.img: it is not signed, and no lock takes it; run "deadlatch sign lock\.img --key FILE"/);
    const damaged = good.bytes.slice();
    damaged[5000]! ^= 1;
    expect(() => updateImageOf(damaged, 'lock.img')).toThrow(/^lock\.img: page 1: its bytes differ/);
    expect(() => updateImageOf(good.bytes, 'lock.img', createKey(true, new Uint8Array(48).fill(9)))).toThrow(/none of the 1 given/);
  });

  it('for another chip family is refused with what the lock is', async () => {
    const lock = await lockWithFirst();
    const { screen, result } = update(lock, { ...good, family: 'esp32c3' });
    expect((await lock.settle(result)).done).toBe('refused');
    expect(screen.lines.slice(-3)).toEqual([
      '0x21: the file is for esp32c3, and the lock is virtual.', 'The door works as before; the running version is untouched.',
      'Build or download the image for this board family.',
    ]);
  }, 30_000);
});
