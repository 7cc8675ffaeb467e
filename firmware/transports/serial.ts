/** SMP over a serial line, or anything else that carries characters, in the framing of `firmware/smp/console.ts`. */
import type { Wire } from '../platform/types.js';
import { createLineReader, linesOf, type Base64 } from '../smp/console.js';
import { MAX_FRAME_BYTES } from '../smp/frame.js';
import type { SmpServer } from '../smp/server.js';

export interface SerialLine {
  base64: Base64;
  /** Characters as they arrive, in pieces of any size. */
  onData(take: (data: Wire) => void): void;
  write(data: Wire): void;
}

export function serveSerial(line: SerialLine, server: SmpServer): void {
  function send(frame: Wire): void {
    line.write(linesOf(frame, line.base64));
  }
  line.onData(createLineReader(line.base64, MAX_FRAME_BYTES, function (frame) {
    server.receive(frame, send);
  }));
}
