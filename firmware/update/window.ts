/**
 * The update window: what a person at the keypad grants to any SMP client for ten minutes. Its scope is group 1 upload, test and
 * erase, the offer of group 64, and a restart. It lives in RAM: a restart closes it.
 */
import { NO_WINDOW, OFFERS_USED, WINDOW_ERASES_USED, type ErrorCode } from '../errors.js';
import type { Verified } from './verification.js';

export const WINDOW_MS = 600000;
const SLOT_ERASES = 3;
const OFFERS = 8;

export interface UpdateWindow {
  /** `Platform.nowMs` at which it closes; 0 = closed. */
  untilMs: number;
  erasesLeft: number;
  offersLeft: number;
  /** A trial was set: only the restart is left to ask for. */
  applied: boolean;
  /** `Platform.nowMs` until which a failed signature is being paid for, whatever window is open; -1: not asked of the journal yet. */
  backOffUntilMs: number;
  /** The verdict that a test waits for. */
  verified: Verified | undefined;
}

export function closedWindow(): UpdateWindow {
  return { untilMs: 0, erasesLeft: 0, offersLeft: 0, applied: false, backOffUntilMs: -1, verified: undefined };
}

/** Opens it, or opens it anew with everything it grants. */
export function openWindow(window: UpdateWindow, nowMs: number): void {
  window.untilMs = nowMs + WINDOW_MS;
  window.erasesLeft = SLOT_ERASES;
  window.offersLeft = OFFERS;
  window.applied = false;
}

/** Whether something new may start: 0 or NO_WINDOW. */
export function checkWindow(window: UpdateWindow, nowMs: number): ErrorCode {
  return nowMs < window.untilMs && !window.applied ? 0 : NO_WINDOW;
}

/** Takes one of the window's slot erases. An upload that begins is one. */
export function takeErase(window: UpdateWindow): ErrorCode {
  if (!window.erasesLeft) return WINDOW_ERASES_USED;
  window.erasesLeft--;
  return 0;
}

/** Takes one of the window's staged offers. */
export function takeOffer(window: UpdateWindow): ErrorCode {
  if (!window.offersLeft) return OFFERS_USED;
  window.offersLeft--;
  return 0;
}
