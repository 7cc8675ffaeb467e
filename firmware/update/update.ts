/** The parts of an update, tied together. What has to outlive them is in the context, and in flash. */
import type { Wire } from '../platform/types.js';
import type { UpdateContext } from './context.js';
import { createOffers, type Offers } from './offers.js';
import type { OfferIntake } from './offer-intake.js';
import { emptyBuffer, type PageBuffer } from './page-buffer.js';
import { createUpload, type Upload } from './upload.js';

export interface Update {
  offers: Offers;
  /** Made for the first offer: safe mode takes none. */
  intake: OfferIntake | undefined;
  page: PageBuffer;
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
  const page = emptyBuffer();
  const offers = createOffers(context);
  return { offers, intake: undefined, page, upload: createUpload(context, page, offers), listed: [], listedAt: -1 };
}
