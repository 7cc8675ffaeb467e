/** SMP over a serial line, or anything else that carries characters, in the framing of `firmware/smp/console.ts`. */
import type { Wire } from '../platform/types.js';
import { createCrc16, createLineReader, startLines, type LineTools } from '../smp/console.js';
import { MAX_FRAME_BYTES } from '../smp/frame.js';
import type { SmpService } from '../service.js';

export interface SerialLine extends LineTools {
  /** Calls `turn` in a turn of its own. */
  later(turn: () => void): void;
  /** Characters as they arrive, in pieces of any size. */
  onData(take: (data: Wire) => void): void;
  write(data: Wire): void;
}

/** Answers go out line by line, a turn each, and one after the other. */
export function serveSerial(line: SerialLine, server: Pick<SmpService, 'receive'>): void {
  const crc16 = createCrc16();
  const waiting: Wire[] = [];
  let nextLine: (() => string) | undefined;

  function turn(): void {
    if (!nextLine) {
      const frame = waiting.shift();
      if (frame === undefined) return;
      nextLine = startLines(frame, line, crc16);
    }
    const text = nextLine();
    if (text) line.write(text);
    else nextLine = undefined;
    line.later(turn);
  }

  function send(frame: Wire): void {
    waiting.push(frame);
    if (waiting.length === 1 && !nextLine) line.later(turn);
  }

  line.onData(createLineReader(line, crc16, MAX_FRAME_BYTES, function (frame) {
    server.receive(frame, send);
  }));
}
