/** The platform that ships, on the virtual board and on the real interpreter: the same answers. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type FamilyName } from '../../boards/families.js';
import { definesOf } from '../../scripts/defines.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { storageImage } from '../../virtual-board/provision.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { bootWith } from './support.js';

const EXPECTED = {
  inPlace: 42, erased: 255, kept: '1,2,3,4', sha: true, shaFirst: 0xba, shaOfFlash: true, crc: 0xcbf43926, crcBytes: 0xcbf43926,
  wireLength: 256, wireLast: 255, wireIsACopy: true, bytesBack: true, randomLength: 10, randomDiffers: true, order: 'abc', reused: true, later: true, room: true,
};

const probeFor = (name: FamilyName): Promise<string> =>
  bundleDevice('host-tests/virtual-board/device/platform-probe.ts', { define: definesOf(FAMILIES.find((family) => family.name === name)!, '1.0.0') });

/** What the probe found. */
function found(printed: string): unknown {
  const line = printed.split('\n').find((one) => one.includes('PROBE '));
  return line ? JSON.parse(line.substring(line.indexOf('{'))) : printed.substring(0, 2000);
}

describe('the platform on the virtual board', () => {
  it('hashes, converts, reads and writes flash in place, tells time and the cause of the start', async () => {
    const board = bootWith(await probeFor('virtual'));
    board.run(500);
    expect(board.uncaught).toEqual([]);
    expect(found(board.printed[0] ?? '')).toEqual({ ...EXPECTED, cause: 'powerOn' });
    expect(found(board.printed[1] ?? '')).toEqual({ ...EXPECTED, cause: 'software' });
    expect(board.world.violations).toEqual([]);
  });
});

describeWithInterpreter('the platform on the real interpreter', () => {
  it('gives the same answers', async () => {
    const { geometry } = FAMILIES.find(({ name }) => name === 'linux')!;
    const folder = mkdtempSync(join(tmpdir(), 'deadlatch-platform-'));
    try {
      writeFileSync(join(folder, 'espruino.flash'), storageImage({ geometry, boot0Text: await probeFor('linux') }));
      // Input stays open: Espruino answers its end with endless prompts.
      const run = spawnSync(findEspruino().path!, [], { cwd: folder, stdio: ['inherit', 'pipe', 'pipe'], timeout: 8000, killSignal: 'SIGKILL', maxBuffer: 1e7 });
      expect(found(run.stdout.toString('latin1'))).toEqual({ ...EXPECTED, cause: 'unknown' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
