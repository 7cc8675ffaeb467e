import type { Crc32, Region } from './region.js';

/** What never changes after provisioning. */
export interface Identity {
  /** 8 bytes. */
  deviceId: Uint8Array;
  /** Id of the chip family (`boards/families.ts`). */
  family: number;
  /** Hardware revision of the maker's board. */
  hardware: number;
  /** False: a dev board. */
  production: boolean;
  /** Factory public keys, 32 bytes each; the second is all zero where there is none. */
  keys: [Uint8Array, Uint8Array];
  /** 16 bytes, mixed into every stored code. */
  codeSalt: Uint8Array;
  /** 32 bytes. */
  recoveryHash: Uint8Array;
  /** ASCII, at most 32 characters. */
  serial: string;
  /** JSON text, ASCII, at most 1024 characters. */
  wiring: string;
}

/** Bytes of both identity pages, as provisioning writes them. Hosts only. */
export declare function buildIdentity(identity: Identity, crc32: Crc32): Uint8Array;

/** The identity from the first intact copy. */
export declare function parseIdentity(region: Region, crc32: Crc32): Identity | undefined;
