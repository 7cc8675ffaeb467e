/** A lock of the virtual board, in its own time, for host code that works with promises. */
import { linkTo } from '../../cli/virtual/client.js';
import type { SignedFirmware } from '../../cli/virtual/firmware.js';
import { provisionVirtualLock, wiring } from '../../cli/virtual/lock.js';
import type { Time } from '../../cli/smp/link.js';
import type { Connector } from '../../cli/smp/way.js';
import type { Screen } from '../../cli/update/result.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld, type World } from '../../virtual-board/world.js';

export const MASTER_CODE = '734829';
export const PIN = '2580';

export interface VirtualLock {
  world: World;
  board: Board;
  connector: Connector;
  time: Time;
  /** Lets the world run until the promise settles. `each`: called once a step; gives what it says. */
  settle<T>(promise: Promise<T>, each?: () => void): Promise<T>;
}

export async function virtualLock(firmware: SignedFirmware, publicKey: Uint8Array, production = true): Promise<VirtualLock> {
  const { bytes } = await provisionVirtualLock({
    firmware, publicKey, production, masterCode: MASTER_CODE, pin: PIN,
    fixed: { recoveryCode: '112233445566', serial: 'DL-update', deviceId: new Uint8Array(8).fill(3), codeSalt: new Uint8Array(16).fill(4) },
  });
  const world = createWorld({ seed: 11, wiring, flash: bytes });
  const board = boot(world);
  board.run(5000);
  const { link, time } = linkTo(board);
  return {
    world, board, time,
    connector: { name: 'udp:virtual', causes: 'Causes.', open: () => Promise.resolve({ link, frameBytes: 1472 }), close: () => Promise.resolve() },
    async settle(promise, each = () => undefined) {
      let settled = false;
      promise.then(() => (settled = true), () => (settled = true));
      for (const deadlineMs = world.clock.now() + 1_800_000; world.clock.now() < deadlineMs;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (settled) return promise;
        const next = world.clock.now() + 20;
        // Without power nothing pumps; time passes all the same.
        if (!board.pump(next)) world.clock.advanceTo(next);
        each();
      }
      throw new Error('nothing came of it in half an hour of its time');
    },
  };
}

/** A terminal nobody sits at: what was said, and the shares of the progress that were shown. */
export function listener(): Screen & { lines: string[]; shares: number[]; words: string[] } {
  return {
    lines: [], shares: [], words: [],
    say(text) {
      this.lines.push(text);
    },
    progress(done, all, words) {
      this.shares.push(done / all);
      this.words.push(words);
    },
    stopProgress: () => undefined,
  };
}
