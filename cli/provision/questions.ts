/** What a lock is to be: from options, from a lock that was begun, and from whoever sits at the terminal. */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { SERIAL_MAX } from '../../firmware/flash/identity.js';
import { OWNER_KEY_BYTES } from '../../firmware/lock/owners.js';
import { isPin } from '../../firmware/lock/codes-table.js';
import { createKey, readPrivateKey, writeKeyFiles, type PrivateKey } from '../image/key-file.js';
import { askPassphrase } from '../image/passphrase.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';
import { wiringNamed as wiringOnDisk } from '../wiring.js';
import type { Unfinished } from './unfinished.js';

const CONFIRM_PRODUCTION = 'A production lock has no console: nobody can look into it or program it over its cable any more, you included, and only firmware '
  + 'signed with your key runs on it. Losing the key means no update ever. Make it one? Type yes:';
const MAKE_TRIES = 5;

export async function wiringFor(name: string | undefined, terminal: Terminal): Promise<Wiring> {
  const names = Object.keys(REFERENCE).filter((each) => each !== 'virtual' && each !== 'linux');
  const chosen = name ?? await terminal.ask(`Which wiring (${names.join(', ')}, or the path of your board file)?`, `--wiring with ${names.join(', ')} or a board file.`);
  const wiring = await loadWiring(chosen);
  if (wiring.family === 'virtual') throw new Refusal(`wiring "${chosen}": it is for the virtual lock, which "deadlatch serve" makes; take the wiring of a board`);
  return wiring;
}

/** By name on the command line, or by the name it has itself. Refuses one that is not there or wrong. */
async function loadWiring(name: string): Promise<Wiring> {
  return Object.values(REFERENCE).find((each) => each.name === name) ?? wiringOnDisk(name);
}

/** The wiring of a lock that was begun; undefined where its file is gone. */
export async function wiringNamed(name: string): Promise<Wiring | undefined> {
  return loadWiring(name).catch((error: unknown) => {
    if (error instanceof Refusal) return undefined;
    throw error;
  });
}

export const wrongCode = (code: string): string | undefined => (isPin(code) ? undefined : `"${code}" is no code; a code has 4 to 10 digits`);

export const wrongSerial = (serial: string): string | undefined => (
  new RegExp(`^[ -}]{1,${SERIAL_MAX}}$`).test(serial) ? undefined : `"${serial}" is no serial number; one has 1 to ${SERIAL_MAX} plain characters`);

export function checkTexts({ master, pin, serial }: { master?: string; pin?: string; serial?: string }): void {
  for (const [option, code] of [['--master', master], ['--pin', pin]]) {
    const wrong = code === undefined ? undefined : wrongCode(code);
    if (wrong) throw new Refusal(`${option} ${wrong}; choose another`);
  }
  if (master !== undefined && master === pin) throw new Refusal('--pin: it is the master code; choose another');
  const wrong = serial === undefined ? undefined : wrongSerial(serial);
  if (wrong) throw new Refusal(`--serial ${wrong}; choose another`);
}

/** The key that signs the first image and all later ones: without `file` a development key, made where it is missing. */
export async function keyFor(options: { key?: string; production?: boolean; folder: string }, terminal: Terminal): Promise<PrivateKey> {
  const { production, folder } = options;
  const named = options.key ?? (production
    ? await terminal.ask('A production lock takes only firmware signed with your own key. Its file?', '--key FILE; "deadlatch new-key maker.key --passphrase" makes one.') : undefined);
  const file = named ?? join(folder, 'dev.key');
  if (named === undefined && !await stat(file).then(() => true, () => false)) {
    await mkdir(folder, { recursive: true });
    await writeKeyFiles(file, createKey(true), undefined, new Date());
    terminal.say(`Made a development key, ${file}: it signs the updates for this lock.`);
  }
  const key = await readPrivateKey(file, askPassphrase);
  if (production && key.dev) throw new Refusal(`${file}: it is a development key, and a production lock needs a maker's; make one with "deadlatch new-key maker.key --passphrase"`);
  return key;
}

/** Refuses where somebody does not say yes. `what`: what was asked for. */
export async function confirmProduction(what: string, terminal: Terminal): Promise<void> {
  if (await terminal.ask(CONFIRM_PRODUCTION, '--yes') !== 'yes') throw new Refusal(`${what}: nothing was changed; leave out --production for a development board`);
}

export type Codes = Pick<Unfinished, 'serial' | 'recoveryCode' | 'masterCode' | 'masterMade' | 'pin' | 'ownerKey'>;

export interface WantedCodes {
  serial?: string;
  /** Empty: make one, without asking. */
  master?: string;
  pin?: string;
}

/** Those of the lock that was begun, as far as nothing else was asked for. */
export async function codesFor(before: Unfinished | undefined, wanted: WantedCodes, terminal: Terminal): Promise<Codes> {
  const chosen = wanted.master || (before?.masterCode ?? (wanted.master === undefined ? await askMaster(wanted.pin, terminal) : ''));
  const masterCode = chosen || madeCode(6, wanted.pin ?? before?.pin);
  if (masterCode === wanted.pin) throw new Refusal('--pin: it is the master code; choose another');
  return {
    recoveryCode: before?.recoveryCode ?? digits(12),
    serial: wanted.serial ?? before?.serial ?? `DL-${randomBytes(4).toString('hex')}`,
    masterCode,
    masterMade: !wanted.master && (before ? before.masterMade : chosen === ''),
    pin: wanted.pin ?? (before && before.pin !== masterCode ? before.pin : madeCode(5, masterCode)),
    ownerKey: before?.ownerKey ?? randomBytes(OWNER_KEY_BYTES).toString('hex'),
  };
}

/** Empty: make one. */
async function askMaster(pin: string | undefined, terminal: Terminal): Promise<string> {
  while (terminal.asks) {
    const code = await terminal.ask('Master code, 4 to 10 digits (Enter alone: make one):', '--master CODE');
    if (code === '' || (isPin(code) && code !== pin)) return code;
    terminal.say(code === pin ? 'It is the PIN of user 1.' : `"${code}" is not 4 to 10 digits.`);
  }
  return '';
}

/** At random, and not the other one. */
function madeCode(count: number, other: string | undefined): string {
  for (let attempt = 0; attempt < MAKE_TRIES; attempt++) {
    const code = digits(count);
    if (code !== other) return code;
  }
  throw new Error('The random numbers of this computer repeat.');
}

const digits = (count: number): string => Array.from({ length: count }, () => randomInt(10)).join('');
