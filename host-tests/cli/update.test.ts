/** `deadlatch update` as somebody types it: over the wire and the network of a virtual lock in a process of its own, stopped and run again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPrivateKey } from '../../cli/image/key-file.js';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { freePort, runCli, startCommand, type Served } from './commands.js';

let folder: string;
let port: number;
let wire: number;
let served: Served | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deadlatch-update-'));
  port = await freePort();
  wire = await freePort();
});

afterAll(async () => {
  served?.kill('SIGKILL');
  await served?.ended;
  await rm(folder, { recursive: true, force: true });
});

describe('deadlatch update, as typed', () => {
  it('is stopped by Ctrl-C and goes on where it was; the second time there is nothing to do', async () => {
    const lock = startCommand(['serve', '--speed', '8', '--folder', folder, '--port', String(port), '--wire', String(wire)]);
    served = lock;
    const masterCode = /master code +(\d{6})/.exec(await lock.until(/runs from slot A\./))![1]!;
    const key = await readPrivateKey(join(folder, 'dev.key'), () => Promise.reject(new Error('it has no passphrase')));
    const { file } = await signFirmware(await buildFirmware({ version: '9.0.0', about: { channel: 'dev' } }), key, '9.0.0');
    const path = join(folder, 'next.img');
    await writeFile(path, file);
    lock.type(`${masterCode}#`);
    await lock.until('the master code opened the menu');
    lock.type('8#');
    await lock.until('update window is open');

    const given = ['update', path, '--key', join(folder, 'dev.pub'), '--via'];
    const first = startCommand([...given, `tcp:127.0.0.1:${wire}`]);
    await first.until('30 %');
    first.kill('SIGINT');
    expect(await first.ended).toBe(130);
    expect(first.output()).toMatch(/\nStopped\. The lock works as before; run the same command again, and it goes on where it stopped\.\n$/);

    const second = await runCli([...given, `tcp:127.0.0.1:${wire}`]);
    expect([second.code, second.error]).toEqual([0, '']);
    expect(Number(/It went on at byte (\d+), where it had stopped\./.exec(second.output)![1])).toBeGreaterThan(file.length / 5);
    expect(second.output).toMatch(/APPLIED: version 9\.0\.0 has proved itself and is confirmed\.\n$/);

    const third = await runCli([...given, `udp:127.0.0.1:${port}`]);
    expect([third.code, third.error]).toEqual([0, '']);
    expect(third.output).toMatch(/Version 9\.0\.0 runs already, and it is this very build: nothing to do\.\n$/);
    expect(lock.output()).not.toContain('FAULT');
    expect(lock.output()).not.toContain('<smp');
  }, 240_000);

  it('says in one sentence what is wrong with the way', async () => {
    const path = join(folder, 'next.img');
    const silent = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const refusals: [string, RegExp][] = [
      ['serial:/dev/nowhere', /^deadlatch: serial:\/dev\/nowhere: it cannot be opened: there is no such port; check the cable .*\n$/],
      ['usb', /^deadlatch: --via usb: it is none of the ways to a lock; write it like .*\n$/],
      ['udp:127.0.0.1:0', /^deadlatch: --via udp:127\.0\.0\.1:0: write it like .*\n$/],
      [`tcp:127.0.0.1:${(silent.address() as AddressInfo).port}`, /^deadlatch: tcp:127\.0\.0\.1:\d+: neither a lock nor Espruino's console answers there\. .*\n$/],
    ];
    const ended = await Promise.all(refusals.map(([via]) => runCli(['update', path, '--via', via])));
    ended.forEach((each, index) => {
      expect(each.error).toMatch(refusals[index]![1]);
      expect([each.code, each.output]).toEqual([1, '']);
    });
    await new Promise((resolve) => silent.close(resolve));
  }, 60_000);
});
