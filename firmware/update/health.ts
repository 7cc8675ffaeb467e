/**
 * Does the running image work? Checks of the parts that the wiring declares, asked once a second. Under a trial the answer
 * confirms the image or ends the attempt; under the confirmed image it is kept, so that a part that was broken before an update
 * is not held against the update.
 */
import { HEALTH_KEYPAD, HEALTH_MOTOR, type ErrorCode } from '../errors.js';

/** Keypad and motor have this long, so that three failing attempts end within the 30 s a person has to wait at most. */
export const DOOR_CHECK_MS = 8000;
/** Everything else has this long. */
export const ALL_CHECKS_MS = 120000;
/** An image that ran this long without an unplanned restart clears the counts of unclean boots. */
export const HEALTHY_MS = 60000;

/** One check. `passed` may change with time; it must not move anything or write more than its own probe record. */
export interface HealthCheck {
  /** The code to record when it fails. Its position in the list is its bit in the baseline. */
  code: ErrorCode;
  passed(): boolean;
}

/** What to do now: go on waiting, confirm, or give up because of `code`. */
export interface HealthVerdict {
  state: 'waiting' | 'passed' | 'failed';
  code: ErrorCode;
  /** Bits of the checks that have not passed. */
  failing: number;
}

/**
 * Judges the checks at `elapsedMs` after the launch. `baseline`: bits of the checks that already failed under the confirmed image;
 * those warn and do not block.
 */
export function judgeHealth(checks: readonly HealthCheck[], elapsedMs: number, baseline: number): HealthVerdict {
  let failing = 0;
  let code = 0;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i]!;
    if (check.passed()) continue;
    failing |= 1 << i;
    if (baseline & (1 << i)) continue;
    const door = check.code === HEALTH_KEYPAD || check.code === HEALTH_MOTOR;
    if (elapsedMs >= (door ? DOOR_CHECK_MS : ALL_CHECKS_MS)) return { state: 'failed', code: check.code, failing };
    code = check.code;
  }
  return { state: code ? 'waiting' : 'passed', code, failing };
}
