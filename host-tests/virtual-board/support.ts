import { wiring as virtualLock } from '../../boards/reference/virtual.js';
import type { Wiring } from '../../boards/wiring.js';
import { storageImage } from '../../virtual-board/provision.js';
import { boot, type Board, type BootOptions } from '../../virtual-board/run.js';
import { createWorld, type World, type WorldOptions } from '../../virtual-board/world.js';
import { FAMILIES } from '../../boards/families.js';

export { virtualLock };
export const { geometry } = FAMILIES.find((family) => family.name === 'virtual')!;
export const FIRST_SLOT_AT = geometry.base + (geometry.bootPages + 25) * 4096;
export const motor = virtualLock.bolt as Extract<Wiring['bolt'], { type: 'motor' }>;

/** A world whose `.boot0` is this text. */
export function worldWith(boot0Text: string, options: Partial<WorldOptions> = {}): World {
  return createWorld({ seed: 1, wiring: virtualLock, flash: storageImage({ geometry, boot0Text }), bootMs: 100, ...options });
}

export function bootWith(boot0Text: string, options: Partial<WorldOptions> = {}, bootOptions: BootOptions = {}): Board {
  return boot(worldWith(boot0Text, options), bootOptions);
}

export const kinds = (world: World): string[] => [...new Set(world.violations.map(({ kind }) => kind))];
