/** A lock reduced to its update machinery: virtual time, modelled flash, a door and a battery with a switch each, and a link. */
import { FAMILIES } from '../../boards/families.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { createCommands, type Commands } from '../../cli/smp/commands.js';
import type { ClientOptions } from '../../cli/smp/client.js';
import type { Link, Time } from '../../cli/smp/link.js';
import { BATTERY_LOADED_LOW, type ErrorCode } from '../../firmware/errors.js';
import type { Identity } from '../../firmware/flash/identity.js';
import { layoutOf, type Layout } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import type { Platform, Wire } from '../../firmware/platform/types.js';
import { lockCommand } from '../../firmware/smp/lock-group.js';
import { sentenceTable } from '../../firmware/sentences.js';
import { openService, type SmpService } from '../../firmware/service.js';
import { createServer, type SmpServer } from '../../firmware/smp/server.js';
import type { UpdateContext } from '../../firmware/update/context.js';
import { startVerification } from '../../firmware/update/verification.js';
import { closedWindow, openWindow, type UpdateWindow } from '../../firmware/update/window.js';
import { confirmImage } from '../../firmware/update/boot-state.js';
import { createNor, PowerCut, type Nor } from '../../virtual-board/nor.js';
import { slhTools } from '../../virtual-board/slh-tools.js';
import { imageOf, makerKey, versionOf, type TestImage } from './images.js';

const family = FAMILIES.find((one) => one.name === 'virtual')!;

export interface Bench {
  nor: Nor;
  layout: Layout;
  stores: Stores;
  server: SmpServer;
  /** A server of its own, made when it is asked, as the lock's is. */
  service: SmpService;
  platform: Platform;
  /** Servers that `service` made. */
  made: number;
  identity: Identity;
  /** Image in slot 0, which runs unless `start` says otherwise. */
  installed: TestImage;
  nowMs(): number;
  /** Runs turns until `done` says so. Throws after `limitMs` of virtual time, and passes a power cut on. */
  run(done: () => boolean, limitMs?: number): void;
  /** Lets that much time pass. */
  pass(ms: number): void;
  /** What the keypad granted since the last start. */
  window(): UpdateWindow;
  /** As the master code and 8# do. */
  openWindow(): void;
  /** A new start: everything in RAM is gone. */
  start(options?: StartOptions): void;
  /** One request frame in, the replies out. */
  send(frame: Wire, waitMs?: number): Wire[];
  link: Link;
  time: Time;
  client(options?: Partial<ClientOptions>): Commands;
  /** Runs virtual time until the promise settles. */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  doorBusy: boolean;
  /** What `gate` and `loaded` answer. */
  gate: ErrorCode;
  loaded: ErrorCode;
  lowSinceMs: number;
  restarts: number;
  log: string[];
  freeVars: number;
  /** Longest turn so far, in flash operations that are erases. */
  erasesInATurn: number;
  /** Drops a frame: called for each with its direction. */
  lose: (direction: 'in' | 'out', frame: Wire) => boolean;
}

export interface StartOptions {
  slot?: 0 | 1 | -1;
  version?: string;
  trial?: boolean;
  safeMode?: boolean;
  hashBytes?: number;
}

interface Timer {
  id: number;
  atMs: number;
  turn: () => void;
}

export function createBench(options: { production?: boolean; keys?: [Uint8Array, Uint8Array]; installed?: TestImage } = {}): Bench {
  const nor = createNor({ base: family.geometry.base, pages: family.geometry.pages });
  const layout = layoutOf(family.geometry);
  const host = createHostPlatform(nor.bytes, nor.base);
  const installed = options.installed ?? imageOf({ version: '1.0.0', bodyBytes: 5000 });
  const identity: Identity = {
    deviceId: new Uint8Array(8), family: family.id, hardware: 3, production: options.production ?? true,
    keys: options.keys ?? [makerKey.publicKey, new Uint8Array(32)],
    codeSalt: new Uint8Array(16), recoveryHash: new Uint8Array(32), serial: 'DL-1', wiring: '{}',
  };
  let nowMs = 0;
  let lastId = 0;
  let timers: Timer[] = [];
  let startedMs = 0;
  let window = closedWindow();
  let taker: (frame: Wire) => void = () => undefined;

  function after(delayMs: number, turn: () => void): number {
    timers.push({ id: ++lastId, atMs: nowMs + Math.max(0, delayMs), turn });
    return lastId;
  }

  function cancel(id: number): void {
    timers = timers.filter((timer) => timer.id !== id);
  }

  /** Runs the next turn that is due within `limitMs`; false where there is none. */
  function step(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of timers) if (!next || timer.atMs < next.atMs) next = timer;
    if (!next || next.atMs > untilMs) return false;
    cancel(next.id);
    nowMs = Math.max(nowMs, next.atMs);
    let erases = 0;
    nor.onOperation = (operation) => {
      nowMs += operation.kind === 'erase' ? 45 : 0.5;
      if (operation.kind === 'erase') erases++;
    };
    next.turn();
    // The firmware may have caught the exception, as it catches anything; the lock is without power all the same.
    if (nor.off) throw new PowerCut(nor.operations);
    bench.erasesInATurn = Math.max(bench.erasesInATurn, erases);
    return true;
  }

  const platform: Platform = {
    ...host,
    flash: nor.port,
    nowMs: () => nowMs - startedMs,
    after,
    cancel,
    startCause: () => 'powerOn',
    reboot: () => undefined,
    armWatchdog: () => undefined,
    feedWatchdog: () => undefined,
    freeVars: () => bench.freeVars,
    log: (words) => void bench.log.push(String(words)),
    pins: {
      mode: () => undefined, write: () => undefined, pulse: () => undefined, read: () => 0,
      readAll: () => 0, writeAll: () => undefined, analog: () => 0, tone: () => undefined,
      watch: () => undefined,
    },
  };

  const bench: Bench = {
    nor, layout, identity, installed,
    stores: undefined as unknown as Stores,
    server: undefined as unknown as SmpServer,
    service: undefined as unknown as SmpService,
    made: 0,
    platform,
    nowMs: () => nowMs,
    run(done, limitMs = 60000) {
      const until = nowMs + limitMs;
      while (!done()) if (!step(until)) throw new Error(`nothing came of it within ${limitMs} ms`);
    },
    pass(ms) {
      const until = nowMs + ms;
      while (step(until));
      nowMs = Math.max(nowMs, until);
    },
    start(start = {}) {
      timers = [];
      startedMs = nowMs;
      const safeMode = start.safeMode ?? false;
      bench.stores = openStores(platform, layout);
      window = closedWindow();
      const context: UpdateContext = {
        platform, stores: bench.stores, identity, slh: () => slhTools, slotBytes: layout.slots[0].pages * 4096,
        slot: (slot) => bench.stores.slots[slot === 1 ? 1 : 0], offer: () => bench.stores.offer,
        running: { slot: safeMode ? -1 : start.slot ?? 0, version: versionOf(start.version ?? '1.0.0'), trial: start.trial ?? false },
        bootloader: versionOf('1.2.0'), machine: 'virtual',
        door: { busy: () => bench.doorBusy },
        battery: {
          gate: () => bench.gate,
          words: () => '4.31 V at rest (needs 4.50 V), nothing read under load (needs 4.55 V)',
          loaded: () => {
            if (!bench.loaded) bench.lowSinceMs = -1;
            else if (bench.lowSinceMs < 0) bench.lowSinceMs = nowMs;
            return bench.loaded && nowMs - bench.lowSinceMs >= 600000 ? 0x1d : bench.loaded;
          },
        },
        sentences: sentenceTable,
        restart: () => void bench.restarts++,
        log: (words) => void bench.log.push(words),
        hashBytes: start.hashBytes ?? 262144,
        window, stepping: 0,
        verifyAlone: () => undefined,
      };
      const make = (service: SmpService): SmpServer => createServer({
        ...context,
        verifyAlone: (slot, trust, frames) => service.alone(startVerification({
          platform, journal: bench.stores.journal, window, identity, slh: slhTools, slot, trust, source: bench.stores.slots[slot],
        }), frames),
      }, safeMode ? undefined : lockCommand);
      const direct: SmpService = openService(platform, () => bench.doorBusy, () => () => (bench.server = make(direct)));
      bench.server = make(direct);
      bench.service = openService(platform, () => bench.doorBusy, () => () => {
        bench.made++;
        return make(bench.service);
      });
    },
    window: () => window,
    openWindow() {
      openWindow(window, platform.nowMs());
    },
    send(frame, waitMs = 30000) {
      const replies: Wire[] = [];
      bench.server.receive(frame, (reply) => replies.push(reply));
      const until = nowMs + waitMs;
      while (!replies.length && step(until));
      return replies;
    },
    link: {
      send: (frame) => {
        if (bench.lose('in', frame)) return;
        after(2, () => bench.server.receive(frame, (reply) => {
          if (!bench.lose('out', reply)) after(2, () => taker(reply));
        }));
      },
      onFrame: (take) => {
        taker = take;
      },
      close: () => undefined,
    },
    time: {
      nowMs: () => nowMs,
      after: (delayMs, turn) => {
        const id = after(delayMs, turn);
        return () => cancel(id);
      },
    },
    client: (settings) => createCommands(bench.link, bench.time, settings),
    async settle(promise, limitMs = 600000) {
      let settled = false;
      const until = nowMs + limitMs;
      promise.then(() => (settled = true), () => (settled = true));
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (settled) return promise;
        if (!step(until)) throw new Error(`no answer within ${limitMs} ms`);
      }
    },
    doorBusy: false, gate: 0, loaded: 0, lowSinceMs: -1, restarts: 0, log: [], freeVars: 2000, erasesInATurn: 0,
    lose: () => false,
  };

  nor.bytes.set(installed.file, layout.slots[0].address - nor.base);
  bench.start();
  bench.stores.journal.format();
  confirmImage(bench.stores.journal, undefined, {
    slot: 0, version: installed.version, counter: 1, keyEpoch: 0, key: new Uint8Array(32), imageId: installed.imageId,
  });
  bench.start();
  return bench;
}

/** A battery that sags when flash is written. */
export const SAGGING = BATTERY_LOADED_LOW;

/** Content of a slot. */
export function slotBytes(bench: Bench, slot: 0 | 1): Uint8Array {
  const span = bench.layout.slots[slot];
  return bench.nor.bytes.slice(span.address - bench.nor.base, span.address - bench.nor.base + span.pages * 4096);
}

/** Runs `action`, which is expected to end in the power cut that was planned. */
export async function untilPowerCut(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
}
