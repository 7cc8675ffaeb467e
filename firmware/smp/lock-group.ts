/** SMP group 64, what only this kind of lock has. So far: the offer. */
import { UNSUPPORTED } from '../errors.js';
import type { UpdateContext } from '../update/context.js';
import { refuse, type Exchange } from '../update/exchange.js';
import { takeOfferChunk } from '../update/offer-intake.js';
import type { Update } from '../update/update.js';

export const OFFER = 1;

export function lockCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === OFFER && isWrite) takeOfferChunk(context, update, exchange);
  else refuse(exchange, UNSUPPORTED);
}
