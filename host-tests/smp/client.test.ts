/** The client: real sockets, repeats, and refusals in words. */
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { createCommands } from '../../cli/smp/commands.js';
import { SmpError } from '../../cli/smp/client.js';
import { realTime } from '../../cli/smp/link.js';
import { openUdpLink } from '../../cli/smp/udp-link.js';
import { createBench } from '../update/bench.js';
import { imageOf } from '../update/images.js';

describe('the client', () => {
  it('talks to a lock over a real UDP socket, and repeats what got lost', async () => {
    const bench = createBench();
    bench.openWindow();
    const socket = createSocket('udp4');
    let count = 0;
    socket.on('message', (message, from) => {
      if (count++ % 4 === 0) return;
      for (const reply of bench.send(message.toString('latin1'))) socket.send(Buffer.from(reply, 'latin1'), from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const commands = createCommands(await openUdpLink('127.0.0.1', socket.address().port), realTime, { timeoutMs: 60, slowMs: 60, retries: 20 });
    try {
      expect(await commands.echo('grüezi')).toBe('grüezi');
      expect(await commands.parameters()).toEqual({ frameBytes: 1024, count: 4 });
      expect(await commands.bootloader()).toBe('MCUboot');
      expect(await commands.info('sv')).toBe('Deadlatch 1.0.0');
      const progress: number[] = [];
      const image = imageOf();
      const result = await commands.upload(image.file, { onProgress: (sent) => progress.push(sent) });
      expect(result.match).toBe(true);
      expect(progress[progress.length - 1]).toBe(image.file.length);
      expect([...progress].sort((a, b) => a - b)).toEqual(progress);
      expect((await commands.test(image.hash))[1]).toMatchObject({ pending: true });
    } finally {
      commands.close();
      socket.close();
    }
  });

  it('gives up on a lock that does not answer, and on a closed connection', async () => {
    const bench = createBench();
    bench.lose = () => true;
    const commands = bench.client({ timeoutMs: 100, retries: 3 });
    await expect(bench.settle(commands.list())).rejects.toThrow('the lock does not answer');
    const waiting = commands.list();
    commands.close();
    await expect(bench.settle(waiting)).rejects.toThrow('the connection was closed');
    await expect(bench.settle(commands.list())).rejects.toThrow('the connection is closed');
  });

  it('says what the lock said, with the entry of its table', async () => {
    const bench = createBench();
    const failure = await bench.settle(bench.client().restart()).then(() => undefined, (error: SmpError) => error);
    expect(failure).toBeInstanceOf(SmpError);
    expect(failure).toMatchObject({ rc: 11, message: '0x11 the update window is closed' });
    expect(failure!.entry!.name).toBe('NO_WINDOW');
    const grouped = await bench.settle(bench.client({ version: 1 }).test(new Uint8Array(32))).then(() => undefined, (error: SmpError) => error);
    expect(grouped).toMatchObject({ rc: 8, group: 1 });
  });

  it('takes an answer to something else for no answer', async () => {
    const bench = createBench();
    const commands = bench.client({ timeoutMs: 50, retries: 0 });
    let taker: ((frame: string) => void) | undefined;
    const link = { send: () => taker?.('\x01\0\0\x01\0\0\x63\x00\xa0'), onFrame: (take: (frame: string) => void) => (taker = take), close: () => undefined };
    await expect(bench.settle(createCommands(link, bench.time, { timeoutMs: 50, retries: 0 }).list())).rejects.toThrow('does not answer');
    expect(await bench.settle(commands.list())).toHaveLength(1);
  });
});
