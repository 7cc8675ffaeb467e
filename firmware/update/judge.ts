/**
 * Everything that reads and verifies an image. Only some moments of an update need it, so the build nests it into `loadJudge`: its functions
 * are made by a call, and gone when the caller is done with what it got.
 */
import type { ErrorCode } from '../errors.js';
import { parseImage, parseOffer, type ImageInfo } from '../image/format.js';
import { checkKeyEpoch, signerOf, type Trust } from '../image/keys.js';
import { startPages, type HashTools } from '../image/pages.js';
import { checkFit, signedMessage, startVerifyImage, type LockIdentity } from '../image/verify.js';

export interface Judge {
  parseImage: typeof parseImage;
  parseOffer: typeof parseOffer;
  startPages: typeof startPages;
  signedMessage: typeof signedMessage;
  startVerifyImage: typeof startVerifyImage;
  checkOrigin: typeof checkOrigin;
}

export function loadJudge(): Judge {
  return { parseImage, parseOffer, startPages, signedMessage, startVerifyImage, checkOrigin };
}

/** Whether an image is for this lock and names a key that counts, as `startVerifyImage` checks it too. `imageId`: SHA-256 of its signed message. */
function checkOrigin(image: ImageInfo, imageId: Uint8Array, identity: LockIdentity, trust: Trust | undefined, sha256: HashTools['sha256']): ErrorCode {
  return checkFit(image, identity) || signerOf(image.keyHash, imageId, identity.keys, trust, sha256).code || checkKeyEpoch(image.keyChange, trust);
}
