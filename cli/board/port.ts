/** The way to a board's console: characters to it and from it, over a serial port or TCP. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../image/refusal.js';

export interface Port {
  /** As a person wrote it: `serial:/dev/ttyUSB0`. */
  readonly name: string;
  /** ASCII only. */
  write(text: string): void;
  /** Where what arrives goes, one character a byte; and, once, that the port is gone. */
  listen(take: (text: string) => void, gone: () => void): void;
  close(): Promise<void>;
}

const OPEN_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1000;
/** The console of every board that is supported. */
const BAUD = 115200;

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there; check host and port',
  EHOSTUNREACH: 'there is no way to that host; check its address',
  ENOTFOUND: 'there is no such host; check its name',
  ENOENT: 'there is no such port; check the cable and look for the port\'s name again',
  EACCES: 'you are not allowed to use it; on Linux add yourself to the group "dialout" and log in again',
  EBUSY: 'another program has it open; close that one',
};

/** Opens `serial:PORT` or `tcp:HOST:PORT`. Refuses in one sentence. */
export async function openPort(via: string): Promise<Port> {
  const { device, path } = deviceOf(via);
  const child = fork(fileURLToPath(new URL('espruino-port.mjs', import.meta.url)), [device, path, String(BAUD)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  let printed = '';
  let waiting = '';
  let closed = false;
  let take = (text: string): void => void (waiting += text);
  let gone = (): void => undefined;
  let fail: (why: string) => void = () => undefined;

  function end(why: string): void {
    if (closed) return;
    closed = true;
    fail(why);
    gone();
  }

  // The socket's errors are only printed.
  const read = (text: Buffer): void => {
    printed = (printed + text.toString()).slice(-2000);
    if (/^RECEIVE ERROR/m.test(printed)) end(printed);
  };
  child.stdout!.on('data', read);
  child.stderr!.on('data', read);
  child.on('error', (error) => end(String(error)));
  child.on('close', () => end(printed));
  const opened = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail('it does not open within 10 seconds'), OPEN_TIMEOUT_MS);
    fail = (why) => {
      clearTimeout(timer);
      reject(new Refusal(`${via}: it cannot be opened: ${reasonIn(why)}`));
    };
    child.on('message', (message: { opened?: true; text?: string; closed?: true; missing?: true }) => {
      if (message.text !== undefined) return take(message.text);
      if (message.missing) return fail('its part "serialport" is not installed; run "npm install" in the folder of deadlatch');
      if (message.closed) return end('it was closed at once');
      clearTimeout(timer);
      resolve();
    });
  });
  await opened.catch((error: unknown) => {
    closed = true;
    child.kill();
    throw error;
  });
  return {
    name: via,
    write(text) {
      if (!closed) child.send(text);
    },
    listen(taker, leaver) {
      take = taker;
      gone = leaver;
      take(waiting);
      if (closed) leaver();
    },
    async close() {
      gone = () => undefined;
      if (!closed) {
        const ended = new Promise((resolve) => child.on('close', resolve));
        child.disconnect();
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS))]);
      }
      child.kill();
    },
  };
}

/** Device of the package and its path for it. */
function deviceOf(via: string): { device: string; path: string } {
  const tcp = /^tcp:([^:/]+):(\d{1,5})$/.exec(via);
  if (tcp) return { device: 'Node Socket', path: `tcp://${tcp[1]}:${tcp[2]}` };
  const serial = /^serial:(.+)$/.exec(via);
  if (serial) return { device: 'Node Serial', path: serial[1]! };
  throw new Refusal(`--via ${via}: it is neither a serial port like serial:/dev/ttyUSB0 or serial:COM3 nor an address like tcp:192.168.1.20:23; write it like one of these`);
}

function reasonIn(why: string): string {
  const code = Object.keys(REASONS).find((each) => why.includes(each) || (each === 'ENOENT' && /No such file|File not found/.test(why))
    || (each === 'EACCES' && /Permission denied|Access denied/.test(why)) || (each === 'EBUSY' && /Cannot lock port|Resource busy/.test(why)));
  return code ? REASONS[code]! : why.trim().split('\n').at(-1)!.slice(0, 200);
}
