import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, runCli, startCommand, type Served } from './commands.js';

let folder: string;
let port: number;
let wire: number;
let running: Served | undefined;

function serve(): Served {
  running = startCommand(['serve', '--folder', folder, '--port', String(port), '--wire', String(wire), '--board', 'esp32-devkit']);
  return running;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deadlatch-board-'));
  port = await freePort();
  wire = await freePort();
});

afterAll(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
  await rm(folder, { recursive: true, force: true });
});

describe('a virtual board that is no lock yet', () => {
  it('tells how to make it a lock, and gives its wire to one program at a time', async () => {
    const served = serve();
    expect(await served.until(/Power is on\./)).toMatch(/Espruino is on it, and nothing else yet\.[^]*npx deadlatch provision --via tcp:127\.0\.0\.1:\d+ --wiring esp32-devkit/);
    const via = `tcp:127.0.0.1:${wire}`;
    const given = ['provision', '--via', via, '--wiring', 'esp32-devkit', '--pin', '2468', '--folder', folder];
    const holder = connect(wire, '127.0.0.1');
    await once(holder, 'connect');
    const second = await runCli(given);
    expect(second.code).toBe(1);
    expect(second.error).toMatch(/^deadlatch: tcp:127\.0\.0\.1:\d+: no Espruino console answers; check cable and port [^;]*, close other programs that use it, .*\n$/);
    await served.until('A second program asked for the wire');
    holder.destroy();
  }, 120_000);

  it('is refused in one sentence where the virtual board cannot stand for it', async () => {
    const { code, error } = await runCli(['serve', '--folder', join(folder, 'other'), '--port', String(await freePort()), '--wire', String(await freePort()), '--board', 'xiao-wiegand']);
    expect(code).toBe(1);
    expect(error).toMatch(/^deadlatch: --board xiao-wiegand: it is for .*, and the virtual board is an ESP32; take esp32-devkit, esp32-4xaa, esp32-servo, esp32-strike or bench\n$/);
  }, 30_000);
});
