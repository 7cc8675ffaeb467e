/** `.boot0`: what runs at every start, before any image. It is written once, at provisioning, and no update can reach it. */
import type { Wiring } from '../boards/wiring.js';
import { findIdentity, isProduction, wiringOf } from '../firmware/flash/identity.js';
import { openJournal } from '../firmware/flash/journal.js';
import type { Layout } from '../firmware/flash/layout.js';
import { partsOf } from '../firmware/flash/open.js';
import { openRegion } from '../firmware/flash/region.js';
import { readInput, setUpInput } from '../firmware/lock/bolt.js';
import { matrixDown } from '../firmware/lock/matrix.js';
import { readBootText } from '../firmware/platform/boot-text.js';
import { createPlatform } from '../firmware/platform/espruino.js';
import { lockConsole, openConsole } from '../firmware/platform/guard.js';
import { launch } from '../firmware/platform/launch.js';
import { createSlhTools } from '../firmware/platform/slh-tools.js';
import type { Platform } from '../firmware/platform/types.js';
import { startBoot, type Boot } from './boot.js';
import { openRare } from './rare.js';
import { SHARED } from './shared.js';

declare const __LAYOUT__: Layout;
declare const __SAFE_MODE_OFFSET__: number;
declare const __SAFE_MODE_LENGTH__: number;

/** A hung image is restarted after this long: three attempts and their starts have to fit into the 30 s a person may wait. */
const WATCHDOG_SECONDS = 6;

lockConsole();
start(createPlatform());

function start(platform: Platform): void {
  platform.armWatchdog(WATCHDOG_SECONDS);
  const layout = __LAYOUT__;
  const journal = openJournal(partsOf(platform, layout, layout.journal));
  const identityRecord = findIdentity(openRegion(platform.flash, layout.identity, platform.crc32), platform.crc32);
  const wiring = identityRecord && (JSON.parse(wiringOf(identityRecord)) as Wiring);
  if (identityRecord && !isProduction(identityRecord)) openConsole();
  const strap = wiring && wiring.strap;
  setUpInput(platform.pins, strap);
  const cause = platform.startCause();
  startBoot({
    platform, layout, journal, identityRecord, wiring, cause, launch, openRare: openApart,
    strapClosed: readInput(platform.pins, strap) > 0,
    // Of a chord to begin with: nobody holds one after a restart.
    keyDown: (cause === 'powerOn' || cause === 'pin' || cause === 'unknown') && !!wiring && wiring.keypad.type === 'matrix' && matrixDown(platform.pins, wiring.keypad),
  });
}

/**
 * Everything that only this function uses lies apart, see scripts/memory-plan.ts. What safe mode shares of it keeps this call's scope alive, and
 * must not keep the boot with it.
 */
function openApart(boot: Boot | undefined): void {
  openRare(boot!, { slh: createSlhTools, safeMode: () => readBootText(__SAFE_MODE_OFFSET__, __SAFE_MODE_LENGTH__), shared: SHARED });
  boot = undefined;
}
