/**
 * The upload that is under way, or was the last one, as the journal knows it: it survives a power cut. Journal kind SESSION:
 * slot u8 | kind u8 | pages u16 | length u32 | SHA-256 of the file (zeros where the client gave none) | id of the offer it follows
 * (zeros: none). Mark n: page n was programmed and read back. Kind 0 ends a session.
 */
import { copyBytes } from '../flash/bytes.js';
import { FLASH_READ_BACK, type ErrorCode } from '../errors.js';
import type { Journal } from '../flash/journal.js';
import { FAILING, SEAL_A, SEAL_B, SESSION } from '../flash/kinds.js';
import { PAGE_BYTES } from '../flash/layout.js';
import type { Platform, Wire } from '../platform/types.js';

export const ENDED = 0;
/** Pages are checked when the image is to be tested. */
export const PLAIN = 1;
/** Every page is checked against an accepted offer before it is written. */
export const OFFERED = 2;

const SESSION_BYTES = 72;

export interface Session {
  slot: number;
  kind: number;
  pageCount: number;
  /** Bytes of the file. */
  length: number;
  /** 32 bytes, empty where unknown: then nothing can be resumed after a restart. */
  sha: Wire;
  /** Image id of the offer, 32 bytes. */
  offerId: Wire;
}

/** The session in the journal, undefined where there is none or it has ended. */
export function sessionOf(journal: Journal, platform: Platform): Session | undefined {
  const bytes = journal.read(SESSION);
  if (!bytes || bytes.length < SESSION_BYTES || bytes[1] === ENDED) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sha = platform.toWire(copyBytes(bytes, 8, 40));
  return {
    slot: bytes[0]!,
    kind: bytes[1]!,
    pageCount: view.getUint16(2, true),
    length: view.getUint32(4, true),
    sha: sha === platform.toWire(new Uint8Array(32)) ? '' : sha,
    offerId: platform.toWire(copyBytes(bytes, 40, 72)),
  };
}

/** Pages that are in flash, of the session in the journal. */
export function pagesDone(journal: Journal, session: Session): number {
  const done = journal.firstUnused(SESSION);
  return done < session.pageCount ? done : session.pageCount;
}

/**
 * Begins a session, or with kind ENDED ends whatever there was. The seal of the slot goes first: from here on the slot is not what
 * it was when it was sealed.
 */
export function writeSession(journal: Journal, session: Session, platform: Platform): ErrorCode {
  const code = voidSeal(journal, session.slot);
  if (code) return code;
  const bytes = new Uint8Array(SESSION_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = session.slot;
  bytes[1] = session.kind;
  view.setUint16(2, session.pageCount, true);
  view.setUint32(4, session.length, true);
  bytes.set(platform.toBytes(session.sha), 8);
  bytes.set(platform.toBytes(session.offerId), 40);
  return journal.append(SESSION, bytes, session.pageCount);
}

/** Writes a session that says: nothing is under way, and what lies in `slot` was not uploaded as a whole. */
export function endSession(journal: Journal, slot: number, platform: Platform): ErrorCode {
  return writeSession(journal, { slot, kind: ENDED, pageCount: 0, length: 0, sha: '', offerId: '' }, platform);
}

export function pagesOf(length: number): number {
  return Math.ceil(length / PAGE_BYTES);
}

/**
 * Notes a page that did not keep what was written: journal kind FAILING, region u8 (0 and 1 the slots, 2 the offer) | page u8 | 0 | 0.
 * The same page again writes nothing. Gives `code` back.
 */
export function noteFailing(journal: Journal, region: number, page: number, code: ErrorCode): ErrorCode {
  const last = journal.read(FAILING);
  if (code === FLASH_READ_BACK && !(last && last[0] === region && last[1] === page)) {
    journal.append(FAILING, new Uint8Array([region, page, 0, 0]));
  }
  return code;
}

/** Marks the seal of a slot as void, if there is one that counts. */
function voidSeal(journal: Journal, slot: number): ErrorCode {
  const kind = slot ? SEAL_B : SEAL_A;
  return journal.read(kind) && journal.markAt(kind, 0) === -1 ? journal.mark(kind, 0) : 0;
}
