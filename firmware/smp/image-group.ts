/**
 * SMP group 1, images. Clients see slot 0 = what runs and slot 1 = the other, whichever lies where in flash: after a restart the
 * slots have changed places for them, as with a bootloader that swaps.
 */
import {
  ALREADY_PENDING, ALREADY_RUNNING, BAD_HASH_LENGTH, CONFIRM_TOO_EARLY, IMAGE_NOT_FOUND, SLOT_IN_USE, UNSUPPORTED, UPLOAD_INCOMPLETE,
  WRONG_SLOT,
} from '../errors.js';
import { SESSION } from '../flash/kinds.js';
import { DIGEST_BYTES } from '../image/format.js';
import { formatVersion } from '../image/version.js';
import type { Wire } from '../platform/types.js';
import { startTrial } from '../update/apply.js';
import { isTrialSet, type Trial } from '../update/boot-state.js';
import { GO_ON, inSteps, parseSlot, type UpdateContext } from '../update/context.js';
import { refuse, type Exchange } from '../update/exchange.js';
import { loadRules } from '../update/rules.js';
import { endSession } from '../update/session.js';
import type { Listed, Update } from '../update/update.js';
import { encodeCbor, type CborMap, type CborValue } from './cbor.js';

const STATE = 0;
/** Writing it is taken by `takeChunk`. */
export const UPLOAD = 1;
const ERASE = 5;
const SLOT_INFO = 6;

export function imageCommand(context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean): void {
  if (command === STATE) return list(context, update, exchange, isWrite);
  if (command === ERASE && isWrite) return erase(context, update, exchange);
  if (command === SLOT_INFO && !isWrite) return exchange.answer(slotInfo(context));
  refuse(exchange, UNSUPPORTED);
}

/** Brings `update.listed` up to date, a slot a turn; what was read is good until a session begins or ends. */
function list(context: UpdateContext, update: Update, exchange: Exchange, isWrite: boolean): void {
  let slot = -1;
  let uploading = -1;
  inSteps(context, function () {
    if (slot < 0) {
      const sequence = context.stores.journal.sequenceOf(SESSION);
      if (update.listedAt !== sequence) update.listed = [];
      update.listedAt = sequence;
      uploading = loadRules().incompleteSlot(context);
    } else if (slot !== uploading && !update.listed[slot]) {
      const image = parseSlot(context, slot).image;
      if (image) update.listed[slot] = { version: formatVersion(image.version), hash: context.platform.toWire(image.hash) };
    }
    slot++;
    return slot < 2 ? GO_ON : 0;
  }, function () {
    if (isWrite) setState(context, update, exchange);
    else answerState(context, update, exchange);
  });
}

/** Answers with the state both slots are in, an image a turn. Never an empty list: clients take that for a broken device. */
function answerState(context: UpdateContext, update: Update, exchange: Exchange): void {
  const images: CborValue[] = [];
  const kept = loadRules().keptSlot(context);
  let number = 0;
  inSteps(context, function () {
    const listed = update.listed[number ? 1 - kept : kept];
    if (listed) images.push({ encoded: encodeCbor(describe(context, number, number ? 1 - kept : kept, listed)) });
    number++;
    return number < 2 ? GO_ON : 0;
  }, function () {
    if (!images.length) images.push(entry(0, '0.0.0', context.platform.toWire(new Uint8Array(DIGEST_BYTES))));
    exchange.answer({ images, splitStatus: 0 });
  });
}

function describe(context: UpdateContext, number: number, slot: number, listed: Listed): CborMap {
  const trial = loadRules().trialOf(context.stores.journal);
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
  const code = judgeState(context, update, exchange.asked.hash || '', exchange.asked.confirm === true);
  if (code > 0) return refuse(exchange, code);
  if (code === SHOW) return answerState(context, update, exchange);
  tryImage(context, update, exchange);
}

function tryImage(context: UpdateContext, update: Update, exchange: Exchange): void {
  startTrial(context, exchange.verifyAlone, function (code) {
    if (code) refuse(exchange, code);
    else answerState(context, update, exchange);
  });
}

const SHOW = 0;
const TRY = -1;

/** What comes of it: an error code, `SHOW` where nothing has to be done, or `TRY`. */
function judgeState(context: UpdateContext, update: Update, hash: Wire, confirm: boolean): number {
  const rules = loadRules();
  const kept = rules.keptSlot(context);
  if (hash ? hash.length !== DIGEST_BYTES : !confirm) return BAD_HASH_LENGTH;
  const trial = rules.trialOf(context.stores.journal);
  const onTrial = isTrialRunning(context, trial);
  const running = update.listed[kept];
  const other = update.listed[1 - kept];
  if (!hash || (running && hash === running.hash)) {
    if (!confirm) return ALREADY_RUNNING;
    return onTrial ? CONFIRM_TOO_EARLY : SHOW;
  }
  if (!other || hash !== other.hash) return rules.incompleteSlot(context) === 1 - kept ? UPLOAD_INCOMPLETE : IMAGE_NOT_FOUND;
  // Set already, or the trial of the running image: then the other one is the confirmed image and stays so.
  return !trial ? TRY : confirm || !onTrial ? SHOW : ALREADY_PENDING;
}

/** Erases the first page of the other slot: nothing can be parsed there any more. Every page is erased anyway before it is written. */
function erase(context: UpdateContext, update: Update, exchange: Exchange): void {
  const stores = context.stores;
  const asked = exchange.asked.slot;
  if ((asked || 0) > 1) return refuse(exchange, WRONG_SLOT);
  if (asked === 0 || isTrialSet(stores.journal)) return refuse(exchange, SLOT_IN_USE);
  const code = mayErase(context);
  if (code > 1) return refuse(exchange, code);
  const slot = code;
  let ended = false;
  inSteps(context, function () {
    if (ended) return context.slot(slot).erase(0);
    ended = true;
    update.upload.session = undefined;
    update.upload.fill = 0;
    return context.battery.loaded() || endSession(stores.journal, slot, context.platform) || GO_ON;
  }, function (failed) {
    if (failed) refuse(exchange, failed);
    else exchange.answer({});
  });
}

/** The slot that may be erased, or the error code why none may: those are above 1. */
function mayErase(context: UpdateContext): number {
  const rules = loadRules();
  return rules.mayStart(context) || rules.takeErase(context.window) || 1 - rules.keptSlot(context);
}

function slotInfo(context: UpdateContext): CborMap {
  const bytes = context.slotBytes;
  return {
    images: [{ image: 0, slots: [{ slot: 0, size: bytes }, { slot: 1, size: bytes, upload_image_id: 1 }], max_image_size: bytes }],
  };
}
