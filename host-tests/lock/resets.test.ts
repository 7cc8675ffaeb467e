/** Hard reset over the real record store: what stays, what goes, and a power cut at every flash operation. */
import { describe, expect, it } from 'vitest';
import { NO_BOOTABLE_IMAGE } from '../../firmware/errors.js';
import { CALIBRATION, FLOOR, HEALTH_BASELINE, HISTORY, OWNERS, PENDING, RECOVERY } from '../../firmware/flash/keys.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { ownerEpoch, ownerKey } from '../../firmware/lock/owners.js';
import { checkReset, finishPending, orderHardReset } from '../../firmware/lock/resets.js';
import { LOG_FACTORY_RESET, SOURCE_KEYPAD } from '../../firmware/lock/states.js';
import { createChip, withCut } from '../flash/support.js';
import { bytesOf, entry, fill, logged, open, values } from './full-store.js';

describe('a hard reset', () => {
  it('takes what people stored, leaves what the lock must know, and raises the owner epoch', () => {
    const chip = createChip(1);
    fill(open(chip), 0x55);
    expect(orderHardReset(open(chip), true, SOURCE_KEYPAD, 254)).toBe(0);
    const records = open(chip);
    expect(finishPending(records)).toMatchObject({ code: 0, entry: { what: LOG_FACTORY_RESET, source: SOURCE_KEYPAD, user: 254 } });
    for (const now of [records, open(chip)]) {
      expect([...values(now).keys()].sort((a, b) => a - b)).toEqual([CALIBRATION, FLOOR, HISTORY, OWNERS, HEALTH_BASELINE, RECOVERY].sort((a, b) => a - b));
      expect(ownerEpoch(now.get(OWNERS))).toBe(2);
      expect(ownerKey(now.get(OWNERS), 1)).toBeUndefined();
      expect(now.get(FLOOR)).toEqual(bytesOf(84, 0x55));
      expect(logged(now)).toEqual([]);
    }
    expect(finishPending(open(chip))).toEqual({ code: 0, entry: undefined });
  });

  it('leaves nothing of codes, Wi-Fi and owner keys anywhere in the store', () => {
    const chip = createChip(2);
    // Old values lie in many pages.
    for (let n = 0; n < 60; n++) fill(open(chip), 0xa0 | n & 7);
    orderHardReset(open(chip), true, SOURCE_KEYPAD, 254);
    finishPending(open(chip));
    const flash = Buffer.from(chip.nor.port.read(chip.records.pages * PAGE_BYTES, chip.records.address));
    for (let mark = 0xa0; mark < 0xa8; mark++) {
      // The last floor and history are kept, and have this mark too.
      expect(flash.includes(Buffer.alloc(31, mark))).toBe(mark === 0xa3);
      expect(flash.includes(Buffer.alloc(16, mark ^ 0xff))).toBe(false);
    }
    expect(flash.includes(Buffer.from(entry(0xa3, 1, 0)))).toBe(false);
  });

  it('is refused while no image could start, and nothing is marked', () => {
    const chip = createChip(3);
    fill(open(chip), 0x55);
    expect(orderHardReset(open(chip), false, SOURCE_KEYPAD, 254)).toBe(NO_BOOTABLE_IMAGE);
    expect(open(chip).get(PENDING)).toBeUndefined();
    expect([checkReset(true), checkReset(false)]).toEqual([0, NO_BOOTABLE_IMAGE]);
  });

  it('cut at any flash operation, in any way, and cut again: all as before, or complete after the next start', () => {
    const whole = createChip(4);
    fill(open(whole), 0x55);
    const before = whole.nor.operations;
    orderHardReset(open(whole), true, SOURCE_KEYPAD, 254);
    finishPending(open(whole));
    const operations = whole.nor.operations - before;
    const reset = values(open(whole));
    const outcomes = { asBefore: 0, complete: 0 };
    for (let ahead = 0; ahead < operations; ahead++) {
      for (const how of ['before', 'torn', 'after'] as const) {
        const chip = createChip(4);
        fill(open(chip), 0x55);
        const old = values(open(chip));
        withCut(chip.nor, { ahead, how, seed: ahead + 1 }, () => {
          orderHardReset(open(chip), true, SOURCE_KEYPAD, 254);
          finishPending(open(chip));
        });
        withCut(chip.nor, { ahead: ahead * 7 % operations, how, seed: ahead + 77 }, () => { finishPending(open(chip)); });
        expect(finishPending(open(chip)).code).toBe(0);
        const now = values(open(chip));
        const complete = now.size === reset.size;
        expect(now, `${how} ${ahead}`).toEqual(complete ? reset : old);
        if (complete) expect(logged(open(chip)), `${how} ${ahead}`).toEqual([]);
        outcomes[complete ? 'complete' : 'asBefore']++;
      }
    }
    expect(outcomes.asBefore).toBeGreaterThan(0);
    expect(outcomes.complete).toBeGreaterThan(operations * 2);
  });

  it('a mark that makes no sense is dropped', () => {
    for (const mark of [bytesOf(8, 9), bytesOf(3, 1), bytesOf(9, 1)]) {
      const chip = createChip(5);
      fill(open(chip), 0x55);
      const old = values(open(chip));
      open(chip).set(PENDING, mark);
      expect(finishPending(open(chip)).code).toBe(0);
      expect(values(open(chip))).toEqual(old);
    }
  });
});
