/** The short way of an ordinary day: it may be taken only where the decision table has one answer, and only for the very image that was confirmed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOrdinary, type Boot } from '../../bootloader/boot.js';
import { decide, RUN } from '../../bootloader/decide.js';
import { factsOf } from '../../bootloader/rare.js';
import { recognise } from '../../bootloader/recognise.js';
import { hashTools, sourceOf } from '../../cli/image/hash-tools.js';
import { parseImage } from '../../firmware/image/format.js';
import { sealOf, signedMessage } from '../../firmware/image/verify.js';
import type { ResetCause } from '../../firmware/platform/types.js';
import { readerOf, signedImage, testKey, unsignedImage } from '../image/fixture.js';

const IMAGE = signedImage(unsignedImage(), testKey(1));
const SLOT_BYTES = 262_144;
const info = parseImage(readerOf(IMAGE), IMAGE.length).image!;
const message = signedMessage(info, sourceOf(IMAGE).text, hashTools);
const imageId = hashTools.sha256(message);
const seal = sealOf(message, hashTools.toWire(info.keyHash), 1, hashTools);
const body = Buffer.from(IMAGE.subarray(32, 32 + info.bodyBytes)).toString('latin1');

/** A slot that held something larger before. */
function slotWith(image: Uint8Array): ReturnType<typeof sourceOf> {
  const slot = new Uint8Array(SLOT_BYTES).fill(0x5a);
  slot.set(image);
  return sourceOf(slot);
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1 << bit;
  return copy;
}

describe('recognising the confirmed image', () => {
  test('gives its text, whatever lies behind it in the slot', () => {
    expect(recognise(slotWith(IMAGE), 1, imageId, seal, hashTools)).toBe(body);
  });

  test('a flipped bit in header, body, protected TLVs or key hash is not overlooked', () => {
    const covered = 32 + info.bodyBytes + info.protectedBytes;
    const keyHashAt = covered + 44;
    const places = [...Array(32).keys(), ...Array.from({ length: 60 }, (_, step) => 32 + Math.floor(step * (covered - 32) / 60)), keyHashAt, keyHashAt + 31];
    for (const at of places) for (const bit of [0, 7]) expect(recognise(slotWith(flipped(IMAGE, at, bit)), 1, imageId, seal, hashTools), `byte ${at}, bit ${bit}`).toBe('');
  });

  test('another image, the seal of the other slot, of another key, or none at all is looked at more closely', () => {
    const other = signedImage(unsignedImage(10_000, { version: '1.2.4' }), testKey(1));
    expect(recognise(slotWith(other), 1, imageId, seal, hashTools)).toBe('');
    expect(recognise(slotWith(IMAGE), 0, imageId, seal, hashTools)).toBe('');
    expect(recognise(slotWith(IMAGE), 1, imageId, sealOf(message, hashTools.toWire(testKey(2).publicKey), 1, hashTools), hashTools)).toBe('');
    expect(recognise(slotWith(IMAGE), 1, imageId, new Uint8Array(32), hashTools)).toBe('');
    expect(recognise(slotWith(IMAGE), 1, imageId, new Uint8Array(0), hashTools)).toBe('');
  });

  test('whatever a slot holds, nothing is thrown and nothing is recognised', () => {
    expect(recognise(sourceOf(new Uint8Array(SLOT_BYTES).fill(0xff)), 1, imageId, seal, hashTools)).toBe('');
    expect(recognise(sourceOf(new Uint8Array(0)), 1, imageId, seal, hashTools)).toBe('');
    fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 4096 }), (bytes) => {
      expect(recognise(sourceOf(bytes), 1, imageId, seal, hashTools)).toBe('');
    }), { numRuns: 200 });
  });
});

describe('an ordinary start', () => {
  const cause = fc.constantFrom<ResetCause>('unknown', 'powerOn', 'pin', 'software', 'watchdog', 'brownOut', 'deepSleep');
  /** As it is on most days, one time in eight not. */
  const mostly = (value: boolean): fc.Arbitrary<boolean> => fc.nat(7).map((dice) => (dice ? value : !value));
  const start = fc.record({
    counts: fc.tuple(fc.nat(4), fc.nat(12), fc.nat(12), fc.constantFrom(0, 0, 0, 1), fc.constantFrom(0, 0, 0, 1), fc.nat(16)), cause, slot: fc.constantFrom(0 as const, 1 as const),
    identity: mostly(true), sure: mostly(true), valid: mostly(true), confirmed: mostly(true), trial: mostly(false), strapClosed: mostly(false), keyDown: mostly(false),
    otherOnceConfirmed: fc.boolean(), powerForRadio: fc.boolean(),
  });

  test('is one on which the decision table runs the confirmed image, if it verifies: row 4 and nothing else', () => {
    let ordinary = 0;
    fc.assert(fc.property(start, (given) => {
      const image = { slot: given.slot, version: info.version, imageId };
      const boot = {
        findings: {
          identityRecord: given.identity ? {} : undefined, strapClosed: given.strapClosed, keyDown: given.keyDown, cause: given.cause,
          journal: { sure: given.sure && given.valid, valid: given.valid, firstUnused: () => 0 },
        },
        counts: new Uint8Array(given.counts), asleep: given.cause === 'deepSleep',
        confirmedImage: given.confirmed && given.valid ? { ...image, counter: 1, keyEpoch: 0, key: new Uint8Array(32) } : undefined,
        onTrial: given.trial,
      } as unknown as Boot;
      if (!isOrdinary(boot)) return;
      ordinary++;
      const facts = factsOf(boot, given.trial ? { ...image, slot: given.slot ? 0 : 1 } : undefined, given.otherOnceConfirmed, given.powerForRadio);
      facts.checked[given.slot] = 0;
      expect(decide(facts)).toEqual({ do: RUN, row: 4, slot: given.slot, trial: false, degraded: false, reason: 0 });
    }), { numRuns: 10_000, seed: 7 });
    expect(ordinary).toBeGreaterThan(300);
  });
});
