/** Reading and writing files so that a failure leaves nothing half done and is told in one sentence. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { reasonOf, Refusal } from './refusal.js';

/** Larger than any image or key file: a wrong argument must not fill memory. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

export async function readInput(file: string, what: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_INPUT_BYTES) throw new Error(`it has ${size} bytes, which is too large for ${what}`);
    return new Uint8Array(await readFile(file));
  } catch (error) {
    throw new Refusal(`${file}: cannot read ${what}: ${reasonOf(error)}; name an existing file`);
  }
}

/** Refuses a name that is taken, before any work is done for it. */
export async function requireFree(file: string, advice: string): Promise<void> {
  const taken = await stat(file).then(() => true, () => false);
  if (taken) throw new Refusal(`${file}: exists already and is not overwritten; ${advice}`);
}

/** Writes a new file, never over another one; what could not be written whole is removed. */
export async function writeNew(file: string, content: Uint8Array | string, mode = 0o644): Promise<void> {
  try {
    await writeFile(file, content, { mode, flag: 'wx', flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(file, { force: true }).catch(() => undefined);
    throw new Refusal(`${file}: cannot write: ${reasonOf(error)}; choose another name or folder`);
  }
}
