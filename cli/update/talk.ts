/** Requests to a lock that may be out of reach for a while: what goes unanswered is asked again over a way that is opened again. */
import { createCommands, type Commands } from '../smp/commands.js';
import { NO_ANSWER, SmpError } from '../smp/client.js';
import type { Link, Time } from '../smp/link.js';
import type { Connector } from '../smp/way.js';
import { Refusal } from '../image/refusal.js';

/** Silence after which the person at the terminal is told. */
const QUIET_MS = 8000;
const LOOK_MS = 1000;
/** Between two tries to open the way again. */
const REOPEN_MS = 2000;

export interface Talk {
  readonly commands: Commands;
  /** Most bytes of a frame. */
  readonly frameBytes: number;
  /** Calls `ask` until the lock answers, for at most `limitMs` of silence. What it asks must bear being asked twice. */
  insist<T>(ask: (commands: Commands) => Promise<T>, limitMs: number): Promise<T>;
  /** One try; undefined where nobody answers. */
  attempt<T>(ask: (commands: Commands) => Promise<T>): Promise<T | undefined>;
  pause(ms: number): Promise<void>;
}

/** Opens the way and finds out how long frames may be. Throws `Refusal` or `SmpError` where there is no lock. */
export async function openTalk(connector: Connector, time: Time, say: (text: string) => void): Promise<Talk> {
  const client = { timeoutMs: 2500, slowMs: 20_000, retries: 3 };
  let heardMs = time.nowMs();
  let commands: Commands;
  let link: Link | undefined;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));

  /** Notes that something was heard. Closing is the connector's. */
  function listening(inner: Link): Link {
    return {
      send: (frame) => inner.send(frame),
      onFrame: (take) => inner.onFrame((frame) => {
        heardMs = time.nowMs();
        take(frame);
      }),
      close: () => inner.onFrame(() => undefined),
    };
  }

  async function open(): Promise<number> {
    const way = await connector.open();
    if (way.link !== link) {
      commands?.close();
      link = way.link;
      commands = createCommands(listening(way.link), time, client);
    }
    return way.frameBytes;
  }

  /** Tells of a silence within ten seconds, once, while `work` goes on. */
  async function watched<T>(work: Promise<T>): Promise<T> {
    const startedMs = time.nowMs();
    let told = false;
    let cancel: () => void = () => undefined;
    const look = (): void => {
      if (time.nowMs() - Math.max(heardMs, startedMs) >= QUIET_MS) {
        if (!told) say(`Nothing has come from the lock for ${QUIET_MS / 1000} seconds. ${connector.causes}`);
        told = true;
      } else told = false;
      cancel = time.after(LOOK_MS, look);
    };
    look();
    try {
      return await work;
    } finally {
      cancel();
    }
  }

  const mostBytes = await open();
  const { frameBytes } = await watched(commands!.parameters());
  return {
    get commands() {
      return commands;
    },
    frameBytes: Math.min(frameBytes, mostBytes),
    pause,
    async insist(ask, limitMs) {
      const sinceMs = time.nowMs();
      for (let lost = false; ; lost = true) {
        try {
          if (lost) await open();
          return await watched(ask(commands));
        } catch (error) {
          const silent = error instanceof SmpError ? error.rc === NO_ANSWER : lost && error instanceof Refusal;
          if (!silent || time.nowMs() - Math.max(sinceMs, heardMs) > limitMs) throw error;
          if (!lost) say('The connection to the lock is lost; it is tried again.');
          await pause(REOPEN_MS);
        }
      }
    },
    async attempt(ask) {
      try {
        await open();
        return await ask(commands);
      } catch (error) {
        if (error instanceof Refusal || (error instanceof SmpError && error.rc === NO_ANSWER)) return undefined;
        throw error;
      }
    },
  };
}
