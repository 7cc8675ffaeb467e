/** Why the lock never writes Storage again after provisioning: what a power cut does to Espruino's own way of storing files. */
import { describe, expect, it } from 'vitest';
import { createStorage, type Storage } from '../../virtual-board/storage.js';
import { flashOf } from './plain-flash.js';

const PAGE = 4096;
const PAGES = 16;
const big = Array.from({ length: 9000 }, (_, n) => String.fromCharCode(32 + (n % 90))).join('');

/** Storage with a big live file behind a deleted one. */
function prepared(): { flash: ReturnType<typeof flashOf>; storage: Storage } {
  const flash = flashOf(0x320000, PAGES * PAGE, PAGE);
  const storage = createStorage(flash);
  storage.write('first', 'f'.repeat(5000));
  storage.write('big', big);
  storage.write('small', 'still here');
  storage.erase('first');
  flash.operations = 0;
  return { flash, storage };
}

/** What is left after a cut behind each operation of `change`. */
function fates(change: (storage: Storage) => void): string[] {
  const whole = prepared();
  change(whole.storage);
  return Array.from({ length: whole.flash.operations }, (_, cutAfter) => {
    const { flash, storage } = prepared();
    flash.failAfter = cutAfter;
    expect(() => change(storage)).toThrow('no power');
    flash.failAfter = Infinity;
    if (!storage.valid()) return 'all erased';
    return `${storage.read('big') === big ? 'big' : ''} ${storage.read('small') === 'still here' ? 'small' : ''}`.trim();
  });
}

describe('Storage without power cuts', () => {
  it('moves live files down when it compacts, and frees what was deleted', () => {
    const { storage } = prepared();
    const before = storage.getFree();
    storage.compact();
    expect(storage.getFree()).toBe(before + 5032);
    expect(storage.read('big')).toBe(big);
    expect(storage.read('small')).toBe('still here');
    expect(storage.valid()).toBe(true);
  });

  it('reads parts of files, clips them to the file, and tells a missing file from an empty part', () => {
    const { storage } = prepared();
    expect(storage.read('small', 6, 4)).toBe('here');
    expect(storage.read('small', 6, 100)).toBe('here');
    expect(storage.read('small', 50, 4)).toBe('');
    expect(storage.read('first')).toBeUndefined();
  });

  it('compacts by itself when a new file finds no hole', () => {
    const { storage } = prepared();
    storage.write('new', 'n', 0, storage.getFree() + 1000);
    expect(storage.list()).toEqual(['big', 'small', 'new']);
    expect(storage.read('big')).toBe(big);
  });
});

describe('Storage cut short', () => {
  it('damages files in most places where power can fail in a compaction', () => {
    const all = fates((storage) => storage.compact());
    expect(all[0]).toBe('big small');
    expect(all.filter((fate) => fate !== 'big small').length).toBeGreaterThan(all.length / 2);
  });

  it('has neither the old nor the new content when power fails while a file is replaced', () => {
    const { flash, storage } = prepared();
    flash.failAfter = 1;
    expect(() => storage.write('small', 'something new')).toThrow('no power');
    flash.failAfter = Infinity;
    expect(storage.read('small')).toBeUndefined();
    const later = prepared();
    later.flash.failAfter = 2;
    expect(() => later.storage.write('small', 'something new')).toThrow('no power');
    expect(later.storage.read('small')).toBe('\xff'.repeat('something new'.length));
  });
});
