/** Files with secrets of a lock: only their owner can read them, and they are the old ones or the new ones, never a part. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, Refusal } from '../image/refusal.js';

/** Replaces the file. `advice` says what to do where it cannot be written. */
export async function writePrivate(path: string, text: string, advice: string): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(temporary, { force: true });
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Refusal(`${path}: cannot be written: ${reasonOf(error)}; ${advice}`);
  }
}
