/** The real app, for images that are genuine but bad. */
import { startApp } from '../../../firmware/app.js';
import type { Core } from '../../../firmware/core.js';
import type { Handover } from '../../../firmware/handover.js';
import { createPlatform } from '../../../firmware/platform/espruino.js';
import { createSlhTools } from '../../../firmware/platform/slh-tools.js';
import type { Platform } from '../../../firmware/platform/types.js';
import { openUdp } from '../../../firmware/platform/udp.js';
import { SMP_UDP_PORT } from '../../../firmware/transports/udp.js';

/** `reachable`: what its radio check says. */
export function runApp(handover: Handover, reachable: boolean): void {
  function startRadio(_platform: Platform, core: Core): () => boolean {
    openUdp(SMP_UDP_PORT, core.service.receive);
    return () => reachable;
  }
  startApp({ platform: createPlatform(), slh: createSlhTools, handover, hashBytes: 262144, startRadio });
}
