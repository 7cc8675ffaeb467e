/**
 * Which offer is accepted, across restarts; how one gets there is in `offer-intake.ts`. Journal kind OFFERS: failed signatures in a row
 * u8 | 3 bytes 0 | image id of the accepted offer (zeros: none). Mark 0: the region was touched since.
 */
import { copyBytes } from '../flash/bytes.js';
import { SIGNATURE_BACK_OFF, type ErrorCode } from '../errors.js';
import { OFFERS } from '../flash/kinds.js';
import { HEADER_BYTES, type ImageInfo } from '../image/format.js';
import type { Wire } from '../platform/types.js';
import type { UpdateContext } from './context.js';
import { loadJudge } from './judge.js';

/** The first failed signature costs this long, each further one twice as long. */
const BACK_OFF_MS = 2000;
const BACK_OFF_DOUBLINGS = 9;
const RECORD_BYTES = 36;

/** What of an accepted offer the pages of an upload are compared with. */
export type Offered = Pick<ImageInfo, 'headerBytes' | 'bodyBytes' | 'totalBytes' | 'pageListOffset'>;

/** Made when it is called for: it holds nothing. */
export interface Offers {
  /** Image id of the accepted offer that begins with `head` and announces `length` bytes; '' if it is another or none. */
  acceptedFor(head: Wire, length: number): Wire;
  /** The accepted offer with that id, as long as it lies untouched in its region. `known`: what this gave before. */
  accepted(imageId: Wire, known?: Offered): Offered | undefined;
  /** The offer that is accepted now, if any. */
  acceptedNow(): Offered | undefined;
  /** Its signature was verified. */
  accept(imageId: Uint8Array | undefined): ErrorCode;
  /** Nothing is accepted any longer. */
  withdraw(): ErrorCode;
  /** SIGNATURE_BACK_OFF while a failed signature is being paid for. */
  backOff(): ErrorCode;
  /** A signature was wrong, in an offer or in a slot. */
  signatureFailed(): ErrorCode;
}

export function createOffers(context: UpdateContext): Offers {
  const window = context.window;
  const platform = context.platform;
  const journal = context.stores.journal;
  // The delay begins anew with every start: the lock has no clock that runs without power.
  if (window.backOffUntilMs < 0) window.backOffUntilMs = platform.nowMs() + delayMs(failures());

  function failures(): number {
    const record = journal.read(OFFERS);
    return record ? record[0]! : 0;
  }

  function acceptedId(): Wire {
    const record = journal.read(OFFERS);
    if (!record || record.length < RECORD_BYTES || journal.markAt(OFFERS, 0) !== -1) return '';
    return platform.toWire(copyBytes(record, 4, RECORD_BYTES));
  }

  function record(failed: number, imageId?: Uint8Array): ErrorCode {
    const bytes = new Uint8Array(RECORD_BYTES);
    bytes[0] = failed;
    if (imageId) bytes.set(imageId, 4);
    return journal.append(OFFERS, bytes, 1);
  }

  /** The offer in the region, whole and with that id. */
  function accepted(imageId: Wire, known?: Offered): Offered | undefined {
    if (imageId !== acceptedId()) return undefined;
    if (known) return known;
    const judge = loadJudge();
    const region = context.offer();
    const image = judge.parseOffer(region.read, context.slotBytes).image;
    if (!image) return undefined;
    const found = platform.sha256(judge.signedMessage(image, region.text, platform));
    if (platform.toWire(found) !== imageId) return undefined;
    return { headerBytes: image.headerBytes, bodyBytes: image.bodyBytes, totalBytes: image.totalBytes, pageListOffset: image.pageListOffset };
  }

  function acceptedFor(head: Wire, totalBytes: number): Wire {
    const imageId = acceptedId();
    if (!imageId || head !== context.offer().text(0, HEADER_BYTES)) return '';
    const image = accepted(imageId);
    return image && image.totalBytes === totalBytes ? imageId : '';
  }

  /** Before the region changes for the first time: the accepted offer is accepted no longer. */
  function withdraw(): ErrorCode {
    return journal.read(OFFERS) && journal.markAt(OFFERS, 0) === -1 ? journal.mark(OFFERS, 0) : 0;
  }

  function backOff(): ErrorCode {
    return platform.nowMs() < window.backOffUntilMs ? SIGNATURE_BACK_OFF : 0;
  }

  function signatureFailed(): ErrorCode {
    const failed = failures() + 1;
    window.backOffUntilMs = platform.nowMs() + delayMs(failed);
    return record(failed < 255 ? failed : 255);
  }

  return { acceptedFor, accepted, acceptedNow: () => accepted(acceptedId()), accept: (imageId) => record(0, imageId), withdraw, backOff, signatureFailed };
}

function delayMs(failed: number): number {
  return failed ? BACK_OFF_MS << (failed < BACK_OFF_DOUBLINGS ? failed - 1 : BACK_OFF_DOUBLINGS) : 0;
}
