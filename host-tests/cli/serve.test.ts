import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readPrivateKey } from '../../cli/image/key-file.js';
import { createCommands, type Commands } from '../../cli/smp/commands.js';
import { realTime } from '../../cli/smp/link.js';
import { openUdpLink } from '../../cli/smp/udp-link.js';
import { buildFirmware, signFirmware, type SignedFirmware } from '../../cli/virtual/firmware.js';
import { freePort, runCli, startCommand, type Served } from './commands.js';

let folder: string;
let port: number;
let wire: number;
const running: Served[] = [];
const clients: Commands[] = [];

function serve(...given: string[]): Served {
  const served = startCommand(['serve', '--speed', '4', '--folder', folder, '--port', String(port), '--wire', String(wire), ...given]);
  running.push(served);
  return served;
}

async function client(): Promise<Commands> {
  const commands = createCommands(await openUdpLink('127.0.0.1', port), realTime, { timeoutMs: 1000 });
  clients.push(commands);
  return commands;
}

async function nextVersion(): Promise<SignedFirmware> {
  const key = await readPrivateKey(join(folder, 'dev.key'), () => Promise.reject(new Error('it has no passphrase')));
  return signFirmware(await buildFirmware({ version: '9.0.0', about: { channel: 'dev' } }), key, '9.0.0');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deadlatch-serve-'));
  port = await freePort();
  wire = await freePort();
});

afterEach(async () => {
  for (const one of clients.splice(0)) one.close();
  for (const one of running.splice(0)) {
    one.kill('SIGKILL');
    await one.ended;
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a virtual lock that is kept running', () => {
  let pin: string;
  let masterCode: string;

  it('is made with a key and codes of its own, opens to its PIN and tells so in plain words', async () => {
    const served = serve();
    const introduction = await served.until(/runs from slot A\./);
    pin = /PIN +(\d{4})/.exec(introduction)![1]!;
    masterCode = /master code +(\d{6})/.exec(introduction)![1]!;
    expect(introduction).toMatch(/recovery code +\d{12}, shown this once/);
    served.type(`${pin}#`);
    await served.until('UNLOCKED');
    served.type('#');
    await served.until('LOCKED');
    served.type('pull');
    await served.until('No power');
    served.type('put');
    await served.until('runs from slot A');
    served.type('somersault');
    await served.until('"somersault" is neither keys nor a command');
    served.type('quit');
    expect(await served.ended).toBe(0);
    for (const file of ['dev.key', 'virtual-lock.flash', 'virtual-lock.json']) expect((await stat(join(folder, file))).mode & 0o077, file).toBe(0);
    expect(JSON.parse(await readFile(join(folder, 'releases.jsonl'), 'utf8'))).toMatchObject({ purpose: 'first image of a virtual lock', channel: 'dev' });
  }, 120_000);

  it('is updated by an SMP client through its real socket, although the process is killed half-way', async () => {
    const { file, hash } = await nextVersion();
    let served = serve();
    const introduction = await served.until(/runs from slot A\./);
    expect(introduction).not.toMatch(/recovery code +\d/);
    expect(introduction).toContain(pin);
    let phone = await client();
    const [first] = await phone.list();
    expect(first).toMatchObject({ slot: 0, active: true, confirmed: true });
    await expect(phone.upload(file)).rejects.toThrow(/window/);

    await openWindow(served);
    let killed = false;
    await expect(phone.upload(file, {
      onProgress(sent) {
        if (killed || sent < file.length / 2) return;
        killed = true;
        served.kill('SIGKILL');
      },
    })).rejects.toThrow('the lock does not answer');

    served = serve();
    await served.until(/runs from slot A\./);
    served.type(`${pin}#`);
    await served.until('UNLOCKED');
    phone = await client();
    await openWindow(served);
    const { match, resumedAt } = await phone.upload(file);
    expect(match).toBe(true);
    expect(resumedAt).toBeGreaterThan(file.length / 3);

    const states = await phone.test(hash);
    expect(states[1]).toMatchObject({ version: '9.0.0', pending: true });
    await phone.restart();
    await served.until('Version 9.0.0 runs from slot B, on trial');
    await served.until('Version 9.0.0 has proved itself: CONFIRMED.');
    expect((await phone.confirm())[0]).toMatchObject({ slot: 0, version: '9.0.0', active: true, confirmed: true });

    served.kill('SIGINT');
    expect(await served.ended).toBe(0);
    expect(served.output()).not.toContain('FAULT');
  }, 120_000);

  it('is refused in one sentence where its port or its folder is in use', async () => {
    const served = serve();
    await served.until(/runs from slot B\./);
    const port2 = await runCli(['serve', '--folder', join(folder, 'other'), '--port', String(port)]);
    expect([port2.code, port2.output]).toEqual([1, '']);
    expect(port2.error).toMatch(new RegExp(`^deadlatch: UDP port ${port} on 127\\.0\\.0\\.1 is in use, .*; stop that, or choose another port with --port\n$`));
    const wire2 = await runCli(['serve', '--folder', join(folder, 'other'), '--port', String(await freePort()), '--wire', String(wire)]);
    expect([wire2.code, wire2.output]).toEqual([1, '']);
    expect(wire2.error).toMatch(new RegExp(`^deadlatch: TCP port ${wire} on 127\\.0\\.0\\.1 is in use, .*; stop that, or choose another port with --wire\n$`));
    const folder2 = await runCli(['serve', '--folder', folder, '--port', String(await freePort()), '--wire', String(await freePort())]);
    expect([folder2.code, folder2.output]).toEqual([1, '']);
    expect(folder2.error).toMatch(/^deadlatch: .*: its virtual lock is running already, in process \d+; .*\n$/);
  }, 120_000);

  async function openWindow(served: Served): Promise<void> {
    served.type(`${masterCode}#`);
    await served.until('the master code opened the menu');
    served.type('8#');
    await served.until('update window is open');
  }
});
