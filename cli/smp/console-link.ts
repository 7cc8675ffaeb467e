/**
 * SMP through the console of a development lock: each frame is one line that calls the lock's `smp`, each answer one line that this call
 * prints. Both carry a CRC: what a wire damaged counts as lost, and is sent again.
 */
import { crc32 } from 'crc';
import type { Port } from '../board/port.js';
import type { Link } from './link.js';

/** A line of 700 characters at most: consoles take 1024 at once. */
export const CONSOLE_FRAME_BYTES = 432;

const ANSWER = /<smp ([A-Za-z0-9+/=]+) (\d+)>/g;
/** An answer that is longer is none. */
const MOST_WAITING = 4096;

/** A port that more than one listens to. */
export interface SharedPort extends Port {
  /** Sees all that arrives, besides whoever listens. */
  overhear(take: (text: string) => void): void;
  readonly gone: boolean;
}

export function sharedPort(port: Port): SharedPort {
  let take: (text: string) => void = () => undefined;
  let leave: () => void = () => undefined;
  let overhear: (text: string) => void = () => undefined;
  let gone = false;
  port.listen((text) => {
    overhear(text);
    take(text);
  }, () => {
    gone = true;
    leave();
  });
  return {
    name: port.name,
    get gone() {
      return gone;
    },
    write: (text) => port.write(text),
    listen(taker, leaver) {
      take = taker;
      leave = leaver;
      if (gone) leaver();
    },
    overhear(taker) {
      overhear = taker;
    },
    close: () => port.close(),
  };
}

export function consoleLink(port: SharedPort): Link {
  let waiting = '';
  let taker: (frame: string) => void = () => undefined;
  port.overhear((text) => {
    waiting += text;
    let end = 0;
    for (const answer of waiting.matchAll(ANSWER)) {
      end = answer.index + answer[0].length;
      const frame = Buffer.from(answer[1]!, 'base64');
      if (crc32(frame) >>> 0 === Number(answer[2])) taker(frame.toString('latin1'));
    }
    waiting = waiting.slice(end).slice(-MOST_WAITING);
  });
  return {
    send(frame) {
      const bytes = Buffer.from(frame, 'latin1');
      // The frame is let go of in the same line: it would stay in the lock's memory.
      port.write(`\x10E.CRC32(dlFrame=atob("${bytes.toString('base64')}"))==${crc32(bytes) >>> 0}&&smp(dlFrame,function(r){print("<smp "+btoa(r)+" "+E.CRC32(r)+">")});dlFrame=0\n`);
    },
    onFrame(take) {
      taker = take;
    },
    close: () => port.overhear(() => undefined),
  };
}
