/** SMP group 64, what only this kind of lock has. So far: the offer. */
import { UNSUPPORTED } from '../errors.js';
import type { UpdateContext } from '../update/context.js';
import type { Exchange } from '../update/exchange.js';
import { createOfferIntake } from '../update/offer-intake.js';
import type { Update } from '../update/update.js';

export const OFFER = 1;

export function lockCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command !== OFFER || !isWrite) return exchange.refuse(UNSUPPORTED);
  update.intake = update.intake || createOfferIntake(context, update.page, update.offers);
  update.intake(exchange);
}
