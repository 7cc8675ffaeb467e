/**
 * The SMP server: takes frames from any transport, answers each once, in order. One request is worked on at a time and none is begun
 * while the door is busy; a few wait.
 */
import {
  BATTERY_LOADED_LOW, BATTERY_LOW, formatCode, FRAME_TOO_LONG, imageRc, MALFORMED, managementRc, OUT_OF_MEMORY, PROTOCOL_TOO_NEW,
  REQUEST_PENDING, shortName, UNSUPPORTED,
  type ErrorCode,
} from '../errors.js';
import type { Wire } from '../platform/types.js';
import type { UpdateContext } from '../update/context.js';
import type { Exchange } from '../update/exchange.js';
import { createUpdate, type Update } from '../update/update.js';
import { encodeCbor, type CborMap } from './cbor.js';
import {
  BUFFER_BYTES, BUFFER_COUNT, frameOf, HEADER_BYTES, LOCK_GROUP, MAX_FRAME_BYTES, NEWEST_VERSION, READ, readHeader, WRITE, type Header,
} from './frame.js';
import { imageCommand } from './image-group.js';
import { osCommand } from './os-group.js';
import { readRequest, type Request } from './request.js';

const MAX_WAITING = 8;
const MAX_WAITING_BYTES = BUFFER_BYTES * BUFFER_COUNT;
const DOOR_POLL_MS = 20;
/** Groups whose refusals use the numbers of group 1. */
const OS_GROUP = 0;
const IMAGE_GROUP = 1;

export interface SmpServer {
  /** Takes one frame, or several in a row. `reply` is called once for each request, in this turn or later. */
  receive(frame: Wire, reply: (frame: Wire) => void): void;
  update: Update;
  /** Nothing is under way that would be lost with the server, but for a part of a page. */
  idle(): boolean;
  /** Part of a page has arrived. */
  holdsPage(): boolean;
}

export type LockCommand = (context: UpdateContext, update: Update, exchange: Exchange, command: number, isWrite: boolean) => void;

interface Waiting {
  frame: Wire;
  reply: (frame: Wire) => void;
}

/** `lockCommand`: group 64, where it is answered at all. */
export function createServer(context: UpdateContext, lockCommand?: LockCommand): SmpServer {
  const platform = context.platform;
  const update = createUpdate(context);
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let armed = false;
  /** Where in the first waiting frame the next request begins. */
  let at = 0;
  /** The request being worked on. */
  let current: Header | undefined;

  function arm(delayMs: number): void {
    if (armed) return;
    armed = true;
    platform.after(delayMs, function () {
      armed = false;
      turn();
    });
  }

  function turn(): void {
    const next = waiting[0];
    if (current || !next) return;
    if (context.door.busy()) return arm(DOOR_POLL_MS);
    current = readHeader(next.frame, at);
    if (!current || (current.operation !== READ && current.operation !== WRITE)) return leave();
    const header = current;
    const from = at + HEADER_BYTES;
    at = from + header.length;
    const request = at > next.frame.length ? undefined : readRequest(next.frame, from, at);
    if (header.version > NEWEST_VERSION) return refuse(PROTOCOL_TOO_NEW);
    if (!request) return refuse(MALFORMED);
    try {
      dispatch(header, request);
    } catch (error) {
      context.log('request failed: ' + error);
      // A server that waits for an answer nobody gives would be deaf for good.
      refuse(OUT_OF_MEMORY);
    }
  }

  function dispatch(header: Header, request: Request): void {
    const exchange: Exchange = { request, answer, refuse, refuseAt, refuseOs };
    const isWrite = header.operation === WRITE;
    if (header.group === OS_GROUP) osCommand(context, exchange, header.command, isWrite);
    else if (header.group === IMAGE_GROUP) imageCommand(context, update, exchange, header.command, isWrite);
    else if (header.group === LOCK_GROUP && lockCommand) lockCommand(context, update, exchange, header.command, isWrite);
    else refuse(UNSUPPORTED);
  }

  /** The first waiting frame is done with. */
  function leave(): void {
    const left = waiting.shift();
    if (left) waitingBytes -= left.frame.length;
    at = 0;
    current = undefined;
    if (waiting.length) arm(1);
  }

  function answer(body: CborMap): void {
    const header = current;
    const first = waiting[0];
    if (!header || !first) return;
    const reply = first.reply;
    const more = at + HEADER_BYTES <= first.frame.length;
    if (more) {
      current = undefined;
      arm(1);
    } else {
      leave();
    }
    reply(replyTo(header, body));
  }

  /** A weak battery is refused with its volts: nobody should have to guess how weak. */
  function detailOf(code: ErrorCode): string {
    return code === BATTERY_LOW || code === BATTERY_LOADED_LOW ? ': ' + context.battery.words() : '';
  }

  function refuse(code: ErrorCode): void {
    const header = current;
    if (header) answer(refusal(header, code, detailOf(code)));
  }

  function refuseAt(code: ErrorCode, off: number): void {
    answer({ rc: managementRc(REQUEST_PENDING), rsn: reasonOf(code, detailOf(code)), off });
  }

  function refuseOs(rc: number, oldRc: number): void {
    if (current) answer(current.version ? { err: { group: OS_GROUP, rc } } : { rc: oldRc });
  }

  return {
    receive: function (frame, reply) {
      const header = readHeader(frame, 0);
      if (!header || (header.operation !== READ && header.operation !== WRITE)) return;
      const full = waiting.length >= MAX_WAITING || (waiting.length && waitingBytes + frame.length > MAX_WAITING_BYTES);
      const code = frame.length > MAX_FRAME_BYTES ? FRAME_TOO_LONG : full ? REQUEST_PENDING : 0;
      if (code) return reply(replyTo(header, refusal(header, code, '')));
      waiting.push({ frame, reply });
      waitingBytes += frame.length;
      if (!armed) turn();
    },
    update,
    holdsPage: function () {
      return update.page.fill > 0;
    },
    idle: function () {
      return !waiting.length && !context.stepping && !update.upload.progress().paused;
    },
  };
}

/** Group errors go to version 2 clients where the image group has a number for them; everything else is `rc` with words. */
function refusal(header: Header, code: ErrorCode, detail: string): CborMap {
  const rc = header.version && header.group !== OS_GROUP ? imageRc(code) : 0;
  return rc ? { err: { group: IMAGE_GROUP, rc } } : { rc: managementRc(code), rsn: reasonOf(code, detail) };
}

function reasonOf(code: ErrorCode, detail: string): string {
  return formatCode(code) + ' ' + shortName(code) + detail;
}

function replyTo(header: Header, body: CborMap): Wire {
  return frameOf({
    version: header.version < NEWEST_VERSION ? header.version : NEWEST_VERSION,
    operation: header.operation + 1,
    length: 0, group: header.group, sequence: header.sequence, command: header.command,
  }, encodeCbor(body));
}
