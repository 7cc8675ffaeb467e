/** Sending something in chunks: an image (group 1) or an offer (group 64). The lock says which offset it wants next. */
import { createHash } from 'node:crypto';
import { encodeCbor, type CborMap } from '../../firmware/smp/cbor.js';
import { HEADER_BYTES, LOCK_GROUP } from '../../firmware/smp/frame.js';
import { OFFER } from '../../firmware/smp/lock-group.js';
import { BUSY, SmpError, WRITE, type Client } from './client.js';

const IMAGE_GROUP = 1;
const UPLOAD = 1;

export interface TransferOptions {
  /** Bytes of a frame, header included: the lock's `buf_size`, or less. */
  frameBytes: number;
  /** Chunks under way at once. */
  window: number;
  onProgress: (sent: number, total: number) => void;
  /** The lock said "not now", and why: the transfer goes on when it takes it again. */
  onBusy: (failure: SmpError) => void;
  /** How long "not now" is taken for an answer. */
  busyLimitMs: number;
  /** Asked before each chunk: true stops the transfer. */
  stopped: () => boolean;
}

export const DEFAULT_TRANSFER: TransferOptions = {
  frameBytes: 1024, window: 1, onProgress: () => undefined, onBusy: () => undefined, busyLimitMs: 600000, stopped: () => false,
};

export interface TransferResult {
  /** The lock compared the whole file with its digest. Undefined for an offer. */
  match: boolean | undefined;
  /** Chunks sent. */
  chunks: number;
  /** Offset of the first chunk that was new to the lock. */
  resumedAt: number;
}

type Done = (failure: SmpError | undefined, result: TransferResult) => void;

/** The same offset this often in a row: the lock will not take what stands there. */
const STUCK = 12;
const BUSY_PAUSE_MS = 500;

/** Uploads a whole image file. */
export function startUpload(client: Client, file: Uint8Array, options: Partial<TransferOptions>, done: Done): void {
  const sha = createHash('sha256').update(file).digest().toString('latin1');
  transfer(client, IMAGE_GROUP, UPLOAD, file, { len: file.length, sha: { bytes: sha } }, options, done);
}

/** Sends an offer: header and TLVs. The answer is there when its signature was found genuine. */
export function startOffer(client: Client, offer: Uint8Array, options: Partial<TransferOptions>, done: Done): void {
  transfer(client, LOCK_GROUP, OFFER, offer, { len: offer.length }, options, done);
}

function transfer(client: Client, group: number, command: number, file: Uint8Array, first: CborMap, options: Partial<TransferOptions>,
  done: Done): void {
  const settings = { ...DEFAULT_TRANSFER, ...options };
  const text = Buffer.from(file).toString('latin1');
  const result: TransferResult = { match: undefined, chunks: 0, resumedAt: 0 };
  let next = 0;
  /** What the lock has, as far as we were told; -1 before the first answer. */
  let acknowledged = -1;
  let underWay = 0;
  /** An answer asked for another offset than the one behind its chunk: let what is under way come back first. */
  let draining = false;
  let stuckAt = -1;
  let stuck = 0;
  let busySinceMs = -1;
  let finished = false;

  function finish(failure: SmpError | undefined): void {
    if (finished) return;
    finished = true;
    done(failure, result);
  }

  function bodyAt(off: number): CborMap {
    const body: CborMap = off === 0 ? { ...first, off, data: { bytes: '' } } : { off, data: { bytes: '' } };
    // An empty byte string has a head of 1 byte, one of up to 64 KB a head of 3.
    const room = settings.frameBytes - HEADER_BYTES - encodeCbor(body).length - 2;
    body['data'] = { bytes: text.substr(off, Math.max(room, 1)) };
    return body;
  }

  function sendMore(): void {
    // The first chunk goes alone: its answer tells where to go on.
    const window = acknowledged < 0 ? 1 : settings.window;
    while (!finished && !draining && underWay < window && next < text.length) {
      if (settings.stopped()) return finish(new SmpError('stopped', -1));
      const off = next;
      const body = bodyAt(off);
      const bytes = (body['data'] as { bytes: string }).bytes.length;
      next = off + bytes;
      underWay++;
      result.chunks++;
      const slow = off === 0 || next >= text.length;
      const timeoutMs = slow ? client.options.slowMs : client.options.timeoutMs;
      client.request(WRITE, group, command, body, (failure, reply) => answered(failure, reply, off + bytes), timeoutMs);
    }
  }

  function answered(failure: SmpError | undefined, reply: CborMap, behind: number): void {
    underWay--;
    if (finished) return;
    if (failure) return failure.rc === BUSY ? waitAndGoOn(failure) : finish(failure);
    busySinceMs = -1;
    const off = reply['off'];
    if (typeof off !== 'number') return finish(new SmpError('the answer has no offset', -1));
    if (acknowledged < 0) result.resumedAt = off > behind ? off : 0;
    if (off > acknowledged) settings.onProgress(off, text.length);
    acknowledged = off;
    if (off >= text.length) {
      if (typeof reply['match'] === 'boolean') result.match = reply['match'];
      if (reply['match'] === false) return finish(new SmpError('the lock received another file than was sent', -1));
      return finish(undefined);
    }
    if (off !== behind) draining = true;
    if (draining && underWay === 0) {
      stuck = off > stuckAt ? 0 : stuck + 1;
      stuckAt = Math.max(off, stuckAt);
      if (stuck > STUCK) return finish(new SmpError(`the lock keeps asking for offset ${off}`, -1));
      draining = false;
      next = off;
    }
    sendMore();
  }

  function waitAndGoOn(failure: SmpError): void {
    const now = client.time.nowMs();
    if (busySinceMs < 0) busySinceMs = now;
    if (now - busySinceMs > settings.busyLimitMs) return finish(failure);
    settings.onBusy(failure);
    draining = true;
    if (underWay > 0) return;
    client.time.after(BUSY_PAUSE_MS, () => {
      draining = false;
      next = failure.off ?? Math.max(acknowledged, 0);
      sendMore();
    });
  }

  sendMore();
}
