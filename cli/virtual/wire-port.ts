/** A cable to the virtual board's wire, as hosts have one to a real board: the world runs while somebody listens. */
import type { Board } from '../../virtual-board/run.js';
import type { Port } from '../board/port.js';

/** Simulated time between two looks at what real time brought. */
const SLICE_MS = 25;

/** Plugs the cable in. Simulated time goes on, as fast as it can, until the port is closed; it is gone when the board loses its power, as a USB port is. */
export function openWirePort(board: Board, name = 'virtual'): Port {
  const { serial } = board.world;
  let open = true;
  let waiting = '';
  let take = (text: string): void => void (waiting += text);
  let gone = (): void => undefined;
  serial.onOutput = (piece) => {
    serial.output = '';
    take(piece);
  };

  function turn(): void {
    if (!open) return;
    const untilMs = board.world.clock.now() + SLICE_MS;
    // Without power nothing pumps; time passes all the same.
    if (!board.pump(untilMs)) board.world.clock.advanceTo(untilMs);
    if (board.ended() === 'powerCut') {
      open = false;
      return gone();
    }
    setImmediate(turn);
  }

  setImmediate(turn);
  return {
    name,
    write: (text) => serial.send(text),
    listen(taker, leaver) {
      take = taker;
      gone = leaver;
      take(waiting);
      waiting = '';
    },
    close() {
      open = false;
      serial.onOutput = undefined;
      gone();
      return Promise.resolve();
    },
  };
}
