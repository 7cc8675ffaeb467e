/**
 * What makes a lock this one and no other, kept in a file of its owner until the lock is finished: running the command again after a cut continues
 * with the same codes. One file a chip. It is removed when the owner has been shown the codes.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, Refusal } from '../image/refusal.js';
import type { Network } from './network.js';
import { writePrivate } from './private-file.js';

export interface Unfinished {
  via: string;
  /** Of the chip, as its Espruino tells it. */
  chip: string;
  /** 8 and 16 bytes, hex. */
  deviceId: string;
  codeSalt: string;
  serial: string;
  recoveryCode: string;
  masterCode: string;
  /** Nobody chose it. */
  masterMade: boolean;
  pin: string;
  /** Of owner 1, 32 bytes, hex. */
  ownerKey: string;
  /** The public one of whoever signs its firmware, 32 bytes, hex. */
  makerKey: string;
  network?: Network;
  /** As in the record: true volts over read volts, in 1/10000. */
  calibration?: number;
  wiring: string;
  production: boolean;
  /** What was on the board before was allowed to go: what lies there now is this lock's. */
  erased: boolean;
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
const TEXTS = ['deviceId', 'codeSalt', 'serial', 'recoveryCode', 'masterCode', 'pin', 'ownerKey', 'makerKey', 'chip', 'via', 'wiring'] as const;

export function unfinishedFile(folder: string, chip: string): UnfinishedFile {
  const path = join(folder, `${PREFIX}${chip.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64)}.json`);
  return {
    path,
    read: () => readUnfinished(path),
    write: (value) => writePrivate(path, `${JSON.stringify(value)}\n`, 'make room, or choose another folder with --folder, and run the command again'),
    remove: () => rm(path, { force: true }),
  };
}

/** One that was almost finished over this port, or the one of that serial number: a board that no longer answers there may be that lock. */
export async function almostFinished(folder: string, via: string, serial?: string): Promise<{ path: string; value: Unfinished } | undefined> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(PREFIX) && each.endsWith('.json'))) {
    const path = join(folder, name);
    const value = await readUnfinished(path);
    if (value?.finishing && value.via === via && (serial === undefined || value.serial === serial)) return { path, value };
  }
  return undefined;
}

/** Whether all that makes a lock is there: what is kept of one is never half of it. */
export function isLock(value: unknown): value is Unfinished {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const network = fields['network'] as Partial<Network> | undefined;
  return TEXTS.every((name) => typeof fields[name] === 'string')
    && (network === undefined || (typeof network?.name === 'string' && typeof network.password === 'string'))
    && (fields['calibration'] === undefined || typeof fields['calibration'] === 'number');
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
  if (!isLock(value)) throw new Refusal(`${path}: it is damaged; remove it to begin a new lock`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
