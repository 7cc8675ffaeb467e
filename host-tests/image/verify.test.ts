import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BAD_HEADER, BAD_IMAGE_DIGEST, BAD_KEY_CHANGE, BAD_SIGNATURE, BAD_TLV, DEV_KEY_REFUSED, IMAGE_TOO_LARGE, KEY_REVOKED, SLOT_EMPTY, UNKNOWN_KEY,
  WRONG_FAMILY, WRONG_HARDWARE,
} from '../../firmware/errors.js';
import { startWhole } from '../../bootloader/whole.js';
import { parseImage } from '../../firmware/image/format.js';
import type { Trust } from '../../firmware/image/keys.js';
import { pageMatches } from '../../firmware/image/pages.js';
import { SHORT_STEP } from '../../firmware/image/slh-dsa.js';
import { sealOf, signedMessage, startVerifyImage, type LockIdentity, type VerifyInput, type VerifyResult } from '../../firmware/image/verify.js';
import { sha256 } from '../../cli/image/build-image.js';
import { offerOf } from '../../cli/image/read-image.js';
import { slhTools } from '../../virtual-board/slh-tools.js';
import { hashTools, sourceOf } from '../../cli/image/hash-tools.js';
import { readerOf, signedImage, testKey, unsignedImage } from './fixture.js';

const KEY = testKey(1);
const NEW_KEY = testKey(2);
const SLOT_BYTES = 262_144;
const IMAGE = signedImage(unsignedImage(), KEY);
const IDENTITY: LockIdentity = { family: 4, hardware: 2, production: true, keys: [KEY.publicKey, new Uint8Array(32)] };

interface Outcome extends VerifyResult {
  steps: number;
  hashes: number;
}

function verify(bytes: Uint8Array, change: Partial<VerifyInput> = {}): Outcome {
  let hashes = 0;
  const verifying = startVerifyImage({
    source: sourceOf(bytes), offer: false, slot: 0, slotBytes: SLOT_BYTES, identity: IDENTITY, tools: hashTools,
    slh: { ...slhTools, hash: (data) => (hashes++, slhTools.hash(data)) }, ...change,
  });
  let steps = 1;
  let result = verifying.step(SHORT_STEP);
  while (!result) {
    result = verifying.step(SHORT_STEP);
    steps++;
  }
  expect(verifying.step(SHORT_STEP)).toBe(result);
  return { ...result, steps, hashes };
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** The image in a slot that still holds older bytes behind it. */
function inSlot(bytes: Uint8Array): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES).fill(0x5a);
  slot.set(bytes);
  return slot;
}

const info = parseImage(readerOf(IMAGE), IMAGE.length).image!;
const message = signedMessage(info, sourceOf(IMAGE).text, hashTools);
const keyHash = hashTools.toWire(info.keyHash);

describe('a genuine image', () => {
  test('is accepted in full, page after page and then the signature, whatever lies behind it in the slot', () => {
    const result = verify(inSlot(IMAGE));
    expect(result).toMatchObject({ code: 0, sealed: false, imageId: sha256(message), image: { version: { major: 1, minor: 2, revision: 3 } } });
    expect(result.steps).toBeGreaterThan(40);
    expect(result.hashes).toBeGreaterThan(1900);
  });

  test('has as its signed message the title, the digest of header and protected TLVs, and TLV 0x10', () => {
    const header = IMAGE.slice(0, 32);
    const area = IMAGE.slice(info.protectedOffset, info.protectedOffset + info.protectedBytes);
    const expected = Buffer.concat([Buffer.from('deadlatch image v1'), sha256(Buffer.concat([header, area])), info.hash]);
    expect(Buffer.from(message, 'latin1')).toEqual(expected);
  });

  test('with its seal is accepted after the pages, without a signature hash', () => {
    const { seal } = verify(IMAGE);
    const warm = verify(IMAGE, { seal });
    expect(warm).toMatchObject({ code: 0, sealed: true, hashes: 0 });
    expect(warm.steps).toBe(3);
  });

  test('with the seal of the other slot, of another key or of another message is verified again in full', () => {
    const seals = [
      sealOf(message, keyHash, 1, hashTools), sealOf(message, hashTools.toWire(NEW_KEY.publicKey), 0, hashTools), sealOf(message.slice(1), keyHash, 0, hashTools),
      new Uint8Array(32), new Uint8Array(0), new Uint8Array(32).fill(0xff),
    ];
    for (const seal of seals) expect(verify(IMAGE, { seal })).toMatchObject({ code: 0, sealed: false });
  });

  test('where flash is mapped, is hashed in one go instead of page by page: any flipped bit of header, body or TLVs is noticed', () => {
    const { seal } = verify(IMAGE);
    const mapped: Partial<VerifyInput> = { seal: seal!, startPages: startWhole };
    expect(verify(inSlot(IMAGE), mapped)).toMatchObject({ code: 0, sealed: true, hashes: 0, steps: 3 });
    for (let page = 0; page < info.pages; page++) {
      expect(verify(flipped(IMAGE, Math.min(page * 4096 + 100, info.protectedOffset - 1) * 8), mapped).code).toBe(BAD_IMAGE_DIGEST);
    }
    fc.assert(fc.property(fc.nat((info.protectedOffset + info.protectedBytes) * 8 - 1), (bit) => {
      const result = verify(flipped(IMAGE, bit), mapped);
      expect(result.code || !result.sealed, `bit ${bit}`).toBeTruthy();
    }), { numRuns: 60 });
  });

  test('is accepted as an offer, before a single page has arrived', () => {
    expect(verify(offerOf(IMAGE), { offer: true })).toMatchObject({ code: 0, sealed: false, imageId: sha256(message), image: { pages: info.pages } });
  });

  test('proves each page by itself, from the list in its offer', () => {
    const offer = offerOf(IMAGE);
    const offered = verify(offer, { offer: true }).image!;
    for (let page = 0; page < offered.pages; page++) {
      expect(pageMatches(sourceOf(IMAGE), sourceOf(offer), offered, page, hashTools)).toBe(true);
      expect(pageMatches(sourceOf(flipped(IMAGE, page * 4096 * 8 + 5)), sourceOf(offer), offered, page, hashTools)).toBe(false);
    }
  });
});

describe('an image is refused with a code of its own:', () => {
  const device = (change: Partial<LockIdentity>): Partial<VerifyInput> => ({ identity: { ...IDENTITY, ...change } });
  const body = 32 + 5000;
  const signature = info.signatureOffset + 4000;
  test.each<[string, number, Uint8Array, Partial<VerifyInput>]>([
    ['an erased slot', SLOT_EMPTY, new Uint8Array(SLOT_BYTES).fill(0xff), {}],
    ['a foreign header', BAD_HEADER, flipped(IMAGE, 0), {}],
    ['a broken TLV', BAD_TLV, flipped(IMAGE, info.protectedOffset * 8), {}],
    ['larger than the slot', IMAGE_TOO_LARGE, IMAGE, { slotBytes: IMAGE.length - 1 }],
    ['another chip family', WRONG_FAMILY, IMAGE, device({ family: 1 })],
    ['an older hardware revision', WRONG_HARDWARE, IMAGE, device({ hardware: 0 })],
    ['a newer hardware revision', WRONG_HARDWARE, IMAGE, device({ hardware: 4 })],
    ['an unknown key', UNKNOWN_KEY, IMAGE, device({ keys: [NEW_KEY.publicKey, new Uint8Array(32)] })],
    ['no key in the lock', UNKNOWN_KEY, IMAGE, device({ keys: [new Uint8Array(32), new Uint8Array(32)] })],
    ['a bit of the body', BAD_IMAGE_DIGEST, flipped(IMAGE, body * 8), {}],
    ['a bit of the signature', BAD_SIGNATURE, flipped(IMAGE, signature * 8), {}],
    ['a bit of TLV 0x10', BAD_SIGNATURE, flipped(IMAGE, (info.signatureOffset - 50) * 8), {}],
    ['a bit of the security counter', BAD_SIGNATURE, flipped(IMAGE, (info.protectedOffset + 8) * 8), {}],
  ])('%s', (_, code, bytes, change) => {
    expect(verify(bytes, change).code).toBe(code);
  });

  test('a dev image on a production board, and the same image passes on a dev board', () => {
    const dev = signedImage(unsignedImage(500, { channel: 'dev' }), KEY);
    expect(verify(dev).code).toBe(DEV_KEY_REFUSED);
    expect(verify(dev, device({ production: false })).code).toBe(0);
  }, 120_000);

  test('a step that the interpreter leaves in the middle is a bad signature for ever', () => {
    const seen: (VerifyResult | undefined)[] = [];
    // What out of memory does cannot be done in Node; what it leaves behind is what a step inside a step finds.
    const verifying = startVerifyImage({
      source: sourceOf(IMAGE), offer: false, slot: 0, slotBytes: SLOT_BYTES, identity: IDENTITY, slh: slhTools,
      tools: { ...hashTools, sha256: (data) => {
        const result = verifying.step(SHORT_STEP);
        seen.push(result && { ...result });
        return hashTools.sha256(data);
      } },
    });
    verifying.step(SHORT_STEP);
    expect(seen.length).toBeGreaterThan(2);
    for (const result of seen) expect(result).toMatchObject({ code: BAD_SIGNATURE });
  });

  test('a signature that throws or a region that cannot be read is a bad signature, not a crash', () => {
    const broken = () => { throw new Error('flash is gone'); };
    expect(verify(IMAGE, { source: { read: readerOf(IMAGE), text: broken } }).code).toBe(BAD_SIGNATURE);
    expect(verify(IMAGE, { source: { read: broken, text: broken } }).code).toBe(BAD_SIGNATURE);
  });
});

describe('a key change', () => {
  const changing = signedImage(unsignedImage(600, { version: '2.0.0', keyChange: { epoch: 2, key: NEW_KEY.publicKey } }), KEY);
  const id = verify(changing).imageId!;
  const trust = (keyEpoch: number, key: Uint8Array, imageId: Uint8Array = new Uint8Array(32)): Partial<VerifyInput> => ({ trust: { keyEpoch, key, imageId } satisfies Trust });

  test('is accepted from an older epoch and told in the result', () => {
    expect(verify(changing)).toMatchObject({ code: 0, image: { keyChange: { epoch: 2, key: NEW_KEY.publicKey } } });
    expect(verify(changing, trust(1, KEY.publicKey)).code).toBe(0);
  });

  test('to an epoch that does not rise is BAD_KEY_CHANGE', () => {
    expect(verify(changing, trust(2, KEY.publicKey)).code).toBe(BAD_KEY_CHANGE);
    expect(verify(changing, trust(3, KEY.publicKey)).code).toBe(BAD_KEY_CHANGE);
  });

  test('once confirmed, revokes its own signer for all images but itself, sealed or not', () => {
    expect(verify(changing, trust(2, NEW_KEY.publicKey, id)).code).toBe(0);
    expect(verify(IMAGE, trust(2, NEW_KEY.publicKey, id)).code).toBe(KEY_REVOKED);
    expect(verify(IMAGE, { ...trust(2, NEW_KEY.publicKey, id), seal: verify(IMAGE).seal }).code).toBe(KEY_REVOKED);
  });

  test('by a key the lock never had leaves the confirmed image valid by its id, but not with another body', () => {
    const lock = { ...trust(2, NEW_KEY.publicKey, id), identity: { ...IDENTITY, keys: [testKey(3).publicKey] } };
    expect(verify(changing, lock)).toMatchObject({ code: 0, hashes: 0 });
    expect(verify(flipped(changing, 100 * 8), lock).code).toBe(BAD_IMAGE_DIGEST);
    expect(verify(flipped(changing, (32 + 600 + 8) * 8), lock).code).toBe(KEY_REVOKED);
  });
}, 120_000);

describe('whatever single bit is changed', () => {
  test('in the image, it is refused', () => {
    fc.assert(fc.property(fc.nat(IMAGE.length * 8 - 1), (bit) => verify(flipped(IMAGE, bit)).code !== 0), { numRuns: 60 });
  });

  test('in what a seal covers, the seal no longer counts', () => {
    const { seal } = verify(IMAGE);
    const before = fc.nat(info.signatureOffset * 8 - 1);
    fc.assert(fc.property(before, (bit) => verify(flipped(IMAGE, bit), { seal }).code !== 0), { numRuns: 150 });
  });
});
