/** The parts of an update, tied together. What has to outlive them is in the context, and in flash. */
import type { Wire } from '../platform/types.js';
import type { UpdateContext } from './context.js';
import type { OfferIntake } from './offer-intake.js';
import { createOffers } from './offers.js';
import { openUpload, type Upload } from './upload.js';

export interface Update {
  /** While an offer comes in; safe mode takes none. */
  intake: OfferIntake | undefined;
  upload: Upload;
  /** What lies in each slot, by format only, as it was read at journal sequence `listedAt` of SESSION. */
  listed: (Listed | undefined)[];
  listedAt: number;
}

export interface Listed {
  version: string;
  /** Value of the TLV 0x10. */
  hash: Wire;
}

export function createUpdate(context: UpdateContext): Update {
  // The delay after a failed signature begins with the first server.
  createOffers(context);
  return { intake: undefined, upload: openUpload(context), listed: [], listedAt: -1 };
}
