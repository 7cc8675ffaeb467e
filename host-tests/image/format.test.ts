import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BAD_HEADER, BAD_KEY_CHANGE, BAD_PAGE_LIST, BAD_TLV, IMAGE_TOO_LARGE, SLOT_EMPTY } from '../../firmware/errors.js';
import { FIXED_PROTECTED_BYTES, HEADER_BYTES, offerBytes, pageBytes, parseImage, parseOffer, UNPROTECTED_BYTES } from '../../firmware/image/format.js';
import { offerOf, withSignature } from '../../cli/image/read-image.js';
import { readerOf, unsignedImage } from './fixture.js';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
/** A body small enough that mutations often hit what is not body. No key signs here: the parser does not look at signatures. */
const BODY_BYTES = 4100;
const whole = (keyed = false): Uint8Array => withSignature(
  unsignedImage(BODY_BYTES, keyed ? { keyChange: { epoch: 2, key: KEY } } : {}), new Uint8Array(32).fill(9), new Uint8Array(7856).fill(1),
);
const codeOf = (bytes: Uint8Array, limit = bytes.length): number => parseImage(readerOf(bytes), limit).code;
const PROTECTED = HEADER_BYTES + BODY_BYTES;

function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

/** The image with `count` bytes at `at` replaced by `insert`, and the protected area's totals corrected. */
function spliced(bytes: Uint8Array, at: number, count: number, insert: Uint8Array): Uint8Array {
  const copy = new Uint8Array(Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + count)]));
  const view = new DataView(copy.buffer);
  const total = view.getUint16(10, true) + insert.length - count;
  view.setUint16(10, total, true);
  view.setUint16(PROTECTED + 2, total, true);
  return copy;
}

describe('an image that was built', () => {
  test('is read back field by field', () => {
    const { code, image } = parseImage(readerOf(whole(true)), 1 << 20);
    expect(code).toBe(0);
    expect(image).toMatchObject({
      headerBytes: 32, bodyBytes: BODY_BYTES, version: { major: 1, minor: 2, revision: 3, build: 0 }, counter: 7, family: 4, hardwareMin: 1, hardwareMax: 3,
      channel: 0, minUpdater: 0, releaseType: 1, keyChange: { epoch: 2, key: KEY }, pages: 2, keyHash: new Uint8Array(32).fill(9),
    });
    expect(pageBytes(image!, 0)).toBe(4096);
    expect(pageBytes(image!, 1)).toBe(36);
  });

  test('gives the same facts as an offer, with offsets that count without the body', () => {
    const bytes = whole();
    const image = parseImage(readerOf(bytes), bytes.length).image!;
    const offer = offerOf(bytes);
    const offered = parseOffer(readerOf(offer), bytes.length).image!;
    expect(offer.length).toBe(offerBytes(image));
    expect(offered).toEqual({
      ...image, protectedOffset: 32, pageListOffset: image.pageListOffset - BODY_BYTES, signatureOffset: image.signatureOffset - BODY_BYTES,
    });
    expect(offer.length).toBe(offered.signatureOffset + 7856);
  });

  test('fits a slot of exactly its size and none that is a byte smaller, as image and as offer', () => {
    const bytes = whole();
    expect(codeOf(bytes, bytes.length)).toBe(0);
    expect(codeOf(bytes, bytes.length - 1)).toBe(IMAGE_TOO_LARGE);
    expect(parseOffer(readerOf(offerOf(bytes)), bytes.length - 1).code).toBe(IMAGE_TOO_LARGE);
  });
});

describe('a header is refused when', () => {
  const bytes = whole();
  test.each([
    ['the magic is wrong', changed(bytes, 0, 0)],
    ['it has a load address', changed(bytes, 7, 1)],
    ['it is longer than 32 bytes', changed(bytes, 8, 33)],
    ['flags are set', changed(bytes, 16, 1)],
    ['high flags are set', changed(bytes, 19, 0x80)],
    ['its padding is used', changed(bytes, 31, 1)],
    ['there is no body', changed(bytes, 12, 0, 0, 0, 0)],
    ['only a part of it is there', bytes.slice(0, 31)],
    ['nothing is there', new Uint8Array(0)],
  ])('%s: BAD_HEADER', (_, image) => {
    expect(codeOf(image, 1 << 20)).toBe(BAD_HEADER);
  });

  test('the slot is erased flash: SLOT_EMPTY for a slot, BAD_HEADER for an offer', () => {
    const erased = new Uint8Array(8192).fill(0xff);
    expect(codeOf(erased)).toBe(SLOT_EMPTY);
    expect(parseOffer(readerOf(erased), 8192).code).toBe(BAD_HEADER);
  });

  test('a body of 4 GB: IMAGE_TOO_LARGE, nothing more is read', () => {
    const reads: number[] = [];
    const image = changed(bytes, 12, 0xff, 0xff, 0xff, 0xff);
    const parsed = parseImage((offset, length) => {
      reads.push(offset + length);
      return image.slice(offset, offset + length);
    }, 262_144);
    expect(parsed).toEqual({ code: IMAGE_TOO_LARGE });
    expect(Math.max(...reads)).toBe(32);
  });
});

describe('TLVs are refused when', () => {
  const bytes = whole();
  const counter = PROTECTED + 4;
  const family = PROTECTED + 12;
  const list = PROTECTED + FIXED_PROTECTED_BYTES;
  const unprotected = bytes.length - UNPROTECTED_BYTES;
  test.each([
    ['the protected area has another magic', changed(bytes, PROTECTED, 0x07)],
    ['the protected area says another length than the header', changed(bytes, PROTECTED + 2, bytes[PROTECTED + 2]! + 1)],
    ['the header says another length than the protected area', changed(bytes, 10, bytes[10]! - 1)],
    ['the counter is repeated', spliced(bytes, counter, 0, bytes.slice(counter, counter + 8))],
    ['the family is repeated', spliced(bytes, family, 0, bytes.slice(family, family + 5))],
    ['the counter is missing', spliced(bytes, counter, 8, new Uint8Array(0))],
    ['counter and family change places', spliced(bytes, counter, 13, Buffer.concat([bytes.slice(family, family + 5), bytes.slice(counter, counter + 8)]))],
    ['an unknown one stands between', spliced(bytes, list, 0, Uint8Array.of(0xab, 0, 1, 0, 5))],
    ['bytes follow the page list inside the area', spliced(bytes, unprotected, 0, Uint8Array.of(0))],
    ['the page list is repeated', spliced(bytes, list, 0, bytes.slice(list, unprotected))],
    ['a type has a high byte', changed(bytes, counter + 1, 1)],
    ['a length has a high byte', changed(bytes, counter + 3, 1)],
    ['the hardware range is empty', changed(bytes, PROTECTED + 21, 4, 0, 3, 0)],
    ['the channel is unknown', changed(bytes, PROTECTED + 53, 3)],
    ['the release type is unknown', changed(bytes, PROTECTED + 64, 3)],
    ['the unprotected area has another magic', changed(bytes, unprotected, 0x08)],
    ['the unprotected total is wrong', changed(bytes, unprotected + 2, bytes[unprotected + 2]! + 1)],
    ['the digest has another length', changed(bytes, unprotected + 6, 31)],
    ['the key hash is an Ed25519 signature', changed(bytes, unprotected + 40, 0x24)],
    ['digest and key hash change places', changed(changed(bytes, unprotected + 4, 0x01), unprotected + 40, 0x10)],
    ['the signature has another length', changed(bytes, unprotected + 78, 0)],
  ])('%s: BAD_TLV', (_, image) => {
    expect(codeOf(image, 1 << 20)).toBe(BAD_TLV);
  });

  test.each([
    ['has a digest too many', spliced(bytes, unprotected, 0, new Uint8Array(32)), 96],
    ['has a digest too few', spliced(bytes, unprotected - 32, 32, new Uint8Array(0)), 32],
  ])('the page list %s: BAD_PAGE_LIST', (_, image, length) => {
    expect(codeOf(changed(image, list + 2, length), 1 << 20)).toBe(BAD_PAGE_LIST);
  });

  test('the key change has epoch 0 or a blank key: BAD_KEY_CHANGE', () => {
    const keyed = whole(true);
    const value = PROTECTED + FIXED_PROTECTED_BYTES + 4;
    expect(codeOf(changed(keyed, value, 0, 0, 0, 0))).toBe(BAD_KEY_CHANGE);
    expect(codeOf(changed(keyed, value + 4, ...new Uint8Array(32)))).toBe(BAD_KEY_CHANGE);
    expect(codeOf(changed(keyed, value + 4, ...new Uint8Array(32).fill(0xff)))).toBe(BAD_KEY_CHANGE);
  });
});

describe('whatever the bytes are', () => {
  const bytes = whole(true);
  const structure = [...Array(HEADER_BYTES).keys(), ...Array(400).keys()].map((at, i) => (i < HEADER_BYTES ? at : PROTECTED + at));

  test('a cut at any place is refused', () => {
    fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => codeOf(bytes.slice(0, length), length) !== 0));
  });

  test('a change is refused or shows up in what was parsed, and never throws', () => {
    const good = JSON.stringify(parseImage(readerOf(bytes), bytes.length));
    const opaque = (at: number): boolean => at >= PROTECTED + FIXED_PROTECTED_BYTES + 44;
    fc.assert(fc.property(fc.constantFrom(...structure), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const parsed = parseImage(readerOf(changed(bytes, at, bytes[at]! ^ flip)), bytes.length);
      return parsed.code !== 0 || JSON.stringify(parsed) !== good || opaque(at);
    }), { numRuns: 2000 });
  });

  test('a code of 0 comes with an image, any other code without one', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...structure), fc.nat(255)), { maxLength: 6 }), fc.nat(20_000), (changes, limit) => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      for (const parse of [parseImage, parseOffer]) {
        const { code, image } = parse(readerOf(copy), limit);
        if ((code === 0) !== (image !== undefined)) return false;
        if (image && image.totalBytes > limit) return false;
      }
      return true;
    }), { numRuns: 1000 });
  });

  test('random bytes are refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (random) => codeOf(random, 262_144) !== 0 && parseOffer(readerOf(random), 262_144).code !== 0));
  });
});
