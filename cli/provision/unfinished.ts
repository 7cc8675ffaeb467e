/**
 * What makes a lock this one and no other, kept in a file of its owner until the lock is finished: running the command again after a cut continues
 * with the same codes. One file a chip. It is removed when the owner has been shown the codes.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, Refusal } from '../image/refusal.js';

export interface Unfinished {
  via: string;
  /** 8 and 16 bytes, hex. */
  deviceId: string;
  codeSalt: string;
  serial: string;
  recoveryCode: string;
  masterCode: string;
  /** Nobody chose it. */
  masterMade: boolean;
  pin: string;
  wiring: string;
  production: boolean;
  /** Everything but the last characters is written: the board may already be a lock. */
  finishing: boolean;
}

export interface UnfinishedFile {
  readonly path: string;
  read(): Promise<Unfinished | undefined>;
  write(value: Unfinished): Promise<void>;
  remove(): Promise<void>;
}

const PREFIX = 'unfinished-';

export function unfinishedFile(folder: string, chip: string): UnfinishedFile {
  const path = join(folder, `${PREFIX}${chip.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64)}.json`);
  return {
    path,
    read: () => readUnfinished(path),
    async write(value) {
      const temporary = `${path}.new`;
      try {
        await mkdir(folder, { recursive: true });
        await rm(temporary, { force: true });
        await writeFile(temporary, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'wx', flush: true });
        await rename(temporary, path);
      } catch (error) {
        throw new Refusal(`${path}: cannot be written: ${reasonOf(error)}; choose another folder with --folder`);
      }
    },
    remove: () => rm(path, { force: true }),
  };
}

/** The one that was almost finished over this port: a board that no longer answers there may be that lock. */
export async function almostFinished(folder: string, via: string): Promise<{ path: string; value: Unfinished } | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(PREFIX) && each.endsWith('.json'))) {
    const path = join(folder, name);
    const value = await readUnfinished(path);
    if (value?.finishing && value.via === via) return { path, value };
  }
  return undefined;
}

async function readUnfinished(path: string): Promise<Unfinished | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Refusal(`${path}: cannot be read: ${reasonOf(error)}; make it readable for you, or remove it to begin a new lock`);
  }
  const value = parsed(text);
  const codes = [value?.deviceId, value?.codeSalt, value?.serial, value?.recoveryCode, value?.masterCode, value?.pin, value?.via, value?.wiring];
  if (!value || !codes.every((each) => typeof each === 'string')) throw new Refusal(`${path}: it is damaged; remove it to begin a new lock`);
  return value;
}

function parsed(text: string): Unfinished | undefined {
  try {
    return JSON.parse(text) as Unfinished;
  } catch {
    return undefined;
  }
}
