/** `.boot0`: what runs at every start, before any image. It is written once, at provisioning, and no update can reach it. */
import type { Wiring } from '../boards/wiring.js';
import { layoutOf, type Geometry } from '../firmware/flash/layout.js';
import { openBootStores, partsOf } from '../firmware/flash/open.js';
import { openRecordReader } from '../firmware/flash/record-reader.js';
import type { Handover } from '../firmware/handover.js';
import { HEADER_BYTES } from '../firmware/image/format.js';
import { startPages } from '../firmware/image/pages.js';
import { openMeter, radioAllowed } from '../firmware/lock/battery.js';
import { readInput, setUpInput } from '../firmware/lock/bolt.js';
import { openKeypad, type Keypad } from '../firmware/lock/keypad.js';
import { openSignals, WAIT } from '../firmware/lock/signals.js';
import { createPlatform } from '../firmware/platform/espruino.js';
import { launch } from '../firmware/platform/launch.js';
import { lockConsole, openConsole } from '../firmware/platform/guard.js';
import { readBootText } from '../firmware/platform/boot-text.js';
import { createSlhTools } from '../firmware/platform/slh-tools.js';
import type { Platform } from '../firmware/platform/types.js';
import { startBoot } from './boot.js';
import { SHARED } from './shared.js';
import { startWhole } from './whole.js';

declare const __GEOMETRY__: Geometry;
declare const __MAPPED_FLASH__: boolean;
declare const __VERSION__: string;
declare const __SAFE_MODE_OFFSET__: number;
declare const __SAFE_MODE_LENGTH__: number;

/** A hung image is restarted after this long: three attempts and their starts have to fit into the 30 s a person may wait. */
const WATCHDOG_SECONDS = 6;
/** How long the pattern "wait" takes. */
const WAIT_MS = 210;
const CHORD_MS = 3000;
const CHORD_TURN_MS = 50;
/** Time to debounce: two scans and some. */
const CHORD_SEEN_MS = 200;

lockConsole();
start(createPlatform());

function start(platform: Platform): void {
  platform.armWatchdog(WATCHDOG_SECONDS);
  const layout = layoutOf(__GEOMETRY__);
  const stores = openBootStores(platform, layout);
  const records = openRecordReader(partsOf(platform, layout, layout.records));
  const identity = stores.identity;
  const wiring = identity && (JSON.parse(identity.wiring) as Wiring);
  if (identity && !identity.production) openConsole();
  const keypad = wiring && openKeypad(platform.pins, platform.nowMs, wiring.keypad);
  const signals = wiring && openSignals(platform, wiring.led, wiring.beeper);
  const strap = wiring && wiring.strap;
  setUpInput(platform.pins, strap);
  const strapClosed = readInput(platform.pins, strap) > 0;
  const powerForRadio = !wiring || radioAllowed(openMeter(platform, wiring.battery, records), wiring.battery);
  const cause = platform.resetCause();
  const byHand = cause === 'powerOn' || cause === 'pin' || cause === 'unknown';
  let keyWasDown = false;
  let waitUntilMs = 0;
  if (keypad && byHand && keypad.anyDown()) watchChord(keypad, platform.nowMs());
  else decide(strapClosed);

  /** `*` and `#` held from power-on for three seconds: safe mode, whatever the slots hold. */
  function watchChord(keys: Keypad, sinceMs: number): void {
    platform.kickWatchdog();
    keys.poll();
    const heldMs = platform.nowMs() - sinceMs;
    if (heldMs >= CHORD_MS) decide(true);
    else if (heldMs >= CHORD_SEEN_MS && !keys.chord()) decide(strapClosed);
    else {
      if (signals && heldMs < CHORD_TURN_MS) signals.play(WAIT);
      platform.after(CHORD_TURN_MS, function () {
        watchChord(keys, sinceMs);
      });
    }
  }

  function decide(safeModeRequested: boolean): void {
    startBoot({
      platform, stores, records, slh: createSlhTools(), startPages: __MAPPED_FLASH__ ? startWhole : startPages, safeModeRequested, powerForRadio,
      betweenSteps: function () {
        const down = keypad !== undefined && keypad.anyDown();
        if (down && !keyWasDown && signals) {
          signals.play(WAIT);
          waitUntilMs = platform.nowMs() + WAIT_MS;
        }
        keyWasDown = down;
      },
      launch: function (action, image, bodyBytes, startCause) {
        const handover: Handover = {
          layout, slot: action.slot, version: image.version, imageId: image.imageId,
          trial: action.trial, degraded: action.degraded, radio: powerForRadio, row: action.row, reason: action.reason, cause: startCause,
          bootloader: __VERSION__, strap: strapClosed,
        };
        const text = bodyBytes ? stores.slots[action.slot].text(HEADER_BYTES, bodyBytes) : readBootText(__SAFE_MODE_OFFSET__, __SAFE_MODE_LENGTH__);
        // "Wait" is said to its end: half of it means something else.
        launch(waitUntilMs - platform.nowMs(), text, handover, bodyBytes ? undefined : SHARED);
      },
    });
  }
}
