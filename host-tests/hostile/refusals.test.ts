/** Every refusal that has a code of its own, told end to end: a genuine lock, a client at the other end of the network, and flash. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openClient, type Answer } from '../../cli/virtual/client.js';
import { ERRORS } from '../../firmware/error-table.js';
import { ATTEMPTS_USED, formatCode } from '../../firmware/errors.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { imageOf, otherKey, sha256, type ImageSpec } from '../update/images.js';
import { attackQuiet, homeFlash, isUnharmed, opensWithPin, regionOf, VERSION, type Attacked } from './lock.js';

beforeAll(homeFlash, 120_000);

/** The name of the code a client was refused with, '' where it was not refused. Where the lock said more than a number, it said a sentence. */
function codeOf({ failure }: Answer<unknown>): string {
  const entry = failure?.entry;
  if (entry && failure.message.startsWith('0x')) expect(failure.message).toContain(`${formatCode(entry.code)} ${entry.title}`);
  return entry?.name ?? failure?.message ?? '';
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 4 : byte));

/** Nothing but the old version is left to run, and it opens the door. */
function staysAsItWas(attacked: Attacked): void {
  expect(attacked.reading()).toMatchObject({ confirmed: { version: VERSION, slot: 'A' }, trial: undefined });
  expect(opensWithPin(attacked.board)).toBeDefined();
  isUnharmed(attacked);
}

const WRONG: [string, ImageSpec, string][] = [
  ['another board', { family: 2 }, 'WRONG_FAMILY'],
  ['another hardware revision', { hardware: [4, 9] }, 'WRONG_HARDWARE'],
  ['an older security counter', { counter: 0 }, 'COUNTER_TOO_LOW'],
  ['a key this lock does not know', { key: otherKey }, 'UNKNOWN_KEY'],
  ['development', { channel: 2 }, 'DEV_KEY_REFUSED'],
  ['a newer bootloader', { minBootloader: '1.3.0' }, 'BOOTLOADER_TOO_OLD'],
  ['a version in between', { minVersion: '1.0.1' }, 'INSTALLED_TOO_OLD'],
  ['a newer updater', { minUpdater: 2 }, 'UPDATER_TOO_OLD'],
];

describe('an image for', () => {
  it.each(WRONG)('%s is refused as an offer before anything is written, and as an upload before it is tried', async (_what, spec, name) => {
    const attacked = await attackQuiet(1);
    const client = openClient(attacked.board);
    const wrong = imageOf(spec);
    attacked.openWindow();
    const before = attacked.flash();
    expect(codeOf(client.offer(wrong.offer))).toBe(name);
    expect(before.equals(attacked.flash())).toBe(true);
    expect(codeOf(client.upload(wrong.file))).toBe('');
    expect(codeOf(client.test(wrong.hash))).toBe(name);
    staysAsItWas(attacked);
  });

  it('nobody newer, an older version, is refused before the first erase either way', async () => {
    const attacked = await attackQuiet(2);
    const client = openClient(attacked.board);
    const old = imageOf({ version: '0.9.0' });
    attacked.openWindow();
    const before = attacked.flash();
    expect(codeOf(client.offer(old.offer))).toBe('VERSION_NOT_NEWER');
    expect(codeOf(client.upload(old.file))).toBe('VERSION_NOT_NEWER');
    expect(before.equals(attacked.flash())).toBe(true);
    staysAsItWas(attacked);
  });
});

describe('an image larger than a slot', () => {
  it('is refused before the first erase, whether its header or the client says so', async () => {
    const attacked = await attackQuiet(3);
    const client = openClient(attacked.board);
    attacked.openWindow();
    const before = attacked.flash();
    const large = new Uint8Array(64 * PAGE_BYTES + 1);
    large.set(imageOf().file);
    expect(codeOf(client.upload(large))).toBe('IMAGE_TOO_LARGE');
    const offer = imageOf().offer.slice();
    new DataView(offer.buffer).setUint32(12, 64 * PAGE_BYTES, true);
    expect(codeOf(client.offer(offer))).toBe('IMAGE_TOO_LARGE');
    expect(before.equals(attacked.flash())).toBe(true);
    staysAsItWas(attacked);
  });
});

describe('a flipped bit', () => {
  it('in an offer costs its maker a wait and the lock nothing', async () => {
    const attacked = await attackQuiet(4);
    const client = openClient(attacked.board);
    attacked.openWindow();
    const slots = (): Buffer[] => attacked.world.layout.slots.map((span) => regionOf(attacked, span));
    const before = slots();
    for (const at of [-40, -7000]) {
      expect(codeOf(client.offer(flipped(imageOf().offer, at)))).toBe('BAD_SIGNATURE');
      expect(codeOf(client.offer(imageOf().offer))).toBe('SIGNATURE_BACK_OFF');
      attacked.board.run(5000);
    }
    expect(slots()).toEqual(before);
    expect(codeOf(client.offer(imageOf().offer))).toBe('');
    staysAsItWas(attacked);
  });

  it('in the body of an upload is 0x86 when a trial is asked for, and nothing else', async () => {
    const attacked = await attackQuiet(5);
    const client = openClient(attacked.board);
    const damaged = flipped(imageOf().file, 5000);
    attacked.openWindow();
    expect(client.upload(damaged).reply?.match).toBe(true);
    const { failure } = client.test(imageOf().hash);
    expect([failure?.rc, failure?.message]).toEqual([9, '0x86 image digest does not match']);
    staysAsItWas(attacked);
  });

  it('on the way, which the client does not know of, is noticed at the last chunk and the slot forgotten', async () => {
    const attacked = await attackQuiet(6);
    const file = imageOf().file;
    attacked.openWindow();
    let off = 0;
    let answer: Record<string, unknown> = {};
    while (off < file.length) {
      const data = file.slice(off, off + 900);
      if (off === 4500) data[10]! ^= 1;
      answer = attacked.ask(1, 1, off ? { off, data } : { off, data, len: file.length, sha: sha256(file) });
      off = Number(answer['off']);
    }
    expect(answer).toEqual({ off: file.length, match: false });
    expect(attacked.reading().upload).toBeUndefined();
    expect(attacked.ask(1, 1, { off: 900, data: new Uint8Array(10) })).toEqual({ off: 0 });
    staysAsItWas(attacked);
  });

  it('in the signature of an upload is refused by name', async () => {
    const attacked = await attackQuiet(7);
    const client = openClient(attacked.board);
    attacked.openWindow();
    expect(codeOf(client.upload(flipped(imageOf().file, -100)))).toBe('');
    expect(codeOf(client.test(imageOf().hash))).toBe('BAD_SIGNATURE');
    staysAsItWas(attacked);
  });
});

describe('a page of flash that does not keep what it is given', () => {
  it('ends the upload with 0xE4 and the reason; the same file goes on where it stopped once the page holds', async () => {
    const attacked = await attackQuiet(8);
    const { world } = attacked;
    const client = openClient(attacked.board);
    const page = (world.layout.slots[1].address - world.nor.base) / PAGE_BYTES + 1;
    world.nor.bad.set(page, 'program');
    attacked.openWindow();
    const { failure } = client.upload(imageOf().file);
    expect([failure?.rc, failure?.message]).toEqual([9, '0xE4 flash did not keep what was written']);
    expect(attacked.reading().upload).toMatchObject({ done: 1 });
    world.nor.bad.delete(page);
    const { reply } = client.upload(imageOf().file);
    expect(reply).toMatchObject({ match: true, resumedAt: PAGE_BYTES });
    staysAsItWas(attacked);
  });
});

describe('a version that rolled back', () => {
  it('is refused from then on as an offer and as an upload, and nothing is written for it', async () => {
    const attacked = await attackQuiet(9);
    const { board } = attacked;
    const client = openClient(board);
    // Genuine and well signed, but it is no program: it throws as soon as it runs.
    const broken = imageOf();
    attacked.openWindow();
    expect(codeOf(client.upload(broken.file))).toBe('');
    expect(codeOf(client.test(broken.hash))).toBe('');
    expect(codeOf(client.restart())).toBe('');
    board.run(100_000);
    expect(board.runs.map(({ cause }) => cause)).toEqual(['powerOn', 'software', 'software', 'software', 'software']);
    expect(attacked.reading()).toMatchObject({ confirmed: { version: VERSION }, trial: undefined });
    expect(attacked.reading().history().at(-1)).toMatchObject({ version: broken.version, reason: ATTEMPTS_USED });
    attacked.openWindow();
    const before = attacked.flash();
    expect(codeOf(client.offer(broken.offer))).toBe('ROLLED_BACK_BEFORE');
    expect(codeOf(client.upload(imageOf({ flavour: 3 }).file))).toBe('ROLLED_BACK_BEFORE');
    expect(codeOf(client.test(broken.hash))).toBe('ROLLED_BACK_BEFORE');
    expect(before.equals(attacked.flash())).toBe(true);
    expect(opensWithPin(board)).toBeDefined();
  });
});

describe('the codes of these refusals', () => {
  it('all differ, and each has its sentence and its next step', () => {
    const names = [
      ...WRONG.map(([, , name]) => name), 'VERSION_NOT_NEWER', 'IMAGE_TOO_LARGE', 'BAD_SIGNATURE', 'BAD_IMAGE_DIGEST', 'FLASH_READ_BACK',
      'ROLLED_BACK_BEFORE', 'SIGNATURE_BACK_OFF', 'NO_WINDOW',
    ];
    const entries = names.map((name) => ERRORS.find((entry) => entry.name === name)!);
    expect(new Set(entries.map(({ code }) => code)).size).toBe(names.length);
    expect(entries.every(({ title, door, next }) => title && door && next)).toBe(true);
    expect([formatCode(entries.find(({ name }) => name === 'BAD_IMAGE_DIGEST')!.code), formatCode(entries.find(({ name }) => name === 'FLASH_READ_BACK')!.code)])
      .toEqual(['0x86', '0xE4']);
  });
});
