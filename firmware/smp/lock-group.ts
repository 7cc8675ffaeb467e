/** SMP group 64, what only this kind of lock has: the offer, and what became of the last trial. */
import { UNSUPPORTED } from '../errors.js';
import { ROLLBACK } from '../flash/kinds.js';
import type { UpdateContext } from '../update/context.js';
import { refuse, type Exchange } from '../update/exchange.js';
import { takeOfferChunk } from '../update/offer-intake.js';
import type { Update } from '../update/update.js';

/** Read: {rollback: the newest record of that kind, as it lies in the journal}. It says which version was given up and why, and needs no authority. */
export const STATUS = 0;
export const OFFER = 1;

export function lockCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === OFFER && isWrite) takeOfferChunk(context, update, exchange);
  else if (command === STATUS && !isWrite) {
    const record = context.stores.journal.read(ROLLBACK);
    exchange.answer(record ? { rollback: { bytes: context.platform.toWire(record) } } : {});
  } else refuse(exchange, UNSUPPORTED);
}
