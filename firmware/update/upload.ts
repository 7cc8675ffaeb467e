/**
 * The file on its way into the slot that does not run. A page is erased when its first byte comes, and each chunk is programmed behind the
 * one before it, in turns of their own; a full page is checked (where an offer was accepted) and marked. What is not marked is erased
 * again before it is written again: a cut costs at most the page that was being filled. Its state is one record, and what few chunks
 * need is in functions of their own, which the build makes late.
 */
import {
  BAD_HASH_LENGTH, BAD_HEADER, BAD_IMAGE_DIGEST, BATTERY_LOADED_LOW, BATTERY_TIMED_OUT, DATA_OVERRUN, IMAGE_TOO_LARGE, LENGTH_MISSING, MALFORMED,
  OFFSET_MISSING, OUT_OF_MEMORY, TRIAL_RUNNING, WRONG_SLOT, type ErrorCode,
} from '../errors.js';
import { SESSION } from '../flash/kinds.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { DIGEST_BYTES, HEADER_BYTES, IMAGE_MAGIC } from '../image/format.js';
import { readVersion } from '../image/version.js';
import type { Wire } from '../platform/types.js';
import type { Request } from '../smp/request.js';
import { isTrialSet } from './boot-state.js';
import { GO_ON, inSteps, parseSlot, WAIT, type UpdateContext } from './context.js';
import { refuse, refuseAt, type Exchange } from './exchange.js';
import { loadJudge } from './judge.js';
import { lowBattery } from './low-battery.js';
import { createOffers, type Offered } from './offers.js';
import { loadRules } from './rules.js';
import { endSession, OFFERED, pagesDone, pagesOf, PLAIN, sessionOf, writeSession, type Session } from './session.js';
import type { Update } from './update.js';

/** A chunk waits this long for a sagging battery before it is sent back. Clients wait 2.5 s for an answer. */
const HOLD_MS = 2000;
/** Pages in a row that differ from the offer: each costs an erase, so an upload that goes on like this ends. */
const MOST_DIFFERING = 8;
/** JsVars that a chunk takes on the smallest blocks, with what works on it, and as many again so that what follows does not run out. */
const FREE_VARS = 500;
const DIFFERS = 0;
const MATCHES = 1;
const UNKNOWN = -1;

/** What is known of the upload under way. */
export interface Upload {
  session: Session | undefined;
  /** Pages that are marked. */
  done: number;
  /** Bytes of the next page that have come (0: it begins anew), and those of them that make no whole word yet. */
  fill: number;
  rest: Wire;
  /** Whether the file is the one that was announced. */
  match: number;
  /** What the offer says, while an OFFERED session is under way. */
  offered: Offered | undefined;
  differing: number;
  /** When the battery was found low, -1 while it is good. */
  lowAtMs: number;
  /** Why the last first packet was refused: what follows it belongs to no upload. */
  refusedFirst: ErrorCode;
}

export function openUpload(context: UpdateContext): Upload {
  const journal = context.stores.journal;
  const session = sessionOf(journal, context.platform);
  return {
    session, done: session ? pagesDone(journal, session) : 0, fill: 0, rest: '', match: UNKNOWN, offered: undefined, differing: 0, lowAtMs: -1,
    refusedFirst: 0,
  };
}

/** Bytes that have come: the offset that the next chunk has to have. */
export function bytesDone(upload: Upload): number {
  const session = upload.session;
  if (!session) return 0;
  return upload.done >= session.pageCount ? session.length : upload.done * PAGE_BYTES + upload.fill;
}

/** SMP group 1, command 1. */
export function takeChunk(context: UpdateContext, update: Update, exchange: Exchange): void {
  const request = exchange.asked;
  const upload = update.upload;
  if (request.off === undefined) return refuse(exchange, OFFSET_MISSING);
  if (request.data === undefined) return refuse(exchange, MALFORMED);
  if ((request.image || 0) > 1) return refuse(exchange, WRONG_SLOT);
  if (!request.off) takeFirst(context, update, exchange);
  else if (upload.refusedFirst) refuse(exchange, upload.refusedFirst);
  else acceptChunk(context, upload, exchange);
}

/** A packet with offset 0: begins an upload, or asks how far it is. */
function takeFirst(context: UpdateContext, update: Update, exchange: Exchange): void {
  const upload = update.upload;
  const session = upload.session;
  const request = exchange.asked;
  const sha = request.sha || '';
  const isKnown = session && session.length === request.len && session.sha === sha && sha.length === DIGEST_BYTES;
  const code = checkFirst(request) || (isKnown ? 0 : mayBegin(context, request));
  // Clients that send on without reading the answer must not go on with somebody else's upload, nor take its end for their own.
  upload.refusedFirst = code;
  if (code) return refuse(exchange, code);
  if (isKnown) return acceptChunk(context, upload, exchange);
  update.intake = undefined;
  beginSession(context, upload, exchange);
}

/** The form of a packet with offset 0. */
function checkFirst(request: Request): ErrorCode {
  const data = request.data!;
  if (request.len === undefined) return LENGTH_MISSING;
  if (request.sha && request.sha.length > DIGEST_BYTES) return BAD_HASH_LENGTH;
  if (data.length < HEADER_BYTES) return BAD_HEADER;
  return data.length > request.len ? DATA_OVERRUN : 0;
}

/** Whether a new file may come; takes one of the window's erases. */
function mayBegin(context: UpdateContext, request: Request): ErrorCode {
  const rules = loadRules();
  const head = context.platform.toBytes(request.data!.substr(0, HEADER_BYTES));
  const words = new Uint32Array(head.buffer, head.byteOffset, HEADER_BYTES / 4);
  const length = request.len!;
  const code = rules.mayStart(context);
  if (code) return code;
  if (words[0] !== IMAGE_MAGIC) return BAD_HEADER;
  if (length > context.slotBytes) return IMAGE_TOO_LARGE;
  if (HEADER_BYTES + words[3]! > length) return BAD_HEADER;
  const refused = rules.mayInstall(context, readVersion(head, 20), length);
  if (refused) return refused;
  context.platform.collect();
  return context.platform.freeVars() < FREE_VARS ? OUT_OF_MEMORY : rules.takeErase(context.window);
}

function beginSession(context: UpdateContext, upload: Upload, exchange: Exchange): void {
  const request = exchange.asked;
  let beginning: Session | undefined;
  inSteps(context, function () {
    if (beginning) return writeSession(context.stores.journal, beginning, context.platform);
    const length = request.len!;
    const sha = request.sha || '';
    const offerId = createOffers(context).acceptedFor(request.data!.substr(0, HEADER_BYTES), length);
    const kind = offerId ? OFFERED : PLAIN;
    beginning = { slot: 1 - loadRules().keptSlot(context), kind, pageCount: pagesOf(length), length, sha: sha.length === DIGEST_BYTES ? sha : '', offerId };
    return GO_ON;
  }, function (code) {
    // Whatever was there before has ended with the first word of the new record.
    upload.session = code ? undefined : beginning;
    upload.fill = 0;
    upload.done = 0;
    upload.match = UNKNOWN;
    upload.offered = undefined;
    upload.differing = 0;
    if (code) {
      upload.refusedFirst = code;
      return refuse(exchange, code);
    }
    context.log('start OTA');
    acceptChunk(context, upload, exchange);
  });
}

/** A chunk of the upload that is under way, if it is one. */
function acceptChunk(context: UpdateContext, upload: Upload, exchange: Exchange): void {
  const session = upload.session;
  const off = exchange.asked.off!;
  const data = exchange.asked.data!;
  if (!session) return exchange.answer({ off: 0 });
  if (off + data.length > session.length) return refuse(exchange, DATA_OVERRUN);
  if (upload.done >= session.pageCount) return finishUpload(context, upload, exchange);
  const running = context.running.slot;
  if (isTrialSet(context.stores.journal) || session.slot === (running < 0 ? loadRules().keptSlot(context) : running)) return refuse(exchange, TRIAL_RUNNING);
  if (off !== bytesDone(upload) || !data.length) return exchange.answer({ off: bytesDone(upload) });
  storeChunk(context, upload, session, exchange);
}

/** Writes a chunk at the expected offset; answers when it is in flash. */
function storeChunk(context: UpdateContext, upload: Upload, session: Session, exchange: Exchange): void {
  const platform = context.platform;
  const journal = context.stores.journal;
  const startedMs = platform.nowMs();
  let data = exchange.asked.data!;
  // Held once.
  exchange.asked.data = '';
  let erased = upload.fill > 0;

  function step(): number {
    if (isTrialSet(journal)) return TRIAL_RUNNING;
    if (!erased) {
      const battery = lowBattery(context, upload);
      const low = battery.check();
      if (low) return platform.nowMs() - startedMs < HOLD_MS && low !== BATTERY_TIMED_OUT ? WAIT : low;
      erased = true;
      const failed = context.slot(session.slot).erase(upload.done);
      // Under load: this page is finished whatever it says, the next one waits for the battery.
      if (context.battery.loaded()) battery.pause();
      return failed ? loadRules().noteFailing(journal, session.slot, upload.done, failed) : GO_ON;
    }
    const taken = Math.min(data.length, PAGE_BYTES - upload.fill);
    const failed = programPart(context, upload, session, data.substr(0, taken));
    if (failed) return loadRules().noteFailing(journal, session.slot, upload.done, failed);
    data = data.substr(taken);
    if (upload.fill < PAGE_BYTES && upload.done * PAGE_BYTES + upload.fill < session.length) return 0;
    if (session.kind === OFFERED && !matchesOffer(context, upload, session)) {
      // The same page is asked for again, and erased again.
      data = '';
      upload.fill = 0;
      return ++upload.differing < MOST_DIFFERING ? 0 : BAD_IMAGE_DIGEST;
    }
    const unmarked = journal.mark(SESSION, upload.done, 1);
    upload.fill = 0;
    if (unmarked) return unmarked;
    upload.differing = 0;
    upload.done++;
    erased = false;
    return data.length ? GO_ON : 0;
  }

  inSteps(context, step, function (code) {
    // What was not marked is not there.
    if (code) upload.fill = 0;
    if (code === BAD_IMAGE_DIGEST) {
      endSession(journal, session.slot, platform);
      upload.session = undefined;
    }
    if (code === BATTERY_LOADED_LOW) refuseAt(exchange, code, bytesDone(upload));
    else if (code) refuse(exchange, code);
    else if (upload.done >= session.pageCount) finishUpload(context, upload, exchange);
    else exchange.answer({ off: bytesDone(upload) });
  });
}

/** Programs what came behind what is there, in whole words; the file's last word is filled up. */
function programPart(context: UpdateContext, upload: Upload, session: Session, part: Wire): ErrorCode {
  const rest = upload.fill ? upload.rest : '';
  const at = upload.done * PAGE_BYTES + upload.fill - rest.length;
  let words = rest + part;
  let bytes = words.length;
  if (at + bytes >= session.length) while (words.length & 3) words += '\xff';
  bytes = words.length & ~3;
  const code = bytes ? context.slot(session.slot).program(at, context.platform.toBytes(words.substr(0, bytes))) : 0;
  upload.fill += part.length;
  upload.rest = words.substr(bytes);
  return code;
}

/** The page that is full against the accepted offer: by its page list, and where the TLVs begin, by the TLVs themselves. */
function matchesOffer(context: UpdateContext, upload: Upload, session: Session): boolean {
  const platform = context.platform;
  const offered = upload.offered = createOffers(context).accepted(session.offerId, upload.offered);
  // Another offer took its place: what was not checked here is checked before the test.
  if (!offered) return true;
  const slot = context.slot(session.slot);
  const offer = context.offer();
  const from = upload.done * PAGE_BYTES;
  const left = offered.headerBytes + offered.bodyBytes - from;
  const listed = left > PAGE_BYTES ? PAGE_BYTES : left > 0 ? left : 0;
  if (listed) {
    const digest = platform.toWire(platform.sha256(slot.text(from, listed)));
    if (digest !== offer.text(offered.pageListOffset + upload.done * DIGEST_BYTES, DIGEST_BYTES)) return false;
  }
  const tlvs = upload.fill - listed;
  // The same bytes, if they hash the same: comparing texts in flash one by one would take longer.
  return !tlvs || platform.toWire(platform.sha256(slot.text(from + listed, tlvs)))
    === platform.toWire(platform.sha256(offer.text(from + listed - offered.bodyBytes, tlvs)));
}

/** All pages are in flash: says whether they are the file that was announced. */
function finishUpload(context: UpdateContext, upload: Upload, exchange: Exchange): void {
  const length = upload.session!.length;
  exchange.asked.data = '';
  upload.offered = undefined;
  if (upload.match !== UNKNOWN) return exchange.answer({ off: length, match: upload.match === MATCHES });
  inSteps(context, digestSteps(context, upload.session!), function (code) {
    upload.match = code ? DIFFERS : MATCHES;
    context.log(code ? 'OTA failed: digest' : 'OTA finished');
    if (code) {
      // A file that is not what was announced ends its session.
      endSession(context.stores.journal, upload.session!.slot, context.platform);
      upload.session = undefined;
    }
    exchange.answer({ off: length, match: !code });
  });
}

/** By the digest of the file in one go where the chip can do that, otherwise by the image's own page list. */
function digestSteps(context: UpdateContext, session: Session): () => number {
  const platform = context.platform;
  const slot = context.slot(session.slot);
  const length = session.length;
  if (session.sha && length <= context.hashBytes) {
    return function () {
      return platform.toWire(platform.sha256(slot.text(0, length))) === session.sha ? 0 : BAD_HEADER;
    };
  }
  const parsed = parseSlot(context, session.slot);
  return parsed.image ? loadJudge().startPages(slot, slot, parsed.image, platform) : function () {
    return parsed.code;
  };
}
