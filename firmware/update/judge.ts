/**
 * Everything that reads and judges an image. Only some moments of an update need it, so the build nests it into `loadJudge`: its functions
 * are made by a call, and gone when the caller is done with what it got.
 */
import { parseImage, parseOffer } from '../image/format.js';
import { startPages } from '../image/pages.js';
import { signedMessage, startVerifyImage } from '../image/verify.js';
import { judgeImage } from './gates.js';

export interface Judge {
  parseImage: typeof parseImage;
  parseOffer: typeof parseOffer;
  startPages: typeof startPages;
  signedMessage: typeof signedMessage;
  startVerifyImage: typeof startVerifyImage;
  judgeImage: typeof judgeImage;
}

export function loadJudge(): Judge {
  return { parseImage, parseOffer, startPages, signedMessage, startVerifyImage, judgeImage };
}
