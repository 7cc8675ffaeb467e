/** The story of a hundred users, told by Espruino and by Node. */
import { expect, it } from 'vitest';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { enrol, tell } from './device/users-story.js';

describeWithInterpreter('A hundred users', () => {
  it('are found, changed and refused alike on Espruino', async () => {
    const told: string[] = [];
    const toWire = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
    tell(enrol({ toWire, nowMs: () => 5000 }), (line) => told.push(line));
    const output = await runScript(await bundleDevice('host-tests/lock/device/users-probe.ts'));
    expect([...output.matchAll(/^TELL (.*)$/gm)].map(([, line]) => line!.trim())).toEqual(told);
    expect(told.length).toBeGreaterThan(50);
  }, 60_000);
});
