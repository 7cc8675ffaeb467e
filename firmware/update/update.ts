/** The parts of an update, tied together. One per lock, made at start. */
import type { UpdateContext } from './context.js';
import { createOffers, type Offers } from './offers.js';
import { emptyBuffer } from './page-buffer.js';
import { createUpload, type Upload } from './upload.js';
import { closedWindow, type UpdateWindow } from './window.js';

export interface Update {
  window: UpdateWindow;
  offers: Offers;
  upload: Upload;
}

export function createUpdate(context: UpdateContext): Update {
  const window = closedWindow();
  const page = emptyBuffer();
  const offers = createOffers(context, window, page);
  return { window, offers, upload: createUpload(context, window, page, offers) };
}
