/** An image proved before anything of a slot is erased. */
import { wipeRecords } from '../../firmware/flash/record-chores.js';
import type { Ring } from '../../firmware/flash/records.js';
import { describe, expect, it } from 'vitest';
import type { SmpError } from '../../cli/smp/client.js';
import { OFFERS, ROLLBACK, SESSION, TRIAL } from '../../firmware/flash/kinds.js';
import { APPLIED, encodeVerdict, ROLLED_BACK } from '../../firmware/update/boot-state.js';
import { addVerdict, HISTORY_LIMIT, rememberRollback, rolledBackBefore, verdictAt } from '../../firmware/update/history.js';
import { replyOf, requestOf } from '../smp/frames.js';
import { createBench, SAGGING, slotBytes, untilPowerCut, type Bench } from './bench.js';
import { imageOf, otherKey, versionOf, type ImageSpec, type TestImage } from './images.js';

const image = imageOf();

function opened(options: Parameters<typeof createBench>[0] = {}): Bench {
  const bench = createBench(options);
  bench.openWindow();
  return bench;
}

/** What a promise was rejected with: the name of the lock's code, or the message. */
async function refusal(bench: Bench, promise: Promise<unknown>): Promise<string | undefined> {
  return bench.settle(promise).then(() => undefined, (error: SmpError) => error.entry?.name ?? error.message);
}

const offer = (bench: Bench, target: TestImage): Promise<string | undefined> => refusal(bench, bench.client().offer(target.offer));

function damaged(target: TestImage, at: number): TestImage {
  const bytes = target.offer.slice();
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return { ...target, offer: bytes };
}

describe('an offer', () => {
  it('is accepted once its signature was verified, and no slot was touched', async () => {
    const bench = opened();
    const before = [slotBytes(bench, 0), slotBytes(bench, 1)];
    expect(await offer(bench, image)).toBeUndefined();
    expect([slotBytes(bench, 0), slotBytes(bench, 1)]).toEqual(before);
    expect(bench.stores.journal.sequenceOf(SESSION)).toBe(0);
    expect(bench.log).toEqual(['offer accepted']);
    expect(bench.erasesInATurn).toBe(1);
  });

  it('sent again writes nothing, and is accepted at once', async () => {
    const bench = opened();
    await offer(bench, image);
    const operations = bench.nor.operations;
    expect(await offer(bench, image)).toBeUndefined();
    bench.start();
    bench.openWindow();
    expect(await offer(bench, image)).toBeUndefined();
    expect(bench.nor.operations).toBe(operations);
    expect(bench.window().offersLeft).toBe(8);
  });

  it.each([[101], [1024], [1472]])('comes in frames of %i bytes', async (frameBytes) => {
    const bench = opened();
    await bench.settle(bench.client().offer(image.offer, { frameBytes }));
    expect(bench.stores.journal.sequenceOf(OFFERS)).toBeGreaterThan(0);
  });

  it.each<[string, ImageSpec, string]>([
    ['another chip family', { family: 2 }, 'WRONG_FAMILY'], ['other hardware', { hardware: [4, 9] }, 'WRONG_HARDWARE'],
    ['a development lock', { channel: 2 }, 'DEV_KEY_REFUSED'], ['a lower counter', { counter: 0 }, 'COUNTER_TOO_LOW'],
    ['a newer bootloader', { minBootloader: '1.3.0' }, 'BOOTLOADER_TOO_OLD'], ['a newer installed version', { minVersion: '1.0.1' }, 'INSTALLED_TOO_OLD'],
    ['a newer updater', { minUpdater: 2 }, 'UPDATER_TOO_OLD'], ['another key', { key: otherKey }, 'UNKNOWN_KEY'],
    ['an older version', { version: '0.9.0' }, 'VERSION_NOT_NEWER'],
  ])('for %s is refused in RAM: nothing is written', async (_what, spec, name) => {
    const bench = opened();
    const before = Buffer.from(bench.nor.bytes);
    expect(await offer(bench, imageOf(spec))).toBe(name);
    expect(before.equals(bench.nor.bytes)).toBe(true);
  });

  it('with damaged header, TLVs or length is refused in RAM', async () => {
    const bench = opened();
    const before = Buffer.from(bench.nor.bytes);
    for (const at of [0, 4, 8, 10, 16, 28, 32, 34, 36, 38]) expect(await offer(bench, damaged(image, at)), `byte ${at}`).toMatch(/^BAD_|^IMAGE_TOO_LARGE/);
    expect(await offer(bench, { ...image, offer: image.offer.slice(0, -1) })).toBe('BAD_HEADER');
    expect(await offer(bench, { ...image, offer: Uint8Array.from([...image.offer, 0]) })).toBe('BAD_HEADER');
    expect(await offer(bench, { ...image, offer: image.file })).toMatch(/^BAD_|^IMAGE_TOO_LARGE/);
    expect(await offer(bench, { ...image, offer: new Uint8Array(20000) })).toBe('IMAGE_TOO_LARGE');
    expect(await offer(bench, { ...image, offer: new Uint8Array(100) })).toBe('BAD_HEADER');
    expect(before.equals(bench.nor.bytes)).toBe(true);
  });

  it('with a wrong signature costs a delay that doubles, survives a restart, and ends with a genuine one', async () => {
    const bench = opened();
    const forged = damaged(image, -100);
    let expectedMs = 2000;
    for (let round = 0; round < 4; round++) {
      expect(await offer(bench, forged)).toBe('BAD_SIGNATURE');
      expect(await offer(bench, image)).toBe('SIGNATURE_BACK_OFF');
      bench.pass(expectedMs - 200);
      expect(await offer(bench, image)).toBe('SIGNATURE_BACK_OFF');
      bench.pass(300);
      expectedMs *= 2;
    }
    expect(await offer(bench, forged)).toBe('BAD_SIGNATURE');
    bench.start();
    bench.openWindow();
    bench.pass(expectedMs - 200);
    expect(await offer(bench, image)).toBe('SIGNATURE_BACK_OFF');
    bench.pass(300);
    expect(await offer(bench, image)).toBeUndefined();
    expect(await offer(bench, forged)).toBe('BAD_SIGNATURE');
    bench.pass(2001);
    expect(await offer(bench, image)).toBeUndefined();
  });

  it('is staged at most eight times a window', async () => {
    const bench = opened();
    const two = [image, imageOf({ flavour: 1 })];
    for (let n = 0; n < 8; n++) expect(await offer(bench, two[n % 2]!)).toBeUndefined();
    const before = Buffer.from(bench.nor.bytes);
    expect(await offer(bench, two[0]!)).toBe('OFFERS_USED');
    expect(before.equals(bench.nor.bytes)).toBe(true);
    bench.openWindow();
    expect(await offer(bench, two[0]!)).toBeUndefined();
  });

  it('needs a window, a battery and memory, and is not known in safe mode', async () => {
    const bench = createBench();
    expect(await offer(bench, image)).toBe('NO_WINDOW');
    bench.openWindow();
    bench.gate = 0x14;
    expect(await offer(bench, image)).toBe('BATTERY_LOW');
    bench.gate = 0;
    bench.freeVars = 10;
    expect(await offer(bench, image)).toBe('OUT_OF_MEMORY');
    bench.freeVars = 2000;
    bench.loaded = SAGGING;
    expect(await offer(bench, image)).toBe('BATTERY_LOADED_LOW');
    bench.loaded = 0;
    bench.start({ safeMode: true });
    bench.openWindow();
    expect(await offer(bench, image)).toBe('UNSUPPORTED');
  });

  it('answers chunks out of order with the offset it expects', () => {
    const bench = opened();
    const send = (body: Record<string, unknown>): Record<string, unknown> => replyOf(bench.send(requestOf(64, 1, body))[0]!).body;
    expect(send({ off: 100, data: new Uint8Array(10) })).toEqual({ off: 0 });
    expect(send({ off: 0, data: image.offer.slice(0, 500) })).toEqual({ err: { group: 1, rc: 21 } });
    expect(send({ data: new Uint8Array(10) })).toEqual({ err: { group: 1, rc: 20 } });
    expect(send({ off: 0, len: image.offer.length })).toMatchObject({ rc: 3 });
    expect(send({ off: 0, len: image.offer.length, data: image.offer.slice(0, 500) })).toEqual({ off: 500 });
    expect(send({ off: 0, len: image.offer.length, data: image.offer.slice(0, 500) })).toEqual({ off: 500 });
    expect(send({ off: 700, data: image.offer.slice(700, 900) })).toEqual({ off: 500 });
  });
});

describe('an upload that follows an accepted offer', () => {
  it('is checked page by page and ends as the same file', async () => {
    const bench = opened();
    await offer(bench, image);
    expect((await bench.settle(bench.client().upload(image.file))).match).toBe(true);
    expect(bench.stores.journal.read(SESSION)![1]).toBe(2);
    await bench.settle(bench.client().test(image.hash));
    expect(bench.stores.journal.sequenceOf(TRIAL)).toBeGreaterThan(0);
  });

  it.each([[100], [4096], [5000], [9100], [9250], [17000], [-10]])('never takes a page that differs from it, and ends when the same one comes again and again (byte %i)', async (place) => {
    const bench = opened();
    await offer(bench, image);
    const file = image.file.slice();
    const at = place < 0 ? file.length + place : place;
    file[at]! ^= 0x20;
    const slot = slotBytes(bench, 1);
    const page = Math.floor(at / 4096);
    let most = 0;
    bench.stores.journal.mark = ((mark) => (kind: number, index: number, value?: number) => {
      if (kind === SESSION) most = Math.max(most, index + 1);
      return mark(kind, index, value);
    })(bench.stores.journal.mark);
    expect(await refusal(bench, bench.client().upload(file))).toBe('BAD_IMAGE_DIGEST');
    expect(most).toBe(page);
    expect(bench.nor.erases[(bench.layout.slots[1].address - bench.nor.base) / 4096 + page]).toBe(8);
    expect(bench.stores.journal.read(SESSION)![1]).toBe(0);
    slot.set(slotBytes(bench, 1));
    expect(Buffer.from(slot).subarray(0, page * 4096).equals(Buffer.from(file).subarray(0, page * 4096))).toBe(true);
  });

  it('goes on after a restart, still checked', async () => {
    const bench = opened();
    await offer(bench, image);
    bench.nor.cut = { at: bench.nor.operations + 45, how: 'torn' };
    await untilPowerCut(() => bench.settle(bench.client().upload(image.file)));
    bench.nor.powerOn();
    bench.start();
    const file = image.file.slice();
    const send = (body: Record<string, unknown>): Record<string, unknown> => replyOf(bench.send(requestOf(1, 1, body))[0]!).body;
    const off = Number(send({ off: 4, data: new Uint8Array(1) })['off']);
    expect(off % 4096).toBe(0);
    expect(off).toBeGreaterThan(0);
    for (let at = off; at < off + 4096; at += 1024) {
      const data = file.slice(at, at + 1024);
      data[5]! ^= 1;
      expect(send({ off: at, data })).toEqual({ off: at + 1024 === off + 4096 ? off : at + 1024 });
    }
    expect((await bench.settle(bench.client().upload(file))).match).toBe(true);
  });

  it('loses that check when another offer takes its place, and is checked in full before the test', async () => {
    const bench = opened();
    const other = imageOf({ flavour: 1 });
    await offer(bench, image);
    const stopped = bench.client().upload(image.file, { stopped: () => bench.stores.journal.firstUnused(SESSION) >= 1 });
    await refusal(bench, stopped);
    await offer(bench, other);
    const file = image.file.slice();
    file[5000]! ^= 1;
    const send = (body: Record<string, unknown>): Record<string, unknown> => replyOf(bench.send(requestOf(1, 1, body))[0]!).body;
    let off = Number(send({ off: 1, data: new Uint8Array(1) })['off']);
    expect(off).toBe(4096);
    while (off < file.length) off = Number(send({ off, data: file.slice(off, off + 1000) })['off']);
    expect(await refusal(bench, bench.client().test(image.hash))).toBe('BAD_IMAGE_DIGEST');
  });

  it('a power cut anywhere in offer and upload ends with the image offered, uploaded and set on trial', async () => {
    const counting = opened();
    const from = counting.nor.operations;
    await update(counting);
    const operations = counting.nor.operations - from;
    for (let at = 0; at < operations; at += 1) {
      const bench = opened();
      bench.nor.cut = { at: bench.nor.operations + at, how: at % 3 === 0 ? 'before' : at % 3 === 1 ? 'torn' : 'after' };
      await untilPowerCut(() => update(bench));
      bench.nor.powerOn();
      bench.start();
      bench.openWindow();
      if (!bench.stores.journal.sequenceOf(TRIAL)) await update(bench);
      expect(bench.stores.journal.sequenceOf(TRIAL), `operation ${at}`).toBeGreaterThan(0);
      expect(Buffer.from(slotBytes(bench, 1)).subarray(0, image.file.length).equals(image.file)).toBe(true);
    }
  }, 60000);

  async function update(bench: Bench): Promise<void> {
    await bench.settle(bench.client().offer(image.offer));
    await bench.settle(bench.client().upload(image.file));
    await bench.settle(bench.client().test(image.hash));
  }
});

describe('safe mode', () => {
  it('takes the confirmed version again over the wire, into the other slot, and nothing older', async () => {
    const bench = createBench();
    bench.start({ safeMode: true });
    bench.openWindow();
    expect(await refusal(bench, bench.client().upload(imageOf({ version: '0.9.0' }).file))).toBe('VERSION_NOT_NEWER');
    const again = imageOf({ version: '1.0.0', flavour: 2 });
    const before = slotBytes(bench, 0);
    expect((await bench.settle(bench.client().upload(again.file))).match).toBe(true);
    await bench.settle(bench.client().test(again.hash));
    expect(slotBytes(bench, 0)).toEqual(before);
    expect(await bench.settle(bench.client().list())).toMatchObject([{ slot: 0, active: false, confirmed: true }, { slot: 1, pending: true }]);
  });

  it('that knows no confirmed image spares the better one', async () => {
    const bench = createBench();
    bench.openWindow();
    await bench.settle(bench.client().upload(image.file));
    wipeRecords(bench.stores.records as Ring, []);
    bench.stores.journal.format();
    bench.start({ safeMode: true });
    bench.openWindow();
    const better = slotBytes(bench, 1);
    expect((await bench.settle(bench.client().upload(imageOf({ version: '3.0.0' }).file))).match).toBe(true);
    expect(slotBytes(bench, 1)).toEqual(better);
  });
});

describe('a version that rolled back', () => {
  const id = new Uint8Array(32).fill(5);
  const verdict = (version: string, result: number) => ({ result, reason: 0x48, slot: 1 as const, version: versionOf(version), imageId: id });

  it('is refused from then on, also when another one rolled back after it', async () => {
    const bench = opened();
    const { journal, records } = bench.stores;
    journal.append(ROLLBACK, encodeVerdict(ROLLED_BACK, 0x48, { slot: 1, version: versionOf('2.0.0'), imageId: id }));
    expect(await offer(bench, image)).toBe('ROLLED_BACK_BEFORE');
    expect(await refusal(bench, bench.client().upload(image.file))).toBe('ROLLED_BACK_BEFORE');
    const newer = imageOf({ version: '3.0.0' });
    await bench.settle(bench.client().upload(newer.file));
    await bench.settle(bench.client().test(newer.hash));
    journal.append(ROLLBACK, encodeVerdict(ROLLED_BACK, 0x48, { slot: 1, version: newer.version, imageId: id }));
    bench.start();
    bench.openWindow();
    expect(await offer(bench, image)).toBe('ROLLED_BACK_BEFORE');
    expect(await offer(bench, newer)).toBe('ROLLED_BACK_BEFORE');
    expect(rolledBackBefore(bench.stores.journal, records, versionOf('4.0.0'))).toBe(false);
  });

  it('is forgotten when it was applied later, and the history keeps the newest twenty', () => {
    const { records, journal } = createBench().stores;
    addVerdict(records, verdict('2.0.0', ROLLED_BACK));
    expect(rolledBackBefore(journal, records, versionOf('2.0.0'))).toBe(true);
    addVerdict(records, verdict('2.0.0', APPLIED));
    expect(rolledBackBefore(journal, records, versionOf('2.0.0'))).toBe(false);
    for (let n = 0; n < 30; n++) addVerdict(records, verdict(`3.0.${n}`, APPLIED));
    expect(verdictAt(records, 0)!.version.revision).toBe(29);
    expect(verdictAt(records, HISTORY_LIMIT - 1)!.version.revision).toBe(10);
    expect(verdictAt(records, HISTORY_LIMIT)).toBeUndefined();
  });

  it('is copied from the journal once', () => {
    const { records, journal } = createBench().stores;
    journal.append(ROLLBACK, encodeVerdict(ROLLED_BACK, 0x48, { slot: 1, version: versionOf('2.0.0'), imageId: id }));
    rememberRollback(journal, records);
    addVerdict(records, verdict('3.0.0', APPLIED));
    rememberRollback(journal, records);
    addVerdict(records, verdict('2.0.0', ROLLED_BACK));
    expect([0, 1, 2].map((index) => verdictAt(records, index)?.version.major)).toEqual([3, 2, undefined]);
  });
});
