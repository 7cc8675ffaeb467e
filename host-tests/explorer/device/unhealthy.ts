/** An image whose door works, and whose radio is never reachable. */
import type { Handover } from '../../../firmware/handover.js';
import { runApp } from './real-app.js';

export function start(handover: Handover): void {
  runApp(handover, false);
}
