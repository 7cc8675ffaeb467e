/** An image that is healthy on trial, and crashes a second after every start once it is confirmed. */
import type { Handover } from '../../../firmware/handover.js';
import { runApp } from './real-app.js';

declare const E: { reboot(): void };
declare function setTimeout(turn: () => void, delayMs: number): number;

export function start(handover: Handover): void {
  if (handover.trial) runApp(handover, true);
  else setTimeout(() => E.reboot(), 1000);
}
