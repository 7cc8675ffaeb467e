/** From an uploaded image to a trial: everything is checked once more from flash, then one record says that it is to be tried. */
import { BAD_SIGNATURE, IMAGE_NOT_FOUND, UPLOAD_INCOMPLETE, type ErrorCode } from '../errors.js';
import { TRIAL } from '../flash/kinds.js';
import { PAGE_BYTES } from '../flash/layout.js';
import type { VerifyResult } from '../image/verify.js';
import { confirmedFloor, encodeTrial } from './boot-state.js';
import { GO_ON, inSteps, type UpdateContext } from './context.js';
import { mayStart } from './gates.js';
import { rememberRollback } from './history.js';
import { loadJudge } from './judge.js';
import type { Offers } from './offers.js';
import { pagesDone, sessionOf } from './session.js';

/** The slot that is being uploaded into: what lies there is neither the old image nor the new one. -1: none. */
export function incompleteSlot(context: UpdateContext): number {
  const journal = context.stores.journal;
  const session = sessionOf(journal, context.platform);
  return session && pagesDone(journal, session) < session.pages ? session.slot : -1;
}

/** Verifies the image in `slot` in steps and sets the trial; `done` gets 0 or the reason why not. */
export function startTrial(context: UpdateContext, offers: Offers, slot: number, done: (code: ErrorCode) => void): void {
  const stores = context.stores;
  const journal = stores.journal;
  const trialSlot = slot === 1 ? 1 : 0;
  const refused = incompleteSlot(context) === slot ? UPLOAD_INCOMPLETE : mayStart(context) || offers.backOff();
  if (refused) return done(refused);
  let verified: VerifyResult | undefined;
  let judged = false;
  const judge = loadJudge();
  const verifying = judge.startVerifyImage({
    source: stores.slots[trialSlot], offer: false, slot: trialSlot, slotBytes: stores.slots[trialSlot].pages * PAGE_BYTES,
    identity: context.identity, trust: confirmedFloor(journal, stores.records), tools: context.platform, slh: context.slh,
  });

  function step(): number {
    if (!verified) {
      const result = verifying.step();
      if (!result) return GO_ON;
      if (result.code === BAD_SIGNATURE) return offers.signatureFailed() || BAD_SIGNATURE;
      if (result.code) return result.code;
      verified = result;
      return GO_ON;
    }
    const image = verified.image;
    const imageId = verified.imageId;
    if (!image || !imageId) return IMAGE_NOT_FOUND;
    if (!judged) {
      judged = true;
      return judge.judgeImage(context, image, imageId) || GO_ON;
    }
    const code = mayStart(context) || context.battery.loaded();
    return code || rememberRollback(journal, stores.records) || journal.append(TRIAL, encodeTrial({ slot: trialSlot, version: image.version, imageId }));
  }

  inSteps(context, step, function (code) {
    if (!code) {
      context.window.applied = true;
      context.log('trial set');
    }
    done(code);
  });
}
