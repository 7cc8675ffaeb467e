/**
 * Is what lies in this slot, or in this offer, an image this lock may run? In steps, so that keys are scanned between them:
 * format, family and hardware, key, then every page, then the signature or the seal of an earlier verification.
 */
import {
  BAD_SIGNATURE, DEV_KEY_REFUSED, WRONG_FAMILY, WRONG_HARDWARE, type ErrorCode,
} from '../errors.js';
import { CHANNEL_DEV, HEADER_BYTES, parseImage, parseOffer, SIGNATURE_BYTES, type ImageInfo } from './format.js';
import { bytesEqual, checkKeyEpoch, signerOf, type Trust } from './keys.js';
import type { Wire } from '../platform/types.js';
import { startPages, type HashTools, type ImageSource } from './pages.js';
import { startVerify, type SlhTools, type Verifying } from './slh-dsa.js';

/** What this lock is: facts of its identity record. */
export interface LockIdentity {
  family: number;
  hardware: number;
  production: boolean;
  /** Public keys from the factory, 32 bytes each; zeros = none. */
  keys: readonly Uint8Array[];
}

export interface VerifyInput {
  /** The slot's region, or the region with the staged offer. */
  source: ImageSource;
  /** `source` holds an offer: no pages are checked, and no seal counts. */
  offer: boolean;
  /** Which slot the seal is for. */
  slot: 0 | 1;
  slotBytes: number;
  identity: LockIdentity;
  /** The merged CONFIRM record; undefined when nothing was ever confirmed. */
  trust?: Trust | undefined;
  /** The slot's recorded seal, if it was not voided: where it fits, the signature is not verified again. */
  seal?: Uint8Array | undefined;
  tools: HashTools;
  slh: SlhTools;
  /** Another way to check the body than page by page with the page list, with the arguments and answers of `startPages`. */
  startPages?: typeof startPages;
}

export interface VerifyResult {
  /** 0: genuine, complete and for this lock. */
  code: ErrorCode;
  /** There from the moment the format was right, whatever `code` says. Not to be believed unless `code` is 0. */
  image?: ImageInfo;
  /** SHA-256 of the signed message; there from the moment format and fit were right. */
  imageId?: Uint8Array;
  /** The seal to record for this slot once `code` is 0 and `sealed` is false. */
  seal?: Uint8Array;
  /** The recorded seal fitted. */
  sealed: boolean;
}

export interface VerifyingImage {
  /** Undefined: go on. `most`: for the steps of `slh-dsa.ts`; no other takes more than 25 ms on an ESP32. After the end it gives the same result again. */
  step(most: number): VerifyResult | undefined;
}

/**
 * What the signature is over, 82 bytes: "deadlatch image v1" | SHA-256(header | protected TLVs) | value of TLV 0x10. Always computed
 * from the bytes in flash: TLV 0x10 alone says nothing about header and TLVs that a lock does not re-hash.
 */
export function signedMessage(image: ImageInfo, text: (offset: number, length: number) => Wire, tools: HashTools): Wire {
  return messageOf(text(0, HEADER_BYTES) + text(image.protectedOffset, image.protectedBytes), tools.toWire(image.hash), tools);
}

/** The same of header and protected TLVs, and SHA-256 of header, body and protected TLVs. */
export function messageOf(covered: Wire, hash: Wire, tools: HashTools): Wire {
  return 'deadlatch image v1' + tools.toWire(tools.sha256(covered)) + hash;
}

/** The seal of a slot: SHA-256(signed message | key hash | slot). */
export function sealOf(message: Wire, keyHash: Wire, slot: number, tools: HashTools): Uint8Array {
  return tools.sha256(message + keyHash + String.fromCharCode(slot));
}

/** Whether the image is for this lock: 0, WRONG_FAMILY, WRONG_HARDWARE or DEV_KEY_REFUSED. */
export function checkFit(image: ImageInfo, identity: LockIdentity): ErrorCode {
  if (image.family !== identity.family) return WRONG_FAMILY;
  if (identity.hardware < image.hardwareMin || identity.hardware > image.hardwareMax) return WRONG_HARDWARE;
  return image.channel === CHANNEL_DEV && identity.production ? DEV_KEY_REFUSED : 0;
}

/**
 * Starts a verification; nothing happens before the first step. Whatever throws on the way counts as a bad signature, and so does a step that
 * did not come to its end.
 * Codes: those of `parseImage`, `checkFit`, `signerOf`, `checkKeyEpoch`, BAD_IMAGE_DIGEST, BAD_SIGNATURE.
 */
export function startVerifyImage(input: VerifyInput): VerifyingImage {
  const result: VerifyResult = { code: BAD_SIGNATURE, sealed: false };
  let message: Wire;
  let key: Uint8Array | undefined;
  let pages: (() => ErrorCode) | undefined;
  let signature: Verifying | undefined;
  let finished = false;

  function finish(code: ErrorCode): boolean {
    result.code = code;
    return true;
  }

  /** Format and fit, then key and seal: 25 ms on an ESP32 (calculated). */
  function parse(): boolean {
    const parsed = (input.offer ? parseOffer : parseImage)(input.source.read, input.slotBytes);
    const image = parsed.image;
    if (!image) return finish(parsed.code);
    result.image = image;
    const misfit = checkFit(image, input.identity);
    return misfit ? finish(misfit) : judge(image);
  }

  /** Key and seal. */
  function judge(image: ImageInfo): boolean {
    const sha256 = input.tools.sha256;
    message = signedMessage(image, input.source.text, input.tools);
    result.imageId = sha256(message);
    const signer = signerOf(image.keyHash, result.imageId, input.identity.keys, input.trust, sha256);
    key = signer.key;
    const code = signer.code || checkKeyEpoch(image.keyChange, input.trust);
    if (code) return finish(code);
    if (!input.offer) {
      result.seal = sealOf(message, input.tools.toWire(image.keyHash), input.slot, input.tools);
      result.sealed = !!input.seal && bytesEqual(input.seal, result.seal);
      pages = (input.startPages || startPages)(input.source, input.source, image, input.tools);
    }
    return false;
  }

  function turn(most: number): boolean {
    const image = result.image;
    if (!image) return parse();
    if (pages) {
      const code = pages();
      if (code > 0) return finish(code);
      if (code === 0) pages = undefined;
      return false;
    }
    if (result.sealed || !key) return finish(0);
    if (!signature) {
      // What happened so far fragments the list of free memory, which every hash pays for.
      input.slh.collect();
      signature = startVerify(input.tools.toWire(key), message, input.source.text(image.signatureOffset, SIGNATURE_BYTES), input.slh);
      return false;
    }
    const verdict = signature.step(most);
    return verdict ? finish(verdict === 1 ? 0 : BAD_SIGNATURE) : false;
  }

  return {
    step(most) {
      try {
        // An interpreter out of memory stops anywhere without throwing: a bad signature for ever, until all of the step is done.
        if (!finished) {
          finished = true;
          finished = turn(most);
        }
      } catch (_) {
        finished = finish(BAD_SIGNATURE);
      }
      return finished ? result : undefined;
    },
  };
}
