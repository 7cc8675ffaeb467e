/**
 * What decides whether something may be done, and what is kept of what became of it. Like `loadJudge`: the build nests all of it into
 * `loadRules`, its functions are made by a call and gone when the caller is done with them.
 */
import { confirmedFloor, encodeVerdict, trialOf } from './boot-state.js';
import { incompleteSlot, keptSlot } from './context.js';
import { judgeImage, mayInstall, mayStart } from './gates.js';
import { addVerdict, rememberRollback } from './history.js';
import { noteFailing } from './session.js';
import { takeErase } from './window.js';

export interface Rules {
  confirmedFloor: typeof confirmedFloor;
  encodeVerdict: typeof encodeVerdict;
  trialOf: typeof trialOf;
  incompleteSlot: typeof incompleteSlot;
  keptSlot: typeof keptSlot;
  judgeImage: typeof judgeImage;
  mayInstall: typeof mayInstall;
  mayStart: typeof mayStart;
  addVerdict: typeof addVerdict;
  rememberRollback: typeof rememberRollback;
  noteFailing: typeof noteFailing;
  takeErase: typeof takeErase;
}

export function loadRules(): Rules {
  return {
    confirmedFloor, encodeVerdict, trialOf, incompleteSlot, keptSlot, judgeImage, mayInstall, mayStart, addVerdict, rememberRollback, noteFailing, takeErase,
  };
}
