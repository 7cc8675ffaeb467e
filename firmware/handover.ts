/** What the bootloader tells the image it starts, and what an image is: text that evaluates to a function of this record. */
import type { Layout } from './flash/layout.js';
import type { Version } from './image/version.js';
import type { ErrorCode } from './errors.js';
import type { ResetCause } from './platform/types.js';

/** Plain data only, so that images and bootloaders of different versions understand each other. Fields are only ever added. */
export interface Handover {
  layout: Layout;
  /** Slot of the image that runs; of the confirmed one in safe mode. */
  slot: 0 | 1;
  version: Version;
  /** SHA-256 of the signed message. */
  imageId: Uint8Array;
  /** The image is on trial: it confirms itself when it is healthy. */
  trial: boolean;
  /** Keypad only, no radios: the image crashed too often. Whether the cells are strong enough for radio the image finds out itself. */
  degraded: boolean;
  /** Row of the boot decision, and why. */
  row: number;
  reason: ErrorCode;
  cause: ResetCause;
  /** Where in flash sentences.ts finds its table. */
  sentences?: number;
  /** `1.2.3`. */
  bootloader: string;
  /** Safe mode was entered through the strap inside the door: the wire is open without a code. */
  strap: boolean;
}
