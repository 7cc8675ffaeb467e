/** From an uploaded image to a trial: everything is checked once more from flash, then one record says that it is to be tried. */
import { BAD_SIGNATURE, IMAGE_NOT_FOUND, UPLOAD_INCOMPLETE, type ErrorCode } from '../errors.js';
import { SESSION, TRIAL } from '../flash/kinds.js';
import type { VerifyResult } from '../image/verify.js';
import type { Confirmed } from './boot-state.js';
import { GO_ON, inSteps, type UpdateContext } from './context.js';
import { createOffers } from './offers.js';
import { loadRules } from './rules.js';

/**
 * Sets the trial of the image in the other slot, where it was verified; `done` gets 0 or the reason why not. Where it was not, `verify` is
 * called in its place.
 */
export function startTrial(context: UpdateContext, verify: (slot: 0 | 1, trust: Confirmed | undefined) => void, done: (code: ErrorCode) => void): void {
  const slot = loadRules().keptSlot(context) ? 0 : 1;
  const refused = mayTry(context, slot);
  if (refused) return done(refused);
  const verified = context.window.verified;
  context.window.verified = undefined;
  if (!verified || verified.slot !== slot || verified.sequence !== context.stores.journal.sequenceOf(SESSION)) {
    return verify(slot, loadRules().confirmedFloor(context.stores.journal, context.stores.records));
  }
  inSteps(context, trialSteps(context, slot, verified.result), function (code) {
    if (!code) {
      context.window.applied = true;
      context.log('trial set');
    }
    done(code);
  });
}

function mayTry(context: UpdateContext, slot: number): ErrorCode {
  const rules = loadRules();
  return rules.incompleteSlot(context) === slot ? UPLOAD_INCOMPLETE : rules.mayStart(context) || createOffers(context).backOff();
}

/** A step: judges, then writes. */
function trialSteps(context: UpdateContext, slot: 0 | 1, result: VerifyResult): () => number {
  const image = result.image;
  const imageId = result.imageId;
  let judged = false;
  return function () {
    if (result.code === BAD_SIGNATURE) return createOffers(context).signatureFailed() || BAD_SIGNATURE;
    if (result.code) return result.code;
    if (!image || !imageId) return IMAGE_NOT_FOUND;
    const rules = loadRules();
    if (!judged) {
      judged = true;
      return rules.judgeImage(context, image) || GO_ON;
    }
    const journal = context.stores.journal;
    const code = rules.mayStart(context) || context.battery.loaded();
    return code || rules.rememberRollback(journal, context.stores.records)
      || journal.append(TRIAL, rules.encodeVerdict(0, 0, { slot, version: image.version, imageId }));
  };
}
