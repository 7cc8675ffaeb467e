/** The project's SMP client in simulated time: each call lets the world run until it has its answer. */
import type { CborMap } from '../../firmware/smp/cbor.js';
import type { Board } from '../../virtual-board/run.js';
import { createClient, READ, WRITE, type SmpError } from '../smp/client.js';
import { statesIn, type ImageState } from '../smp/commands.js';
import type { Link, Time } from '../smp/link.js';
import { startOffer, startUpload, type TransferOptions, type TransferResult } from '../smp/transfer.js';

export type Answer<T> = { failure: SmpError; reply?: undefined } | { failure?: undefined; reply: T };

export interface VirtualClient {
  list(): Answer<ImageState[]>;
  test(hash: Uint8Array): Answer<CborMap>;
  /** Without a hash: the running image. */
  confirm(hash?: Uint8Array): Answer<CborMap>;
  erase(): Answer<CborMap>;
  restart(): Answer<CborMap>;
  upload(file: Uint8Array, options?: Partial<TransferOptions>): Answer<TransferResult>;
  offer(bytes: Uint8Array): Answer<TransferResult>;
  close(): void;
}

const OS = 0;
const IMAGE = 1;
const SLOW_MS = 20_000;
/** Longer than all repeats of the client. */
const LIMIT_MS = 600_000;

/** Lets the world run until something is true, or `limitMs` have passed. */
export type Pump = (until: () => boolean, limitMs: number) => boolean;

/** A phone or computer of its own in the lock's network, and the world's time. */
export function linkTo(board: Board): { link: Link; time: Time } {
  const { clock, network } = board.world;
  const udp = network.client();
  return {
    link: {
      send: (frame) => udp.send(frame),
      onFrame: (take) => {
        udp.onMessage = take;
      },
      close: () => {
        udp.onMessage = undefined;
      },
    },
    time: {
      nowMs: clock.now,
      after: (delayMs, turn) => {
        const id = clock.after(delayMs, turn);
        return () => clock.cancel(id);
      },
    },
  };
}

/** Opens a client. `pump`: for callers that watch while they wait. */
export function openClient(board: Board, pump: Pump = board.pump): VirtualClient {
  const { link, time } = linkTo(board);
  const client = createClient(link, time, { timeoutMs: 2000, retries: 4 });

  function settle<T>(start: (done: (failure: SmpError | undefined, reply: T) => void) => void): Answer<T> {
    let answer: Answer<T> | undefined;
    start((failure, reply) => {
      answer = failure ? { failure } : { reply };
    });
    pump(() => answer !== undefined, LIMIT_MS);
    if (!answer) throw new Error('the simulated client got no answer, not even a time-out');
    return answer;
  }

  const ask = (operation: number, group: number, command: number, body: CborMap, timeoutMs?: number): Answer<CborMap> => (
    settle((done) => client.request(operation, group, command, body, done, timeoutMs))
  );
  const bytes = (data: Uint8Array): CborMap => ({ bytes: Buffer.from(data).toString('latin1') });
  return {
    list() {
      const answer = ask(READ, IMAGE, 0, {});
      return answer.failure ? answer : { reply: statesIn(answer.reply) };
    },
    test: (hash) => ask(WRITE, IMAGE, 0, { hash: bytes(hash), confirm: false }, SLOW_MS),
    confirm: (hash) => ask(WRITE, IMAGE, 0, hash ? { hash: bytes(hash), confirm: true } : { confirm: true }),
    erase: () => ask(WRITE, IMAGE, 5, {}, SLOW_MS),
    restart: () => ask(WRITE, OS, 5, {}),
    upload: (file, options = {}) => settle((done) => startUpload(client, file, options, done)),
    offer: (offer) => settle((done) => startOffer(client, offer, {}, done)),
    close: () => client.close(),
  };
}
