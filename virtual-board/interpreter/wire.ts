/**
 * The other end of the lock's serial port: a UART of 115200 baud. Characters go out at its pace and in pieces of the size that Espruino
 * hands to the firmware (`IOEVENT_MAX_LEN` of its jsdevices.h), so that the firmware meets them as it does on a chip.
 */
import type { CharacterStream } from '../../cli/smp/link.js';
import type { Command } from './device/protocol.js';

const PIECE_CHARACTERS = 64;
/** Ten bits each, start and stop bit included. */
const CHARACTERS_PER_MS = 115.2 / 10;

export interface Wire extends CharacterStream {
  /** What the firmware wrote, in base64. */
  take(base64: string): void;
}

export function openWire(tell: (command: Command) => void): Wire {
  let waiting = '';
  /** When the line is free again, by `performance.now()`. */
  let freeAtMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let taker: (data: string) => void = () => undefined;

  function sendPieces(): void {
    timer = undefined;
    const now = performance.now();
    freeAtMs = Math.max(freeAtMs, now - PIECE_CHARACTERS / CHARACTERS_PER_MS);
    while (waiting && freeAtMs <= now) {
      const piece = waiting.slice(0, PIECE_CHARACTERS);
      waiting = waiting.slice(PIECE_CHARACTERS);
      freeAtMs += piece.length / CHARACTERS_PER_MS;
      tell(['wire', Buffer.from(piece, 'latin1').toString('base64')]);
    }
    if (waiting) timer = setTimeout(sendPieces, freeAtMs - now);
  }

  return {
    write(data) {
      waiting += data;
      if (!timer) sendPieces();
    },
    onData(take) {
      taker = take;
    },
    take: (base64) => taker(Buffer.from(base64, 'base64').toString('latin1')),
    close() {
      clearTimeout(timer);
      waiting = '';
      taker = () => undefined;
    },
  };
}
