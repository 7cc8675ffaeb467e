/**
 * The way to the SMP server through the console of a development board. What is typed there is evaluated, so that a host needs no more than
 * a name: it brings along whatever prints the answer. A production board has no console, and gets no name.
 */
import type { Wire } from './types.js';

declare const global: Record<string, unknown>;

export function offerToConsole(receive: (frame: Wire, reply: (frame: Wire) => void) => void): void {
  global['smp'] = receive;
}
