/** Locks in the timed world: a start each, on flash prepared for its phase. */
import { createHostPlatform } from '../../cli/host-platform.js';
import { familyOf } from '../../cli/provision/lock-flash.js';
import { TRIES } from '../../firmware/flash/kinds.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import { newestSequence, writeLogEntry } from '../../firmware/lock/access-log.js';
import type { Platform } from '../../firmware/platform/types.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import type { Mutation } from '../../scripts/plant.js';
import type { Factors } from '../../virtual-board/interpreter/calibrate.js';
import { createInterpreter } from '../../virtual-board/interpreter/interpreter.js';
import { switchOf } from '../../virtual-board/interpreter/wired-parts.js';
import { linuxFirmware, linuxLock, MASTER_CODE, wiring } from '../interpreter/locks.js';
import type { Phase, TimedLine, TimedSettings } from './device/protocol.js';

export interface TimedLocks {
  /** One start; gives what it said, up to its last line. Throws what went wrong, with the seed. */
  run(phase: Phase, seed: number, entries: number, onLine?: () => void): Promise<TimedLine[]>;
}

const FIRST_PIN = 2000;
export const USERS = 100;
/** In `.boot0`, before its own text. */
const HEAD_BYTES = 24_000;
const TIMEOUT_MS = 120_000;
/** A page of 4 KB takes 45 ms, and is erased as four here; emulated ESP32 for the call. */
const FLASH = { eraseMs: 45 / 4, write256Ms: 0.5, callMs: 0.18 };
/** Of glibc: all variables lie where addresses are positive 32-bit numbers, for `E.memoryArea`. */
const LOW_MEMORY = { MALLOC_MMAP_THRESHOLD_: String(1 << 30) };
/** An ESP32-C3 has 4,095, and some are the interpreter's own. */
const ESP32_VARS = 4095;
const ESP32_FREE_VARS = 4000;
const LINUX_VARS = 16383;
const TRY_MARKS = 64;
/** Linux tells no reset cause: the lock that wakes is told this one. */
const WAKES: Mutation = {
  file: 'firmware/platform/espruino.ts', find: "if (__FAMILY__ === 'xiaoble' || __FAMILY__ === 'linux') return 'unknown';",
  replace: "if (__FAMILY__ === 'linux') return 'deepSleep';",
};
const { geometry } = familyOf(wiring);
const layout = layoutOf(geometry);
const endOf = (span: { address: number; pages: number }): number => span.address + span.pages * PAGE_BYTES;

export async function openTimedLocks(factors: Factors): Promise<TimedLocks> {
  const world = await bundleDevice('host-tests/evidence/device/timed.ts', { parameter: 'settings' });
  const image = await linuxFirmware('1.0.0');
  const newer = await linuxFirmware('2.0.0');
  const plain = await bootloader([]);
  const waking = await bootloader([WAKES]);
  const pins = Array.from({ length: USERS }, (_, index) => String(FIRST_PIN + index));

  async function factoryFlash(firmware: typeof image, boot: typeof plain): Promise<Uint8Array> {
    const lock = await linuxLock(firmware, { pins, boot0Text: boot.text });
    try {
      return await lock.readFlash();
    } finally {
      await lock.close();
    }
  }

  function bootText(boot: typeof plain, given: Pick<TimedSettings, 'phase' | 'seed' | 'entries'>): string {
    const bolt = wiring.bolt as { in1: number; in2: number };
    const settings: TimedSettings = {
      ...given, ...FLASH, factor: factors.javascript, idlePassMs: factors.idlePassMs * factors.javascript,
      collectShare: ESP32_VARS / LINUX_VARS, freeVars: ESP32_FREE_VARS,
      pins: { in1: bolt.in1, in2: bolt.in2 }, keys: Object.fromEntries([...'0123456789*#'].map((key) => [key, switchOf(wiring, key)])),
      masterCode: MASTER_CODE, iterations: wiring.stretch, firstPin: FIRST_PIN, users: USERS,
      fileAt: geometry.base + geometry.bootPages * PAGE_BYTES + STORAGE_HEADER_BYTES, bootAt: geometry.base + STORAGE_HEADER_BYTES,
      imageAt: layout.slots[0].address, imageBytes: image.file.length, hash: Buffer.from(newer.hash).toString('latin1'),
      watchedFrom: given.phase === 'compaction' ? layout.journal.address : layout.slots[1].address,
      watchedTo: given.phase === 'compaction' ? endOf(layout.records) : endOf(layout.slots[1]),
      startAt: HEAD_BYTES, bootBytes: boot.text.length - HEAD_BYTES, startBytes: boot.startBytes,
    };
    const json = JSON.stringify(settings).replace(/[\u007f-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const head = `eval(${JSON.stringify(world)})(${json});if(0)`;
    if (head.length > HEAD_BYTES) throw new Error(`the timed world has ${head.length} bytes, there is room for ${HEAD_BYTES}`);
    return head.padEnd(HEAD_BYTES) + boot.text.slice(HEAD_BYTES);
  }

  /** Runs until the last line; `flash` after that where `keep` is set. */
  async function start(given: Uint8Array, boot: typeof plain, settings: Pick<TimedSettings, 'phase' | 'seed' | 'entries'>, onLine = (): void => undefined) {
    const bytes = given.slice();
    const file = bytes.subarray(STORAGE_HEADER_BYTES, geometry.bootPages * PAGE_BYTES);
    file.fill(10);
    file.set(Buffer.from(bootText(boot, settings), 'latin1'));
    const lock = await createInterpreter({ flash: bytes, wiring, environment: LOW_MEMORY });
    const lines: TimedLine[] = [];
    try {
      await lock.powerOn();
      let from = 0;
      for (;;) {
        const said = await lock.waitFor('what the timed world says', (report) => report[0] === 'log' && report[1].startsWith('LATENCY ')
          || report[0] === 'uncaught', { timeoutMs: TIMEOUT_MS, from });
        from = lock.reports.indexOf(said) + 1;
        const line = said[0] === 'log' ? JSON.parse(said[1].slice('LATENCY '.length)) as TimedLine : ['failed', String(said[1])] as TimedLine;
        if (line[0] === 'failed') throw new Error(`${settings.phase}, seed ${settings.seed}: ${line[1]}`);
        lines.push(line);
        onLine();
        if (line[0] !== 'entry') break;
      }
      await lock.powerOff();
      return { lines, flash: await lock.readFlash() };
    } finally {
      await lock.close();
    }
  }

  /** After a start or two nothing is left to be written that only first starts write. */
  async function settled(firmware: typeof image, boot: typeof plain): Promise<Uint8Array> {
    return (await start(await factoryFlash(firmware, boot), boot, { phase: 'idle', seed: 1, entries: 0 })).flash;
  }

  const rested = await settled(image, plain);
  const asleep = await settled(await linuxFirmware('1.0.0', { mutations: [WAKES] }), waking);
  const withNewer = rested.slice();
  withNewer.set(newer.file, layout.slots[1].address - geometry.base);
  const full = fillStores(rested);
  return {
    run: async (phase, seed, entries, onLine) => {
      const flash = phase === 'wake' ? asleep : phase === 'verify' ? withNewer : phase === 'compaction' ? full : rested;
      return (await start(flash, phase === 'wake' ? waking : plain, { phase, seed, entries }, onLine)).lines;
    },
  };
}

async function bootloader(mutations: Mutation[]): Promise<{ text: string; startBytes: number }> {
  // No safe mode: there is no room for it beside the timed world, and nothing enters it.
  return buildBootloader({
    family: 'linux', define: { __MAPPED_FLASH__: 'true' }, prelude: ' '.repeat(HEAD_BYTES), safeModeEntry: 'host-tests/explorer/device/crashing.ts', mutations,
  });
}

/** Journal and records as full as they get: the next try of a code, and the next entry of the log, need a page erased. */
function fillStores(rested: Uint8Array): Uint8Array {
  let bytes = untilErase(rested, ({ journal }) => {
    journal.append(TRIES, new Uint8Array([0]), TRY_MARKS);
    for (let mark = 0; mark < TRY_MARKS; mark++) journal.mark(TRIES, mark, 1 + (mark & 1));
  });
  bytes = untilErase(bytes, ({ records }) => {
    writeLogEntry(records, newestSequence(records), { sequence: 0, time: 0, uptime: 1, what: 1, source: 0, user: 0, code: 0 });
  });
  return bytes;
}

/** Repeats `change` up to the last one that erases nothing. */
function untilErase(from: Uint8Array, change: (stores: Stores) => void): Uint8Array {
  let kept = from.slice();
  for (;;) {
    const bytes = kept.slice();
    const host = createHostPlatform(bytes, geometry.base) as Platform;
    let erased = false;
    const flash = { ...host.flash, erase: (address: number) => {
      erased = true;
      host.flash.erase(address);
    } };
    change(openStores({ ...host, flash }, layout));
    if (erased) return kept;
    kept = bytes;
  }
}
