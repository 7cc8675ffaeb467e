/** One request and the ways to answer it. Exactly one of them is called, in this turn or a later one. */
import {
  BATTERY_LOADED_LOW, BATTERY_LOW, formatCode, imageRc, managementRc, REQUEST_PENDING, type ErrorCode,
} from '../errors.js';
import { sentenceOf } from '../sentences.js';
import type { CborMap } from '../smp/cbor.js';
import type { Header } from '../smp/frame.js';
import type { Request } from '../smp/request.js';
import type { Confirmed } from './boot-state.js';
import type { UpdateContext } from './context.js';

export interface Exchange {
  asked: Request;
  /** Of the request. */
  header: Header;
  /** Success, or what a refusal comes to. */
  answer(body: CborMap): void;
  /** Lets the server go while the slot is verified, and asks again then: see `UpdateContext.verifyAlone`. Not for requests with data. */
  verifyAlone(slot: 0 | 1, trust: Confirmed | undefined): void;
  context: UpdateContext;
}

/** Groups whose refusals use the numbers of group 1. */
const OS_GROUP = 0;
const IMAGE_GROUP = 1;

export function refuse(exchange: Exchange, code: ErrorCode): void {
  exchange.answer(refusal(exchange.context, exchange.header, code, -1));
}

/** "Not now": rc 10, with the offset to go on from for clients that understand it. */
export function refuseAt(exchange: Exchange, code: ErrorCode, off: number): void {
  exchange.answer(refusal(exchange.context, exchange.header, code, off));
}

/** The refusal of group 0, whose numbers are its own: `rc` for version 2 clients, `oldRc` for version 1. */
export function refuseOs(exchange: Exchange, rc: number, oldRc: number): void {
  exchange.answer(exchange.header.version ? { err: { group: OS_GROUP, rc } } : { rc: oldRc });
}

/**
 * Group errors go to version 2 clients where the image group has a number for them; everything else is `rc` with words. A weak battery
 * is refused with its volts: nobody should have to guess how weak. `off`: see `refuseAt`, -1 = none.
 */
export function refusal(context: Pick<UpdateContext, 'battery' | 'sentences'>, header: Header, code: ErrorCode, off: number): CborMap {
  const imageCode = header.version && header.group !== OS_GROUP && off < 0 ? imageRc(code) : 0;
  if (imageCode) return { err: { group: IMAGE_GROUP, rc: imageCode } };
  const detail = code === BATTERY_LOW || code === BATTERY_LOADED_LOW ? ': ' + context.battery.words() : '';
  const rsn = formatCode(code) + ' ' + sentenceOf(context.sentences(), code) + detail;
  return off < 0 ? { rc: managementRc(code), rsn } : { rc: managementRc(REQUEST_PENDING), rsn, off };
}
