/** The record of owners' keys: a model with a map, every order of changes, and bytes that are no record. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freeOwner, OWNER_KEY_BYTES, ownerEpoch, ownerKey, OWNERS_MAX, withOwner, withoutOwner, withoutOwners } from '../../firmware/lock/owners.js';

const keyOf = (seed: number): Uint8Array => new Uint8Array(OWNER_KEY_BYTES).fill(seed);

describe('the record of owners', () => {
  test('is three bytes and the keys, in the order of their owners', () => {
    const record = withOwner(withOwner(undefined, 3, keyOf(0x33)), 1, keyOf(0x11));
    expect([...record]).toEqual([1, 0, 0b101, ...keyOf(0x11), ...keyOf(0x33)]);
    let full: Uint8Array | undefined;
    for (let owner = 1; owner <= OWNERS_MAX; owner++) full = withOwner(full, freeOwner(full), keyOf(owner));
    expect(full!.length).toBe(259);
    expect(freeOwner(full)).toBe(0);
  });

  test('after any changes it holds who was added and not removed, each with his own key', () => {
    const change = fc.record({ owner: fc.integer({ min: 1, max: OWNERS_MAX }), seed: fc.nat(255), reset: fc.nat(20).map((n) => n === 0) });
    fc.assert(fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      let record: Uint8Array | undefined;
      let epoch = 1;
      const model = new Map<number, Uint8Array>();
      for (const { owner, seed, reset } of changes) {
        if (reset) {
          record = withoutOwners(record);
          model.clear();
          epoch++;
        } else if (model.delete(owner)) record = withoutOwner(record!, owner);
        else {
          model.set(owner, keyOf(seed));
          record = withOwner(record, owner, keyOf(seed));
        }
        for (let each = 0; each <= OWNERS_MAX + 1; each++) expect(ownerKey(record, each)).toEqual(model.get(each));
        expect(ownerEpoch(record)).toBe(epoch);
        expect(record?.length ?? 3).toBe(3 + OWNER_KEY_BYTES * model.size);
      }
    }));
  });

  test('bytes of another length are nobody\'s, and the next owner begins a new record', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const owners = bytes.length < 3 ? 0 : bytes[2]!.toString(2).replaceAll('0', '').length;
      fc.pre(bytes.length < 3 || bytes.length !== 3 + OWNER_KEY_BYTES * owners);
      for (let owner = 1; owner <= OWNERS_MAX; owner++) expect(ownerKey(bytes, owner)).toBeUndefined();
      expect(withOwner(bytes, 2, keyOf(7))).toEqual(withOwner(undefined, 2, keyOf(7)));
    }));
  });

  test('the epoch stops at its highest', () => {
    expect(ownerEpoch(withoutOwners(new Uint8Array([0xff, 0xff, 0])))).toBe(0xffff);
    expect(ownerEpoch(withoutOwners(new Uint8Array([0xff, 0, 0])))).toBe(0x100);
  });
});
