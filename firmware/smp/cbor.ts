/**
 * CBOR (RFC 8949), as much of it as SMP uses, for the lock and for hosts. Everything is bounded before it is believed: nesting,
 * number of items, lengths. Strings are binary: a text string is its UTF-8 bytes, one character a byte.
 * Left out, and refused when read: floats, tags, strings of indefinite length, integers above 32 bits, keys that are no text.
 */
import type { Wire } from '../platform/types.js';

/** A byte string. Its own shape tells it from a text string; maps cannot imitate it, because the keys `bytes` and `encoded` are refused. */
export interface CborBytes {
  bytes: Wire;
}
export interface CborMap {
  [key: string]: CborValue | undefined;
}
/** An item that was encoded before. Only written, never read. */
export interface CborEncoded {
  encoded: Wire;
}
export type CborValue = number | boolean | null | string | CborBytes | CborEncoded | CborMap | CborValue[];

const MAX_DEPTH = 5;
/** Keys and values together. */
const MAX_ITEMS = 128;
const BREAK = 0xff;

/** Reads the one item that fills `wire` from `from` to `to`; undefined where it is malformed, too deep, too long or not alone. */
export function decodeCbor(wire: Wire, from: number, to: number): CborValue | undefined {
  let at = from;
  let left = MAX_ITEMS;
  let bad = false;

  function fail(): null {
    bad = true;
    return null;
  }

  function argument(info: number): number {
    if (info < 24) return info;
    const bytes = 1 << (info - 24);
    if (info > 27 || bytes > to - at) return fail() || 0;
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + wire.charCodeAt(at++);
    return value > 0xffffffff ? fail() || 0 : value;
  }

  function item(depth: number): CborValue {
    if (bad || at >= to || depth > MAX_DEPTH || --left < 0) return fail();
    const first = wire.charCodeAt(at++);
    const major = first >> 5;
    const info = first & 31;
    if (major === 7) return info === 20 ? false : info === 21 ? true : info === 22 || info === 23 ? null : fail();
    const open = info === 31 && (major === 4 || major === 5);
    const count = open ? MAX_ITEMS : argument(info);
    if (major === 0) return count;
    if (major === 1) return -1 - count;
    // Every byte of a string, and every member of an array or map, takes a byte at least.
    if (bad || major === 6 || (!open && count > to - at)) return fail();
    if (major < 4) {
      const text = wire.substr(at, count);
      at += count;
      return major === 2 ? { bytes: text } : text;
    }
    return members(major === 5, open, count, depth + 1);
  }

  function members(isMap: boolean, open: boolean, count: number, depth: number): CborValue {
    const list: CborValue[] = [];
    const map: CborMap = {};
    for (let i = 0; !bad && (open || i < count); i++) {
      if (open && at < to && wire.charCodeAt(at) === BREAK) {
        at++;
        break;
      }
      const key = item(depth);
      if (!isMap) {
        list.push(key);
        continue;
      }
      // A key that is there already is either sent twice or a name every object has.
      if (typeof key !== 'string' || key === 'bytes' || key === 'encoded' || map[key] !== undefined) return fail();
      map[key] = item(depth);
    }
    return isMap ? map : list;
  }

  const value = item(0);
  return bad || at !== to ? undefined : value;
}

/** Writes a value, maps in the order of their keys, undefined members left out. Numbers are integers of up to 32 bits. */
export function encodeCbor(value: CborValue): Wire {
  function head(major: number, count: number): Wire {
    const top = major << 5;
    if (count < 24) return String.fromCharCode(top | count);
    if (count < 0x100) return String.fromCharCode(top | 24, count);
    if (count < 0x10000) return String.fromCharCode(top | 25, count >> 8, count & 255);
    return String.fromCharCode(top | 26, (count >>> 24) & 255, (count >>> 16) & 255, (count >>> 8) & 255, count & 255);
  }

  function encode(item: CborValue): Wire {
    if (item === true) return '\xf5';
    if (item === false) return '\xf4';
    if (item === null) return '\xf6';
    if (typeof item === 'number') return item < 0 ? head(1, -1 - item) : head(0, item);
    if (typeof item === 'string') return head(3, item.length) + item;
    let out = '';
    if (Array.isArray(item)) {
      for (let i = 0; i < item.length; i++) out += encode(item[i]!);
      return head(4, item.length) + out;
    }
    const bytes = (item as CborBytes).bytes;
    if (typeof bytes === 'string') return head(2, bytes.length) + bytes;
    const encoded = (item as CborEncoded).encoded;
    if (typeof encoded === 'string') return encoded;
    const map = item as CborMap;
    const keys = Object.keys(map);
    let count = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const member = map[key];
      if (member === undefined) continue;
      count++;
      out += head(3, key.length) + key + encode(member);
    }
    return head(5, count) + out;
  }

  return encode(value);
}

/** The content of a byte string, undefined for anything else. */
export function bytesOf(value: CborValue | undefined): Wire | undefined {
  const bytes = value && (value as CborBytes).bytes;
  return typeof bytes === 'string' ? bytes : undefined;
}
