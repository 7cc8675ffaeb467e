/** The file of an update, as far as it can be judged before anybody is asked. */
import type { ImageInfo } from '../../firmware/image/format.js';
import { signedMessage } from '../../firmware/image/verify.js';
import { formatVersion } from '../../firmware/image/version.js';
import { sha256 } from '../image/build-image.js';
import { hashTools, sourceOf } from '../image/hash-tools.js';
import type { PublicKey } from '../image/key-file.js';
import { familyName } from '../image/names.js';
import { checkDigests, offerOf, readImage } from '../image/read-image.js';
import { Refusal } from '../image/refusal.js';
import { keyIdIn, verifyImage } from '../image/verify-image.js';

export interface UpdateImage {
  bytes: Uint8Array;
  /** What is offered before anything is sent. */
  offer: Uint8Array;
  info: ImageInfo;
  version: string;
  family: string;
  /** Id of the key that is said to have signed. */
  keyId: string;
  /** SHA-256 of the signed message: what locks remember of an image. */
  imageId: Uint8Array;
}

/** Refuses what is not whole or not signed; with `key` also what this key did not sign. `file` is for the sentence. */
export function updateImageOf(bytes: Uint8Array, file: string, key?: PublicKey): UpdateImage {
  const image = readImage(bytes, file);
  if (!image.signed) throw new Refusal(`${file}: it is not signed, and no lock takes it; run "deadlatch sign ${file} --key FILE" and send the file that it makes`);
  checkDigests(bytes, image, file);
  if (key) verifyImage(bytes, [key], file);
  const { info } = image;
  const message = hashTools.toBytes(signedMessage(info, sourceOf(bytes).text, hashTools));
  return {
    bytes, offer: offerOf(bytes), info, version: formatVersion(info.version), family: familyName(info.family), keyId: keyIdIn(info), imageId: sha256(message),
  };
}
