/** Opens everything that lies in flash. Writes nothing. */
import type { Platform } from '../platform/types.js';
import { parseIdentity, type Identity } from './identity.js';
import { openJournal, type Journal } from './journal.js';
import type { Layout } from './layout.js';
import { openRecords, type Records } from './records.js';
import { openRegion, type Region } from './region.js';

export interface Stores {
  journal: Journal;
  records: Records;
  identity?: Identity;
  identityRegion: Region;
  offer: Region;
  slots: [Region, Region];
}

export function openStores(platform: Platform, layout: Layout): Stores {
  const flash = platform.flash;
  const crc32 = platform.crc32;
  const identityRegion = openRegion(flash, layout.identity, crc32);
  return {
    journal: openJournal({ flash, span: layout.journal, spare: layout.spare, crc32 }),
    records: openRecords({ flash, span: layout.records, spare: layout.spare, crc32 }),
    identity: parseIdentity(identityRegion, crc32),
    identityRegion,
    offer: openRegion(flash, layout.offer, crc32),
    slots: [openRegion(flash, layout.slots[0], crc32), openRegion(flash, layout.slots[1], crc32)],
  };
}
