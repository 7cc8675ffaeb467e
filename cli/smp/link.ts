/** What an SMP client talks through, and the time it waits by. Both come from outside: sockets and clocks may be virtual. */
import type { Wire } from '../../firmware/platform/types.js';
import { createLineReader, linesOf } from '../../firmware/smp/console.js';

/** Carries whole SMP frames, unreliably. */
export interface Link {
  send(frame: Wire): void;
  /** Sets the one taker of what arrives. */
  onFrame(take: (frame: Wire) => void): void;
  close(): void;
}

export interface Time {
  nowMs(): number;
  /** Calls `turn` once; the answer cancels it. */
  after(delayMs: number, turn: () => void): () => void;
}

export const realTime: Time = {
  nowMs: () => Math.round(performance.now()),
  after: (delayMs, turn) => {
    const timer = setTimeout(turn, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Anything that carries characters both ways: a serial port, NUS, a virtual wire. */
export interface CharacterStream {
  write(data: Wire): void;
  onData(take: (data: Wire) => void): void;
  close(): void;
}

const LARGEST_FRAME = 65535 + 8;

/** SMP in console framing over a stream. Text between frames is skipped. */
export function lineLink(stream: CharacterStream): Link {
  const base64 = { encode: btoa, decode: atob };
  let taker: (frame: Wire) => void = () => undefined;
  stream.onData(createLineReader(base64, LARGEST_FRAME, (frame) => taker(frame)));
  return {
    send: (frame) => stream.write(linesOf(frame, base64)),
    onFrame: (take) => {
      taker = take;
    },
    close: () => stream.close(),
  };
}
