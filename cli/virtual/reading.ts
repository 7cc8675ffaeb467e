/** What a virtual lock's flash says about it now. */
import { openStores } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import type { World } from '../../virtual-board/world.js';
import { readingOf, type Reading } from '../flash/reading.js';
import { createHostPlatform } from '../host-platform.js';

export type { Reading };

export function readLock(world: World): Reading {
  const platform = createHostPlatform(world.nor.bytes, world.nor.base) as Platform;
  return readingOf(openStores(platform, world.layout), platform);
}
