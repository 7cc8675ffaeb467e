/** A client in the timed world: it keeps an upload going for as long as it may, or asks for the test of an image. */
import { encodeCbor, type CborMap } from '../../../firmware/smp/cbor.js';
import { frameOf, WRITE } from '../../../firmware/smp/frame.js';
import type { TimedSettings } from './protocol.js';

declare const E: { toString(data: unknown): string };

type Wire = string;

export interface TimedClient {
  /** What the firmware's socket sends. */
  take(frame: Wire): void;
  /** Begins an upload; false in `running` once it is refused. */
  begin(): void;
  /** Asks for the trial; `done` gets the answer. */
  test(done: (answer: Wire) => void): void;
  running(): boolean;
}

const DATA_BYTES = 990;
/** Under way at once. */
const WINDOW = 3;
/** Way and client together, at least and at most. */
const FASTEST_MS = 2;
const SLOWEST_MS = 12;
const IMAGE_GROUP = 1;
const STATE = 0;
const UPLOAD = 1;

/** `send` brings a frame to the firmware after so many milliseconds; `random` gives 0 to 1. */
export function openClient(
  settings: TimedSettings, read: (bytes: number, address: number) => unknown, send: (ms: number, frame: Wire) => void, random: () => number,
): TimedClient {
  let off = 0;
  let next = 0;
  let underWay = 0;
  let sequence = 0;
  let running = false;
  let tested: ((answer: Wire) => void) | undefined;

  function request(command: number, body: CborMap): void {
    sequence = (sequence + 1) & 255;
    send(FASTEST_MS + random() * (SLOWEST_MS - FASTEST_MS),
      frameOf({ version: 0, operation: WRITE, length: 0, group: IMAGE_GROUP, sequence, command }, encodeCbor(body)));
  }

  function chunk(): void {
    const length = settings.imageBytes - next < DATA_BYTES ? settings.imageBytes - next : DATA_BYTES;
    let data = E.toString(read(length, settings.imageAt + next));
    const body: CborMap = { off: next, data: { bytes: data } };
    if (!next) {
      // The major version, so that it is newer than what runs; and another file each time.
      data = data.substr(0, 20) + '\x02' + data.substr(21);
      let sha = '';
      while (sha.length < 32) sha += String.fromCharCode(random() * 256);
      body['data'] = { bytes: data };
      body['len'] = settings.imageBytes;
      body['sha'] = { bytes: sha };
    }
    next += length;
    underWay++;
    request(UPLOAD, body);
  }

  function goOn(): void {
    // The last chunk is never sent: the lock would look for the digest of a file that is none.
    while (running && underWay < (off ? WINDOW : 1) && next < settings.imageBytes - DATA_BYTES) chunk();
    if (running && !underWay) begin();
  }

  function begin(): void {
    running = true;
    off = next = 0;
    chunk();
  }

  return {
    begin,
    running: () => running,
    test: (done) => {
      tested = done;
      request(STATE, { hash: { bytes: settings.hash } });
    },
    take: (frame) => {
      if (tested) return tested(frame);
      underWay--;
      const at = frame.indexOf('\x63off');
      if (frame.indexOf('\x62rc') >= 0 || at < 0) {
        running = false;
        return;
      }
      const head = frame.charCodeAt(at + 4);
      const byte = (index: number) => frame.charCodeAt(at + 5 + index);
      off = head < 24 ? head : head === 24 ? byte(0) : head === 25 ? byte(0) << 8 | byte(1) : byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
      if (!underWay && off !== next) next = off;
      goOn();
    },
  };
}
