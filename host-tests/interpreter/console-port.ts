/** Espruino for Linux has its console on one fixed port: whoever starts it with `--telnet` waits for its turn, in this run of the tests or another. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CONSOLE_PORT } from '../../virtual-board/interpreter/interpreter.js';

const FILE = join(tmpdir(), `espruino-console-${CONSOLE_PORT}.pid`);
const POLL_MS = 200;

/** Takes the port, gives what releases it. Throws an Error where something else listens there. */
export async function takeConsolePort(): Promise<() => Promise<void>> {
  for (;;) {
    const taken = await writeFile(FILE, String(process.pid), { flag: 'wx' }).then(() => true, () => false);
    if (taken) break;
    const owner = Number(await readFile(FILE, 'utf8').catch(() => '')) || 0;
    if (owner && !isAlive(owner)) await rm(FILE, { force: true });
    else await pause(POLL_MS);
  }
  const release = (): Promise<void> => rm(FILE, { force: true });
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on('error', () => reject(new Error(`port ${CONSOLE_PORT} is in use: end the other Espruino with --telnet`)));
    server.listen(CONSOLE_PORT, () => server.close(() => resolve()));
  }).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return release;
}

function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
