/** What a lock promises as a whole, where no test of its parts can show it: with the bundles that ship, on the virtual board. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLock as reportOf } from '../../cli/flash/read-lock.js';
import { lineLink } from '../../cli/smp/link.js';
import { createClient } from '../../cli/smp/client.js';
import { startUpload, type TransferResult } from '../../cli/smp/transfer.js';
import { openClient } from '../../cli/virtual/client.js';
import { SAFE_MODE_REQUESTED } from '../../firmware/errors.js';
import { SAFE_MODE } from '../../firmware/update/boot-state.js';
import type { Board } from '../../virtual-board/run.js';
import { attack, attackQuiet, homeFlash, opensWithPin, regionOf, VERSION, type Attacked } from '../hostile/lock.js';
import { imageOf } from '../update/images.js';

beforeAll(homeFlash, 120_000);

const image = imageOf({ bodyBytes: 30_000 });

/** Uploads over the wire, in console framing. */
function uploadByWire(board: Board, file: Uint8Array): TransferResult {
  const { serial, clock } = board.world;
  const link = lineLink({
    write: (text) => serial.send(text),
    onData: (take) => {
      serial.onOutput = take;
    },
    close: () => undefined,
  });
  const time = {
    nowMs: clock.now,
    after: (delayMs: number, turn: () => void) => {
      const id = clock.after(delayMs, turn);
      return () => clock.cancel(id);
    },
  };
  let answer: TransferResult | undefined;
  startUpload(createClient(link, time, { timeoutMs: 5000 }), file, { frameBytes: 512 }, (failure, result) => {
    if (failure) throw failure;
    answer = result;
  });
  board.pump(() => answer !== undefined, 600_000);
  return answer!;
}

/** Half of the image, from a client that is never heard of again. */
function halfAnUpload(attacked: Attacked): void {
  let half = false;
  attacked.openWindow();
  const { failure } = openClient(attacked.board).upload(image.file, {
    onProgress: (sent, total) => {
      half = sent > total / 2;
    },
    stopped: () => half,
  });
  expect(failure?.message).toBe('stopped');
}

const isIn = (attacked: Attacked, mode: { result: number; reason: number }): boolean => {
  const { verdict } = attacked.reading();
  return verdict?.result === mode.result && verdict.reason === mode.reason;
};

const REQUESTED = { result: SAFE_MODE, reason: SAFE_MODE_REQUESTED };

describe('an update that one client began', () => {
  it('is finished by another, from where the first one stopped', async () => {
    const attacked = await attackQuiet(1);
    halfAnUpload(attacked);
    const { reply } = openClient(attacked.board).upload(image.file);
    expect(reply?.match).toBe(true);
    expect(reply!.resumedAt).toBeGreaterThan(image.file.length / 3);
  });

  it('over the network goes on over the wire, in safe mode, from where it stopped', async () => {
    const attacked = await attackQuiet(2);
    halfAnUpload(attacked);
    const { board, world } = attacked;
    world.strap.set(true);
    board.powerCut();
    board.powerOn();
    board.run(5000);
    expect(isIn(attacked, REQUESTED)).toBe(true);
    const { match, resumedAt } = uploadByWire(board, image.file);
    expect(match).toBe(true);
    expect(resumedAt).toBeGreaterThan(image.file.length / 3);
    expect(regionOf(attacked, world.layout.slots[1]).subarray(0, image.file.length).equals(image.file)).toBe(true);
    expect(world.violations).toEqual([]);
  });

  it('makes way for a person: the PIN opens in the middle of it, and it ends well', async () => {
    const attacked = await attackQuiet(3);
    const { board, world } = attacked;
    attacked.openWindow();
    let opened: number | undefined;
    let pagesBefore = 0;
    const large = imageOf({ bodyBytes: 120_000 });
    const client = openClient(board, (until, limitMs) => {
      if (!pagesBefore) {
        board.run(600);
        pagesBefore = attacked.reading().upload!.done;
        opened = opensWithPin(board);
      }
      return board.pump(until, limitMs);
    });
    const { reply } = client.upload(large.file);
    expect([pagesBefore > 0, pagesBefore < 20, opened !== undefined]).toEqual([true, true, true]);
    expect(reply?.match).toBe(true);
    expect(world.violations).toEqual([]);
  });
});

describe('an upload with three chunks under way', () => {
  it('never has more, and no frame is larger than the lock said it takes', async () => {
    const attacked = await attackQuiet(7);
    const { board, world } = attacked;
    const { buf_size: frameBytes } = attacked.ask(0, 6, {}, { operation: 0 });
    let most = 0;
    let longest = 0;
    const open = world.network.client;
    world.network.client = () => {
      const client = open();
      const { send } = client;
      let sent = 0;
      client.send = (frame) => {
        send(frame);
        most = Math.max(most, ++sent - client.received.length);
        longest = Math.max(longest, frame.length);
      };
      return client;
    };
    attacked.openWindow();
    expect(openClient(board).upload(image.file, { window: 3, frameBytes: Number(frameBytes) }).reply?.match).toBe(true);
    expect([most, longest]).toEqual([3, frameBytes]);
  });
});

describe('what people read', () => {
  const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8').replaceAll(/\s+/g, ' ');

  it('says when to stop and get help, with counts', () => {
    expect(page('playbook.md')).toMatch(/## When to stop and get help .*three times.*restarts during every try.*nothing at all reacts/);
  });

  it('gives the serial settings where somebody looks for them', () => {
    for (const name of ['playbook.md', 'wiring.md']) expect(page(name), name).toMatch(/115200 baud, 8 data bits, no parity, 1 stop bit, no flow control/);
  });

  it('names version, serial number, model, revision and boot state in one answer', async () => {
    expect(reportOf(await homeFlash(), 'dump.bin')).toMatchObject({
      serial: 'DL-attacked', model: 'Virtual lock', hardwareRevision: 1, confirmed: { version: VERSION }, trial: null,
      starts: [expect.stringContaining('healthy')],
    });
  });
});

describe('safe mode on request', () => {
  it('comes with the strap inside the door closed, before any image runs, and opens the wire without a code', async () => {
    const attacked = attack(await homeFlash(), 4, (world) => world.strap.set(true));
    attacked.board.run(5000);
    expect(isIn(attacked, REQUESTED)).toBe(true);
    expect(attacked.send('any datagram', 500)).toEqual([]);
    expect(uploadByWire(attacked.board, image.file).match).toBe(true);
    expect(opensWithPin(attacked.board)).toBeDefined();
  });

  it('comes with * and # held from power-on for three seconds, and not with less', async () => {
    const hold = async (ms: number): Promise<Attacked> => {
      const attacked = attack(await homeFlash(), 5, ({ keypad }) => {
        keypad.press('*', ms);
        keypad.press('#', ms);
      });
      attacked.board.run(12_000);
      return attacked;
    };
    const long = await hold(6000);
    expect(isIn(long, REQUESTED)).toBe(true);
    expect(opensWithPin(long.board)).toBeDefined();
    const short = await hold(2500);
    expect(isIn(short, REQUESTED)).toBe(false);
    expect(short.ask(0, 7, { format: 'v' }, { operation: 0 })).toEqual({ output: VERSION });
  });

  it('keeps its reason in flash, where the next start finds it, and leaves the confirmed image alone', async () => {
    const attacked = attack(await homeFlash(), 6, (world) => world.strap.set(true));
    attacked.board.run(5000);
    attacked.world.strap.set(false);
    attacked.board.powerCut();
    attacked.board.powerOn();
    attacked.board.run(5000);
    expect(isIn(attacked, REQUESTED)).toBe(true);
    expect(attacked.ask(0, 7, { format: 'v' }, { operation: 0 })).toEqual({ output: VERSION });
    expect(opensWithPin(attacked.board)).toBeDefined();
  });
});
