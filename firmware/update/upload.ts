/**
 * The file on its way into the slot that does not run. Chunks fill one page of RAM; a full page is checked (where an offer was
 * accepted), erased, programmed, read back and marked, in turns of their own. A cut costs at most the page in RAM.
 */
import {
  BAD_HASH_LENGTH, BAD_HEADER, BATTERY_LOADED_LOW, BATTERY_TIMED_OUT, DATA_OVERRUN, IMAGE_TOO_LARGE, LENGTH_MISSING, MALFORMED, OFFSET_MISSING,
  TRIAL_RUNNING, WRONG_SLOT, type ErrorCode,
} from '../errors.js';
import { SESSION, VERDICT } from '../flash/kinds.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { DIGEST_BYTES, HEADER_BYTES, IMAGE_MAGIC, pageBytes, type ImageInfo } from '../image/format.js';
import { readU32 } from '../flash/bytes.js';
import { readVersion } from '../image/version.js';
import type { Wire } from '../platform/types.js';
import { ABORTED, encodeVerdict, trialOf } from './boot-state.js';
import { GO_ON, inSteps, keptSlot, parseSlot, slotOf, WAIT, type UpdateContext } from './context.js';
import type { Exchange } from './exchange.js';
import { mayInstall, mayStart } from './gates.js';
import { loadJudge } from './judge.js';
import type { Offers } from './offers.js';
import { bufferEquals, bufferPart, fillBuffer, paddedPage, releaseBuffer, takeBuffer, UPLOAD, type PageBuffer } from './page-buffer.js';
import { endedSession, noteFailing, OFFERED, pagesDone, pagesOf, PLAIN, sessionOf, writeSession, type Session } from './session.js';
import { takeErase } from './window.js';

/** A chunk waits this long for a sagging battery before it is sent back. Clients wait 2.5 s for an answer. */
const HOLD_MS = 2000;
/** Between two looks at a battery that was low. */
const LOW_POLL_MS = 1000;
const DIFFERS = 0;
const MATCHES = 1;
const UNKNOWN = -1;

export interface Upload {
  /** SMP group 1, command 1. */
  take(exchange: Exchange): void;
  /** Forgets the session in RAM, after something else ended it in the journal. */
  forget(): void;
  progress(): UploadProgress;
}

export interface UploadProgress {
  /** Bytes, 0 and 0 where no upload is known. */
  done: number;
  length: number;
  slot: number;
  /** The battery is too low to go on. */
  paused: boolean;
}

export function createUpload(context: UpdateContext, page: PageBuffer, offers: Offers): Upload {
  const platform = context.platform;
  const stores = context.stores;
  const journal = stores.journal;
  let session: Session | undefined = sessionOf(journal, platform);
  let done = session ? pagesDone(journal, session) : 0;
  let match = UNKNOWN;
  /** What the offer says, while an OFFERED session is under way. */
  let offered: ImageInfo | undefined;
  /** When the battery was found low, -1 while it is good. */
  let lowAtMs = -1;
  /** Why the last first packet was refused: what follows it belongs to no upload. */
  let refusedFirst: ErrorCode = 0;

  function expected(): number {
    if (!session) return 0;
    return done >= session.pages ? session.length : done * PAGE_BYTES + (page.owner === UPLOAD ? page.fill : 0);
  }

  function take(exchange: Exchange): void {
    const request = exchange.request;
    const off = request.off;
    const data = request.data;
    if (off === undefined) return exchange.refuse(OFFSET_MISSING);
    if (data === undefined) return exchange.refuse(MALFORMED);
    if (request.image !== undefined && request.image > 1) return exchange.refuse(WRONG_SLOT);
    const length = request.len;
    if (off > 0) return refusedFirst ? exchange.refuse(refusedFirst) : accept(exchange, off, data);
    if (length === undefined) return refuseFirst(exchange, LENGTH_MISSING);
    const sha = request.sha || '';
    const code = checkFirst(length, sha, data);
    if (code) return refuseFirst(exchange, code);
    const isKnown = session && session.length === length && session.sha === sha && sha.length === DIGEST_BYTES;
    refusedFirst = 0;
    if (isKnown) return accept(exchange, off, data);
    const refused = mayBegin(length, data);
    if (refused) return refuseFirst(exchange, refused);
    begin(length, sha.length === DIGEST_BYTES ? sha : '', data.substr(0, HEADER_BYTES), function (failed) {
      if (failed) refuseFirst(exchange, failed);
      else accept(exchange, off, data);
    });
  }

  /** Clients that send on without reading the answer must not go on with somebody else's upload, nor take its end for their own. */
  function refuseFirst(exchange: Exchange, code: ErrorCode): void {
    refusedFirst = code;
    exchange.refuse(code);
  }

  /** A chunk of the upload that is under way, if it is one. */
  function accept(exchange: Exchange, off: number, data: Wire): void {
    if (!session) return exchange.answer({ off: 0 });
    if (off + data.length > session.length) return exchange.refuse(DATA_OVERRUN);
    if (done >= session.pages) return finish(exchange);
    if (trialOf(journal) || session.slot === keptSlot(context)) return exchange.refuse(TRIAL_RUNNING);
    const code = takeBuffer(page, UPLOAD, platform);
    if (code) return exchange.refuse(code);
    if (off !== expected() || !data.length) return exchange.answer({ off: expected() });
    store(exchange, data);
  }

  /** The form of a packet with offset 0. */
  function checkFirst(length: number, sha: Wire, data: Wire): ErrorCode {
    if (sha.length > DIGEST_BYTES) return BAD_HASH_LENGTH;
    if (data.length < HEADER_BYTES) return BAD_HEADER;
    return data.length > length ? DATA_OVERRUN : 0;
  }

  /** Whether a new file may come; takes the page of RAM and one of the window's erases. */
  function mayBegin(length: number, data: Wire): ErrorCode {
    const head = platform.toBytes(data.substr(0, HEADER_BYTES));
    const code = mayStart(context);
    if (code) return code;
    if (readU32(head, 0) !== IMAGE_MAGIC) return BAD_HEADER;
    if (length > slotOf(context, 0).pages * PAGE_BYTES) return IMAGE_TOO_LARGE;
    if (HEADER_BYTES + readU32(head, 12) > length) return BAD_HEADER;
    return mayInstall(context, readVersion(head, 20), length) || takeBuffer(page, UPLOAD, platform) || takeErase(context.window);
  }

  function begin(length: number, sha: Wire, head: Wire, then: (code: ErrorCode) => void): void {
    let beginning: Session | undefined;
    inSteps(context, function () {
      if (beginning) return writeSession(journal, beginning, platform);
      const offerId = offers.acceptedFor(head, length);
      const kind = offerId ? OFFERED : PLAIN;
      beginning = { slot: 1 - keptSlot(context), kind, pages: pagesOf(length), length, sha, offerId };
      return GO_ON;
    }, function (code) {
      // Whatever was there before has ended with the first word of the new record.
      session = code ? undefined : beginning;
      page.fill = 0;
      done = 0;
      match = UNKNOWN;
      offered = undefined;
      if (!code) context.log('start OTA');
      then(code);
    });
  }

  /** Adds a chunk at the expected offset; where it completes a page, answers when the page is in flash. */
  function store(exchange: Exchange, chunk: Wire): void {
    let before = page.fill;
    let rest = chunk.substr(fillBuffer(page, chunk, platform));
    let erased = false;
    const startedMs = platform.nowMs();

    function isPageReady(): boolean {
      return page.fill === PAGE_BYTES || done * PAGE_BYTES + page.fill === session!.length;
    }

    function step(): number {
      if (!isPageReady()) return 0;
      if (!erased) {
        const low = checkBattery();
        if (low) return platform.nowMs() - startedMs < HOLD_MS && low !== BATTERY_TIMED_OUT ? WAIT : low;
        if (trialOf(journal)) return TRIAL_RUNNING;
        if (session!.kind === OFFERED && !matchesOffer()) {
          // The same page is asked for again; nothing of it was written.
          before = 0;
          rest = '';
          page.fill = 0;
          return 0;
        }
        erased = true;
        const failed = slotOf(context, session!.slot).erase(done);
        // Under load: this page is finished whatever it says, the next one waits for the battery.
        if (context.battery.loaded()) pause();
        return failed ? noteFailing(journal, session!.slot, done, failed) : GO_ON;
      }
      erased = false;
      const code = slotOf(context, session!.slot).program(done * PAGE_BYTES, paddedPage(page)) || journal.mark(SESSION, done, 1);
      page.fill = 0;
      before = 0;
      if (code) return noteFailing(journal, session!.slot, done, code);
      done++;
      if (!rest.length) return 0;
      rest = rest.substr(fillBuffer(page, rest, platform));
      return GO_ON;
    }

    if (!isPageReady()) return exchange.answer({ off: expected() });
    inSteps(context, step, function (code) {
      if (code) {
        // The chunk was not taken: what stood before it in the page still does.
        page.fill = erased ? 0 : before;
        if (code === BATTERY_LOADED_LOW) exchange.refuseAt(code, expected());
        else exchange.refuse(code);
      } else if (done >= session!.pages) {
        finish(exchange);
      } else {
        exchange.answer({ off: expected() });
      }
    });
  }

  /** The page in RAM against the accepted offer: by its page list, and where the TLVs begin, by the TLVs themselves. */
  function matchesOffer(): boolean {
    offered = offers.accepted(session!.offerId, offered);
    // Another offer took its place: what was not checked here is checked before the test.
    if (!offered) return true;
    const listed = done < offered.pages ? pageBytes(offered, done) : 0;
    if (listed) {
      const digest = platform.toWire(platform.sha256(bufferPart(page, 0, listed)));
      if (digest !== stores.offer.text(offered.pageListOffset + done * DIGEST_BYTES, DIGEST_BYTES)) return false;
    }
    const from = done * PAGE_BYTES + listed - offered.bodyBytes;
    const length = page.fill - listed;
    return !length || bufferEquals(page, listed, stores.offer.text(from, length), platform);
  }

  /** 0, or why the next page has to wait. A low reading counts for a second; then the battery is asked again. */
  function checkBattery(): ErrorCode {
    if (lowAtMs >= 0 && platform.nowMs() - lowAtMs < LOW_POLL_MS) return BATTERY_LOADED_LOW;
    const low = context.battery.loaded();
    if (low === BATTERY_TIMED_OUT) giveUp();
    else if (low) pause();
    else lowAtMs = -1;
    return low;
  }

  /** Keeps asking, also when the client has gone: the pause ends, or the attempt does. */
  function pause(): void {
    const paused = lowAtMs >= 0;
    lowAtMs = platform.nowMs();
    if (!paused) platform.after(LOW_POLL_MS, askAgain);
  }

  function askAgain(): void {
    if (lowAtMs < 0) return;
    platform.after(LOW_POLL_MS, askAgain);
    checkBattery();
  }

  function giveUp(): void {
    lowAtMs = -1;
    releaseBuffer(page, UPLOAD);
    context.log('OTA aborted: battery');
    journal.append(VERDICT, encodeVerdict(ABORTED, BATTERY_TIMED_OUT, {
      slot: session && session.slot === 1 ? 1 : 0, version: { major: 0, minor: 0, revision: 0, build: 0 }, imageId: new Uint8Array(DIGEST_BYTES),
    }));
  }

  /** All pages are in flash: says whether they are the file that was announced. A file that is not ends its session. */
  function finish(exchange: Exchange): void {
    const length = session!.length;
    releaseBuffer(page, UPLOAD);
    if (match !== UNKNOWN) return exchange.answer({ off: length, match: match === MATCHES });
    inSteps(context, digestSteps(), function (code) {
      match = code ? DIFFERS : MATCHES;
      context.log(code ? 'OTA failed: digest' : 'OTA finished');
      if (code) {
        writeSession(journal, endedSession(session!.slot), platform);
        session = undefined;
      }
      exchange.answer({ off: length, match: !code });
    });
  }

  /** By the digest of the file in one go where the chip can do that, otherwise by the image's own page list. */
  function digestSteps(): () => number {
    const slot = slotOf(context, session!.slot);
    const length = session!.length;
    if (session!.sha && length <= context.hashBytes) {
      return function () {
        return platform.toWire(platform.sha256(slot.text(0, length))) === session!.sha ? 0 : BAD_HEADER;
      };
    }
    const parsed = parseSlot(context, session!.slot);
    return parsed.image ? loadJudge().startPages(slot, slot, parsed.image, platform) : function () {
      return parsed.code;
    };
  }

  return {
    take,
    forget() {
      session = undefined;
      releaseBuffer(page, UPLOAD);
    },
    progress() {
      return { done: expected(), length: session ? session.length : 0, slot: session ? session.slot : 0, paused: lowAtMs >= 0 };
    },
  };
}
