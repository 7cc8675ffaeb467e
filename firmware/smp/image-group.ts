/**
 * SMP group 1, images. Clients see slot 0 = what runs and slot 1 = the other, whichever lies where in flash: after a restart the
 * slots have changed places for them, as with a bootloader that swaps.
 */
import {
  ALREADY_PENDING, ALREADY_RUNNING, BAD_HASH_LENGTH, CONFIRM_TOO_EARLY, IMAGE_NOT_FOUND, SLOT_IN_USE, UNSUPPORTED, UPLOAD_INCOMPLETE,
  WRONG_SLOT,
} from '../errors.js';
import { SESSION } from '../flash/kinds.js';
import { PAGE_BYTES } from '../flash/layout.js';
import { DIGEST_BYTES } from '../image/format.js';
import { formatVersion } from '../image/version.js';
import type { Wire } from '../platform/types.js';
import { incompleteSlot, startTrial } from '../update/apply.js';
import { trialOf, type Trial } from '../update/boot-state.js';
import { GO_ON, inSteps, keptSlot, parseSlot, slotOf, type UpdateContext } from '../update/context.js';
import type { Exchange } from '../update/exchange.js';
import { mayStart } from '../update/gates.js';
import { endedSession, writeSession } from '../update/session.js';
import type { Listed, Update } from '../update/update.js';
import { takeErase } from '../update/window.js';
import { encodeCbor, type CborMap, type CborValue } from './cbor.js';

const STATE = 0;
const UPLOAD = 1;
const ERASE = 5;
const SLOT_INFO = 6;

export function imageCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === STATE) {
    return list(context, update, function () {
      if (isWrite) setState(context, update, exchange);
      else answerState(context, update, exchange);
    });
  }
  if (command === UPLOAD && isWrite) return update.upload.take(exchange);
  if (command === ERASE && isWrite) return erase(context, update, exchange);
  if (command === SLOT_INFO && !isWrite) return exchange.answer(slotInfo(context));
  exchange.refuse(UNSUPPORTED);
}

/** Brings `update.listed` up to date, a slot a turn; what was read is good until a session begins or ends. */
function list(context: UpdateContext, update: Update, then: () => void): void {
  let slot = -1;
  let uploading = -1;
  inSteps(context, function () {
    if (slot < 0) {
      const sequence = context.stores.journal.sequenceOf(SESSION);
      if (update.listedAt !== sequence) update.listed = [];
      update.listedAt = sequence;
      uploading = incompleteSlot(context);
    } else if (slot !== uploading && !update.listed[slot]) {
      const image = parseSlot(context, slot).image;
      if (image) update.listed[slot] = { version: formatVersion(image.version), hash: context.platform.toWire(image.hash) };
    }
    slot++;
    return slot < 2 ? GO_ON : 0;
  }, then);
}

/** Answers with the state both slots are in, an image a turn. Never an empty list: clients take that for a broken device. */
function answerState(context: UpdateContext, update: Update, exchange: Exchange): void {
  const images: CborValue[] = [];
  const kept = keptSlot(context);
  let number = 0;
  inSteps(context, function () {
    const listed = update.listed[number ? 1 - kept : kept];
    if (listed) images.push({ encoded: encodeCbor(describe(context, number, number ? 1 - kept : kept, listed)) });
    number++;
    return number < 2 ? GO_ON : 0;
  }, function () {
    if (!images.length) images.push(entry(0, '0.0.0', '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'));
    exchange.answer({ images, splitStatus: 0 });
  });
}

function describe(context: UpdateContext, number: number, slot: number, listed: Listed): CborMap {
  const trial = trialOf(context.stores.journal);
  const onTrial = isTrialRunning(context, trial);
  const active = slot === context.running.slot;
  const image = entry(number, listed.version, listed.hash);
  image['bootable'] = true;
  image['active'] = active;
  image['pending'] = !!trial && !onTrial && trial.slot === slot;
  image['confirmed'] = onTrial ? !active : number === 0;
  return image;
}

function entry(slot: number, version: string, hash: Wire): CborMap {
  return { slot, version, hash: { bytes: hash }, bootable: false, pending: false, confirmed: false, active: false, permanent: false };
}

/** The running image is the one on trial, and the trial has not ended. */
function isTrialRunning(context: UpdateContext, trial: Trial | undefined): boolean {
  return !!trial && context.running.trial && trial.slot === context.running.slot;
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
  const trial = trialOf(context.stores.journal);
  const onTrial = isTrialRunning(context, trial);
  const running = update.listed[kept];
  const other = update.listed[1 - kept];
  if (!hash || (running && hash === running.hash)) {
    if (!confirm) return exchange.refuse(ALREADY_RUNNING);
    return onTrial ? exchange.refuse(CONFIRM_TOO_EARLY) : answerState(context, update, exchange);
  }
  if (!other || hash !== other.hash) return exchange.refuse(incompleteSlot(context) === 1 - kept ? UPLOAD_INCOMPLETE : IMAGE_NOT_FOUND);
  if (trial) {
    // Set already, or the trial of the running image: then the other one is the confirmed image and stays so.
    return confirm || !onTrial ? answerState(context, update, exchange) : exchange.refuse(ALREADY_PENDING);
  }
  startTrial(context, update.offers, 1 - kept, function (code) {
    if (code) exchange.refuse(code);
    else answerState(context, update, exchange);
  });
}

/** Erases the first page of the other slot: nothing can be parsed there any more. Every page is erased anyway before it is written. */
function erase(context: UpdateContext, update: Update, exchange: Exchange): void {
  const stores = context.stores;
  const slot = 1 - keptSlot(context);
  const asked = exchange.request.slot;
  if (asked !== undefined && asked > 1) return exchange.refuse(WRONG_SLOT);
  if (asked === 0 || trialOf(stores.journal)) return exchange.refuse(SLOT_IN_USE);
  const code = mayStart(context) || takeErase(context.window);
  if (code) return exchange.refuse(code);
  let ended = false;
  inSteps(context, function () {
    if (ended) return slotOf(context, slot).erase(0);
    ended = true;
    update.upload.forget();
    return context.battery.loaded() || writeSession(stores.journal, endedSession(slot), context.platform) || GO_ON;
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
