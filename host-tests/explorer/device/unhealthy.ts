/** An image whose door works, and whose radio is never reachable. */
import type { Handover } from '../../../firmware/handover.js';
import { runApp } from './real-app.js';

declare const handover: Handover;

runApp(handover, false);
