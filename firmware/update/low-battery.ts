/** An upload waits while the battery sags under load, and goes on or gives up by itself. */
import { BATTERY_LOADED_LOW, BATTERY_TIMED_OUT, type ErrorCode } from '../errors.js';
import { VERDICT } from '../flash/kinds.js';
import { DIGEST_BYTES } from '../image/format.js';
import { ABORTED } from './boot-state.js';
import type { UpdateContext } from './context.js';
import { loadRules } from './rules.js';
import type { Upload } from './upload.js';

/** Between two looks at a battery that was low. */
const LOW_POLL_MS = 1000;

export interface LowBattery {
  /** 0, or why the next page has to wait. A low reading counts for a second; then the battery is asked again. */
  check(): ErrorCode;
  /** Keeps asking, also when the client has gone: the pause ends, or the attempt does. */
  pause(): void;
}

/** Made before each page; what it knows is in `upload`. */
export function lowBattery(context: UpdateContext, upload: Upload): LowBattery {
  function check(): ErrorCode {
    if (upload.lowAtMs >= 0 && context.platform.nowMs() - upload.lowAtMs < LOW_POLL_MS) return BATTERY_LOADED_LOW;
    const low = context.battery.loaded();
    if (low === BATTERY_TIMED_OUT) giveUp();
    else if (low) pause();
    else upload.lowAtMs = -1;
    return low;
  }

  function pause(): void {
    const paused = upload.lowAtMs >= 0;
    upload.lowAtMs = context.platform.nowMs();
    if (!paused) context.platform.after(LOW_POLL_MS, askAgain);
  }

  function askAgain(): void {
    if (upload.lowAtMs < 0) return;
    context.platform.after(LOW_POLL_MS, askAgain);
    check();
  }

  function giveUp(): void {
    const session = upload.session;
    upload.lowAtMs = -1;
    upload.fill = 0;
    context.log('OTA aborted: battery');
    context.stores.journal.append(VERDICT, loadRules().encodeVerdict(ABORTED, BATTERY_TIMED_OUT, {
      slot: session && session.slot === 1 ? 1 : 0, version: { major: 0, minor: 0, revision: 0, build: 0 }, imageId: new Uint8Array(DIGEST_BYTES),
    }));
  }

  return { check, pause };
}
