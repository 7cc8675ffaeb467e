/**
 * Safe mode: keypad, codes and motor, and the SMP server on the wire. It grants nothing by itself: writes need the update window,
 * opened at the keypad; only the strap inside the door opens the wire without a code. Evaluated only when it is entered.
 */
import { openCore, type Core } from '../firmware/core.js';
import type { Handover } from '../firmware/handover.js';
import { createPlatform } from '../firmware/platform/espruino.js';
import { onInterpreterFault } from '../firmware/platform/guard.js';
import { openSerial } from '../firmware/platform/serial.js';
import { createSlhTools } from '../firmware/platform/slh-tools.js';
import type { Platform } from '../firmware/platform/types.js';
import { wirePort } from '../firmware/platform/wire.js';
import { createServer } from '../firmware/smp/server.js';
import { serveSerial } from '../firmware/transports/serial.js';
import { WINDOW_MS } from '../firmware/update/window.js';

declare const __MAPPED_FLASH__: boolean;

/** What the text of safe mode evaluates to. */
export function start(handover: Handover): void {
  const platform = createPlatform();
  onInterpreterFault(platform.reboot);
  const core = openCore({
    platform, slh: createSlhTools, handover, hashBytes: __MAPPED_FLASH__ ? 262144 : 8192, loadServer: () => createServer,
  });
  if (!core) return keepAlive(platform);
  serveSerial(openSerial(wirePort()), core.service);
  if (handover.strap) keepOpen(platform, core);
}

function keepOpen(platform: Platform, core: Core): void {
  core.openWindow();
  platform.after(WINDOW_MS, function () {
    keepOpen(platform, core);
  });
}

/** Without identity there are no pins to drive and no codes to check; the wire cannot be trusted either. Stay up to be provisioned. */
function keepAlive(platform: Platform): void {
  platform.after(1000, function () {
    keepAlive(platform);
  });
  platform.feedWatchdog();
}
