/**
 * An SMP client: requests with time-outs and repeats. Answers come by callback, in the turn their frame arrives, so that it works
 * in virtual time too; `commands.ts` makes promises of them.
 */
import { ERRORS, type ErrorEntry } from '../../firmware/error-table.js';
import type { Wire } from '../../firmware/platform/types.js';
import { decodeCbor, encodeCbor, type CborMap } from '../../firmware/smp/cbor.js';
import { frameOf, HEADER_BYTES, READ, readHeader, WRITE } from '../../firmware/smp/frame.js';
import type { Link, Time } from './link.js';

export { READ, WRITE };

export interface ClientOptions {
  /** How long an answer may take. The first chunk of an upload and a test get `slowMs`. */
  timeoutMs: number;
  slowMs: number;
  /** How often a request is sent again before it counts as lost. */
  retries: number;
  /** 0 gets refusals with the lock's own code and words, 1 gets group errors. */
  version: 0 | 1;
}

export const DEFAULT_OPTIONS: ClientOptions = { timeoutMs: 2500, slowMs: 20000, retries: 5, version: 0 };

export type Done = (failure: SmpError | undefined, reply: CborMap) => void;

export interface Client {
  readonly options: ClientOptions;
  readonly time: Time;
  /** Sends a request and calls `done` once. */
  request(operation: number, group: number, command: number, body: CborMap, done: Done, timeoutMs?: number): void;
  /** Nothing is answered from here on; what waits fails. */
  close(): void;
}

/** A refusal by the lock, or no answer at all (`rc` -1). */
export class SmpError extends Error {
  readonly rc: number;
  /** Set where the refusal was a group error of version 2. */
  readonly group: number | undefined;
  /** The lock's own code where it told it. */
  readonly entry: ErrorEntry | undefined;
  /** Offset to go on from, sent with "not now". */
  readonly off: number | undefined;

  constructor(message: string, rc: number, group?: number, entry?: ErrorEntry, off?: number) {
    super(message);
    this.name = 'SmpError';
    this.rc = rc;
    this.group = group;
    this.entry = entry;
    this.off = off;
  }
}

export const NO_ANSWER = -1;
export const BUSY = 10;

interface Pending {
  done: Done;
  group: number;
  command: number;
  cancel: () => void;
}

export function createClient(link: Link, time: Time, options: Partial<ClientOptions> = {}): Client {
  const settings = { ...DEFAULT_OPTIONS, ...options };
  const pending = new Map<number, Pending>();
  let sequence = 0;
  let closed = false;

  function take(frame: Wire): void {
    for (let at = 0; at + HEADER_BYTES <= frame.length;) {
      const header = readHeader(frame, at)!;
      const end = at + HEADER_BYTES + header.length;
      const waiting = pending.get(header.sequence);
      const isReply = (header.operation & 1) === 1 && end <= frame.length;
      if (waiting && isReply && waiting.group === header.group && waiting.command === header.command) {
        const body = decodeCbor(frame, at + HEADER_BYTES, end);
        if (body && typeof body === 'object' && !Array.isArray(body)) {
          pending.delete(header.sequence);
          waiting.cancel();
          const reply = body as CborMap;
          waiting.done(refusalIn(reply), reply);
        }
      }
      at = end;
    }
  }

  link.onFrame(take);
  return {
    options: settings,
    time,
    request(operation, group, command, body, done, timeoutMs = settings.timeoutMs) {
      if (closed) return done(new SmpError('the connection is closed', NO_ANSWER), {});
      const number = sequence;
      sequence = (sequence + 1) & 255;
      const header = { version: settings.version, operation, length: 0, group, sequence: number, command };
      const frame = frameOf(header, encodeCbor(body));
      let left = settings.retries;
      const waiting: Pending = { done, group, command, cancel: () => undefined };
      pending.get(number)?.cancel();
      pending.set(number, waiting);
      function attempt(): void {
        waiting.cancel = time.after(timeoutMs, () => {
          if (left-- > 0) return attempt();
          pending.delete(number);
          done(new SmpError('the lock does not answer', NO_ANSWER), {});
        });
        link.send(frame);
      }
      attempt();
    },
    close() {
      closed = true;
      for (const waiting of pending.values()) {
        waiting.cancel();
        waiting.done(new SmpError('the connection was closed', NO_ANSWER), {});
      }
      pending.clear();
      link.close();
    },
  };
}

/** The refusal a reply carries, undefined where it carries none. */
export function refusalIn(reply: CborMap): SmpError | undefined {
  const reason = typeof reply['rsn'] === 'string' ? reply['rsn'] : undefined;
  const code = reason && /^0x[0-9A-Fa-f]{2} /.test(reason) ? parseInt(reason.slice(2, 4), 16) : 0;
  const entry = code ? ERRORS.find((one) => one.code === code) : undefined;
  const off = typeof reply['off'] === 'number' ? reply['off'] : undefined;
  const err = reply['err'] as CborMap | undefined;
  if (err && typeof err === 'object') {
    const rc = Number(err['rc']);
    const group = Number(err['group']);
    return new SmpError(`refused: group ${group}, code ${rc}`, rc, group, undefined, off);
  }
  const rc = reply['rc'];
  if (typeof rc !== 'number' || rc === 0) return undefined;
  return new SmpError(reason ?? `refused: rc ${rc}`, rc, undefined, entry, off);
}
