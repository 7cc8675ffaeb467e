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

const NUMBER = 1;
const BYTES = 2;
const TEXT = 3;
const FLAG = 4;

/** What a name has to be; 0 for those we do not know. */
function typeOf(name: string): number {
  switch (name) {
    case 'off': case 'len': case 'image': case 'slot': return NUMBER;
    case 'data': case 'sha': case 'hash': return BYTES;
    case 'd': case 'format': case 'query': return TEXT;
    case 'confirm': return FLAG;
    default: return 0;
  }
}

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
    const type = typeOf(key);
    const value = map[key];
    if (type === NUMBER && (typeof value !== 'number' || value < 0)) return undefined;
    if (type === TEXT && typeof value !== 'string') return undefined;
    if (type === FLAG && typeof value !== 'boolean') return undefined;
    if (type !== BYTES) continue;
    const bytes = bytesOf(value);
    if (bytes === undefined && !(key === 'hash' && value === null)) return undefined;
    map[key] = bytes;
  }
  return map as Request;
}
