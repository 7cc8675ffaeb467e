/**
 * The SMP server: takes frames from any transport, answers each once, in order. One request is worked on at a time and none is begun
 * while the door is busy; a few wait. Its state is one record, because a function inside another one costs more than one beside it.
 */
import { FRAME_TOO_LONG, MALFORMED, OUT_OF_MEMORY, PROTOCOL_TOO_NEW, REQUEST_PENDING, UNSUPPORTED, type ErrorCode } from '../errors.js';
import type { Wire } from '../platform/types.js';
import type { UpdateContext, WaitingFrame } from '../update/context.js';
import { refusal, refuse, type Exchange } from '../update/exchange.js';
import { createUpdate, type Update } from '../update/update.js';
import { takeChunk } from '../update/upload.js';
import { encodeCbor, type CborMap } from './cbor.js';
import {
  BUFFER_BYTES, BUFFER_COUNT, frameOf, HEADER_BYTES, LOCK_GROUP, MAX_FRAME_BYTES, NEWEST_VERSION, READ, readHeader, WRITE, type Header,
} from './frame.js';
import { imageCommand, UPLOAD } from './image-group.js';
import { osCommand } from './os-group.js';
import { readRequest } from './request.js';

const MAX_WAITING = 8;
const MAX_WAITING_BYTES = BUFFER_BYTES * BUFFER_COUNT;
const DOOR_POLL_MS = 20;
const OS_GROUP = 0;
const IMAGE_GROUP = 1;

/** What a server would lose if it were let go: nothing, a part of a page, or a request that is under way. */
export const IDLE = 0;
export const HOLDS_PAGE = 1;
export const BUSY = 2;

export interface SmpServer {
  /** Takes one frame, or several in a row. `reply` is called once for each request, in this turn or later. */
  receive(frame: Wire, reply: (frame: Wire) => void): void;
  update: Update;
  /** `IDLE`, `HOLDS_PAGE` or `BUSY`. */
  holds(): number;
}

export type LockCommand = (context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean) => void;

interface Waiting {
  /** What of it is still to be worked on. */
  frame: Wire;
  /** Where the request that is being worked on ends; one with data has left the frame. */
  end: number;
  bytes: number;
  reply: (frame: Wire) => void;
}

interface Serving {
  context: UpdateContext;
  update: Update;
  exchange: Exchange;
  lockCommand: LockCommand | undefined;
  waiting: Waiting[];
  waitingBytes: number;
  armed: boolean;
  /** A request is being worked on: the one of the exchange. */
  working: boolean;
}

/** `lockCommand`: group 64, where it is answered at all. */
export function createServer(context: UpdateContext, lockCommand?: LockCommand): SmpServer {
  const update = createUpdate(context);
  const serving: Serving = {
    context, update, lockCommand, waiting: [], waitingBytes: 0, armed: false, working: false,
    exchange: {
      asked: {}, header: undefined as unknown as Header, answer: (body) => answer(serving, body), context,
      verifyAlone: (slot, trust) => context.verifyAlone(slot, trust, serving.waiting.map((each): WaitingFrame => [each.frame, each.reply])),
    },
  };
  return {
    receive: (frame, reply) => receive(serving, frame, reply),
    update,
    holds: () => (serving.waiting.length || context.stepping || update.upload.lowAtMs >= 0 ? BUSY : update.upload.fill || update.intake ? HOLDS_PAGE : IDLE),
  };
}

function receive(serving: Serving, frame: Wire, reply: (frame: Wire) => void): void {
  const header = readHeader(frame, 0);
  if (!header || (header.operation !== READ && header.operation !== WRITE)) return;
  const waiting = serving.waiting;
  const full = waiting.length >= MAX_WAITING || (waiting.length && serving.waitingBytes + frame.length > MAX_WAITING_BYTES);
  const code = frame.length > MAX_FRAME_BYTES ? FRAME_TOO_LONG : full ? REQUEST_PENDING : 0;
  if (code) return reply(replyTo(header, refusal(serving.context, header, code, -1)));
  waiting.push({ frame, end: 0, bytes: frame.length, reply });
  serving.waitingBytes += frame.length;
  if (!serving.armed) turn(serving);
}

function arm(serving: Serving, delayMs: number): void {
  if (serving.armed) return;
  serving.armed = true;
  serving.context.platform.after(delayMs, function () {
    serving.armed = false;
    turn(serving);
  });
}

function turn(serving: Serving): void {
  if (serving.working || !serving.waiting.length) return;
  if (serving.context.door.busy()) return arm(serving, DOOR_POLL_MS);
  const code = takeNext(serving);
  if (!serving.working) return;
  if (code) return refuse(serving.exchange, code);
  try {
    dispatch(serving);
  } catch (error) {
    serving.context.log('request failed: ' + error);
    // A server that waits for an answer nobody gives would be deaf for good.
    refuse(serving.exchange, OUT_OF_MEMORY);
  }
}

/** Reads the next request into the exchange, and cuts it from its frame where it has data: an upload's bytes are held once. */
function takeNext(serving: Serving): ErrorCode {
  const next = serving.waiting[0]!;
  const exchange = serving.exchange;
  const header = readHeader(next.frame, 0);
  if (!header || (header.operation !== READ && header.operation !== WRITE)) {
    leave(serving);
    return 0;
  }
  const end = HEADER_BYTES + header.length;
  const request = end > next.frame.length ? undefined : readRequest(next.frame, HEADER_BYTES, end);
  next.end = end;
  if (request && request.data) {
    next.frame = next.frame.substr(end);
    next.end = 0;
  }
  exchange.header = header;
  exchange.asked = request || {};
  serving.working = true;
  return header.version > NEWEST_VERSION ? PROTOCOL_TOO_NEW : request ? 0 : MALFORMED;
}

function dispatch(serving: Serving): void {
  const exchange = serving.exchange;
  const header = exchange.header;
  const isWrite = header.operation === WRITE;
  if (header.group === IMAGE_GROUP && header.command === UPLOAD && isWrite) takeChunk(serving.context, serving.update, exchange);
  else if (header.group === OS_GROUP) osCommand(serving.context, exchange, header.command, isWrite);
  else if (header.group === IMAGE_GROUP) imageCommand(serving.context, serving.update, exchange, header.command, isWrite);
  else if (header.group === LOCK_GROUP && serving.lockCommand) serving.lockCommand(serving.context, serving.update, exchange, header.command, isWrite);
  else refuse(exchange, UNSUPPORTED);
}

/** The first waiting frame is done with. */
function leave(serving: Serving): void {
  const left = serving.waiting.shift();
  if (left) serving.waitingBytes -= left.bytes;
  if (serving.waiting.length) arm(serving, 1);
}

function answer(serving: Serving, body: CborMap): void {
  const first = serving.waiting[0];
  if (!serving.working || !first) return;
  const reply = first.reply;
  serving.working = false;
  serving.exchange.asked = {};
  first.frame = first.frame.substr(first.end);
  if (first.frame.length >= HEADER_BYTES) arm(serving, 1);
  else leave(serving);
  reply(replyTo(serving.exchange.header, body));
}

function replyTo(header: Header, body: CborMap): Wire {
  return frameOf({
    version: header.version < NEWEST_VERSION ? header.version : NEWEST_VERSION,
    operation: header.operation + 1,
    length: 0, group: header.group, sequence: header.sequence, command: header.command,
  }, encodeCbor(body));
}
