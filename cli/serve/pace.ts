/** The world's clock in step with the clock on the wall. */
import type { Board } from '../../virtual-board/run.js';

const TURN_MS = 5;
/** Further behind than this the process was asleep: the lock then was, too. */
const ASLEEP_MS = 3000;

export interface Pace {
  /** Catches up now instead of at the next turn. */
  hurry(): void;
  stop(): void;
}

/** Runs the board until `stop`, `speed` times as fast as the clock on the wall. `afterTurn` is called each time it has caught up. */
export function keepPace(board: Board, speed: number, afterTurn: () => void): Pace {
  const { clock } = board.world;
  const wallMs = (): number => performance.now() * speed;
  let aheadMs = clock.now() - wallMs();

  function turn(): void {
    let dueMs = wallMs() + aheadMs;
    if (dueMs - clock.now() > ASLEEP_MS * speed) {
      aheadMs -= dueMs - clock.now();
      dueMs = clock.now();
    }
    // Without power nothing pumps; time passes all the same.
    if (dueMs > clock.now() && !board.pump(dueMs)) clock.advanceTo(dueMs);
    afterTurn();
  }

  const timer = setInterval(turn, TURN_MS);
  return { hurry: turn, stop: () => clearInterval(timer) };
}
