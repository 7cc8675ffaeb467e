/**
 * SMP over a text console (Zephyr's serial transport). A frame goes as lines of base64: the first begins with 06 09, the others with
 * 04 14, each ends with a line feed. Decoded and joined: length u16be of what follows | frame | CRC-16/XMODEM of the frame, u16be.
 * Anything else on the line is text meant for people and is skipped.
 */
import type { Wire } from '../platform/types.js';
import { readU16, u16 } from './frame.js';

/** Natives of browsers, Node and Espruino. */
export interface LineTools {
  toBase64(bytes: Wire): string;
  /** May throw. */
  fromBase64(text: string): Wire;
  toBytes(wire: Wire): Uint8Array;
}

/** Characters of a whole line, marks and line feed included. */
export const LINE_CHARACTERS = 127;
/** Bytes a line can carry: 124 characters of base64. */
const LINE_BYTES = 93;
const FIRST = '\x06\x09';
const NEXT = '\x04\x14';

/** Espruino's `indexOf` with more than one character also finds a beginning of them at the end of the text: one is looked for, both compared. */
function isAt(line: string, at: number, mark: string): boolean {
  return at >= 0 && line.substr(at, 2) === mark;
}

/**
 * CRC-16/XMODEM (polynomial 0x1021), going on from `crc`, 0 at first. With a table and the interpreter's own loop it takes an ESP32
 * 0.16 ms a byte (calculated), a third of what it takes without.
 */
export type Crc16 = (data: Uint8Array, crc: number) => number;

export function createCrc16(): Crc16 {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const x = byte ^ (byte >> 4);
    table[byte] = (x << 12) ^ (x << 5) ^ x;
  }
  function next(crc: number, byte: number): number {
    return ((crc << 8) & 0xff00) ^ table[(crc >> 8) ^ byte]!;
  }
  return function (data, crc) {
    return data.reduce(next, crc);
  };
}

/** The lines that carry `frame`, one a call, '' after the last: a turn of the lock has time for one. */
export function startLines(frame: Wire, tools: LineTools, crc16: Crc16): () => string {
  let packet = u16(frame.length + 2) + frame;
  let at = 0;
  let crc = 0;
  let closed = false;
  return function () {
    if (at >= packet.length) return '';
    const mark = at ? NEXT : FIRST;
    if (!closed) crc = crc16(tools.toBytes(packet.substring(at || 2, at + LINE_BYTES)), crc);
    if (!closed && at + LINE_BYTES >= packet.length) {
      packet += u16(crc);
      closed = true;
    }
    at += LINE_BYTES;
    return mark + tools.toBase64(packet.substring(at - LINE_BYTES, at)) + '\n';
  };
}

/**
 * Takes whatever arrives on the line, in any pieces, and calls `onFrame` for every whole frame of at most `maxFrameBytes`. A damaged
 * line, a wrong length or a wrong CRC drops that frame and no other: the next first line begins anew.
 */
export function createLineReader(tools: LineTools, crc16: Crc16, maxFrameBytes: number, onFrame: (frame: Wire) => void): (text: Wire) => void {
  let line = '';
  let skipping = false;
  let pieces: Wire[] = [];
  /** Bytes of frame and CRC still to come; 0 = between frames. */
  let missing = 0;
  let crc = 0;

  function takeLine(): void {
    // Text for people may stand before the mark, on the same line.
    const first = isAt(line, line.indexOf('\x06'), FIRST);
    const start = first ? line.indexOf('\x06') : line.indexOf('\x04');
    if (!first && (!missing || !isAt(line, start, NEXT))) return;
    let piece = '';
    try {
      piece = tools.fromBase64(line.substr(start + 2));
    } catch (error) {
      // Stays empty, which drops the frame.
    }
    if (first) {
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
    crc = crc16(tools.toBytes(piece), crc);
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
