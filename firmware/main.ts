/** Entry of the app's bundle. Binds the app to the chip it runs on. */
import { startApp } from './app.js';
import type { Core } from './core.js';
import { IMAGE_THREW } from './errors.js';
import { WIFI } from './flash/keys.js';
import { HEALTH } from './flash/kinds.js';
import { openJournal } from './flash/journal.js';
import { partsOf } from './flash/open.js';
import type { Handover } from './handover.js';
import { offerToConsole } from './platform/console.js';
import { createPlatform } from './platform/espruino.js';
import { onInterpreterFault } from './platform/guard.js';
import { forgetImage } from './platform/launch.js';
import { createSlhTools } from './platform/slh-tools.js';
import type { Platform } from './platform/types.js';
import { openUdp } from './platform/udp.js';
import { joinWifi } from './platform/wifi.js';
import { SMP_UDP_PORT } from './transports/udp.js';

declare const __MAPPED_FLASH__: boolean;

/** A whole slot where flash is mapped; elsewhere the text is copied to the stack, which holds a few pages. */
const HASH_BYTES = __MAPPED_FLASH__ ? 262144 : 8192;

/** What the image evaluates to. */
export function start(handover: Handover): void {
  forgetImage();
  const platform = createPlatform();
  onInterpreterFault(platform.reboot);
  try {
    const core = startApp({ platform, slh: createSlhTools, handover, hashBytes: HASH_BYTES, startRadio: openRadio });
    if (!core) platform.reboot();
    else if (!core.identity.production) offerToConsole(core.service.receive);
  } catch (error) {
    platform.log('start: ' + error);
    openJournal(partsOf(platform, handover.layout, handover.layout.journal)).append(HEALTH, new Uint8Array([IMAGE_THREW, 0, 0, 0]));
    platform.reboot();
  }
}

/** Joins the network that the records name, if any, and answers SMP on UDP. */
function openRadio(platform: Platform, core: Core): () => boolean {
  const network = core.stores.records.get(WIFI);
  if (network) joinWifi(platform.toWire(network));
  let listening = false;
  try {
    openUdp(SMP_UDP_PORT, core.service.receive);
    listening = true;
  } catch (error) {
    platform.log('radio: ' + error);
  }
  return () => listening;
}
