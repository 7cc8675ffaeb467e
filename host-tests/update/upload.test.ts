/** An image on its way into the slot that does not run. */
import { describe, expect, it } from 'vitest';
import type { SmpError } from '../../cli/smp/client.js';
import { CONFIRM, FAILING, SEAL_B, SESSION, TRIAL } from '../../firmware/flash/kinds.js';
import { trialOf } from '../../firmware/update/boot-state.js';
import { replyOf, requestOf } from '../smp/frames.js';
import { createBench, SAGGING, slotBytes, untilPowerCut, type Bench } from './bench.js';
import { imageOf, otherKey, sha256, type ImageSpec, type TestImage } from './images.js';

const image = imageOf();

function chunk(bench: Bench, body: Record<string, unknown>, version = 1): Record<string, unknown> {
  const replies = bench.send(requestOf(1, 1, body, { version }));
  expect(replies).toHaveLength(1);
  return replyOf(replies[0]!).body;
}

const first = (target: TestImage, bytes = 512, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  off: 0, len: target.file.length, sha: sha256(target.file), data: target.file.slice(0, bytes), ...more,
});
const next = (target: TestImage, off: number, bytes = 512): Record<string, unknown> => ({ off, data: target.file.slice(off, off + bytes) });

/** Sends everything from `off` on by hand and returns the last answer. */
function sendAll(bench: Bench, target: TestImage, off = 0, bytes = 512): Record<string, unknown> {
  let answer: Record<string, unknown> = { off };
  while (Number(answer['off']) < target.file.length) {
    const at = Number(answer['off']);
    answer = chunk(bench, at === 0 ? first(target, bytes) : next(target, at, bytes));
    if (answer['off'] === undefined) break;
  }
  return answer;
}

function opened(spec: ConstructorParameters<typeof Object>[0] = {}): Bench {
  const bench = createBench(spec as Parameters<typeof createBench>[0]);
  bench.openWindow();
  return bench;
}

describe('an upload', () => {
  it('that is refused stays refused, also for a client that sends on without reading the answer', () => {
    const bench = opened();
    expect(sendAll(bench, image)).toMatchObject({ match: true });
    const older = imageOf({ version: '0.9.0' });
    const before = Buffer.from(bench.nor.bytes);
    const refused = chunk(bench, first(older));
    expect(refused).toEqual({ err: { group: 1, rc: expect.any(Number) as number } });
    // An answer that says how far the last upload got would be taken for this one's end.
    for (let off = 512; off < older.file.length; off += 512) expect(chunk(bench, next(older, off))).toEqual(refused);
    expect(Buffer.compare(bench.nor.bytes, before)).toBe(0);
    expect(chunk(bench, first(image))).toMatchObject({ off: image.file.length, match: true });
  });

  it('ends with every byte in the other slot and the digest compared', async () => {
    const bench = opened();
    const running = slotBytes(bench, 0);
    const result = await bench.settle(bench.client().upload(image.file));
    expect(result.match).toBe(true);
    expect(Buffer.from(slotBytes(bench, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
    expect(slotBytes(bench, 0)).toEqual(running);
    expect(bench.log).toEqual(['start OTA', 'OTA finished']);
    expect(bench.erasesInATurn).toBe(1);
  });

  it.each([[101, 1], [256, 4], [586, 5], [1472, 1], [1472, 3]])('works with frames of %i bytes, %i at a time', async (frameBytes, window) => {
    const bench = opened();
    const result = await bench.settle(bench.client().upload(image.file, { frameBytes, window }));
    expect(result.match).toBe(true);
    expect(Buffer.from(slotBytes(bench, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
  });

  it('survives a link that loses a fifth of everything', async () => {
    const bench = opened();
    let count = 0;
    bench.lose = () => count++ % 5 === 3;
    const result = await bench.settle(bench.client({ timeoutMs: 300, slowMs: 300, retries: 8 }).upload(image.file, { window: 3 }));
    expect(result.match).toBe(true);
    expect(Buffer.from(slotBytes(bench, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
  });

  it('takes a whole chunk whatever flash wants, and answers duplicates and gaps with the offset it expects', () => {
    const bench = opened();
    expect(chunk(bench, first(image, 333))).toEqual({ off: 333 });
    expect(chunk(bench, first(image, 333))).toEqual({ off: 333 });
    expect(chunk(bench, next(image, 333, 77))).toEqual({ off: 410 });
    expect(chunk(bench, next(image, 333, 77))).toEqual({ off: 410 });
    expect(chunk(bench, next(image, 900))).toEqual({ off: 410 });
    expect(chunk(bench, { off: 410, data: new Uint8Array(0) })).toEqual({ off: 410 });
    expect(sendAll(bench, image, 410)).toEqual({ off: image.file.length, match: true });
  });

  it('answers a repeated last chunk, and the same file sent again, with "it is all here"', () => {
    const bench = opened();
    sendAll(bench, image);
    const last = Math.floor((image.file.length - 1) / 512) * 512;
    const operations = bench.nor.operations;
    expect(chunk(bench, next(image, last))).toEqual({ off: image.file.length, match: true });
    expect(chunk(bench, first(image))).toEqual({ off: image.file.length, match: true });
    bench.start();
    expect(chunk(bench, first(image))).toEqual({ off: image.file.length, match: true });
    expect(bench.nor.operations).toBe(operations);
  });

  it('that differs from its digest is said to differ, and is forgotten', () => {
    const bench = opened();
    let answer: Record<string, unknown> = { off: 0 };
    for (let at = 0; at < image.file.length; at += 512) {
      answer = chunk(bench, at === 0 ? first(image, 512, { sha: new Uint8Array(32).fill(1) }) : next(image, at));
    }
    expect(answer).toEqual({ off: image.file.length, match: false });
    expect(bench.stores.journal.read(SESSION)![1]).toBe(0);
  });

  it('without a digest, or one too large to hash in one go, is compared with its own page list', () => {
    for (const hashBytes of [262144, 8192]) {
      const bench = createBench();
      bench.start({ hashBytes });
      bench.openWindow();
      const body = hashBytes === 8192 ? {} : { sha: undefined };
      let answer: Record<string, unknown> = {};
      for (let at = 0; at < image.file.length; at += 512) {
        const bytes = { ...first(image), ...body };
        if (bytes['sha'] === undefined) delete bytes['sha'];
        answer = chunk(bench, at === 0 ? bytes : next(image, at));
      }
      expect(answer).toEqual({ off: image.file.length, match: true });
    }
  });

  it.each([
    ['no offset', { data: image.file.slice(0, 100) }, { err: { group: 1, rc: 20 } }],
    ['no data', { off: 0, len: 9000 }, { rc: 3, rsn: '0x61 malformed request' }],
    ['no length', { off: 0, data: image.file.slice(0, 100) }, { err: { group: 1, rc: 21 } }],
    ['less than a header', first(image, 31), { err: { group: 1, rc: 22 } }],
    ['a digest of 33 bytes', first(image, 512, { sha: new Uint8Array(33) }), { err: { group: 1, rc: 24 } }],
    ['the third image', first(image, 512, { image: 2 }), { err: { group: 1, rc: 14 } }],
    ['another magic number', first(image, 512, { data: new Uint8Array(512) }), { err: { group: 1, rc: 22 } }],
    ['more than a slot', first(image, 512, { len: 262145 }), { err: { group: 1, rc: 30 } }],
    ['more data than announced', first(image, 512, { len: 500 }), { err: { group: 1, rc: 31 } }],
    ['a body longer than the file', first(image, 512, { len: 4000 }), { err: { group: 1, rc: 22 } }],
  ])('with %s is refused and changes nothing', (_what, body, expected) => {
    const bench = opened();
    const before = Buffer.from(bench.nor.bytes);
    expect(chunk(bench, body)).toEqual(expected);
    expect(before.equals(bench.nor.bytes)).toBe(true);
    expect(bench.window().erasesLeft).toBe(3);
  });

  it.each([[0, 5], [1, 1]])('as image %i means the same slot, as clients send it', (number) => {
    const bench = opened();
    expect(chunk(bench, first(image, 512, { image: number }))).toEqual({ off: 512 });
  });

  it('past its own end is refused', () => {
    const bench = opened();
    chunk(bench, first(image));
    expect(chunk(bench, { off: 512, data: new Uint8Array(1000), image: 0 })).toEqual({ off: 1512 });
    expect(chunk(bench, { off: image.file.length - 10, data: new Uint8Array(11) })).toEqual({ err: { group: 1, rc: 31 } });
  });

  it('of a version that is not newer, or that rolled back before, is refused before anything is erased', () => {
    const bench = opened();
    expect(chunk(bench, first(imageOf({ version: '1.0.0' })))).toEqual({ err: { group: 1, rc: 27 } });
    expect(chunk(bench, first(imageOf({ version: '0.9.9' })), 0)).toMatchObject({ rc: 6 });
  });

  it('needs a good battery to begin', () => {
    const bench = opened();
    bench.gate = 0x14;
    expect(chunk(bench, first(image))).toEqual({ rc: 6, rsn: '0x14 battery too low to update: 4.31 V at rest (needs 4.50 V), nothing read under load (needs 4.55 V)' });
  });

  it('needs memory for its chunks, and says so', () => {
    const bench = opened();
    bench.freeVars = 100;
    expect(chunk(bench, first(image))).toEqual({ err: { group: 1, rc: 15 } });
  });

  it('voids the seal of the slot before the first page is erased', () => {
    const bench = opened();
    bench.stores.journal.append(SEAL_B, new Uint8Array(32).fill(9));
    let voidedBeforeErase: boolean | undefined;
    const span = bench.layout.slots[1];
    const run = bench.nor.port.erase;
    bench.nor.port.erase = (address) => {
      if (address >= span.address && address < span.address + span.pages * 4096) voidedBeforeErase ??= bench.stores.journal.markAt(SEAL_B, 0) !== -1;
      run(address);
    };
    sendAll(bench, image);
    expect(voidedBeforeErase).toBe(true);
  });

  it('pauses for the door and loses nothing', () => {
    const bench = opened();
    chunk(bench, first(image, 1400));
    const answers: string[] = [];
    bench.doorBusy = true;
    const operations = bench.nor.operations;
    for (const off of [1400, 2800]) bench.server.receive(requestOf(1, 1, next(image, off, 1400)), (reply) => answers.push(reply));
    bench.pass(3000);
    expect(bench.nor.operations).toBe(operations);
    bench.doorBusy = false;
    bench.run(() => answers.length === 2);
    expect(replyOf(answers[1]!).body).toEqual({ off: 4200 });
    expect(sendAll(bench, image, 4200)).toMatchObject({ match: true });
  });

  it('stops between erase and program when a key is pressed in between', () => {
    const bench = opened();
    for (const off of [0, 1400]) chunk(bench, off ? next(image, off, 1400) : first(image, 1400));
    const answers: string[] = [];
    for (const off of [2800, 4200]) bench.server.receive(requestOf(1, 1, next(image, off, 1400)), (reply) => answers.push(reply));
    const slot = bench.layout.slots[1].address;
    bench.nor.onOperation = undefined;
    bench.run(() => bench.nor.erases[(slot - bench.nor.base) / 4096 + 1] === 1);
    bench.doorBusy = true;
    const operations = bench.nor.operations;
    bench.pass(2000);
    expect(bench.nor.operations).toBe(operations);
    bench.doorBusy = false;
    bench.run(() => answers.length === 2);
    expect(sendAll(bench, image, 5600)).toMatchObject({ match: true });
  });

  it('programs each word of the slot once after its erase, whatever the chunks are', () => {
    for (const bytes of [101, 333, 1000, 1400]) {
      const bench = opened();
      const { base, port } = bench.nor;
      const slot = bench.layout.slots[1];
      const written = new Uint8Array(slot.pages * 1024);
      const { write, erase } = port;
      port.erase = (address) => {
        if (address >= slot.address && address < slot.address + slot.pages * 4096) written.fill(0, (address - slot.address) / 4, (address - slot.address) / 4 + 1024);
        erase(address);
      };
      port.write = (data, address) => {
        const from = (address - slot.address) / 4;
        if (address >= slot.address && from < written.length) {
          expect((address - base) % 4 + data.length % 4).toBe(0);
          for (let word = from; word < from + data.length / 4; word++) written[word]!++;
        }
        write(data, address);
      };
      expect(sendAll(bench, image, 0, bytes)).toMatchObject({ match: true });
      expect(written.subarray(0, Math.ceil(image.file.length / 4)).every((times) => times === 1), `${bytes} bytes at a time`).toBe(true);
    }
  });
});

describe('a page that fails', () => {
  it.each(['program', 'erase'] as const)('in %s is answered with flash errors, noted once, and nothing goes past it', (kind) => {
    const bench = opened();
    const page = (bench.layout.slots[1].address - bench.nor.base) / 4096 + 1;
    bench.nor.bad.set(page, kind);
    for (let at = 0; at < 4000; at += 1000) chunk(bench, at === 0 ? first(image, 1000) : next(image, at, 1000));
    expect(chunk(bench, next(image, 4000, 1000))).toEqual({ err: { group: 1, rc: 12 } });
    expect(bench.stores.journal.read(FAILING)).toEqual(Uint8Array.from([1, 1, 0, 0]));
    const sequence = bench.stores.journal.sequenceOf(FAILING);
    expect(chunk(bench, next(image, 5000, 1000))).toEqual({ off: 4096 });
    expect(chunk(bench, next(image, 4096, 1000))).toEqual({ err: { group: 1, rc: 12 } });
    expect(bench.stores.journal.sequenceOf(FAILING)).toBe(sequence);
    bench.nor.bad.clear();
    bench.nor.erases.fill(0);
    expect(sendAll(bench, image)).toMatchObject({ match: true });
  });
});

describe('a sagging battery', () => {
  it('holds a chunk for a moment, then sends it back with the offset to go on from', () => {
    const bench = opened();
    chunk(bench, first(image, 1400));
    chunk(bench, next(image, 1400, 1400));
    bench.loaded = SAGGING;
    const started = bench.nowMs();
    expect(chunk(bench, next(image, 2800, 1400))).toEqual({ rc: 10, rsn: '0x15 battery sags under load: 4.31 V at rest (needs 4.50 V), nothing read under load (needs 4.55 V)', off: 4096 });
    expect(bench.nowMs() - started).toBeLessThan(2500);
    expect(bench.server.update.upload).toMatchObject({ done: 1, fill: 0 });
    expect(bench.server.update.upload.lowAtMs).toBeGreaterThan(0);
    bench.loaded = 0;
    bench.pass(2000);
    expect(bench.server.update.upload.lowAtMs).toBe(-1);
    expect(sendAll(bench, image, 4096, 1400)).toMatchObject({ match: true });
  });

  it('that recovers in time is not noticed by the client', async () => {
    const bench = opened();
    const upload = bench.client().upload(image.file);
    setTimeout(() => undefined, 0);
    bench.loaded = SAGGING;
    bench.time.after(1500, () => (bench.loaded = 0));
    expect((await bench.settle(upload)).match).toBe(true);
  });

  it('is waited for by our own client, and the upload goes on where it stopped', async () => {
    const bench = opened();
    bench.time.after(100, () => (bench.loaded = SAGGING));
    bench.time.after(120000, () => (bench.loaded = 0));
    expect((await bench.settle(bench.client().upload(image.file))).match).toBe(true);
  });

  it('for ten minutes ends the attempt with a reason; the pages stay', () => {
    const bench = opened();
    sendAllBut(bench, 6000);
    bench.loaded = SAGGING;
    expect(chunk(bench, next(image, 6000, 1400))).toEqual({ off: 7400 });
    expect(chunk(bench, next(image, 7400, 1400))).toMatchObject({ rc: 10, off: 8192 });
    bench.pass(601000);
    expect(bench.log).toContain('OTA aborted: battery');
    expect(bench.stores.journal.read(3)!.slice(1, 3)).toEqual(Uint8Array.from([7, 0x1d]));
    bench.loaded = 0;
    expect(sendAll(bench, image)).toMatchObject({ match: true });
  });

  function sendAllBut(bench: Bench, until: number): void {
    for (let at = 0; at < until; at += 1000) chunk(bench, at === 0 ? first(image, 1000) : next(image, at, 1000));
  }
});

describe('the window', () => {
  it('grants three slot erases, whoever asks', () => {
    const bench = opened();
    for (let flavour = 1; flavour <= 3; flavour++) expect(chunk(bench, first(imageOf({ flavour })))).toEqual({ off: 512 });
    expect(chunk(bench, first(imageOf({ flavour: 4 })))).toMatchObject({ rc: 11 });
    expect(replyOf(bench.send(requestOf(1, 5, {}))[0]!).body).toMatchObject({ rc: 11 });
  });

  it('closes after ten minutes: what began may end, nothing new begins', () => {
    const bench = opened();
    chunk(bench, first(image));
    bench.pass(600001);
    expect(sendAll(bench, image, 512)).toMatchObject({ match: true });
    expect(chunk(bench, first(imageOf({ flavour: 5 })))).toMatchObject({ rc: 11 });
    expect(replyOf(bench.send(requestOf(1, 0, { hash: image.hash }))[0]!).body).toMatchObject({ rc: 11 });
    expect(replyOf(bench.send(requestOf(1, 5, {}))[0]!).body).toMatchObject({ rc: 11 });
  });

  it('is closed by a restart, but the upload goes on', () => {
    const bench = opened();
    for (let at = 0; at < 9000; at += 500) chunk(bench, at === 0 ? first(image, 500) : next(image, at, 500));
    bench.start();
    expect(chunk(bench, first(image))).toEqual({ off: 8192 });
    expect(sendAll(bench, image, 8192)).toMatchObject({ match: true });
  });

  it('with the trial set grants the restart and nothing else', async () => {
    const bench = opened();
    sendAll(bench, image);
    await bench.settle(bench.client().test(image.hash));
    expect(chunk(bench, first(imageOf({ flavour: 6 })))).toEqual({ err: { group: 1, rc: 9 } });
    expect(replyOf(bench.send(requestOf(0, 5, {}))[0]!).body).toEqual({});
    bench.pass(1000);
    expect(bench.restarts).toBe(1);
  });
});

describe('a power cut', () => {
  it('in any operation of an upload leaves whole pages, and the same command finishes the job', async () => {
    const counting = opened();
    const from = counting.nor.operations;
    await counting.settle(counting.client().upload(image.file));
    const operations = counting.nor.operations - from;
    for (let at = 0; at < operations; at++) {
      for (const how of ['before', 'torn', 'after'] as const) {
        const bench = opened();
        bench.nor.cut = { at: bench.nor.operations + at, how };
        await untilPowerCut(() => bench.settle(bench.client().upload(image.file)));
        bench.nor.powerOn();
        bench.start();
        bench.openWindow();
        const result = await bench.settle(bench.client().upload(image.file));
        expect(result.match, `cut ${how} operation ${at}`).toBe(true);
        expect(Buffer.from(slotBytes(bench, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
        expect(bench.stores.journal.sequenceOf(TRIAL)).toBe(0);
        expect(bench.stores.journal.sequenceOf(CONFIRM)).toBeGreaterThan(0);
      }
    }
  }, 60000);

  it('costs no page that was done: the answer to the first chunk says where to go on', async () => {
    const bench = opened();
    bench.nor.cut = { at: bench.nor.operations + 50, how: 'torn' };
    await untilPowerCut(() => bench.settle(bench.client().upload(image.file)));
    bench.nor.powerOn();
    bench.start();
    const result = await bench.settle(bench.client().upload(image.file));
    expect(result.resumedAt).toBe(8192);
    expect(result.match).toBe(true);
  });

  it('before the first page was done does not make the client go round in circles', () => {
    const bench = opened();
    chunk(bench, first(image));
    bench.start();
    expect(chunk(bench, first(image))).toEqual({ off: 512 });
  });
});

describe('erase', () => {
  const erase = (bench: Bench, body: Record<string, unknown> = {}): Record<string, unknown> => replyOf(bench.send(requestOf(1, 5, body))[0]!).body;

  it('empties the other slot and forgets its upload', async () => {
    const bench = opened();
    sendAll(bench, image);
    expect(await bench.settle(bench.client().list())).toHaveLength(2);
    expect(erase(bench, { slot: 1 })).toEqual({});
    expect(await bench.settle(bench.client().list())).toHaveLength(1);
    expect(sendAll(bench, image)).toMatchObject({ match: true });
  });

  it('never touches the running slot', () => {
    const bench = opened();
    const before = Buffer.from(bench.nor.bytes);
    expect(erase(bench, { slot: 0 })).toMatchObject({ rc: 6 });
    expect(erase(bench, { slot: 2 })).toEqual({ err: { group: 1, rc: 14 } });
    expect(before.equals(bench.nor.bytes)).toBe(true);
  });
});

describe('while a trial is set or running', () => {
  it('no request writes anything: upload and offer get rc 9, erase rc 6', async () => {
    const bench = opened();
    sendAll(bench, image);
    await bench.settle(bench.client().test(image.hash));
    const other = imageOf({ flavour: 9, version: '3.0.0' });
    for (const start of [{ slot: 0, version: '1.0.0', trial: false }, { slot: 1, version: '2.0.0', trial: true }] as const) {
      bench.start(start);
      bench.openWindow();
      const before = Buffer.from(bench.nor.bytes);
      expect(chunk(bench, first(other))).toEqual({ err: { group: 1, rc: 9 } });
      expect(chunk(bench, next(other, 512))).toEqual({ err: { group: 1, rc: 9 } });
      expect(replyOf(bench.send(requestOf(64, 1, { off: 0, len: other.offer.length, data: other.offer.slice(0, 900) }))[0]!).body)
        .toEqual({ err: { group: 1, rc: 9 } });
      expect(replyOf(bench.send(requestOf(1, 5, {}))[0]!).body).toMatchObject({ rc: 6 });
      expect(before.equals(bench.nor.bytes)).toBe(true);
      expect(trialOf(bench.stores.journal)).toMatchObject({ slot: 1 });
    }
  });
});

describe('test', () => {
  const tested = async (spec: ImageSpec, options: Parameters<typeof createBench>[0] = {}): Promise<SmpError | undefined> => {
    const bench = opened(options);
    const target = imageOf(spec);
    expect((await bench.settle(bench.client().upload(target.file))).match).toBe(true);
    const sequence = bench.stores.journal.sequenceOf(TRIAL);
    try {
      await bench.settle(bench.client().test(target.hash));
      return undefined;
    } catch (error) {
      expect(bench.stores.journal.sequenceOf(TRIAL)).toBe(sequence);
      return error as SmpError;
    }
  };

  it('sets the trial with one record once everything was checked', async () => {
    const bench = opened();
    sendAll(bench, image);
    const images = await bench.settle(bench.client().test(image.hash));
    expect(images).toMatchObject([
      { slot: 0, version: '1.0.0', active: true, confirmed: true, pending: false }, { slot: 1, version: '2.0.0', active: false, confirmed: false, pending: true },
    ]);
    expect(trialOf(bench.stores.journal)).toMatchObject({ slot: 1, version: image.version, imageId: image.imageId });
    const operations = bench.nor.operations;
    expect(await bench.settle(bench.client().test(image.hash))).toEqual(images);
    expect(await bench.settle(bench.client().confirm(image.hash))).toEqual(images);
    expect(bench.nor.operations).toBe(operations);
  });

  it.each<[string, ImageSpec, string]>([
    ['another chip family', { family: 2 }, 'WRONG_FAMILY'],
    ['a newer hardware revision', { hardware: [4, 9] }, 'WRONG_HARDWARE'],
    ['an older hardware revision', { hardware: [1, 2] }, 'WRONG_HARDWARE'],
    ['a development channel', { channel: 2 }, 'DEV_KEY_REFUSED'],
    ['a lower security counter', { counter: 0 }, 'COUNTER_TOO_LOW'],
    ['a newer bootloader', { minBootloader: '1.3.0' }, 'BOOTLOADER_TOO_OLD'],
    ['a newer installed version', { minVersion: '1.0.1' }, 'INSTALLED_TOO_OLD'],
    ['a newer updater', { minUpdater: 2 }, 'UPDATER_TOO_OLD'],
    ['another key', { key: otherKey }, 'UNKNOWN_KEY'],
  ])('refuses an image for %s', async (_what, spec, name) => {
    expect((await tested(spec))?.entry?.name).toBe(name);
  });

  it('refuses a flipped bit in the body, the page list and the signature', async () => {
    for (const [at, name] of [[5000, 'BAD_IMAGE_DIGEST'], [image.file.length - 100, 'BAD_SIGNATURE'], [32 + 9000 + 75, 'BAD_IMAGE_DIGEST']] as const) {
      const bench = opened();
      const file = image.file.slice();
      file[at]! ^= 4;
      await bench.settle(bench.client().upload(file));
      const failure = await bench.settle(bench.client().test(image.hash)).then(() => undefined, (error: SmpError) => error);
      expect(failure?.entry?.name, `byte ${at}`).toBe(name);
      expect(bench.stores.journal.sequenceOf(TRIAL)).toBe(0);
      if (name !== 'BAD_SIGNATURE') continue;
      const again = await bench.settle(bench.client().test(image.hash)).then(() => undefined, (error: SmpError) => error);
      expect(again?.entry?.name).toBe('SIGNATURE_BACK_OFF');
    }
  });

  it('refuses an upload that is not complete', async () => {
    const bench = opened();
    sendAll(bench, image);
    chunk(bench, first(imageOf({ flavour: 11 })));
    const failure = await bench.settle(bench.client().test(image.hash)).then(() => undefined, (error: SmpError) => error);
    expect(failure?.entry?.name).toBe('UPLOAD_INCOMPLETE');
  });

  it('takes a key change that follows the rules and refuses one that does not', async () => {
    expect(await tested({ keyChange: { epoch: 1, key: otherKey.publicKey } })).toBeUndefined();
    expect((await tested({ keyChange: { epoch: 1, key: new Uint8Array(32) } }))?.rc).toBe(5);
  });

  it('under a trial refuses the other image, and confirms nothing before health does', async () => {
    const bench = opened();
    sendAll(bench, image);
    await bench.settle(bench.client().test(image.hash));
    bench.start({ slot: 1, version: '2.0.0', trial: true });
    bench.openWindow();
    expect(await bench.settle(bench.client().list())).toMatchObject([
      { slot: 0, version: '2.0.0', active: true, confirmed: false, pending: false }, { slot: 1, version: '1.0.0', active: false, confirmed: true, pending: false },
    ]);
    const set = (body: Record<string, unknown>): Record<string, unknown> => replyOf(bench.send(requestOf(1, 0, body))[0]!).body;
    const operations = bench.nor.operations;
    expect(set({ hash: bench.installed.hash })).toEqual({ err: { group: 1, rc: 28 } });
    expect(set({ hash: bench.installed.hash, confirm: true })).toHaveProperty('images');
    expect(set({ confirm: true })).toMatchObject({ rc: 10 });
    expect(set({ hash: image.hash, confirm: true })).toMatchObject({ rc: 10 });
    expect(set({ hash: image.hash })).toEqual({ err: { group: 1, rc: 33 } });
    expect(bench.nor.operations).toBe(operations);
  });
});
