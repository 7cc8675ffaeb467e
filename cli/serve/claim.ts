/** One process for each lock: two would write into one flash. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, Refusal } from '../image/refusal.js';

/** Makes the folder where it is missing, and takes it for this process. Gives what releases it. */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'virtual-lock.pid');
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner && owner !== process.pid && isAlive(owner)) {
    throw new Refusal(`${folder}: its virtual lock is running already, in process ${owner}; stop that, or name another folder with --folder`);
  }
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${process.pid}\n`);
  } catch (error) {
    throw new Refusal(`${folder}: the lock cannot be kept there: ${reasonOf(error)}; choose another folder with --folder`);
  }
  return () => rm(file, { force: true });
}

/** Whether there is such a process. Another user's cannot be asked, but is there. */
function isAlive(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
