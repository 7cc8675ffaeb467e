import { expect, it } from 'vitest';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';

describeWithInterpreter('looking a code up', () => {
  it('comes to an end when the table ends with the first byte of the tag, and finds what is there', async () => {
    expect(await runScript(await bundleDevice('host-tests/lock/device/entry-probe.ts'))).toContain('ENTRY -1 40 -1');
  });
});
