/** Where a lock's flash can be looked at again and again: a file, or the console of a development lock. */
import { readFile, stat } from 'node:fs/promises';
import { FAMILIES, type ChipFamily } from '../../boards/families.js';
import { layoutOf, PAGE_BYTES, type Geometry } from '../../firmware/flash/layout.js';
import { openDoorStores, type DoorStores } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import { familyOn, requireLock } from '../board/checks.js';
import { BoardThrew, connect, NoAnswer, type Connection } from '../board/connection.js';
import { openPort, type Port } from '../board/port.js';
import { openRawFlash } from '../board/raw-flash.js';
import { familyOf } from '../flash/read-lock.js';
import { createHostPlatform } from '../host-platform.js';
import { reasonOf, Refusal } from '../image/refusal.js';
import { sharedPort } from '../smp/console-link.js';
import { createMirror, type Mirror } from './mirror.js';

/** What is read of a lock: everything but what lies in the slots. */
export interface LockState extends DoorStores {
  family: ChipFamily;
  platform: Platform;
}

export interface LogSource {
  readonly name: string;
  /** Reads what changed. Undefined where there is nothing to be had just now, as while the lock starts. */
  look<T>(read: (state: LockState) => T): Promise<T | undefined>;
  /** Where the lines go that the lock prints. */
  onPrinted(take: (line: string) => void): void;
  close(): Promise<void>;
}

/** `file:PATH`, `serial:PORT` or `tcp:HOST:PORT`. */
export async function openSource(via: string): Promise<LogSource> {
  if (via.startsWith('udp:')) throw new Refusal(`--via ${via}: a lock tells its log to nobody on the network; take its wire, or file:PATH for a virtual lock's flash`);
  return via.startsWith('file:') ? fileSource(via.slice(5)) : consoleSource(via, () => openPort(via));
}

function stateOf(bytes: Uint8Array, platform: Platform, file: string): LockState {
  const family = familyOf(bytes, file);
  return { family, platform, ...openDoorStores(platform, layoutOf(family.geometry)) };
}

async function fileSource(file: string): Promise<LogSource> {
  let bytes = new Uint8Array(0);
  let readMs = -1;

  async function refresh(): Promise<void> {
    const { mtimeMs } = await stat(file);
    if (mtimeMs === readMs) return;
    readMs = mtimeMs;
    bytes = new Uint8Array(await readFile(file));
  }

  await refresh().catch((error: unknown) => {
    throw new Refusal(`${file}: cannot be read: ${reasonOf(error)}; the flash of a virtual lock is .deadlatch/virtual-lock.flash`);
  });
  return {
    name: file,
    async look(read) {
      // It may be made anew just now.
      if (!await refresh().then(() => true, () => false)) return undefined;
      return read(stateOf(bytes, createHostPlatform(bytes, familyOf(bytes, file).geometry.base) as Platform, file));
    },
    onPrinted: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** After a restart the board does not know any more what was left in its memory: that is our fault and told to nobody. */
const OURS = /^>*Uncaught .*\bdl[A-Z]\w*.* is not /;

export async function consoleSource(via: string, open: () => Promise<Port>): Promise<LogSource> {
  const port = sharedPort(await open());
  let take: (line: string) => void = () => undefined;
  let waiting = '';
  let mirror: Mirror | undefined;
  let geometry: Geometry | undefined;

  port.overhear((text) => {
    const lines = (waiting + text).split(/\r?\n/);
    waiting = lines.pop()!.slice(-1000);
    for (const line of lines) if (!OURS.test(line)) take(line.replace(/^>+/, ''));
  });

  async function mirrorOf(board: Connection): Promise<Mirror> {
    await requireLock(board, via);
    const family = familyOn(String(await board.evaluate('process.env.BOARD'))) ?? 'esp32';
    geometry = FAMILIES.find((each) => each.name === family)!.geometry;
    return createMirror(await openRawFlash(board), geometry.base, geometry.pages * PAGE_BYTES, mirror?.bytes);
  }

  async function attach(): Promise<Mirror> {
    return mirror = await mirrorOf(await connect(port));
  }

  await attach().catch(async (error: unknown) => {
    await port.close();
    if (error instanceof NoAnswer) throw new Refusal(`${error.message}. A production lock has no console, and tells its log to nobody`);
    throw error;
  });
  let lost = false;
  return {
    name: via,
    async look(read) {
      try {
        // A restart takes away what was left in the board's memory.
        const current = lost ? await attach() : mirror!;
        lost = false;
        return await current.look((bytes, platform, base) => {
          // Where the layout record lies, by which the family is known.
          platform.flash.read(1, base + geometry!.bootPages * PAGE_BYTES);
          return read(stateOf(bytes, platform, via));
        });
      } catch (error) {
        if (port.gone || !(error instanceof NoAnswer || error instanceof BoardThrew)) throw error;
        lost = true;
        return undefined;
      }
    },
    onPrinted(taker) {
      take = taker;
    },
    close: () => port.close(),
  };
}
