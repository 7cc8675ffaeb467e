/**
 * Verifies a slot before its trial is set. What that takes, and what the server takes, do not fit a small chip together: it runs alone
 * (`SmpService.alone`), and the request that wanted it is served again when the verdict is there.
 */
import { SESSION } from '../flash/kinds.js';
import type { Journal } from '../flash/journal.js';
import { PAGE_BYTES } from '../flash/layout.js';
import type { Region } from '../flash/region.js';
import type { Trust } from '../image/keys.js';
import { SHORT_STEP, type SlhTools } from '../image/slh-dsa.js';
import type { LockIdentity, VerifyResult } from '../image/verify.js';
import type { Platform } from '../platform/types.js';
import { loadJudge } from './judge.js';
import type { UpdateWindow } from './window.js';

/** What came of a slot. It counts as long as no session began or ended since. */
export interface Verified {
  slot: number;
  /** Of the journal's SESSION. */
  sequence: number;
  result: VerifyResult;
}

export interface VerificationParts {
  platform: Platform;
  journal: Journal;
  window: UpdateWindow;
  identity: LockIdentity;
  slh: SlhTools;
  slot: 0 | 1;
  source: Region;
  trust: Trust | undefined;
}

/** Gives a function that takes a step, and is true when the verdict is in the window. */
export function startVerification(parts: VerificationParts): () => boolean {
  const slot = parts.slot;
  const sequence = parts.journal.sequenceOf(SESSION);
  const window = parts.window;
  const step = loadJudge().startVerifyImage({
    source: parts.source, offer: false, slot, slotBytes: parts.source.pages * PAGE_BYTES, identity: parts.identity, trust: parts.trust,
    tools: parts.platform, slh: parts.slh,
  }).step;
  return function () {
    const result = step(SHORT_STEP);
    if (result) window.verified = { slot, sequence, result };
    return result !== undefined;
  };
}
