/** The parts of an update, tied together. What has to outlive them is in the context, and in flash. */
import type { Wire } from '../platform/types.js';
import type { UpdateContext } from './context.js';
import { createOffers, type Offers } from './offers.js';
import { emptyBuffer } from './page-buffer.js';
import { createUpload, type Upload } from './upload.js';
import type { UpdateWindow } from './window.js';

export interface Update {
  window: UpdateWindow;
  offers: Offers;
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
  const window = context.window;
  const page = emptyBuffer();
  const offers = createOffers(context, window, page);
  return { window, offers, upload: createUpload(context, window, page, offers), listed: [], listedAt: -1 };
}
