/**
 * Commands on their way to the prelude, one after the other: Espruino for Linux loses datagrams, and may even crash, when a second one
 * arrives before it has read the first.
 */
import type { Command } from './device/protocol.js';

export interface Outbox {
  tell(command: Command): void;
  /** The prelude has read the last one. */
  taken(): void;
  /** Nobody reads what was told before. */
  clear(): void;
}

export function openOutbox(send: (command: Command) => void): Outbox {
  let waiting: Command[] = [];
  let underWay = false;

  function sendNext(): void {
    const next = waiting.shift();
    underWay = next !== undefined;
    if (next) send(next);
  }

  return {
    tell(command) {
      waiting.push(command);
      if (!underWay) sendNext();
    },
    taken: sendNext,
    clear() {
      waiting = [];
      underWay = false;
    },
  };
}
