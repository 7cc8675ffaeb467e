/**
 * SMP group 1, images. Clients see slot 0 = what runs and slot 1 = the other, whichever lies where in flash: after a restart the
 * slots have changed places for them, as with a bootloader that swaps.
 */
import {
  ALREADY_PENDING, ALREADY_RUNNING, BAD_HASH_LENGTH, CONFIRM_TOO_EARLY, IMAGE_NOT_FOUND, SLOT_IN_USE, UNSUPPORTED, WRONG_SLOT,
} from '../errors.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { DIGEST_BYTES } from '../image/format.js';
import { formatVersion } from '../image/version.js';
import type { Wire } from '../platform/types.js';
import { isIncomplete, startTrial } from '../update/apply.js';
import { trialOf } from '../update/boot-state.js';
import { inSteps, keptSlot, parseSlot, slotOf, type UpdateContext } from '../update/context.js';
import type { Exchange } from '../update/exchange.js';
import { mayStart } from '../update/gates.js';
import { endedSession, writeSession } from '../update/session.js';
import type { Update } from '../update/update.js';
import { takeErase } from '../update/window.js';
import type { CborMap, CborValue } from './cbor.js';

const STATE = 0;
const UPLOAD = 1;
const ERASE = 5;
const SLOT_INFO = 6;

export function imageCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === STATE) return isWrite ? setState(context, update, exchange) : exchange.answer(stateOf(context));
  if (command === UPLOAD && isWrite) return update.upload.take(exchange);
  if (command === ERASE && isWrite) return erase(context, update, exchange);
  if (command === SLOT_INFO && !isWrite) return exchange.answer(slotInfo(context));
  exchange.refuse(UNSUPPORTED);
}

/** The state both slots are in. Never an empty list: clients take that for a broken device. */
function stateOf(context: UpdateContext): CborMap {
  const images: CborValue[] = [];
  const kept = keptSlot(context);
  describe(context, kept, 0, images);
  describe(context, 1 - kept, 1, images);
  if (!images.length) images.push(entry(0, '0.0.0', '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'));
  return { images, splitStatus: 0 };
}

function describe(context: UpdateContext, slot: number, number: number, images: CborValue[]): void {
  const image = isIncomplete(context, slot) ? undefined : parseSlot(context, slot).image;
  if (!image) return;
  const trial = trialOf(context.stores.journal);
  const active = slot === context.running.slot;
  const described = entry(number, formatVersion(image.version), context.platform.toWire(image.hash));
  const onTrial = isTrialRunning(context);
  described['bootable'] = true;
  described['active'] = active;
  described['pending'] = !!trial && !onTrial && trial.slot === slot;
  described['confirmed'] = onTrial ? !active : number === 0;
  images.push(described);
}

function entry(slot: number, version: string, hash: Wire): CborMap {
  return { slot, version, hash: { bytes: hash }, bootable: false, pending: false, confirmed: false, active: false, permanent: false };
}

/** The running image is the one on trial, and the trial has not ended. */
function isTrialRunning(context: UpdateContext): boolean {
  const trial = trialOf(context.stores.journal);
  return !!trial && context.running.trial && trial.slot === context.running.slot;
}

/** Value of the TLV 0x10 of the image in a slot, '' where there is none. */
function hashIn(context: UpdateContext, slot: number): Wire {
  const image = parseSlot(context, slot).image;
  return image ? context.platform.toWire(image.hash) : '';
}

/**
 * Test and confirm. A client confirms nothing: to confirm an image that does not run is to test it, and the running one confirms
 * itself when it has proved healthy.
 */
function setState(context: UpdateContext, update: Update, exchange: Exchange): void {
  const hash = exchange.request.hash || '';
  const confirm = exchange.request.confirm === true;
  const kept = keptSlot(context);
  if (hash ? hash.length !== DIGEST_BYTES : !confirm) return exchange.refuse(BAD_HASH_LENGTH);
  if (!hash || hash === hashIn(context, kept)) {
    if (!confirm) return exchange.refuse(ALREADY_RUNNING);
    return isTrialRunning(context) ? exchange.refuse(CONFIRM_TOO_EARLY) : exchange.answer(stateOf(context));
  }
  if (hash !== hashIn(context, 1 - kept)) return exchange.refuse(IMAGE_NOT_FOUND);
  if (trialOf(context.stores.journal)) {
    // Set already, or the trial of the running image: then the other one is the confirmed image and stays so.
    return confirm || !isTrialRunning(context) ? exchange.answer(stateOf(context)) : exchange.refuse(ALREADY_PENDING);
  }
  startTrial(context, update.window, update.offers, 1 - kept, function (code) {
    if (code) exchange.refuse(code);
    else exchange.answer(stateOf(context));
  });
}

/** Erases the first page of the other slot: nothing can be parsed there any more. Every page is erased anyway before it is written. */
function erase(context: UpdateContext, update: Update, exchange: Exchange): void {
  const stores = context.stores;
  const slot = 1 - keptSlot(context);
  const asked = exchange.request.slot;
  if (asked !== undefined && asked > 1) return exchange.refuse(WRONG_SLOT);
  if (asked === 0 || trialOf(stores.journal)) return exchange.refuse(SLOT_IN_USE);
  const code = mayStart(context, update.window) || takeErase(update.window);
  if (code) return exchange.refuse(code);
  let ended = false;
  inSteps(context, function () {
    if (ended) return slotOf(context, slot).erase(0);
    ended = true;
    update.upload.forget();
    return context.battery.loaded() || writeSession(stores.journal, endedSession(slot), context.platform) || -1;
  }, function (failed) {
    if (failed) exchange.refuse(failed);
    else exchange.answer({});
  });
}

function slotInfo(context: UpdateContext): CborMap {
  const bytes = context.stores.slots[0].pages * PAGE_BYTES;
  return {
    images: [{ image: 0, slots: [{ slot: 0, size: bytes }, { slot: 1, size: bytes, upload_image_id: 1 }], max_image_size: bytes }],
  };
}
