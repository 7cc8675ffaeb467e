/** Signs an image, and checks the result the way a lock does before anybody gets to see it. */
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import { FAMILIES } from '../../boards/families.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { CHANNEL_DEV } from '../../firmware/image/format.js';
import { signedMessage } from '../../firmware/image/verify.js';
import { sha256 } from './build-image.js';
import { hashTools, sourceOf } from './hash-tools.js';
import type { PrivateKey } from './key-file.js';
import { channelName } from './names.js';
import { checkDigests, readImage, withSignature } from './read-image.js';
import { Refusal } from './refusal.js';
import { verifyImage } from './verify-image.js';

/** Everything about an image that can be refused before the seconds of signing. */
export function checkBeforeSigning(unsigned: Uint8Array, key: Pick<PrivateKey, 'dev' | 'keyId'>, file: string): void {
  const image = readImage(unsigned, file);
  if (image.signed) throw new Refusal(`${file}: it is signed already; sign the unsigned image that "deadlatch build" made`);
  checkDigests(unsigned, image, file);
  const family = FAMILIES.find((each) => each.id === image.info.family);
  if (!family) throw new Refusal(`${file}: chip family: number ${image.info.family} is unknown; build the image again`);
  const limit = family.geometry.slotPages * PAGE_BYTES;
  if (image.info.totalBytes > limit) {
    throw new Refusal(`${file}: size: signed it has ${image.info.totalBytes} bytes, a slot of ${family.name} holds ${limit}; make the body smaller`);
  }
  if (key.dev && image.info.channel !== CHANNEL_DEV) {
    throw new Refusal(`${file}: channel: key ${key.keyId} is a dev key and signs only channel dev, not ${channelName(image.info.channel)}; `
      + 'build with channel dev or use a release key');
  }
}

/** Takes seconds. `file` is for the sentence of a refusal. */
export function signImage(unsigned: Uint8Array, key: PrivateKey, file = 'image'): Uint8Array {
  checkBeforeSigning(unsigned, key, file);
  const keyHash = sha256(key.publicKey);
  const draft = withSignature(unsigned, keyHash, new Uint8Array(slhDsa.lengths.signature ?? 0));
  const message = hashTools.toBytes(signedMessage(readImage(draft, file).info, sourceOf(draft).text, hashTools));
  const signature = slhDsa.sign(message, key.secretKey);
  if (!slhDsa.verify(signature, message, key.publicKey)) throw new Refusal(`${file}: the signature that was made does not verify; check this computer's memory`);
  const signed = withSignature(unsigned, keyHash, signature);
  verifyImage(signed, [key], file);
  return signed;
}
