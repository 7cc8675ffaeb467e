/** A folder with keys, boards to be made locks, and a look into what was made. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAMILIES } from '../../boards/families.js';
import type { FamilyName } from '../../boards/families.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { createKey, writeKeyFiles } from '../../cli/image/key-file.js';
import type { OpenPort, ProvisionOptions } from '../../cli/provision/provision.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import { fakeBoard, type FakeBoard, type FakeOptions } from './fake-board.js';

export const VIA = 'serial:/dev/ttyFAKE';
const SEEDS = { dev: 6, maker: 7 };

export interface Workshop {
  readonly folder: string;
  readonly devKey: string;
  readonly makerKey: string;
  /** What a person without a wish gives. */
  readonly options: ProvisionOptions;
  at(name: string): string;
  /** Names of files of unfinished locks. */
  unfinished(): Promise<string[]>;
  close(): Promise<void>;
}

/** Keys are the same each time: their signatures are kept. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-workshop-'));
  const at = (name: string): string => join(folder, name);
  const [devKey, makerKey] = [at('dev.key'), at('maker.key')];
  await writeKeyFiles(devKey, createKey(true, new Uint8Array(48).fill(SEEDS.dev)), undefined, new Date(0));
  await writeKeyFiles(makerKey, createKey(false, new Uint8Array(48).fill(SEEDS.maker)), undefined, new Date(0));
  return {
    folder, devKey, makerKey, at,
    options: { via: VIA, wiring: 'bench', key: devKey, folder: at('home') },
    unfinished: async () => (await readdir(at('home')).catch(() => [])).filter((name) => name.startsWith('unfinished-')),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const BOARDS: Partial<Record<FamilyName, string>> = { esp32: 'ESP32', esp32c3: 'ESP32C3_IDF4', xiaoble: 'XIAOBLE' };

/** A board of a family, empty. */
export function boardOf(family: FamilyName, options: Partial<FakeOptions> = {}): FakeBoard {
  const { geometry } = FAMILIES.find(({ name }) => name === family)!;
  return fakeBoard({ base: geometry.base, pages: geometry.pages, board: BOARDS[family]!, ...options });
}

/** A cable with one end in that board. */
export const cableTo = (board: FakeBoard): OpenPort => async () => board.start();

/** What a lock would read from the flash of that board. */
export function storesOf(board: FakeBoard, family: FamilyName): Stores {
  const { geometry } = FAMILIES.find(({ name }) => name === family)!;
  return openStores(createHostPlatform(board.nor.bytes, geometry.base) as Platform, layoutOf(geometry));
}
