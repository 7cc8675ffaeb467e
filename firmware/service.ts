/**
 * Answers SMP frames with a server that is there only while somebody talks to it: its functions take more of a small chip's memory
 * than the door's. What an update has to remember between two frames is in the context and in flash.
 */
import type { Platform, Wire } from './platform/types.js';
import { MAX_FRAME_BYTES } from './smp/frame.js';
import type { WaitingFrame } from './update/context.js';
import { HOLDS_PAGE, IDLE, type SmpServer } from './smp/server.js';

/** A server that nobody has asked anything for this long is let go. */
const LINGER_MS = 10000;
/** The same while it holds a part of a page, which would have to be sent again: a slow client must get on. */
const LEASE_MS = 120000;
const DOOR_POLL_MS = 20;
/**
 * Frames kept while the door is busy and there is no server yet; more are lost, as datagrams may be. Of one that is too long only so much is
 * kept that the server refuses it.
 */
const EARLY_FRAMES = 4;

export interface SmpService {
  /** Takes one frame, or several in a row. `reply` is called once for each request, in this turn or later. */
  receive(frame: Wire, reply: (frame: Wire) => void): void;
  /** Lets the server go, calls `work` once a turn until it is true, never while the door is busy, and serves `frames` then. */
  alone(work: () => boolean, frames: WaitingFrame[]): void;
  /** Lets an idle server go. To be called about once a second. `nowMs` of the last frame, 0 = none yet. */
  tidy(): number;
}

/**
 * No server is made before the first frame, and none while the door is busy: it takes a while, and so does `load`, which gives what makes
 * it. Each has a turn of its own.
 */
export function openService(platform: Platform, isDoorBusy: () => boolean, load: () => () => SmpServer): SmpService {
  let early: WaitingFrame[] = [];
  let server: SmpServer | undefined;
  let makeServer: (() => SmpServer) | undefined;
  let askedMs = 0;

  function serve(): void {
    if (isDoorBusy()) {
      platform.after(DOOR_POLL_MS, serve);
      return;
    }
    const make = makeServer;
    makeServer = undefined;
    try {
      if (make) server = make();
      else makeServer = load();
    } catch (error) {
      // Nobody is answered, but the next one who asks may be.
      platform.log('no server: ' + error);
      early = [];
      return;
    }
    if (!server) {
      platform.after(1, serve);
      return;
    }
    const asked = early;
    early = [];
    for (let i = 0; i < asked.length; i++) server.receive(asked[i]![0], asked[i]![1]);
  }

  function workAlone(work: () => boolean): void {
    platform.after(isDoorBusy() ? DOOR_POLL_MS : 1, function () {
      if (!isDoorBusy() && work()) serve();
      else workAlone(work);
    });
  }

  return {
    alone: function (work, frames) {
      server = undefined;
      early = frames;
      workAlone(work);
    },
    receive: function (frame, reply) {
      askedMs = platform.nowMs();
      if (server) server.receive(frame, reply);
      else if (early.length < EARLY_FRAMES && early.push([frame.substr(0, MAX_FRAME_BYTES + 1), reply]) === 1) serve();
    },
    tidy: function () {
      const held = server ? server.holds() : IDLE;
      if (held <= HOLDS_PAGE && platform.nowMs() - askedMs > (held ? LEASE_MS : LINGER_MS)) server = undefined;
      return askedMs;
    },
  };
}
