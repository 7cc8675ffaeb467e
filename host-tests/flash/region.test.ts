/** Region, identity, layout record and the chip model itself. */
import { crc32 as oracle } from 'crc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { FLASH_READ_BACK, OUT_OF_REGION } from '../../firmware/errors.js';
import { buildIdentity, parseIdentity, type Identity } from '../../firmware/flash/identity.js';
import { LAYOUT_RECORD_BYTES, buildLayoutRecord, parseLayoutRecord } from '../../firmware/flash/layout-record.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { openRegion } from '../../firmware/flash/region.js';
import { applyTorn, createNor } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';
import { BASE, crc32, holds } from './support.js';

describe('a region', () => {
  const span = { address: BASE + PAGE_BYTES, pages: 2 };
  const spare = { address: BASE + 5 * PAGE_BYTES, pages: 9 };

  it('refuses every address outside, also across its end, and touches nothing', () => {
    const nor = createNor({ base: BASE, pages: 16 });
    const region = openRegion(nor.port, span, crc32, spare);
    expect(region.pages).toBe(4);
    holds(fc.property(fc.integer({ min: -PAGE_BYTES, max: 6 * PAGE_BYTES }), fc.nat(2 * PAGE_BYTES), (offset, length) => {
      const own = offset >= 0 && offset + length <= 2 * PAGE_BYTES;
      const inSpare = offset >= 2 * PAGE_BYTES && offset + length <= 4 * PAGE_BYTES;
      if (own || inSpare) expect(region.read(offset, length)).toHaveLength(length);
      else {
        expect(region.read(offset, length)).toHaveLength(0);
        expect(region.text(offset, length)).toBe('');
        expect(region.program(offset, new Uint8Array(length))).toBe(OUT_OF_REGION);
      }
    }), 500, 'region.test.ts');
    for (const page of [-1, 4, 0.5, NaN]) expect(region.erase(page)).toBe(OUT_OF_REGION);
    for (const offset of [1, 2, NaN, 0.5]) expect(region.program(offset, new Uint8Array(4))).toBe(OUT_OF_REGION);
    expect(region.program(0, new Uint8Array(3))).toBe(OUT_OF_REGION);
    expect(nor.operations).toBe(0);
  });

  it('reads back what it programs and checks what it erases', () => {
    const nor = createNor({ base: BASE, pages: 16 });
    const region = openRegion(nor.port, span, crc32, spare);
    expect(region.program(2 * PAGE_BYTES + 8, 'ABCD')).toBe(0);
    expect(region.text(2 * PAGE_BYTES + 8, 4)).toBe('ABCD');
    expect(nor.port.text(spare.address + 8, 4)).toBe('ABCD');
    expect(region.program(2 * PAGE_BYTES + 8, 'abcd')).toBe(FLASH_READ_BACK);
    expect(region.erase(2)).toBe(0);
    nor.bad.set(1, 'erase').set(2, 'program');
    expect(region.erase(0)).toBe(FLASH_READ_BACK);
    expect(region.program(PAGE_BYTES, new Uint8Array(8))).toBe(FLASH_READ_BACK);
  });
});

describe('CRC-32', () => {
  it('is the one that everybody else computes', () => {
    holds(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32(bytes)).toBe(oracle(Buffer.from(bytes)) >>> 0);
      expect(crc32(Buffer.from(bytes).toString('latin1'))).toBe(oracle(Buffer.from(bytes)) >>> 0);
    }), 200, 'region.test.ts');
    expect(crc32('123456789')).toBe(0xcbf43926);
  });
});

describe('the identity', () => {
  const identity: Identity = {
    deviceId: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), family: 3, hardware: 0x1234, production: true,
    keys: [new Uint8Array(32).fill(9), new Uint8Array(32)], codeSalt: new Uint8Array(16).fill(7), recoveryHash: new Uint8Array(32).fill(5),
    serial: 'DL-000123', wiring: '{"keypad":"matrix"}',
  };
  const open = (bytes: Uint8Array) => {
    const nor = createNor({ base: BASE, pages: 2 });
    nor.bytes.set(bytes);
    return parseIdentity(openRegion(nor.port, { address: BASE, pages: 2 }, crc32), crc32);
  };

  it('comes back as it was built, from either copy', () => {
    const bytes = buildIdentity(identity, crc32)!;
    expect(bytes).toHaveLength(2 * PAGE_BYTES);
    expect(open(bytes)).toEqual(identity);
    holds(fc.property(fc.nat(2 * PAGE_BYTES * 8 - 1), (bit) => {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(open(damaged)).toEqual(identity);
    }), 500, 'region.test.ts');
  });

  it('takes the longest texts, and neither longer ones nor other alphabets', () => {
    const long = { ...identity, serial: 's'.repeat(32), wiring: 'w'.repeat(1024) };
    expect(open(buildIdentity(long, crc32)!)).toEqual(long);
    expect(buildIdentity({ ...identity, serial: 's'.repeat(33) }, crc32)).toBeUndefined();
    expect(buildIdentity({ ...identity, wiring: 'w'.repeat(1025) }, crc32)).toBeUndefined();
    expect(buildIdentity({ ...identity, serial: 'Tür' }, crc32)).toBeUndefined();
  });

  it('is undefined where both copies are damaged', () => {
    const bytes = buildIdentity(identity, crc32)!;
    bytes[20]! ^= 1;
    bytes[PAGE_BYTES + 20]! ^= 1;
    expect(open(bytes)).toBeUndefined();
    expect(open(createRandom(1).bytes(2 * PAGE_BYTES))).toBeUndefined();
  });
});

describe('the layout record', () => {
  it('comes back for every family, from either copy', () => {
    for (const { geometry, id } of FAMILIES) {
      const bytes = buildLayoutRecord(geometry, id, crc32);
      expect(bytes).toHaveLength(LAYOUT_RECORD_BYTES);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = bytes.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(parseLayoutRecord(damaged, crc32)).toEqual({ family: id, geometry });
      }
    }
    expect(parseLayoutRecord(new Uint8Array(LAYOUT_RECORD_BYTES).fill(0xff), crc32)).toBeUndefined();
    expect(parseLayoutRecord(new Uint8Array(5), crc32)).toBeUndefined();
  });
});

describe('the chip model', () => {
  it('only turns ones into zeros, in programs of at most 256 bytes within a block', () => {
    const nor = createNor({ base: BASE, pages: 2 });
    const sizes: number[] = [];
    nor.onOperation = (operation) => sizes.push(operation.length);
    nor.port.write(new Uint8Array(400).fill(0xf0), BASE + 200);
    expect(sizes).toEqual([56, 256, 88]);
    nor.port.write(new Uint8Array(4).fill(0x3c), BASE + 200);
    expect(nor.port.read(5, BASE + 200)).toEqual(new Uint8Array([0x30, 0x30, 0x30, 0x30, 0xf0]));
    expect(nor.rewrites).toBe(1);
    nor.port.erase(BASE);
    expect(nor.erases[0]).toBe(1);
  });

  it('leaves a prefix of words, one word with bits missing, and nothing of the rest when a program is torn', () => {
    holds(fc.property(fc.nat(), fc.uint8Array({ minLength: 64, maxLength: 64 }), (seed, data) => {
      const bytes = new Uint8Array(64).fill(0xff);
      applyTorn({ kind: 'program', address: 0, offset: 0, length: 64, data }, bytes, createRandom(seed));
      let words = 0;
      while (words < 16 && Buffer.compare(bytes.subarray(words * 4, words * 4 + 4), data.subarray(words * 4, words * 4 + 4)) === 0) words++;
      expect(bytes.subarray(Math.min(words + 1, 16) * 4).every((byte, i) => byte === 0xff || byte === data[Math.min(words + 1, 16) * 4 + i])).toBe(true);
    }), 200, 'region.test.ts');
  });

  it('forgets nothing about an erase cut short until the page is erased completely', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const nor = createNor({ base: BASE, pages: 1, random: createRandom(seed) });
      nor.port.write(new Uint8Array(PAGE_BYTES).fill(0x55), BASE);
      nor.cut = { at: nor.operations, how: 'torn' };
      expect(() => nor.port.erase(BASE)).toThrow('power failed');
      expect(() => nor.port.read(4, BASE)).toThrow('power failed');
      const blank = nor.bytes.every((byte) => byte === 0xff);
      seen.add(nor.weak.size ? (blank ? 'reads blank' : 'half') : 'nothing done');
      nor.powerOn();
      for (let time = 0; time < 9; time++) nor.decay();
      if (blank) expect(nor.bytes.every((byte) => byte === 0xff)).toBe(false);
      nor.port.erase(BASE);
      nor.decay();
      expect(nor.bytes.every((byte) => byte === 0xff)).toBe(true);
    }
    expect([...seen].sort()).toEqual(['half', 'nothing done', 'reads blank']);
  });

  it('wears out, and erases a page of Espruino on Linux in four parts', () => {
    const nor = createNor({ base: BASE, pages: 1, eraseBytes: 1024 });
    nor.eraseLimit = 2;
    nor.port.erase(BASE);
    expect(nor.operations).toBe(4);
    nor.port.erase(BASE);
    expect(nor.bytes.every((byte) => byte === 0xff)).toBe(true);
    nor.port.erase(BASE);
    expect(nor.bytes.every((byte) => byte === 0xff)).toBe(false);
  });

  it('repeats from its seed', () => {
    const numbers = (seed: number): number[] => Array.from({ length: 8 }, ((random) => () => random.int(1000))(createRandom(seed)));
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    const random = createRandom(9);
    const fork = random.fork();
    expect([random.next(), fork.next()]).toSatisfy(([a, b]: number[]) => a! >= 0 && a! < 1 && a !== b);
  });
});
