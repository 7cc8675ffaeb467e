/**
 * SMP over a text console (Zephyr's serial transport). A frame goes as lines of base64: the first begins with 06 09, the others with
 * 04 14, each ends with a line feed. Decoded and joined: length u16be of what follows | frame | CRC-16/XMODEM of the frame, u16be.
 * Anything else on the line is text meant for people and is skipped.
 */
import type { Wire } from '../platform/types.js';
import { readU16, u16 } from './frame.js';

/** The two natives of browsers, Node and Espruino. `decode` may throw. */
export interface Base64 {
  encode(bytes: Wire): string;
  decode(text: string): Wire;
}

/** Characters of a whole line, marks and line feed included. */
export const LINE_CHARACTERS = 127;
/** Bytes a line can carry: 124 characters of base64. */
const LINE_BYTES = 93;
const FIRST = '\x06\x09';
const NEXT = '\x04\x14';

/** CRC-16/XMODEM (polynomial 0x1021, start value `crc`, 0 for a new one), without a table. */
export function crc16(data: Wire, crc: number): number {
  for (let i = 0; i < data.length; i++) {
    let x = (crc >> 8) ^ data.charCodeAt(i);
    x ^= x >> 4;
    crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff;
  }
  return crc;
}

/** The lines that carry `frame`. */
export function linesOf(frame: Wire, base64: Base64): string {
  const packet = u16(frame.length + 2) + frame + u16(crc16(frame, 0));
  let lines = '';
  for (let at = 0; at < packet.length; at += LINE_BYTES) {
    lines += (at ? NEXT : FIRST) + base64.encode(packet.substr(at, LINE_BYTES)) + '\n';
  }
  return lines;
}

/**
 * Takes whatever arrives on the line, in any pieces, and calls `onFrame` for every whole frame of at most `maxFrameBytes`. A damaged
 * line, a wrong length or a wrong CRC drops that frame and no other: the next first line begins anew.
 */
export function createLineReader(base64: Base64, maxFrameBytes: number, onFrame: (frame: Wire) => void): (text: Wire) => void {
  let line = '';
  let skipping = false;
  let pieces: Wire[] = [];
  /** Bytes of frame and CRC still to come; 0 = between frames. */
  let missing = 0;
  let crc = 0;

  function takeLine(): void {
    // Text of the console may stand before the mark, on the same line.
    const first = line.indexOf(FIRST);
    const start = first < 0 ? line.indexOf(NEXT) : first;
    if (start < 0 || (first < 0 && !missing)) return;
    let piece = '';
    try {
      piece = base64.decode(line.substr(start + 2));
    } catch (error) {
      // Stays empty, which drops the frame.
    }
    if (first >= 0) {
      const length = piece.length > 2 ? readU16(piece, 0) : 0;
      pieces = [];
      crc = 0;
      missing = length > 2 && length <= maxFrameBytes + 2 ? length : 0;
      piece = piece.substr(2);
    }
    if (!piece.length || piece.length > missing) {
      missing = 0;
      pieces = [];
      return;
    }
    // Over frame and CRC together the remainder is 0. Taken line by line: a turn stays short.
    crc = crc16(piece, crc);
    pieces.push(piece);
    missing -= piece.length;
    if (missing) return;
    const frame = pieces.join('');
    pieces = [];
    if (!crc) onFrame(frame.substr(0, frame.length - 2));
  }

  return function take(text: Wire): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (!skipping && line.length + end - from < LINE_CHARACTERS + 2) {
        line += text.substr(from, end - from);
        takeLine();
      } else {
        missing = 0;
      }
      line = '';
      skipping = false;
      from = end + 1;
    }
    if (skipping) return;
    line += text.substr(from);
    if (line.length > LINE_CHARACTERS + 1) {
      line = '';
      skipping = true;
    }
  };
}
