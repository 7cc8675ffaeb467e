/** Whose signature a lock accepts, and what a key change does to that. Pure functions. */
import { BAD_KEY_CHANGE, KEY_REVOKED, UNKNOWN_KEY, type ErrorCode } from '../errors.js';
import type { KeyChange } from './format.js';

/**
 * What the lock has confirmed so far (the journal's CONFIRM payload, or its copy in the record store). Epoch 0: the keys from the
 * factory count. Above: only `key` does, for new images.
 */
export interface Trust {
  keyEpoch: number;
  /** 32 bytes; without meaning at epoch 0. */
  key: Uint8Array;
  /** Image id of the confirmed image, 32 bytes. */
  imageId: Uint8Array;
}

/** `code` 0 and a key: verify with it. `code` 0 and no key: the confirmed image itself, whose id in the journal stands for its signature. */
export interface Signer {
  code: ErrorCode;
  key?: Uint8Array;
}

/** Of public bytes: not in constant time. Joined, because that is one native call and a loop over digests takes six times as long. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.join() === b.join();
}

/**
 * The key that must have signed the image with `keyHash` and `imageId`. UNKNOWN_KEY: none of this lock's keys. KEY_REVOKED: a key
 * change is confirmed and this image is signed by another key. The confirmed image stays valid whatever key signed it: a change
 * that revokes its own signer must not cost the lock the image that brought it.
 * `factoryKeys`: 32 bytes each; one of zeros is no key.
 */
export function signerOf(
  keyHash: Uint8Array, imageId: Uint8Array, factoryKeys: readonly Uint8Array[], trust: Trust | undefined,
  sha256: (data: Uint8Array) => Uint8Array,
): Signer {
  const changed = !!trust && trust.keyEpoch > 0;
  if (changed && bytesEqual(sha256(trust.key), keyHash)) return { code: 0, key: trust.key };
  const confirmed = changed && bytesEqual(trust.imageId, imageId);
  if (!changed || confirmed) {
    for (let i = 0; i < factoryKeys.length; i++) {
      const key = factoryKeys[i]!;
      if (!isBlank(key) && bytesEqual(sha256(key), keyHash)) return { code: 0, key };
    }
  }
  if (confirmed) return { code: 0 };
  return { code: changed ? KEY_REVOKED : UNKNOWN_KEY };
}

/**
 * Whether a lock may take an image with this key change: 0 or BAD_KEY_CHANGE. Epochs only rise; the epoch the lock already has is
 * allowed with the very same key, so that later releases may carry the change on for locks that missed it.
 */
export function checkKeyEpoch(change: KeyChange | undefined, trust: Trust | undefined): ErrorCode {
  const epoch = trust ? trust.keyEpoch : 0;
  if (!change || change.epoch > epoch) return 0;
  return trust && change.epoch === epoch && bytesEqual(change.key, trust.key) ? 0 : BAD_KEY_CHANGE;
}

/** Key epoch and key to write with the confirmation of an image that carries `change`. */
export function keysAfter(change: KeyChange | undefined, trust: Trust | undefined): { keyEpoch: number; key: Uint8Array } {
  if (change && (!trust || change.epoch > trust.keyEpoch)) return { keyEpoch: change.epoch, key: change.key };
  return trust ? { keyEpoch: trust.keyEpoch, key: trust.key } : { keyEpoch: 0, key: new Uint8Array(32) };
}

/** No key: 32 zeros. */
function isBlank(key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (key[i]) return false;
  return true;
}
