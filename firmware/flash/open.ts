/** Opens everything that lies in flash. Writes nothing. */
import type { Platform } from '../platform/types.js';
import { parseIdentity, type Identity } from './identity.js';
import { openJournal, type Journal, type StoreParts } from './journal.js';
import type { Layout, Span } from './layout.js';
import { openRecords, type Records } from './records.js';
import { openRegion, type Region } from './region.js';

/** What the bootloader needs. */
export interface BootStores {
  journal: Journal;
  /** Undefined where both copies are damaged. */
  identity: Identity | undefined;
  slots: [Region, Region];
}

export interface Stores extends BootStores {
  records: Records;
  offer: Region;
}

export function openBootStores(platform: Platform, layout: Layout): BootStores {
  const region = (span: Span) => openRegion(platform.flash, span, platform.crc32);
  return {
    journal: openJournal(partsOf(platform, layout, layout.journal)),
    identity: parseIdentity(region(layout.identity), platform.crc32),
    slots: [region(layout.slots[0]), region(layout.slots[1])],
  };
}

export function openStores(platform: Platform, layout: Layout): Stores {
  const boot = openBootStores(platform, layout);
  return {
    journal: boot.journal,
    identity: boot.identity,
    slots: boot.slots,
    records: openRecords(partsOf(platform, layout, layout.records)),
    offer: openRegion(platform.flash, layout.offer, platform.crc32),
  };
}

export function partsOf(platform: Platform, layout: Layout, span: Span): StoreParts {
  return { flash: platform.flash, span, spare: layout.spare, crc32: platform.crc32 };
}
