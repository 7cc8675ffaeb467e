/** The app: the lock's everyday life. It opens the core, listens on its radios, and proves that it works. */
import {
  HEALTH_BATTERY, HEALTH_BOLT_SENSOR, HEALTH_KEYPAD, HEALTH_MOTOR, HEALTH_RADIO, HEALTH_RECORDS,
} from './errors.js';
import { openCore, type Core } from './core.js';
import { HEALTH_BASELINE, HEALTH_PROBE } from './flash/keys.js';
import { HEALTH } from './flash/kinds.js';
import type { Layout } from './flash/layout.js';
import type { Records } from './flash/records.js';
import type { Handover } from './handover.js';
import type { SlhTools } from './image/slh-dsa.js';
import { IMPOSSIBLE, radioAllowed } from './lock/battery.js';
import { readInput } from './lock/bolt.js';
import { READY } from './lock/signals.js';
import { AWAKE_S, maySleep } from './lock/sleep.js';
import type { Platform } from './platform/types.js';
import { markHealthy, RESTART } from './update/boots.js';
import { HEALTHY_MS, judgeHealth, type HealthCheck } from './update/health.js';
import { loadUpdater } from './updater.js';

export interface AppParts {
  platform: Platform;
  slh(): SlhTools;
  handover: Handover;
  hashBytes: number;
  /** Starts the radios; gives whether they are reachable now. Not called where they have to stay off. */
  startRadio(platform: Platform, core: Core): () => boolean;
}

const HEALTH_TURN_MS = 1000;

/** Starts the app. Undefined: the identity cannot be read. */
export function startApp(parts: AppParts): Core | undefined {
  const platform = parts.platform;
  const handover = parts.handover;
  const opened = openCore({
    platform, slh: parts.slh, handover, hashBytes: parts.hashBytes, beforeRestart: keepReasons,
    loadServer: () => loadUpdater().createServer,
  });
  if (!opened) return undefined;
  const core = opened;
  const stores = core.stores;
  const restart = core.restart;
  const busy = core.door.busy;
  const journal = stores.journal;
  const records = stores.records;
  const startedMs = platform.nowMs();
  const radioOn = radioAllowed(core.battery, core.wiring.battery) && !handover.degraded;
  const reachable = radioOn ? parts.startRadio(platform, core) : () => true;
  let checks: HealthCheck[] | undefined;
  const stored = records.get(HEALTH_BASELINE);
  const baseline = stored ? stored[0]! : 0;
  let onTrial = handover.trial;
  // Asleep is only who was healthy.
  let healthy = handover.cause === 'deepSleep';
  let historyKept = false;
  let failure = 0;

  /**
   * Before a planned restart. A trial that gives up leaves its reason for the record of the rollback; what fails under the confirmed
   * image is not held against the next one.
   */
  function keepReasons(): void {
    if (failure) journal.append(HEALTH, new Uint8Array([failure, 0, 0, 0]));
    if (onTrial) return;
    const failing = judgeHealth(checksOf(platform, core, reachable), 0, 0).failing;
    if (failing !== baseline) records.set(HEALTH_BASELINE, new Uint8Array([failing]));
  }

  function turn(): void {
    platform.after(HEALTH_TURN_MS, turn);
    const elapsedMs = platform.nowMs() - startedMs;
    if (onTrial) judgeTrial(elapsedMs);
    if (busy()) return;
    if (!onTrial && !historyKept) {
      historyKept = true;
      loadUpdater().loadAftermath().settle(stores);
    }
    if (!healthy && elapsedMs >= HEALTHY_MS) {
      healthy = true;
      markHealthy(journal);
    }
    sleepIfIdle(platform, core, onTrial || !healthy);
  }

  function judgeTrial(elapsedMs: number): void {
    checks = checks || checksOf(platform, core, reachable);
    const verdict = judgeHealth(checks, elapsedMs, baseline);
    if (verdict.state === 'passed' && !busy()) onTrial = !loadUpdater().loadAftermath().confirmTrial(platform, handover.layout, stores, handover);
    if (verdict.state !== 'failed') return;
    failure = verdict.code;
    restart(RESTART);
  }

  platform.after(HEALTH_TURN_MS, turn);
  if (handover.cause === 'deepSleep') core.signals.play(READY);
  letGo(handover);
  return core;
}

/** On cells, with a key that wakes the chip. Elsewhere the chip sleeps by itself, or need not. */
function sleepIfIdle(platform: Platform, core: Core, unproven: boolean): void {
  const wiring = core.wiring;
  const wake = wiring.wakePin;
  const status = core.door.status();
  if (wake && platform.sleep && wiring.battery.chemistry !== 'mains' && maySleep({
    nowMs: platform.nowMs(), awakeS: wiring.awakeS === undefined ? AWAKE_S : wiring.awakeS, lastKeyMs: status.lastKeyMs,
    lastFrameMs: core.service.tidy(), windowUntilMs: core.window.applied ? 0 : core.window.untilMs, unproven, doorRests: status.rests,
    disabledMs: status.disabledMs,
  })) platform.sleep(wake.pin, wake.active);
}

/** Of the handover, what only the start reads: the record stays for as long as the app runs, and each span takes eight variables. */
function letGo(handover: Handover): void {
  const fields: Partial<Handover> = handover;
  const layout: Partial<Layout> = handover.layout;
  delete layout.base;
  delete layout.identity;
  delete layout.journal;
  delete layout.records;
  if (!handover.trial) delete fields.imageId;
  delete fields.degraded;
  delete fields.row;
  delete fields.reason;
  delete fields.cause;
  delete fields.strap;
}

/** The parts that the wiring declares. Their order is their bit in the baseline. */
function checksOf(platform: Platform, core: Core, reachable: () => boolean): HealthCheck[] {
  const wiring = core.wiring;
  const battery = core.battery;
  const sensors = wiring.sensors;
  const status = core.door.status;
  let recordsWork = false;
  return [
    { code: HEALTH_KEYPAD, passed: () => wiring.keypad.type === 'none' || status().keypadScanned },
    { code: HEALTH_MOTOR, passed: () => wiring.bolt.type === 'none' || (status().motorIdle && !status().fault) },
    { code: HEALTH_BOLT_SENSOR, passed: () => !sensors || readInput(platform.pins, sensors.locked) < 1 || readInput(platform.pins, sensors.unlocked) < 1 },
    { code: HEALTH_BATTERY, passed: () => wiring.battery.chemistry === 'mains' || battery.restMv() !== IMPOSSIBLE },
    {
      code: HEALTH_RECORDS,
      passed: () => {
        recordsWork = recordsWork || (!core.door.busy() && probeRecords(core.stores.records));
        return recordsWork;
      },
    },
    { code: HEALTH_RADIO, passed: reachable },
  ];
}

/** Writes one byte that differs from the last time, and reads it back. */
function probeRecords(records: Records): boolean {
  const last = records.get(HEALTH_PROBE);
  const value = last ? (last[0]! + 1) & 255 : 0;
  if (records.set(HEALTH_PROBE, new Uint8Array([value, 0, 0, 0]))) return false;
  const read = records.get(HEALTH_PROBE);
  return read !== undefined && read[0] === value;
}
