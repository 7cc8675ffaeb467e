/** What a request may carry. Names and types are the same in every group, so they are checked in one place. */
import type { Wire } from '../platform/types.js';
import { bytesOf, decodeCbor, type CborMap } from './cbor.js';

export interface Request {
  off?: number;
  len?: number;
  image?: number;
  slot?: number;
  data?: Wire;
  sha?: Wire;
  /** Absent, null and empty all mean "the running image". */
  hash?: Wire;
  confirm?: boolean;
  d?: string;
  format?: string;
  query?: string;
}

const NUMBERS = ' off len image slot ';
const BYTES = ' data sha hash ';
const TEXTS = ' d format query ';

/**
 * Reads the payload between `from` and `to`; nothing at all is an empty map. Undefined where it is not one CBOR map or a name we
 * know has another type. Unknown names are ignored.
 */
export function readRequest(wire: Wire, from: number, to: number): Request | undefined {
  if (from === to) return {};
  const first = wire.charCodeAt(from) >> 5;
  const map = decodeCbor(wire, from, to) as CborMap | undefined;
  if (!map || first !== 5) return undefined;
  const keys = Object.keys(map);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const name = ' ' + key + ' ';
    const value = map[key];
    if (NUMBERS.indexOf(name) >= 0) {
      if (typeof value !== 'number' || value < 0) return undefined;
    } else if (BYTES.indexOf(name) >= 0) {
      const bytes = bytesOf(value);
      if (bytes === undefined && !(key === 'hash' && value === null)) return undefined;
      map[key] = bytes;
    } else if (TEXTS.indexOf(name) >= 0) {
      if (typeof value !== 'string') return undefined;
    } else if (key === 'confirm' && typeof value !== 'boolean') {
      return undefined;
    }
  }
  return map as Request;
}
