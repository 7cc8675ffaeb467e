import { describe, expect, test } from 'vitest';
import { BAD_KEY_CHANGE, KEY_REVOKED, UNKNOWN_KEY } from '../../firmware/errors.js';
import { checkKeyEpoch, keysAfter, signerOf, type Trust } from '../../firmware/image/keys.js';
import { sha256 } from '../../cli/image/build-image.js';

const bytes = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const NONE = bytes(0);
const [FACTORY, SECOND, NEW, NEWER, STRANGER] = [bytes(1), bytes(2), bytes(3), bytes(4), bytes(5)] as const;
const [CONFIRMED_ID, OTHER_ID] = [bytes(10), bytes(11)] as const;
const trust = (keyEpoch: number, key: Uint8Array): Trust => ({ keyEpoch, key, imageId: CONFIRMED_ID });
const ask = (key: Uint8Array, imageId: Uint8Array, confirmed: Trust | undefined, factory = [FACTORY, NONE]) => signerOf(sha256(key), imageId, factory, confirmed, sha256);

describe('whose signature counts', () => {
  test.each([
    ['nothing was ever confirmed', undefined],
    ['no key was ever changed', trust(0, NONE)],
  ])('the factory keys, while %s', (_, confirmed) => {
    expect(ask(FACTORY, OTHER_ID, confirmed)).toEqual({ code: 0, key: FACTORY });
    expect(ask(SECOND, OTHER_ID, confirmed, [FACTORY, SECOND])).toEqual({ code: 0, key: SECOND });
    expect(ask(STRANGER, OTHER_ID, confirmed)).toEqual({ code: UNKNOWN_KEY });
    expect(ask(STRANGER, CONFIRMED_ID, confirmed)).toEqual({ code: UNKNOWN_KEY });
  });

  test('a blank second key is no key, although its digest is known to everybody', () => {
    expect(ask(NONE, OTHER_ID, undefined)).toEqual({ code: UNKNOWN_KEY });
    expect(ask(NONE, OTHER_ID, trust(0, NONE))).toEqual({ code: UNKNOWN_KEY });
  });

  test('after a key change only the new key, for every image but the confirmed one', () => {
    expect(ask(NEW, OTHER_ID, trust(1, NEW))).toEqual({ code: 0, key: NEW });
    expect(ask(NEW, CONFIRMED_ID, trust(1, NEW))).toEqual({ code: 0, key: NEW });
    for (const key of [FACTORY, SECOND, STRANGER, NONE]) {
      expect(ask(key, OTHER_ID, trust(1, NEW), [FACTORY, SECOND])).toEqual({ code: KEY_REVOKED });
    }
  });

  test('the confirmed image itself stays valid: by the factory key that brought the change, or by its id where that key is gone too', () => {
    expect(ask(FACTORY, CONFIRMED_ID, trust(1, NEW))).toEqual({ code: 0, key: FACTORY });
    expect(ask(NEW, CONFIRMED_ID, trust(2, NEWER))).toEqual({ code: 0 });
    expect(ask(NEW, OTHER_ID, trust(2, NEWER))).toEqual({ code: KEY_REVOKED });
  });
});

describe('a key change', () => {
  const change = (epoch: number, key = NEWER): { epoch: number; key: Uint8Array } => ({ epoch, key });

  test('must raise the epoch, or repeat the one the lock has with the same key', () => {
    expect(checkKeyEpoch(undefined, trust(3, NEW))).toBe(0);
    expect(checkKeyEpoch(change(1), undefined)).toBe(0);
    expect(checkKeyEpoch(change(4), trust(3, NEW))).toBe(0);
    expect(checkKeyEpoch(change(3, NEW), trust(3, NEW))).toBe(0);
    expect(checkKeyEpoch(change(3), trust(3, NEW))).toBe(BAD_KEY_CHANGE);
    expect(checkKeyEpoch(change(2, NEW), trust(3, NEW))).toBe(BAD_KEY_CHANGE);
    expect(checkKeyEpoch(change(0), undefined)).toBe(BAD_KEY_CHANGE);
  });

  test('takes hold with the confirmation, and what was confirmed is kept otherwise', () => {
    expect(keysAfter(undefined, undefined)).toEqual({ keyEpoch: 0, key: NONE });
    expect(keysAfter(undefined, trust(3, NEW))).toEqual({ keyEpoch: 3, key: NEW });
    expect(keysAfter(change(1), undefined)).toEqual({ keyEpoch: 1, key: NEWER });
    expect(keysAfter(change(4), trust(3, NEW))).toEqual({ keyEpoch: 4, key: NEWER });
    expect(keysAfter(change(3, NEW), trust(3, NEW))).toEqual({ keyEpoch: 3, key: NEW });
  });
});
