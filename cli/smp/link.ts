/** What an SMP client talks through, and the time it waits by. Both come from outside: sockets and clocks may be virtual. */
import type { Wire } from '../../firmware/platform/types.js';
import { createCrc16, createLineReader, startLines, type LineTools } from '../../firmware/smp/console.js';

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

const crc16 = createCrc16();

/** The framing's tools, as Node has them. */
export const lineTools: LineTools = {
  toBase64: btoa,
  fromBase64: atob,
  toBytes: (wire) => Uint8Array.from(Buffer.from(wire, 'latin1')),
};

/** All lines of a frame. */
export function linesOf(frame: Wire): string {
  const next = startLines(frame, lineTools, crc16);
  let lines = '';
  for (let line = next(); line; line = next()) lines += line;
  return lines;
}

/** SMP in console framing over a stream. Text between frames is skipped. */
export function lineLink(stream: CharacterStream): Link {
  let taker: (frame: Wire) => void = () => undefined;
  stream.onData(createLineReader(lineTools, crc16, LARGEST_FRAME, (frame) => taker(frame)));
  return {
    send: (frame) => stream.write(linesOf(frame)),
    onFrame: (take) => {
      taker = take;
    },
    close: () => stream.close(),
  };
}
