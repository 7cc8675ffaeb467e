/** Opens everything that lies in flash. Writes nothing. */
import type { Platform } from '../platform/types.js';
import { parseIdentity, type Identity } from './identity.js';
import { openJournal, type Journal, type StoreParts } from './journal.js';
import type { Layout, Span } from './layout.js';
import { openRecords, type Ring } from './records.js';
import { openRegion, type Region } from './region.js';

/** What the door needs. */
export interface DoorStores {
  journal: Journal;
  /** Undefined where both copies are damaged. */
  identity: Identity | undefined;
  records: Ring;
}

export interface Stores extends DoorStores {
  slots: [Region, Region];
  offer: Region;
}

export function openDoorStores(platform: Platform, layout: Layout): DoorStores {
  return {
    journal: openJournal(partsOf(platform, layout, layout.journal)),
    identity: parseIdentity(openRegion(platform.flash, layout.identity, platform.crc32), platform.crc32),
    records: openRecords(partsOf(platform, layout, layout.records)),
  };
}

/** The same stores, and what an update needs besides. */
export function withSlots(platform: Platform, layout: Layout, stores: DoorStores): Stores {
  const region = (span: Span) => openRegion(platform.flash, span, platform.crc32);
  return {
    journal: stores.journal,
    identity: stores.identity,
    records: stores.records,
    slots: [region(layout.slots[0]), region(layout.slots[1])],
    offer: region(layout.offer),
  };
}

export function openStores(platform: Platform, layout: Layout): Stores {
  return withSlots(platform, layout, openDoorStores(platform, layout));
}

export function partsOf(platform: Platform, layout: Layout, span: Span): StoreParts {
  return { flash: platform.flash, span, spare: layout.spare, crc32: platform.crc32 };
}
