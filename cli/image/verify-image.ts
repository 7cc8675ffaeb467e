/** Verifies an image offline, with the very code a lock runs. */
import { BAD_SIGNATURE, UNKNOWN_KEY } from '../../firmware/errors.js';
import type { ImageInfo } from '../../firmware/image/format.js';
import { LONG_STEP } from '../../firmware/image/slh-dsa.js';
import { startVerifyImage } from '../../firmware/image/verify.js';
import { slhTools } from '../../virtual-board/slh-tools.js';
import { sha256 } from './build-image.js';
import { hashTools, sourceOf } from './hash-tools.js';
import type { PublicKey } from './key-file.js';
import { checkDigests, readImage } from './read-image.js';
import { Refusal } from './refusal.js';

export interface Verified<Key extends PublicKey> {
  info: ImageInfo;
  key: Key;
  /** SHA-256 of the signed message: what locks remember of an image. */
  imageId: Uint8Array;
}

/** Which of `keys` signed the image. Refuses everything that is not whole, well-formed and signed by one of them. */
export function verifyImage<Key extends PublicKey>(bytes: Uint8Array, keys: readonly Key[], file = 'image'): Verified<Key> {
  const image = readImage(bytes, file);
  if (!image.signed) throw new Refusal(`${file}: it is not signed; run "deadlatch sign" first`);
  checkDigests(bytes, image, file);
  const { info } = image;
  const verifying = startVerifyImage({
    source: sourceOf(bytes),
    offer: false,
    slot: 0,
    slotBytes: bytes.length,
    identity: { family: info.family, hardware: info.hardwareMin, production: false, keys: keys.map((key) => key.publicKey) },
    tools: hashTools,
    slh: slhTools,
  });
  let result = verifying.step(LONG_STEP);
  while (!result) result = verifying.step(LONG_STEP);
  if (result.code === UNKNOWN_KEY) {
    throw new Refusal(`${file}: key: it is signed by ${keyIdIn(info)}, which is none of the ${keys.length} given; name the right public key file`);
  }
  if (result.code === BAD_SIGNATURE) throw new Refusal(`${file}: signature: it was not made by key ${keyIdIn(info)} for this image; do not use the file`);
  const key = keys.find((each) => Buffer.compare(sha256(each.publicKey), info.keyHash) === 0);
  if (result.code || !key || !result.imageId) throw new Refusal(`${file}: a lock would refuse it with code ${result.code}; build it again`);
  return { info, key, imageId: result.imageId };
}

/** The id of the key that is said to have signed: only a verification proves it. */
export function keyIdIn(info: ImageInfo): string {
  return Buffer.from(info.keyHash).toString('hex').slice(0, 16);
}
