/**
 * What the door does beyond looking. A turn in which nothing happens touches none of it; so all of it stands behind this one function, and is
 * made when something happens (scripts/memory-plan.ts).
 */
import type { ErrorCode } from '../errors.js';
import { writeLogEntry } from './access-log.js';
import type { DoorState } from './door-parts.js';
import { onButton, onChange, onTime } from './noticing.js';
import { LOG_LOCK, LOG_UNLATCH, LOG_UNLOCK, UNLOCKED } from './states.js';
import { afterThrow, eventOf, lockDoor, moveBolt, refuseRemote } from './throwing.js';
import { leaveMenu, onKey, onMenuTurn, onStretched } from './typing.js';

/** A key was pressed: `given` is its name. */
export const KEY_PRESSED = 0;
/** A code has been stretched: `given` is its 32 bytes. */
export const CODE_STRETCHED = 1;
/** The bolt has come to rest. */
export const THROW_ENDED = 2;
/** Bolt or door are in another state than what is shown: `given`, `more` are LockState and DoorState. */
export const STATE_CHANGED = 3;
/** `relockMs` or `ajarMs` is over. */
export const TIME_IS_UP = 4;
/** Buttons went down: `given` has their bits. */
export const BUTTON_PRESSED = 5;
/** Somebody asks from elsewhere: `given` is 16 x operation (`LOG_LOCK`, `LOG_UNLOCK`, `LOG_UNLATCH`) + source, `more` the user. */
export const OPERATION_ASKED = 6;
/** The oldest waiting log entry can be written. */
export const LOG_DUE = 7;
/** The menu has been left alone for too long. */
export const MENU_ENDS = 8;
/** A turn while the menu works, or waits for `#` to be held. */
export const MENU_TURN = 9;

/** Does what is named above. 0, or why not. */
export function act(d: DoorState, deed: number, nowMs: number, given: string | Uint8Array | number, more: number): ErrorCode {
  switch (deed) {
    case KEY_PRESSED: onKey(d, given as string, nowMs); break;
    case CODE_STRETCHED: onStretched(d, given as Uint8Array); break;
    case THROW_ENDED: afterThrow(d, nowMs); break;
    case STATE_CHANGED: onChange(d, nowMs, given as number, more); break;
    case TIME_IS_UP: onTime(d, nowMs); break;
    case BUTTON_PRESSED: onButton(d, given as number); break;
    case OPERATION_ASKED: return operate(d, (given as number) >> 4, (given as number) & 15, more);
    case LOG_DUE: writeLog(d); break;
    case MENU_TURN: onMenuTurn(d, nowMs); break;
    default: leaveMenu(d);
  }
  return 0;
}

/** Only a strike lets go of a latch; to unlatch any other bolt is to unlock it. */
function operate(d: DoorState, operation: number, source: number, user: number): ErrorCode {
  const code = refuseRemote(d, source, user);
  if (code) return code;
  if (operation === LOG_LOCK) return lockDoor(d, source, user);
  const what = operation === LOG_UNLATCH && d.parts.wiring.bolt.type === 'strike' ? LOG_UNLATCH : LOG_UNLOCK;
  return moveBolt(d, UNLOCKED, eventOf(d, what, source, user, 0));
}

function writeLog(d: DoorState): void {
  const happened = d.waiting.splice(0, 1)[0]!;
  d.newest = happened.sequence = writeLogEntry(d.parts.records, d.newest, happened);
  if (d.parts.hooks.logged) d.parts.hooks.logged(happened);
}
