/** The CBOR codec against cborg, and against bytes that nobody meant. */
import * as cborg from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor, type CborMap, type CborValue } from '../../firmware/smp/cbor.js';
import { readRequest } from '../../firmware/smp/request.js';

const wire = (bytes: Uint8Array | number[]): string => Buffer.from(bytes).toString('latin1');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const decode = (text: string): CborValue | undefined => decodeCbor(text, 0, text.length);

/** Our values as cborg has them. */
function plain(value: CborValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') {
    if (typeof (value as { bytes?: unknown }).bytes === 'string') return bytes((value as { bytes: string }).bytes);
    return Object.fromEntries(Object.entries(value as CborMap).map(([key, member]) => [key, plain(member!)]));
  }
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

const RESERVED = new Set(['bytes', 'encoded', ...Object.getOwnPropertyNames(Object.prototype)]);
const key = fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).filter((name) => !RESERVED.has(name));
const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.integer({ min: -0x1_0000_0000, max: 0xffff_ffff }), fc.boolean(), fc.constant(null),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
  fc.uint8Array({ maxLength: 300 }).map((data) => ({ bytes: wire(data) })),
);
const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true })),
})).value;

describe('CBOR', () => {
  it('writes what cborg reads', () => {
    fc.assert(fc.property(value, (any) => {
      expect(cborg.decode(bytes(encodeCbor(any)))).toEqual(plain(any));
    }));
  });

  it('reads what cborg writes', () => {
    fc.assert(fc.property(value, (any) => {
      expect(decode(wire(cborg.encode(plain(any))))).toEqual(any);
    }));
  });

  it('reads maps and lists of indefinite length', () => {
    expect(decode('\xbf\x63off\x18\x40\x64list\x9f\x01\x02\xff\xff')).toEqual({ off: 64, list: [1, 2] });
  });

  it('takes what was encoded before as it is', () => {
    expect(decode(encodeCbor({ list: [{ encoded: encodeCbor({ a: 1 }) }] }))).toEqual({ list: [{ a: 1 }] });
    expect(decode('\xa1\x67encoded\x61a')).toBeUndefined();
  });

  it('leaves members out that are undefined', () => {
    expect(decode(encodeCbor({ a: 1, b: undefined }))).toEqual({ a: 1 });
  });

  it.each([
    ['nothing', ''],
    ['a string longer than the message', '\x5a\xff\xff\xff\xff'],
    ['a list of four thousand million', '\x9a\xff\xff\xff\xff'],
    ['a map of four thousand million', '\xba\xff\xff\xff\xff'],
    ['an integer above 32 bits', '\x1b\x00\x00\x00\x01\x00\x00\x00\x00'],
    ['a float', '\xfa\x3f\x80\x00\x00'],
    ['a tag', '\xc0\x60'],
    ['a string of indefinite length', '\x7f\x61a\xff'],
    ['a reserved length', '\x1c'],
    ['a map without its last value', '\xa1\x63off'],
    ['an open map that never closes', '\xbf\x63off\x01'],
    ['an open map that closes after a key', '\xbf\x63off\xff'],
    ['a key that is a number', '\xa1\x01\x01'],
    ['the same key twice', '\xa2\x61a\x01\x61a\x02'],
    ['a name that every object has', '\xa1\x69__proto__\xa0'],
    ['a map that looks like a byte string', '\xa1\x65bytes\x61a'],
    ['two items', '\xa0\xa0'],
    ['a break alone', '\xff'],
  ])('refuses %s', (_what, text) => {
    expect(decode(text)).toBeUndefined();
  });

  it('refuses to go deep, and to count far', () => {
    expect(decode('\x81'.repeat(200) + '\x01')).toBeUndefined();
    expect(decode('\x9f'.repeat(5000))).toBeUndefined();
    expect(decode('\x98\xc8' + '\x01'.repeat(200))).toBeUndefined();
  });

  it('never throws, whatever arrives', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
      decode(wire(any));
    }), { numRuns: 3000 });
  });

  it('never throws on a damaged or truncated message', () => {
    fc.assert(fc.property(value, fc.nat(), fc.nat(255), fc.nat(), (any, at, byte, cut) => {
      const data = cborg.encode(plain(any));
      data[at % data.length] = byte;
      decode(wire(data.subarray(0, 1 + (cut % data.length))));
    }), { numRuns: 2000 });
  });
});

describe('a request', () => {
  const read = (body: CborMap): unknown => {
    const text = encodeCbor(body);
    return readRequest(text, 0, text.length);
  };

  it('may be nothing at all, or an empty map', () => {
    expect(readRequest('', 0, 0)).toEqual({});
    expect(read({})).toEqual({});
  });

  it('has names of fixed types', () => {
    expect(read({ off: 0, data: { bytes: 'abc' }, len: 3, sha: { bytes: 'x' } })).toEqual({ off: 0, data: 'abc', len: 3, sha: 'x' });
    expect(read({ off: -1 })).toBeUndefined();
    expect(read({ off: 'abc' })).toBeUndefined();
    expect(read({ data: 'text' })).toBeUndefined();
    expect(read({ data: null })).toBeUndefined();
    expect(read({ d: { bytes: 'x' } })).toBeUndefined();
    expect(read({ confirm: 1 })).toBeUndefined();
  });

  it('may say null for "the running image"', () => {
    expect(read({ hash: null, confirm: true })).toMatchObject({ confirm: true });
  });

  it('may carry names we do not know', () => {
    expect(read({ off: 1, upgrade: true, force: 1, other: [1, { a: 2 }] })).toMatchObject({ off: 1 });
  });

  it('is a map', () => {
    expect(readRequest('\x80', 0, 1)).toBeUndefined();
    expect(readRequest('\x00', 0, 1)).toBeUndefined();
    expect(readRequest('\x41a', 0, 2)).toBeUndefined();
  });
});
