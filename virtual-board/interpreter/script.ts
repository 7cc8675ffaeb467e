/** Runs one script on the real interpreter, in a folder of its own that is gone afterwards. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEspruino } from './find.js';

export interface ScriptOptions {
  /** The program is killed, and the run fails, after this long. */
  timeoutMs?: number;
  /** Files beside the script: name -> content, a text one byte a character. `espruino.flash` is the flash. */
  files?: Record<string, Uint8Array | string>;
}

const MOST_OUTPUT = 1 << 20;

/**
 * Returns all that the script printed, the banner included. The interpreter ends when the script has ended and no timer is left.
 * Throws where there is no interpreter, or when it has not ended in time.
 */
export async function runScript(script: string, { timeoutMs = 20_000, files = {} }: ScriptOptions = {}): Promise<string> {
  const { path, missing } = findEspruino();
  if (!path) throw new Error(missing);
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-espruino-'));
  try {
    for (const [name, content] of Object.entries({ ...files, 'script.js': script })) await writeFile(join(folder, name), content, 'latin1');
    return await run(path, folder, timeoutMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(path: string, cwd: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, ['script.js'], { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const take = (data: Buffer): void => {
      if (output.length < MOST_OUTPUT) output += data.toString('latin1');
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      if (late) reject(new Error(`the script did not end within ${timeoutMs} ms; it printed:\n${output}`));
      else if (signal) reject(new Error(`the interpreter was ended by ${signal}; it printed:\n${output}`));
      else resolve(output);
    });
  });
}
