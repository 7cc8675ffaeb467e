/**
 * When a lock on cells may sleep deeply. Asleep it forgets all that is not in flash and hears nobody but its wake key, so whatever is still
 * going on keeps it awake. A wake is a start: it writes nothing, and the press that woke it is no digit.
 */

/** Awake for so long after a start or a key, where the wiring does not say: time to type, and for a radio to be heard. */
export const AWAKE_S = 20;
/** A client that was heard this long ago may still go on with its update. */
export const LEASE_MS = 120000;

/** What goes on. Times are `nowMs`. */
export interface Going {
  nowMs: number;
  /** Seconds without a key, see `AWAKE_S`; 0 = never sleep. */
  awakeS: number;
  lastKeyMs: number;
  /** The last frame of a client, 0 = none. */
  lastFrameMs: number;
  /** The update window closes then. */
  windowUntilMs: number;
  /** This image has not confirmed itself yet, or has not run long enough after an unclean start to be called healthy. */
  unproven: boolean;
  /** The bolt is at rest, nothing is being typed or waited for (menu, relock, a door left open), and no event waits to be logged. */
  doorRests: boolean;
  /** Codes are disabled for so long: after a start the wait would begin anew. */
  disabledMs: number;
}

export function maySleep(going: Going): boolean {
  const nowMs = going.nowMs;
  const awakeMs = going.awakeS * 1000;
  return awakeMs > 0 && !going.unproven && going.doorRests && going.disabledMs <= 0 && nowMs >= going.windowUntilMs
    && nowMs - going.lastKeyMs >= awakeMs && (!going.lastFrameMs || nowMs - going.lastFrameMs >= LEASE_MS);
}
