/**
 * An offer is an image without its body: header and TLVs. It is judged in RAM, staged in the offer region, and its signature is
 * verified there, all before anything of a slot is erased.
 */
import { copyBytes } from '../flash/bytes.js';
import {
  BAD_HEADER, BAD_SIGNATURE, IMAGE_TOO_LARGE, LENGTH_MISSING, MALFORMED, OFFSET_MISSING, TRIAL_RUNNING, type ErrorCode,
} from '../errors.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { HEADER_BYTES, offerBytes, UNPROTECTED_BYTES, type ImageInfo } from '../image/format.js';
import type { Wire } from '../platform/types.js';
import { confirmedFloor, trialOf } from './boot-state.js';
import { GO_ON, inSteps, type UpdateContext } from './context.js';
import type { Exchange } from './exchange.js';
import { mayStart } from './gates.js';
import { loadJudge } from './judge.js';
import type { Offers } from './offers.js';
import { bufferEquals, fillBuffer, OFFER, paddedPage, releaseBuffer, takeBuffer, type PageBuffer } from './page-buffer.js';
import { noteFailing } from './session.js';
import { takeOffer } from './window.js';

/** In FAILING records. */
const OFFER_REGION = 2;

/** SMP group 64, command 1: {off, len, data} -> {off}. The answer to the last chunk says that the offer is accepted. */
export type OfferIntake = (exchange: Exchange) => void;

export function createOfferIntake(context: UpdateContext, page: PageBuffer, offers: Offers): OfferIntake {
  const platform = context.platform;
  const journal = context.stores.journal;
  const region = context.stores.offer;
  const slotBytes = context.stores.slots[0].pages * PAGE_BYTES;
  let length = 0;
  /** Pages of the offer that are staged. */
  let staged = 0;
  let changed = false;

  function expected(): number {
    return page.owner === OFFER ? staged * PAGE_BYTES + page.fill : 0;
  }

  function take(exchange: Exchange): void {
    const request = exchange.request;
    const off = request.off;
    const data = request.data;
    if (off === undefined) return exchange.refuse(OFFSET_MISSING);
    if (!data) return exchange.refuse(MALFORMED);
    // Once begun, an offer may end after the window has.
    if (off === 0 && (expected() === 0 || request.len !== length)) {
      const code = begin(request.len);
      if (code) return exchange.refuse(code);
    }
    if (off !== expected()) return exchange.answer({ off: expected() });
    if (off + data.length > length) return exchange.refuse(MALFORMED);
    store(exchange, data);
  }

  function begin(len: number | undefined): ErrorCode {
    if (len === undefined) return LENGTH_MISSING;
    if (len <= HEADER_BYTES + UNPROTECTED_BYTES) return BAD_HEADER;
    if (len > region.pages * PAGE_BYTES) return IMAGE_TOO_LARGE;
    const code = mayStart(context) || offers.backOff() || takeBuffer(page, OFFER, platform);
    page.fill = 0;
    length = len;
    staged = 0;
    changed = false;
    return code;
  }

  function isPageReady(): boolean {
    return page.fill === PAGE_BYTES || staged * PAGE_BYTES + page.fill === length;
  }

  /** Adds a chunk; a full page is judged (the first one) and staged, the last one ends with the signature. */
  function store(exchange: Exchange, chunk: Wire): void {
    let rest = chunk.substr(fillBuffer(page, chunk, platform));
    let erased = false;
    let parsed: ImageInfo | undefined;
    let judged = staged > 0;

    function step(): number {
      if (!isPageReady()) return 0;
      const offset = staged * PAGE_BYTES;
      let code = 0;
      if (!judged) {
        // The first page holds everything but the signature.
        if (parsed) {
          judged = true;
          return judge(parsed) || GO_ON;
        }
        const result = loadJudge().parseOffer(readPage, slotBytes);
        parsed = result.image;
        return parsed ? GO_ON : result.code;
      }
      if (erased) {
        code = region.program(offset, paddedPage(page));
        erased = false;
      } else {
        if (!bufferEquals(page, 0, region.text(offset, page.fill), platform)) {
          code = touch() || context.battery.loaded() || region.erase(staged);
          erased = !code;
          return code ? noteFailing(journal, OFFER_REGION, staged, code) : GO_ON;
        }
      }
      if (code) return noteFailing(journal, OFFER_REGION, staged, code);
      staged++;
      page.fill = 0;
      if (staged * PAGE_BYTES >= length) return 0;
      rest = rest.substr(fillBuffer(page, rest, platform));
      return GO_ON;
    }

    if (!isPageReady()) return exchange.answer({ off: expected() });
    inSteps(context, step, function (code) {
      if (!code && staged * PAGE_BYTES < length) return exchange.answer({ off: expected() });
      releaseBuffer(page, OFFER);
      if (code) exchange.refuse(code);
      else verify(exchange);
    });
  }

  function judge(image: ImageInfo): ErrorCode {
    if (offerBytes(image) !== length) return BAD_HEADER;
    if (trialOf(journal)) return TRIAL_RUNNING;
    const rules = loadJudge();
    return rules.judgeImage(context, image, platform.sha256(rules.signedMessage(image, (offset, bytes) => platform.toWire(readPage(offset, bytes)), platform)));
  }

  function readPage(offset: number, bytes: number): Uint8Array {
    return offset + bytes > page.fill ? new Uint8Array(0) : copyBytes(page.bytes!, offset, offset + bytes);
  }

  /** Before the region changes for the first time, which takes one of the window's offers. */
  function touch(): ErrorCode {
    if (changed) return 0;
    const code = takeOffer(context.window) || offers.withdraw();
    changed = !code;
    return code;
  }

  function verify(exchange: Exchange): void {
    const stores = context.stores;
    const verifying = loadJudge().startVerifyImage({
      source: region, offer: true, slot: 0, slotBytes, identity: context.identity, trust: confirmedFloor(journal, stores.records), tools: platform,
      slh: context.slh,
    });
    if (!changed && offers.acceptedNow()) return exchange.answer({ off: length });
    inSteps(context, function () {
      const result = verifying.step();
      if (!result) return GO_ON;
      if (result.code === BAD_SIGNATURE) return offers.signatureFailed() || BAD_SIGNATURE;
      return result.code || offers.accept(result.imageId);
    }, function (code) {
      if (code) return exchange.refuse(code);
      context.log('offer accepted');
      exchange.answer({ off: length });
    });
  }

  return take;
}
