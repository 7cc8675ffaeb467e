/** A journal that may have lost something newer: the floors come from their copy in the record store, and stay known after the damage is gone. */
import { expect, test } from 'vitest';
import { createHostPlatform } from '../../cli/host-platform.js';
import { wiring } from '../../cli/virtual/lock.js';
import { familyOf } from '../../cli/provision/lock-flash.js';
import { CONFIRM } from '../../firmware/flash/kinds.js';
import { PAGE_BYTES, layoutOf } from '../../firmware/flash/layout.js';
import { openStores, type Stores } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import { confirmedFloor, confirmedOf, encodeConfirmed } from '../../firmware/update/boot-state.js';
import { attack, homeFlash } from '../hostile/lock.js';

const { geometry } = familyOf(wiring);
const layout = layoutOf(geometry);

const storesIn = (bytes: Uint8Array): Stores => openStores(createHostPlatform(bytes, geometry.base) as Platform, layout);

test('what the copy of the floors knows better is in the journal before the image runs, and the lock runs it', async () => {
  const bytes = new Uint8Array(await homeFlash());
  const stores = storesIn(bytes);
  const known = confirmedFloor(stores.journal, stores.records)!;
  expect(known.counter).toBeGreaterThan(0);
  // The journal as it was before the counter rose; of what came after, a torn page is left.
  expect(stores.journal.append(CONFIRM, encodeConfirmed({ ...known, counter: known.counter - 1 }))).toBe(0);
  bytes.fill(0x5a, layout.journal.address - geometry.base + PAGE_BYTES + 128, layout.journal.address - geometry.base + PAGE_BYTES + 256);
  expect(storesIn(bytes).journal.sure).toBe(false);

  const attacked = attack(bytes, 1);
  attacked.board.pump(() => attacked.reading().launchedSlot === known.slot, 5000);
  expect(confirmedOf(storesIn(new Uint8Array(attacked.flash())).journal)).toEqual(known);
}, 120_000);
