/** One request and the ways to answer it. Exactly one of them is called, in this turn or a later one. */
import type { ErrorCode } from '../errors.js';
import type { CborMap } from '../smp/cbor.js';
import type { Request } from '../smp/request.js';

export interface Exchange {
  request: Request;
  /** Success. */
  answer(body: CborMap): void;
  refuse(code: ErrorCode): void;
  /** "Not now": rc 10, with the offset to go on from for clients that understand it. */
  refuseAt(code: ErrorCode, off: number): void;
  /** The refusal of group 0, whose numbers are its own: `rc` for version 2 clients, `oldRc` for version 1. */
  refuseOs(rc: number, oldRc: number): void;
}
