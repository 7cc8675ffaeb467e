/** Makes a lock of a board that runs Espruino: checks it, lays its flash out, shows its codes once. After any cut it goes on where it was. */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoardError, loadBoard } from '../../boards/load.js';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { SERIAL_MAX } from '../../firmware/flash/identity.js';
import { isPin } from '../../firmware/lock/codes-table.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildImage } from '../image/build-image.js';
import { createKey, readPrivateKey, writeKeyFiles, type PrivateKey } from '../image/key-file.js';
import { askPassphrase } from '../image/passphrase.js';
import { Refusal } from '../image/refusal.js';
import { signFirmware } from '../virtual/firmware.js';
import { checkBoard } from '../board/checks.js';
import { connect, NoAnswer, type Connection } from '../board/connection.js';
import { layOut } from './lay-out.js';
import { lastPage } from './last-page.js';
import { buildLockFlash, familyOf } from './lock-flash.js';
import { openPort } from '../board/port.js';
import type { Terminal } from '../terminal.js';
import { almostFinished, unfinishedFile, type Unfinished } from './unfinished.js';

export interface ProvisionOptions {
  via: string;
  wiring?: string;
  production?: boolean;
  master?: string;
  pin?: string;
  key?: string;
  serial?: string;
  yes?: boolean;
  /** Where the development key and unfinished locks are kept. */
  folder: string;
  /** Text in front of the bootloader, for Espruino for Linux with stand-ins for its pins. */
  prelude?: string;
}

const OWN_FILES = ['.boot0', 'deadlatch'];
const CONFIRM_PRODUCTION = 'A production lock has no console: nobody can look into it or program it over its cable any more, you included, and only firmware '
  + 'signed with your key runs on it. Losing the key means no update ever. Make it one? Type yes:';

/** Throws a `Refusal` where it cannot be done. */
export async function provision(options: ProvisionOptions, terminal: Terminal): Promise<void> {
  const wiring = await wiringFor(options, terminal);
  checkTexts(options);
  const key = await keyFor(options, terminal);
  const board = await open(options, terminal);
  if (!board) return;
  try {
    await provisionBoard(board, wiring, key, options, terminal);
  } finally {
    terminal.stopProgress();
    await board.close();
  }
}

async function provisionBoard(board: Connection, wiring: Wiring, key: PrivateKey, options: ProvisionOptions, terminal: Terminal): Promise<void> {
  const family = familyOf(wiring);
  const facts = await checkBoard(board, family);
  terminal.say(`${board.name}: ${family.title}, chip ${facts.chip}: it can carry a lock.`);
  const file = unfinishedFile(options.folder, facts.chip);
  const before = await file.read();
  if (before) terminal.say(`Going on with the lock ${before.serial}, which was begun on this board and not finished.`);
  const production = options.production ?? false;
  if (production && !options.yes && await terminal.ask(CONFIRM_PRODUCTION, '--yes') !== 'yes') {
    throw new Refusal(`${board.name}: nothing was changed; leave out --production for a development board`);
  }
  const codes = await codesFor(before, options, terminal);
  const lock: Unfinished = { ...codes, via: options.via, wiring: wiring.name, production, finishing: before?.finishing ?? false };

  terminal.say('Building bootloader and firmware, this takes some seconds the first time ...');
  const bytes = await flashFor(lock, wiring, key, options);
  await file.write(lock);
  const words = `writing the lock, ${bytes.length / 1024} KB`;
  await layOut(board, {
    geometry: family.geometry, bytes,
    mayErase: async () => (before || !facts.files.length) && facts.files.every((name) => OWN_FILES.includes(name)) || options.yes
      || await terminal.ask(`${facts.files.length ? `On the board are files: ${facts.files.join(', ')}.` : 'The board is not empty.'} All of it will be erased. Type yes:`, '--yes') === 'yes',
    finishing: () => file.write({ ...lock, finishing: true }),
    progress: (done, all) => terminal.progress(done, all, words),
  });
  terminal.stopProgress();
  terminal.say(lastPage(lock, wiring));
  await file.remove();
  await board.restart();
}

/** The connection; undefined when the board is most likely the finished lock of an earlier run, which was told. */
async function open(options: ProvisionOptions, terminal: Terminal): Promise<Connection | undefined> {
  const port = await openPort(options.via).catch(async (error: unknown) => {
    if (error instanceof Refusal && await tellAlmostFinished(error)) return undefined;
    throw error;
  });
  if (!port) return undefined;
  try {
    return await connect(port);
  } catch (error) {
    await port.close();
    if (error instanceof NoAnswer && await tellAlmostFinished(error)) return undefined;
    throw error;
  }

  async function tellAlmostFinished(error: Refusal): Promise<boolean> {
    const almost = await almostFinished(options.folder, options.via);
    if (!almost) return false;
    terminal.say(`${error.message}.\nThe last step for the lock ${almost.value.serial} was under way here before, and a finished ${almost.value.production ? 'production ' : ''}lock answers like this. `
      + `Try the codes below. If they open, remove ${almost.path}; if nothing happens at the keypad, erase the whole flash, put Espruino on it and run the command again.`);
    terminal.say(lastPage(almost.value, await wiringOf(almost.value.wiring)));
    return true;
  }
}

async function wiringFor(options: ProvisionOptions, terminal: Terminal): Promise<Wiring> {
  const names = Object.keys(REFERENCE).filter((name) => name !== 'virtual' && name !== 'linux');
  const name = options.wiring ?? await terminal.ask(`Which wiring (${names.join(', ')}, or the path of your board file)?`, `--wiring with ${names.join(', ')} or a board file.`);
  const wiring = await wiringOf(name);
  if (!wiring) throw new Refusal(`wiring "${name}": there is no such wiring; take ${names.join(', ')} or the path of a board file`);
  if (wiring.family === 'virtual') throw new Refusal(`wiring "${name}": it is for the virtual lock, which "deadlatch serve" makes; take the wiring of a board`);
  return wiring;
}

async function wiringOf(name: string): Promise<Wiring | undefined> {
  try {
    return await loadBoard(name);
  } catch (error) {
    if (error instanceof BoardError) return Object.values(REFERENCE).find((each) => each.name === name) ?? refuseBoard(error);
    throw error;
  }
}

function refuseBoard(error: BoardError): never {
  throw new Refusal(error.message);
}

function checkTexts({ master, pin, serial }: ProvisionOptions): void {
  for (const [option, code] of [['--master', master], ['--pin', pin]]) {
    if (code !== undefined && !isPin(code)) throw new Refusal(`${option} "${code}": a code has 4 to 11 digits; choose another`);
  }
  if (master !== undefined && master === pin) throw new Refusal('--pin: it is the master code; choose another');
  if (serial !== undefined && !new RegExp(`^[ -}]{1,${SERIAL_MAX}}$`).test(serial)) throw new Refusal(`--serial "${serial}": it has 1 to ${SERIAL_MAX} plain characters; choose another`);
}

/** The key that signs the first image and all later ones: without `--key` a development key, made where it is missing. */
async function keyFor(options: ProvisionOptions, terminal: Terminal): Promise<PrivateKey> {
  if (options.production && !options.key) {
    options = { ...options, key: await terminal.ask('A production lock takes only firmware signed with your own key. Its file?', '--key FILE; "deadlatch new-key maker.key --passphrase" makes one.') };
  }
  const file = options.key ?? join(options.folder, 'dev.key');
  if (options.key === undefined && !await stat(file).then(() => true, () => false)) {
    await mkdir(options.folder, { recursive: true });
    await writeKeyFiles(file, createKey(true), undefined, new Date());
    terminal.say(`Made a development key, ${file}: it signs the updates for this lock.`);
  }
  const key = await readPrivateKey(file, askPassphrase);
  if (options.production && key.dev) throw new Refusal(`${file}: it is a development key, and a production lock needs a maker's; make one with "deadlatch new-key maker.key --passphrase"`);
  return key;
}

type LaterField = 'via' | 'wiring' | 'production' | 'finishing';

/** Those of an unfinished lock, as far as nothing else was asked for. */
async function codesFor(before: Unfinished | undefined, options: ProvisionOptions, terminal: Terminal): Promise<Omit<Unfinished, LaterField>> {
  const chosen = options.master ?? before?.masterCode ?? await askMaster(terminal);
  const masterCode = chosen || digits(6);
  return {
    deviceId: before?.deviceId ?? randomBytes(8).toString('hex'),
    codeSalt: before?.codeSalt ?? randomBytes(16).toString('hex'),
    recoveryCode: before?.recoveryCode ?? digits(12),
    serial: options.serial ?? before?.serial ?? `DL-${randomBytes(4).toString('hex')}`,
    masterCode,
    masterMade: options.master === undefined && (before ? before.masterMade : chosen === ''),
    pin: options.pin ?? before?.pin ?? newPin(masterCode),
  };
}

/** Empty: make one. */
async function askMaster(terminal: Terminal): Promise<string> {
  while (terminal.asks) {
    const code = await terminal.ask('Master code, 4 to 11 digits (Enter alone: make one):', '--master CODE');
    if (code === '' || isPin(code)) return code;
    terminal.say(`"${code}" is not 4 to 11 digits.`);
  }
  return '';
}

function newPin(masterCode: string): string {
  const pin = digits(5);
  return pin === masterCode ? newPin(masterCode) : pin;
}

const digits = (count: number): string => Array.from({ length: count }, () => randomInt(10)).join('');

async function flashFor(lock: Unfinished, wiring: Wiring, key: PrivateKey, options: ProvisionOptions): Promise<Uint8Array> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const { text } = await buildBootloader({ family: wiring.family, ...(options.prelude === undefined ? {} : { prelude: options.prelude }) });
  const body = await buildApp({ family: wiring.family, version });
  const image = buildImage(body, { family: wiring.family, version, counter: 1, channel: key.dev ? 'dev' : 'stable' });
  const { file } = await signFirmware(image, key, version);
  return buildLockFlash({
    wiring, boot0Text: text, image: file, production: lock.production, keys: [key.publicKey], masterCode: lock.masterCode, pins: [lock.pin],
    recoveryCode: lock.recoveryCode, serial: lock.serial, deviceId: fromHex(lock.deviceId), codeSalt: fromHex(lock.codeSalt),
  }).bytes;
}

const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
