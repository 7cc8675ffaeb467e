/** Runs the project's commands as somebody in a checkout does. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  code: number | null;
  output: string;
  error: string;
}

export const runCli = (given: string[], folder = ROOT, environment: Record<string, string> = {}): Promise<Ended> => run([`${ROOT}cli/deadlatch.mjs`, ...given], folder, environment);
export const runScript = (script: string, given: string[]): Promise<Ended> => run(['--import', 'tsx', script, ...given], ROOT);

async function run(given: string[], folder: string, environment: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, given, { cwd: folder, env: { ...process.env, ...environment } });
  const ended: Ended = { code: null, output: '', error: '' };
  child.stdout.on('data', (text: Buffer) => (ended.output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (ended.error += text.toString()));
  child.stdin.end();
  await new Promise<void>((resolve) => child.on('close', (code) => {
    ended.code = code;
    resolve();
  }));
  return ended;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A command that stays, `deadlatch serve` say, with its terminal replaced by a pipe. */
export interface Served {
  type(line: string): void;
  /** Waits until what was printed since the last call holds `words`; gives that text. */
  until(words: string | RegExp): Promise<string>;
  kill(signal: 'SIGKILL' | 'SIGINT'): void;
  ended: Promise<number | null>;
  /** Everything printed so far. */
  output(): string;
}

const LIMIT_MS = 60_000;

export function startCommand(given: string[], folder = ROOT): Served {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [`${ROOT}cli/deadlatch.mjs`, ...given], { cwd: folder });
  let output = '';
  let seen = 0;
  let wake: () => void = () => undefined;
  const take = (text: Buffer): void => {
    output += text.toString();
    wake();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => {
    wake();
    resolve(code);
  }));
  return {
    type: (line) => void child.stdin.write(`${line}\n`),
    async until(words) {
      const deadline = Date.now() + LIMIT_MS;
      for (;;) {
        const text = output.slice(seen);
        const at = typeof words === 'string' ? text.indexOf(words) : text.search(words);
        if (at >= 0) {
          // What follows on the same line belongs to it.
          seen += at + 1;
          return text;
        }
        const leftMs = deadline - Date.now();
        if (leftMs <= 0 || child.exitCode !== null) throw new Error(`it never said ${String(words)}:\n${output}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    kill: (signal) => void child.kill(signal),
    ended,
    output: () => output,
  };
}
