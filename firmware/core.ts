/** What the app and safe mode have in common: the stores, the door, the battery and the SMP server, opened over one platform. */
import type { Wiring } from '../boards/wiring.js';
import { BATTERY_UNKNOWN, type ErrorCode } from './errors.js';
import { SETTINGS } from './flash/keys.js';
import { PAGE_BYTES } from './flash/layout.js';
import { openDoorStores, type DoorStores } from './flash/open.js';
import { openRegion } from './flash/region.js';
import type { Identity } from './flash/identity.js';
import type { Handover } from './handover.js';
import type { SlhTools } from './image/slh-dsa.js';
import { parseVersion } from './image/version.js';
import { openBattery, wordsOf, type Battery } from './lock/battery.js';
import { newClock, type Clock } from './lock/clock.js';
import { openDoor, type Door } from './lock/door.js';
import type { Pairing } from './lock/owners.js';
import { finishPending } from './lock/resets.js';
import { readSettings } from './lock/settings.js';
import { openSignals, SAFE_MODE, WINDOW, type Signals } from './lock/signals.js';
import type { Platform } from './platform/types.js';
import type { SmpServer } from './smp/server.js';
import type { UpdateContext } from './update/context.js';
import { IN_SAFE_MODE } from './safe-mode.js';
import { SENTENCES_MAX } from './sentences.js';
import { openService, type SmpService } from './service.js';
import { markPlanned, RESTART, RESTART_INTO_SAFE_MODE } from './update/boots.js';
import { startVerification } from './update/verification.js';
import { closedWindow, openWindow, type UpdateWindow } from './update/window.js';

export interface CoreParts {
  platform: Platform;
  slh(): SlhTools;
  /** What is read after the start; of the layout, slots, offer and spare. */
  handover: Pick<Handover, 'layout' | 'slot' | 'version' | 'trial' | 'bootloader' | 'sentences' | 'row'>;
  /** Longest text this chip can hash in one go. */
  hashBytes: number;
  /** Made whenever somebody asks something: see `openService`. */
  loadServer(): (context: UpdateContext) => SmpServer;
  /** Called right before a planned restart, while flash may still be written. */
  beforeRestart?: () => void;
}

export interface Core {
  stores: DoorStores;
  identity: Identity;
  wiring: Wiring;
  battery: Battery;
  signals: Signals;
  door: Door;
  clock: Clock;
  /** The phone that is being paired at the keypad: for `takePairing`. */
  pairing(): Pairing | undefined;
  service: SmpService;
  window: UpdateWindow;
  /** Ten minutes of authority for anybody: only after a master or recovery code at the keypad, or the strap. */
  openWindow(): void;
  /** Restarts as soon as the door is at rest. */
  restart(how: number): void;
}

/** The page of the spare region that a load test erases: the first two may stand in for a failing page. */
const LOAD_TEST_PAGE = 2;
const REST_POLL_MS = 50;
const HEARTBEAT_MS = 1000;
/** A door that has not come to the end of a turn for this long is not alive; the watchdog does the rest. */
const DOOR_SILENT_MS = 2000;

/** Opens everything, or gives undefined where the identity is lost. Moves nothing; of writes it only finishes what was ordered before the restart. */
export function openCore(parts: CoreParts): Core | undefined {
  const platform = parts.platform;
  const handover = parts.handover;
  const stores = openDoorStores(platform, handover.layout);
  const found = stores.identity;
  if (!found) return undefined;
  const identity: Identity = found;
  const wiring = JSON.parse(identity.wiring) as Wiring;
  // A kilobyte that nobody reads again.
  identity.wiring = '';
  const pending = finishPending(stores.records);
  if (pending.code) platform.log('reset unfinished: ' + pending.code);
  const settings = readSettings(stores.records.get(SETTINGS));
  const clock = newClock();
  // Safe mode was asked for, or nothing could be run.
  const bootable = !IN_SAFE_MODE || handover.row === 1;
  const battery = openBattery(platform, wiring.battery, stores.records);
  const signals = openSignals(platform, wiring.led, wiring.beeper, settings);
  const spare = handover.layout.spare;
  const window = closedWindow();
  let restarting = false;
  let pairing: Pairing | undefined;

  function grant(): void {
    openWindow(window, platform.nowMs());
  }

  function loadTest(): void {
    if (spare.pages > LOAD_TEST_PAGE) {
      openRegion(platform.flash, { address: spare.address + LOAD_TEST_PAGE * PAGE_BYTES, pages: 1 }, platform.crc32).erase(0);
    }
    battery.sample();
  }

  /** The wired way in stays open where the battery cannot be read. */
  function gate(): ErrorCode {
    const code = battery.gate('start', loadTest);
    return IN_SAFE_MODE && code === BATTERY_UNKNOWN ? 0 : code;
  }

  function restart(how: number): void {
    if (restarting) return;
    restarting = true;
    whenAtRest();
    function whenAtRest(): void {
      if (!door.settled()) {
        platform.after(REST_POLL_MS, whenAtRest);
        return;
      }
      if (parts.beforeRestart) parts.beforeRestart();
      markPlanned(stores.journal, how);
      platform.reboot();
    }
  }

  const door = openDoor({
    platform, wiring, journal: stores.journal, records: stores.records, identity, signals, battery, settings,
    clock, finished: pending.entry,
    hooks: {
      openWindow: grant,
      restart: () => restart(RESTART),
      bootable: () => bootable,
      pair: IN_SAFE_MODE ? undefined : (begun) => {
        pairing = begun;
      },
      requestSafeMode: () => restart(RESTART_INTO_SAFE_MODE),
    },
  });
  function context(): UpdateContext {
    return {
      platform, identity, slh: parts.slh, stores, slotBytes: handover.layout.slots[0].pages * PAGE_BYTES,
      slot: (slot) => openRegion(platform.flash, handover.layout.slots[slot === 1 ? 1 : 0], platform.crc32),
      offer: () => openRegion(platform.flash, handover.layout.offer, platform.crc32),
      running: { slot: IN_SAFE_MODE ? -1 : handover.slot, version: handover.version, trial: handover.trial },
      bootloader: parseVersion(handover.bootloader) || handover.version,
      machine: wiring.family,
      door,
      battery: { gate, loaded: battery.sample, words: () => wordsOf(battery) },
      sentences: () => (handover.sentences ? platform.flash.text(handover.sentences, SENTENCES_MAX) : ''),
      restart: () => restart(RESTART),
      log: platform.log,
      hashBytes: parts.hashBytes,
      window,
      verifyAlone: (slot, trust, frames) => service.alone(startVerification({
        platform, journal: stores.journal, window, identity, slh: parts.slh(), slot, trust,
        source: openRegion(platform.flash, handover.layout.slots[slot], platform.crc32),
      }), frames),
      stepping: 0,
    };
  }

  const service = openService(platform, door.busy, () => {
    const create = parts.loadServer();
    return () => create(context());
  });

  /** Feeds the watchdog while the door is alive, and shows the update window. */
  function heartbeat(): void {
    platform.after(HEARTBEAT_MS, heartbeat);
    if (platform.nowMs() - door.status().lastTurnMs < DOOR_SILENT_MS) platform.feedWatchdog();
    service.tidy();
    const open = platform.nowMs() < window.untilMs && !window.applied;
    signals.hold(door.alarm() || (open ? WINDOW : IN_SAFE_MODE ? SAFE_MODE : ''));
  }

  heartbeat();
  return {
    stores, identity, wiring, battery, signals, door, clock, service, window, pairing: () => pairing, openWindow: grant, restart,
  };
}
