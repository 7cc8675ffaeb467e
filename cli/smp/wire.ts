/**
 * The wired ways, `serial:` and `tcp:`. What answers there decides: a lock's SMP server in console framing (safe mode), or Espruino's console,
 * which a development lock has.
 */
import { requireLock } from '../board/checks.js';
import { connect, NoAnswer, type Connection } from '../board/connection.js';
import { openPort, type Port } from '../board/port.js';
import { Refusal } from '../image/refusal.js';
import { createCommands } from './commands.js';
import { CONSOLE_FRAME_BYTES, consoleLink, sharedPort, type SharedPort } from './console-link.js';
import { lineLink, realTime, type Link } from './link.js';
import type { Connector, Way } from './way.js';

const FRAME_BYTES = 1024;

/** How long the other end has for its answers. */
export interface Patience {
  /** Each question. */
  probeMs: number;
  /** Rounds of both questions: opening its port restarts many a board. */
  rounds: number;
  /** The start of a lock from its bootloader to the app, signature included: its console answers, and `smp` is not there yet. */
  startMs: number;
}

const PATIENCE: Patience = { probeMs: 1500, rounds: 3, startMs: 20_000 };
const START_LOOK_MS = 500;
const CAUSES = 'Is the cable in and the lock under power? Does another program use the port? Is somebody at the keypad? The door goes first.';

/** In safe mode the server listens on the wire, which on a development lock its console has. */
const LISTENS = '!!(typeof USB!="undefined"?USB:Serial1)["#ondata"]';

export interface WireConnector extends Connector {
  /** The console, where that is what answers: found out by `open`. */
  readonly board: Connection | undefined;
  readonly port: SharedPort | undefined;
}

/** Undefined where `via` is another way. `open`: what opens the port. */
export function wireConnector(via: string, open: (via: string) => Promise<Port> = openPort, patience = PATIENCE): WireConnector | undefined {
  if (!/^(serial|tcp):/.test(via)) return undefined;
  let port: SharedPort | undefined;
  let way: Way | undefined;
  let throughConsole: Way | undefined;
  let board: Connection | undefined;

  async function standing(): Promise<SharedPort> {
    if (port?.gone) {
      await port.close();
      port = undefined;
      way = undefined;
      throughConsole = undefined;
    }
    return port ??= sharedPort(await open(via));
  }

  /** A round of questions: undefined where nobody answered. */
  async function ask(current: SharedPort): Promise<Way | undefined> {
    const before = way && !board && await inFrames(current);
    if (before) return before;
    board = await connect(current, 1, patience.probeMs).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
    if (board) return viaConsole(board, current);
    return inFrames(current);
  }

  async function inFrames(current: SharedPort): Promise<Way | undefined> {
    const link = lineLink({
      write: (text) => current.write(text),
      onData: (take) => current.listen(take, () => undefined),
      close: () => undefined,
    });
    return await answersEcho(link, patience.probeMs) ? { link, frameBytes: FRAME_BYTES } : undefined;
  }

  async function viaConsole(console: Connection, current: SharedPort): Promise<Way | undefined> {
    for (const sinceMs = Date.now(); Date.now() - sinceMs < patience.startMs; await new Promise((resolve) => setTimeout(resolve, START_LOOK_MS))) {
      if (await console.evaluate('typeof smp=="function"')) return throughConsole ??= { link: consoleLink(current), frameBytes: CONSOLE_FRAME_BYTES };
      await requireLock(console, via);
      if (!await console.evaluate(LISTENS)) continue;
      // Until the next start the wire is the server's.
      current.write('\x10E.setConsole(null,{force:true})\n');
      board = undefined;
      return undefined;
    }
    throw new Refusal(`${via}: the lock's console answers, and its firmware cannot be updated through it; take udp:HOST, or safe mode`);
  }

  return {
    name: via,
    causes: CAUSES,
    get board() {
      return board;
    },
    get port() {
      return port;
    },
    async open() {
      for (let round = 0; round < patience.rounds; round++) {
        const found = await ask(await standing());
        if (found) return way = found;
        way = undefined;
      }
      throw new Refusal(`${via}: neither a lock nor Espruino's console answers there. ${CAUSES} A production lock answers on its wire only in safe mode`);
    },
    async close() {
      await port?.close();
      port = undefined;
    },
  };
}

async function answersEcho(link: Link, timeoutMs: number): Promise<boolean> {
  const commands = createCommands({ ...link, close: () => undefined }, realTime, { timeoutMs, retries: 0 });
  return commands.echo('deadlatch').then((text) => text === 'deadlatch', () => false);
}
