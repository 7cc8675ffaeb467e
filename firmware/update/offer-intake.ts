/**
 * An offer is an image without its body: header and TLVs. It is judged in RAM, staged in the offer region, and its signature is
 * verified there, all before anything of a slot is erased.
 */
import { copyBytes } from '../flash/bytes.js';
import {
  BAD_HEADER, BAD_SIGNATURE, IMAGE_TOO_LARGE, LENGTH_MISSING, MALFORMED, OFFSET_MISSING, OUT_OF_MEMORY, TRIAL_RUNNING, type ErrorCode,
} from '../errors.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { HEADER_BYTES, offerBytes, UNPROTECTED_BYTES, type ImageInfo } from '../image/format.js';
import { SHORT_STEP } from '../image/slh-dsa.js';
import type { Wire } from '../platform/types.js';
import { isTrialSet } from './boot-state.js';
import { GO_ON, inSteps, type UpdateContext } from './context.js';
import { refuse, type Exchange } from './exchange.js';
import { loadJudge } from './judge.js';
import { createOffers } from './offers.js';
import { loadRules } from './rules.js';
import type { Update } from './update.js';
import { takeOffer } from './window.js';

/** In FAILING records. */
const OFFER_REGION = 2;
/** JsVars a page takes on the smallest blocks, and as many again so that what follows does not run out. */
const FREE_VARS = 700;

/** The offer that is coming in. It is there only as long as that takes. */
export interface OfferIntake {
  /** A page of RAM, and how much of it has come. */
  bytes: Uint8Array;
  fill: number;
  length: number;
  /** Pages of the offer that are staged. */
  staged: number;
  changed: boolean;
}

/** SMP group 64, command 1: {off, len, data} -> {off}. The answer to the last chunk says that the offer is accepted. */
export function takeOfferChunk(context: UpdateContext, update: Update, exchange: Exchange): void {
  const request = exchange.asked;
  const off = request.off;
  if (off === undefined) return refuse(exchange, OFFSET_MISSING);
  if (!request.data) return refuse(exchange, MALFORMED);
  // Once begun, an offer may end after the window has.
  if (off === 0 && (expectedOf(update) === 0 || request.len !== update.intake!.length)) {
    const code = begin(context, update, request.len);
    if (code) return refuse(exchange, code);
  }
  const intake = update.intake;
  if (!intake || off !== expectedOf(update)) return exchange.answer({ off: expectedOf(update) });
  if (off + request.data.length > intake.length) return refuse(exchange, MALFORMED);
  store(context, update, intake, exchange);
}

function expectedOf(update: Update): number {
  const intake = update.intake;
  return intake ? intake.staged * PAGE_BYTES + intake.fill : 0;
}

function begin(context: UpdateContext, update: Update, len: number | undefined): ErrorCode {
  if (len === undefined) return LENGTH_MISSING;
  if (len <= HEADER_BYTES + UNPROTECTED_BYTES) return BAD_HEADER;
  if (len > context.offer().pages * PAGE_BYTES) return IMAGE_TOO_LARGE;
  const code = loadRules().mayStart(context) || createOffers(context).backOff();
  if (code) return code;
  const changed = false;
  update.intake = undefined;
  // An upload that follows the old offer is asked for the beginning of its page again.
  update.upload.fill = 0;
  context.platform.collect();
  if (context.platform.freeVars() < FREE_VARS) return OUT_OF_MEMORY;
  update.intake = { bytes: new Uint8Array(PAGE_BYTES), fill: 0, length: len, staged: 0, changed };
  return 0;
}

function isPageReady(intake: OfferIntake): boolean {
  return intake.fill === PAGE_BYTES || intake.staged * PAGE_BYTES + intake.fill === intake.length;
}

/** Adds what fits the page; the rest is given back. */
function fillPage(context: UpdateContext, intake: OfferIntake, data: Wire): Wire {
  const taken = Math.min(data.length, PAGE_BYTES - intake.fill);
  intake.bytes.set(context.platform.toBytes(data.substr(0, taken)), intake.fill);
  intake.fill += taken;
  return data.substr(taken);
}

/** Adds a chunk; a full page is judged (the first one) and staged, the last one ends with the signature. */
function store(context: UpdateContext, update: Update, intake: OfferIntake, exchange: Exchange): void {
  let rest = fillPage(context, intake, exchange.asked.data!);
  let erased = false;
  let parsed: ImageInfo | undefined;
  let judged = intake.staged > 0;

  function readPage(offset: number, bytes: number): Uint8Array {
    return offset + bytes > intake.fill ? new Uint8Array(0) : copyBytes(intake.bytes, offset, offset + bytes);
  }

  function step(): number {
    const platform = context.platform;
    const region = context.offer();
    const offset = intake.staged * PAGE_BYTES;
    let code = 0;
    if (!judged) {
      // The first page holds everything but the signature.
      if (parsed) {
        judged = true;
        return judgeOffer(context, intake, parsed, readPage) || GO_ON;
      }
      const result = loadJudge().parseOffer(readPage, context.slotBytes);
      parsed = result.image;
      return parsed ? GO_ON : result.code;
    }
    const page = intake.bytes.subarray(0, intake.fill);
    if (erased) {
      code = region.program(offset, paddedPage(intake));
      erased = false;
    } else if (platform.toWire(platform.sha256(page)) !== platform.toWire(platform.sha256(region.text(offset, intake.fill)))) {
      code = touch(context, intake) || context.battery.loaded() || region.erase(intake.staged);
      erased = !code;
      return code ? loadRules().noteFailing(context.stores.journal, OFFER_REGION, intake.staged, code) : GO_ON;
    }
    if (code) return loadRules().noteFailing(context.stores.journal, OFFER_REGION, intake.staged, code);
    intake.staged++;
    intake.fill = 0;
    if (intake.staged * PAGE_BYTES >= intake.length) return 0;
    rest = fillPage(context, intake, rest);
    return isPageReady(intake) ? GO_ON : 0;
  }

  exchange.asked.data = '';
  if (!isPageReady(intake)) return exchange.answer({ off: expectedOf(update) });
  inSteps(context, step, function (code) {
    if (!code && intake.staged * PAGE_BYTES < intake.length) return exchange.answer({ off: expectedOf(update) });
    update.intake = undefined;
    if (code) refuse(exchange, code);
    else verifyOffer(context, exchange, intake.length, intake.changed);
  });
}

/** The first bytes of the page, filled up with 0xFF to whole words for programming. No copy. */
function paddedPage(intake: OfferIntake): Uint8Array {
  let end = intake.fill;
  while (end & 3) intake.bytes[end++] = 0xff;
  return new Uint8Array(intake.bytes.buffer, 0, end);
}

function judgeOffer(context: UpdateContext, intake: OfferIntake, image: ImageInfo, readPage: (offset: number, bytes: number) => Uint8Array): ErrorCode {
  const platform = context.platform;
  const sha256 = platform.sha256;
  if (offerBytes(image) !== intake.length) return BAD_HEADER;
  if (isTrialSet(context.stores.journal)) return TRIAL_RUNNING;
  const rules = loadRules();
  const judge = loadJudge();
  const trust = rules.confirmedFloor(context.stores.journal, context.stores.records);
  const message = judge.signedMessage(image, (offset, bytes) => platform.toWire(readPage(offset, bytes)), platform);
  return judge.checkOrigin(image, sha256(message), context.identity, trust, sha256) || rules.judgeImage(context, image);
}

/** Before the region changes for the first time, which takes one of the window's offers. */
function touch(context: UpdateContext, intake: OfferIntake): ErrorCode {
  if (intake.changed) return 0;
  const code = takeOffer(context.window) || createOffers(context).withdraw();
  intake.changed = !code;
  return code;
}

function verifyOffer(context: UpdateContext, exchange: Exchange, length: number, changed: boolean): void {
  const stores = context.stores;
  if (!changed && createOffers(context).acceptedNow()) return exchange.answer({ off: length });
  const verifying = loadJudge().startVerifyImage({
    source: context.offer(), offer: true, slot: 0, slotBytes: context.slotBytes, identity: context.identity,
    trust: loadRules().confirmedFloor(stores.journal, stores.records), tools: context.platform, slh: context.slh(),
  });
  inSteps(context, function () {
    const result = verifying.step(SHORT_STEP);
    if (!result) return GO_ON;
    const offers = createOffers(context);
    if (result.code === BAD_SIGNATURE) return offers.signatureFailed() || BAD_SIGNATURE;
    return result.code || offers.accept(result.imageId);
  }, function (code) {
    if (code) return refuse(exchange, code);
    context.log('offer accepted');
    exchange.answer({ off: length });
  });
}
