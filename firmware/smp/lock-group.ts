/** SMP group 64, what only this kind of lock has. So far: the offer. */
import { UNSUPPORTED } from '../errors.js';
import type { Exchange } from '../update/exchange.js';
import type { Update } from '../update/update.js';

export const LOCK_GROUP = 64;
export const OFFER = 1;

export function lockCommand(update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === OFFER && isWrite) return update.offers.take(exchange);
  exchange.refuse(UNSUPPORTED);
}
