/**
 * The 8-byte header of SMP (Zephyr "MCUmgr"), big-endian: reserved 3 bits | version 2 bits | operation 3 bits, flags, length u16,
 * group u16, sequence u8, command u8. A payload of exactly `length` bytes, one CBOR map, follows.
 */
import type { Wire } from '../platform/types.js';

export const HEADER_BYTES = 8;

/** What clients are told: bytes of a frame, header included, and how many of them may be under way. */
export const BUFFER_BYTES = 1024;
export const BUFFER_COUNT = 4;
/** The largest frame taken: a whole UDP datagram, for clients that do not ask. */
export const MAX_FRAME_BYTES = 1472;

export const READ = 0;
export const WRITE = 2;

/** Group of the commands that only this kind of lock has. */
export const LOCK_GROUP = 64;

/** The newest version of the protocol: version 1 carries group errors as `err`. */
export const NEWEST_VERSION = 1;

export interface Header {
  /** 0 and 1 are spoken; above is refused. */
  version: number;
  operation: number;
  /** Bytes of payload. */
  length: number;
  group: number;
  sequence: number;
  command: number;
}

/** The header at `at`, or undefined where fewer than 8 bytes are left. */
export function readHeader(wire: Wire, at: number): Header | undefined {
  if (wire.length - at < HEADER_BYTES) return undefined;
  const first = wire.charCodeAt(at);
  return {
    version: (first >> 3) & 3,
    operation: first & 7,
    length: (wire.charCodeAt(at + 2) << 8) | wire.charCodeAt(at + 3),
    group: (wire.charCodeAt(at + 4) << 8) | wire.charCodeAt(at + 5),
    sequence: wire.charCodeAt(at + 6),
    command: wire.charCodeAt(at + 7),
  };
}

/** A whole frame. `header.length` is taken from the payload. */
export function frameOf(header: Header, payload: Wire): Wire {
  return String.fromCharCode((header.version << 3) | header.operation, 0) + u16(payload.length) + u16(header.group)
    + String.fromCharCode(header.sequence, header.command) + payload;
}

/** Big-endian u16 at `at`. */
export function readU16(wire: Wire, at: number): number {
  return (wire.charCodeAt(at) << 8) | wire.charCodeAt(at + 1);
}

export function u16(value: number): Wire {
  return String.fromCharCode((value >> 8) & 255, value & 255);
}
