/** The SMP server towards clients it has never met: every rule of the protocol, and every way to break it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBench, type Bench } from '../update/bench.js';
import { imageOf } from '../update/images.js';
import { replyOf, requestOf, type Reply, type RequestOptions } from './frames.js';

const READ = { operation: 0 };

function ask(bench: Bench, group: number, command: number, body: Record<string, unknown> = {}, options: RequestOptions = {}): Reply {
  const replies = bench.send(requestOf(group, command, body, options));
  expect(replies).toHaveLength(1);
  return replyOf(replies[0]!);
}

describe('the frame', () => {
  it('is answered with the same sequence, group, command and version', () => {
    const bench = createBench();
    for (const version of [0, 1]) {
      const reply = ask(bench, 0, 0, { d: 'hello' }, { version, sequence: 201 });
      expect(reply).toEqual({ version, operation: 3, group: 0, sequence: 201, command: 0, body: { r: 'hello' } });
    }
  });

  it('of a newer protocol is refused with rc 13, in the newest version the lock speaks', () => {
    expect(ask(createBench(), 0, 0, { d: 'x' }, { version: 2 })).toMatchObject({ version: 1, body: { rc: 13 } });
    expect(ask(createBench(), 0, 0, {}, { version: 3, raw: Buffer.from('junk') })).toMatchObject({ version: 1, body: { rc: 13 } });
  });

  it('may come without a payload, or with an empty map', () => {
    const bench = createBench();
    expect(ask(bench, 1, 0, {}, { ...READ, raw: new Uint8Array(0) }).body).toHaveProperty('images');
    expect(ask(bench, 1, 0, {}, READ).body).toHaveProperty('images');
  });

  it('may hold several requests, answered one by one in order', () => {
    const bench = createBench();
    const replies: string[] = [];
    bench.server.receive([1, 2, 3].map((sequence) => requestOf(0, 0, { d: 'n' + sequence }, { sequence })).join(''), (reply) => replies.push(reply));
    bench.run(() => replies.length === 3);
    expect(replies.map((reply) => replyOf(reply).body)).toEqual([{ r: 'n1' }, { r: 'n2' }, { r: 'n3' }]);
  });

  it('that is an answer itself is not answered: two servers never talk to each other for ever', () => {
    const bench = createBench();
    expect(bench.send(requestOf(0, 0, { r: 'x' }, { operation: 3 }), 100)).toEqual([]);
    expect(bench.send(requestOf(0, 0, { r: 'x' }, { operation: 1 }), 100)).toEqual([]);
  });

  it('shorter than a header is not answered', () => {
    const bench = createBench();
    expect(bench.send('', 100)).toEqual([]);
    expect(bench.send('\x08\0\0', 100)).toEqual([]);
  });

  it('longer than a datagram is refused with rc 7', () => {
    expect(ask(createBench(), 0, 0, { d: 'x'.repeat(2000) }).body).toMatchObject({ rc: 7 });
  });

  it('that announces more than it holds is refused with rc 3', () => {
    const bench = createBench();
    const frame = requestOf(0, 0, { d: 'hello' });
    expect(replyOf(bench.send(frame.slice(0, -1))[0]!).body).toMatchObject({ rc: 3 });
  });

  it('of an unknown group or command gets rc 8, which clients take for "not there"', () => {
    const bench = createBench();
    for (const [group, command, options] of [
      [0, 1, {}], [0, 2, READ], [0, 3, READ], [0, 4, READ], [0, 5, READ], [0, 6, {}], [1, 1, READ], [1, 2, {}], [1, 3, {}], [1, 4, {}],
      [1, 5, READ], [1, 6, {}], [1, 99, {}], [2, 0, READ], [3, 0, READ], [8, 0, {}], [9, 0, {}], [63, 0, {}], [64, 0, {}], [64, 1, READ], [64, 2, READ], [65535, 255, {}],
    ] as [number, number, RequestOptions][]) {
      const body = ask(bench, group, command, {}, options).body;
      expect(body['rc'], `group ${group} command ${command}`).toBe(8);
      expect(Object.keys(body)).toEqual(['rc', 'rsn']);
    }
  });

  it('never carries rc 0 when all is well', () => {
    const bench = createBench();
    for (const reply of [ask(bench, 0, 0, { d: '' }), ask(bench, 0, 6, {}, READ), ask(bench, 1, 0, {}, READ), ask(bench, 1, 6, {}, READ)]) {
      expect(reply.body).not.toHaveProperty('rc');
      expect(reply.body).not.toHaveProperty('err');
    }
  });

  it('waits while the door is busy, and then is answered', () => {
    const bench = createBench();
    bench.doorBusy = true;
    const replies: string[] = [];
    bench.server.receive(requestOf(0, 0, { d: 'x' }), (reply) => replies.push(reply));
    bench.pass(5000);
    expect(replies).toEqual([]);
    bench.doorBusy = false;
    bench.pass(100);
    expect(replies).toHaveLength(1);
  });

  it('in a flood is refused with rc 10 once enough are waiting', () => {
    const bench = createBench();
    bench.doorBusy = true;
    const replies: string[] = [];
    for (let n = 0; n < 40; n++) bench.server.receive(requestOf(0, 0, { d: 'x' }), (reply) => replies.push(reply));
    expect(replies).toHaveLength(32);
    replies.forEach((reply) => expect(replyOf(reply).body['rc']).toBe(10));
    bench.doorBusy = false;
    bench.pass(1000);
    expect(replies).toHaveLength(40);
  });
});

describe('group 0', () => {
  it('names buffer sizes', () => {
    expect(ask(createBench(), 0, 6, {}, READ).body).toEqual({ buf_size: 1024, buf_count: 4 });
  });

  it('tells who it is, letter by letter', () => {
    const bench = createBench();
    const info = (format?: string): Record<string, unknown> => ask(bench, 0, 7, format === undefined ? {} : { format }, READ).body;
    expect(info()).toEqual({ output: 'Deadlatch' });
    expect(info('s')).toEqual({ output: 'Deadlatch' });
    expect(info('vm')).toEqual({ output: '1.0.0 virtual' });
    expect(info('mv')).toEqual({ output: '1.0.0 virtual' });
    expect(info('a')).toEqual({ output: 'Deadlatch deadlatch 1.0.0 1.0.0 unknown virtual virtual revision-3 Espruino' });
    expect(info('x')).toEqual({ err: { group: 0, rc: 2 } });
    expect(ask(bench, 0, 7, { format: 'x' }, { operation: 0, version: 0 }).body).toEqual({ rc: 3 });
  });

  it('claims to be MCUboot that swaps, and knows no other question about it', () => {
    const bench = createBench();
    expect(ask(bench, 0, 8, {}, READ).body).toEqual({ bootloader: 'MCUboot' });
    expect(ask(bench, 0, 8, { query: 'mode' }, READ).body).toEqual({ mode: 3 });
    expect(ask(bench, 0, 8, { query: 'colour' }, READ).body).toEqual({ err: { group: 0, rc: 3 } });
    expect(ask(bench, 0, 8, { query: 'colour' }, { operation: 0, version: 0 }).body).toEqual({ rc: 5 });
  });

  it('restarts only with an open window, after the answer, and once', () => {
    const bench = createBench();
    expect(ask(bench, 0, 5).body).toMatchObject({ rc: 11 });
    bench.openWindow();
    expect(ask(bench, 0, 5, { force: 1 }).body).toEqual({});
    expect(bench.restarts).toBe(0);
    bench.pass(1000);
    expect(bench.restarts).toBe(1);
    expect(ask(bench, 0, 5).body).toMatchObject({ rc: 11 });
  });
});

describe('group 1, state', () => {
  it('lists the running image as slot 0 with every flag written out', () => {
    const bench = createBench();
    expect(ask(bench, 1, 0, {}, READ).body).toEqual({
      images: [{
        slot: 0, version: '1.0.0', hash: bench.installed.hash, bootable: true, pending: false, confirmed: true, active: true, permanent: false,
      }],
      splitStatus: 0,
    });
  });

  it('is never empty, not even in safe mode with nothing left', () => {
    const bench = createBench();
    bench.nor.bytes.fill(0xff, bench.layout.slots[0].address - bench.nor.base, bench.layout.slots[0].address - bench.nor.base + 4096);
    bench.start({ safeMode: true });
    const images = ask(bench, 1, 0, {}, READ).body['images'] as Record<string, unknown>[];
    expect(images).toHaveLength(1);
    expect(images[0]).toMatchObject({ slot: 0, bootable: false, active: false, hash: new Uint8Array(32) });
  });

  it('tells the size of the slots', () => {
    expect(ask(createBench(), 1, 6, {}, READ).body).toEqual({
      images: [{ image: 0, slots: [{ slot: 0, size: 262144 }, { slot: 1, size: 262144, upload_image_id: 1 }], max_image_size: 262144 }],
    });
  });

  it('confirms the running image without writing', () => {
    const bench = createBench();
    const before = bench.nor.operations;
    for (const body of [{ confirm: true }, { hash: null, confirm: true }, { hash: new Uint8Array(0), confirm: true }, { hash: bench.installed.hash, confirm: true }]) {
      expect(ask(bench, 1, 0, body).body).toHaveProperty('images');
    }
    expect(bench.nor.operations).toBe(before);
  });

  it('refuses hashes it does not know, or cannot know', () => {
    const bench = createBench();
    bench.openWindow();
    expect(ask(bench, 1, 0, { hash: new Uint8Array(31) }).body).toEqual({ err: { group: 1, rc: 24 } });
    expect(ask(bench, 1, 0, {}).body).toEqual({ err: { group: 1, rc: 24 } });
    expect(ask(bench, 1, 0, { hash: new Uint8Array(32) }).body).toEqual({ err: { group: 1, rc: 8 } });
    expect(ask(bench, 1, 0, { hash: new Uint8Array(32) }, { version: 0 }).body).toMatchObject({ rc: 5 });
    expect(ask(bench, 1, 0, { hash: bench.installed.hash }).body).toEqual({ err: { group: 1, rc: 33 } });
  });
});

describe('without an open window', () => {
  it('nothing is written and every write says why', () => {
    const bench = createBench();
    const image = imageOf();
    const before = Buffer.from(bench.nor.bytes);
    for (const [group, command, body] of [
      [1, 1, { off: 0, len: image.file.length, data: image.file.slice(0, 400) }], [1, 5, {}], [0, 5, {}],
      [64, 1, { off: 0, len: image.offer.length, data: image.offer.slice(0, 400) }],
    ] as [number, number, Record<string, unknown>][]) {
      expect(ask(bench, group, command, body).body).toEqual({ rc: 11, rsn: '0x11 the update window is closed' });
    }
    // What follows a refused first packet is refused as that was; without one it hears where to begin.
    expect(ask(bench, 1, 1, { off: 4096, data: new Uint8Array(10) }).body).toMatchObject({ rc: 11 });
    expect(ask(createBench(), 1, 1, { off: 4096, data: new Uint8Array(10) }).body).toEqual({ off: 0 });
    bench.pass(1000);
    expect(before.equals(bench.nor.bytes)).toBe(true);
  });
});

describe('hostile frames', () => {
  it('get a clear answer or none, write nothing and never throw', () => {
    const bench = createBench();
    const seeds = [
      requestOf(1, 1, { off: 0, len: 9000, sha: new Uint8Array(32), data: imageOf().file.slice(0, 300) }), requestOf(1, 0, { hash: new Uint8Array(32) }),
      requestOf(64, 1, { off: 0, len: 9000, data: imageOf().offer.slice(0, 300) }), requestOf(0, 0, { d: 'x' }), requestOf(1, 5, { slot: 1 }), requestOf(0, 5, {}),
    ];
    const before = Buffer.from(bench.nor.bytes);
    fc.assert(fc.property(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat()), (seed, edits, cut) => {
      const bytes = Buffer.from(seed, 'latin1');
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      const frame = bytes.toString('latin1').slice(0, cut === null ? undefined : cut % bytes.length);
      for (const reply of bench.send(frame, 400)) {
        const body = replyOf(reply).body;
        expect(Object.keys(body).length).toBeLessThanOrEqual(2);
      }
    }), { numRuns: 1500 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
      bench.send(Buffer.from(bytes).toString('latin1'), 200).forEach(replyOf);
    }), { numRuns: 300 });
    expect(before.equals(bench.nor.bytes)).toBe(true);
    expect(ask(bench, 0, 0, { d: 'alive' }).body).toEqual({ r: 'alive' });
  });
});
