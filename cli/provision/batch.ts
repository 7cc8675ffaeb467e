/**
 * Many boards, one after the other, over the same port. At a terminal somebody presses Enter for each; with `--yes` the next board is the
 * one whose chip is none of those before. What is made stays made: a later run goes on with the boards that are missing.
 */
import { stat } from 'node:fs/promises';
import { NoAnswer, type Connection } from '../board/connection.js';
import { openPort } from '../board/port.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';
import { readBatch, type BatchLine } from './batch-file.js';
import { openBatchState, type BatchState } from './batch-state.js';
import { firmwareFactory } from './factory-firmware.js';
import { makeLock, type Order } from './make-lock.js';
import { passwordFor, type Network } from './network.js';
import { BUILDING, connectTo, type OpenPort, type ProvisionOptions } from './provision.js';
import { confirmProduction, keyFor } from './questions.js';
import { almostFinished, unfinishedFile, type Unfinished } from './unfinished.js';

export interface BatchOptions extends ProvisionOptions {
  /** The list, CSV. */
  batch: string;
}

/** With `--yes`: how often the port is looked at. */
const POLL_MS = 2000;
/** Opening a port restarts many boards: what one look waits for. */
const POLL_TRIES = 2;

interface Batch {
  via: string;
  folder: string;
  state: BatchState;
  terminal: Terminal;
  open: OpenPort;
  /** Why labels and codes are not written yet. */
  unwritten: Refusal | undefined;
  orderOf(line: BatchLine): Order;
}

/** Throws a `Refusal` where nothing can be begun; a board that fails is told, and can be repeated or left out. */
export async function provisionBatch(options: BatchOptions, terminal: Terminal, open: OpenPort = openPort, pollMs = POLL_MS): Promise<void> {
  const { via, folder, yes = false, production = false } = options;
  refuseSingle(options);
  if (!terminal.asks && !yes) throw new Refusal('--batch: there is no terminal to press Enter at; give --yes, and the next board is taken as soon as it is there');
  const lines = await readBatch(options.batch, options.wiring, terminal);
  const state = await openBatchState(options.batch, folder);
  refuseChanged(lines, state, options.batch);
  const missing = lines.filter(({ serial }) => !madeOf(state, serial));
  await warnOfOpenList(options.batch, lines, terminal);
  if (state.boards.length) await state.writePages();
  const networks = missing.length ? await networksFor(missing, options.wifiPasswordFile, terminal) : new Map<string, Network>();
  if (!missing.length) return tellEnd(lines, state, terminal);
  const key = await keyFor(options, terminal);
  if (production && !yes) await confirmProduction(options.batch, terminal);
  const firmware = firmwareFactory(key, options.prelude, () => terminal.say(BUILDING));
  const batch: Batch = {
    via, folder, state, open, unwritten: undefined, terminal: yes ? { ...terminal, asks: false } : terminal,
    orderOf: ({ serial, wiring, pin, master, wifi }) => ({
      via, folder, wiring, key, firmware, production, confirmed: true, erase: yes, serial, master: master ?? '', ...(pin === undefined ? {} : { pin }),
      network: (wifi !== undefined && networks.get(wifi)) || 'none',
    }),
  };
  for (const line of missing) {
    const words = `board ${lines.indexOf(line) + 1} of ${lines.length} (${line.serial}, ${line.wiring.name})`;
    const went = yes ? await whenThere(batch, line, words, pollMs) : await whenAsked(batch, line, words);
    if (went === 'stop') break;
  }
  tellEnd(lines, state, terminal);
  if (batch.unwritten) throw batch.unwritten;
}

/** At a terminal: until the board is made or given up. */
async function whenAsked(batch: Batch, line: BatchLine, words: string): Promise<'made' | 'skipped' | 'stop'> {
  const { terminal } = batch;
  for (let again = false; ; again = true) {
    const typed = await terminal.ask(`${again ? 'Try again' : 'Connect'} ${words}, then press Enter (s: skip it, q: stop here):`, '--yes');
    if (typed === 's') return 'skipped';
    if (typed === 'q') return 'stop';
    try {
      if (await makeNext(batch, line)) return 'made';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      terminal.stopProgress();
      terminal.say(`${error.message}.`);
      if (error instanceof NoAnswer && await isFinished(batch, line)) return 'made';
    }
  }
}

/** With `--yes`: waits for a board that is none of those before, and makes it. One that fails is tried again when it was away. */
async function whenThere(batch: Batch, line: BatchLine, words: string, pollMs: number): Promise<'made'> {
  const { terminal, state } = batch;
  terminal.say(`Waiting for ${words}: connect it.`);
  let failed: string | undefined;
  let told = '';
  for (;;) {
    let board: Connection | undefined;
    let chip: string | undefined;
    try {
      board = await connectTo(batch.via, batch.open, POLL_TRIES);
      chip = String(await board.evaluate('getSerial()'));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await board?.close();
      failed = undefined;
      if (error instanceof NoAnswer) await refuseAlmostFinished(batch, line);
      // The production lock that was just made answers like this, too.
      const expected = error instanceof NoAnswer && state.boards.at(-1)?.lock.production;
      if (error.message !== told && !expected) terminal.say(`${error.message}; waiting.`);
      told = error.message;
    }
    if (board && chip !== undefined) {
      const isNext = chip !== failed && !state.boards.some(({ lock }) => lock.chip === chip);
      try {
        if (isNext && await makeAndClose(batch, line, board)) return 'made';
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        terminal.stopProgress();
        terminal.say(`${error.message}.\nThis board is tried again when it was taken off and comes back; another one is taken at once.`);
        failed = chip;
      }
      if (!isNext) await board.close();
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** False: it is a board of an earlier line, which was told. */
async function makeNext(batch: Batch, line: BatchLine): Promise<boolean> {
  const board = await connectTo(batch.via, batch.open);
  let chip: string;
  try {
    chip = String(await board.evaluate('getSerial()'));
  } catch (error) {
    await board.close();
    throw error;
  }
  const other = batch.state.boards.find(({ lock }) => lock.chip === chip);
  if (!other) return makeAndClose(batch, line, board);
  batch.terminal.say(`This board has the chip ${chip}, which became ${other.lock.serial}: nothing was changed. Take it off and connect another one.`);
  await board.close();
  return false;
}

async function makeAndClose(batch: Batch, line: BatchLine, board: Connection): Promise<true> {
  const { terminal } = batch;
  const beganMs = Date.now();
  try {
    await makeLock(board, batch.orderOf(line), terminal, (lock) => keep(batch, lock));
  } finally {
    terminal.stopProgress();
    await board.close();
  }
  terminal.say(`Made: ${line.serial}, in ${Math.round((Date.now() - beganMs) / 1000)} s.${batch.unwritten ? '' : ' Its codes and its label are written.'} Take it off.`);
  return true;
}

/** What is made stays made, also where there is no room for its label. */
async function keep(batch: Batch, lock: Unfinished): Promise<void> {
  await batch.state.add(lock);
  try {
    await batch.state.writePages();
    batch.unwritten = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    batch.unwritten = error;
    batch.terminal.say(`${error.message}.`);
  }
}

/** A cut in the last step may have left a finished lock that cannot be asked: whoever stands before it can. */
async function isFinished(batch: Batch, line: BatchLine): Promise<boolean> {
  const { via, folder, terminal } = batch;
  const value = (await almostFinished(folder, via, line.serial))?.value;
  if (!value) return false;
  const typed = await terminal.ask(`The last step for ${line.serial} was under way before, and a finished lock answers like this. Restart it and type ${value.pin}# at its keypad. Does it open? Type yes if it does:`, '--yes');
  if (typed !== 'yes') return false;
  await keep(batch, value);
  await unfinishedFile(folder, value.chip).remove();
  return true;
}

async function refuseAlmostFinished({ via, folder }: Batch, line: BatchLine): Promise<void> {
  if (await almostFinished(folder, via, line.serial)) {
    throw new Refusal(`${line.serial}: its last step was under way before, and it may be a finished lock; run the command without --yes once, at a terminal, to say whether it opens`);
  }
}

const madeOf = (state: BatchState, serial: string) => state.boards.find(({ lock }) => lock.serial === serial);

/** Options that are one board's. */
function refuseSingle({ serial, pin, master, wifi, batteryMv }: BatchOptions): void {
  for (const [option, value] of Object.entries({ '--serial': serial, '--pin': pin, '--master': master, '--wifi': wifi })) {
    if (value !== undefined) throw new Refusal(`${option}: in a batch it is a column of the list; write it there`);
  }
  if (batteryMv !== undefined) throw new Refusal('--battery-mv: each board of a batch reads its own; leave it out, and it is asked for at each that has a battery');
}

/** Codes that others could read are no secret any more, but making the locks does not change that. */
async function warnOfOpenList(file: string, lines: BatchLine[], terminal: Terminal): Promise<void> {
  if (process.platform === 'win32' || !lines.some(({ pin, master }) => pin ?? master) || !((await stat(file)).mode & 0o077)) return;
  terminal.say(`${file}: others can read the codes in it; run "chmod 600 ${file}".`);
}

/** A board that is made cannot be another one by changing its line. */
function refuseChanged(lines: BatchLine[], state: BatchState, file: string): void {
  for (const { line, serial, wiring, pin, master } of lines) {
    const made = madeOf(state, serial)?.lock;
    if (!made) continue;
    const column = made.wiring !== wiring.name ? 'wiring' : (pin ?? made.pin) !== made.pin ? 'pin' : (master ?? made.masterCode) !== made.masterCode ? 'master' : undefined;
    if (column) throw new Refusal(`${file}: line ${line}, column ${column}: ${serial} is made already, with another one; restore the line, or give the new board another serial number`);
  }
}

/** The passwords of all networks, each asked for once. */
async function networksFor(lines: BatchLine[], file: string | undefined, terminal: Terminal): Promise<Map<string, Network>> {
  const names = [...new Set(lines.flatMap(({ wifi }) => wifi ?? []))];
  if (file !== undefined && names.length !== 1) {
    throw new Refusal(`--wifi-password-file: the missing boards name ${names.length ? `${names.length} networks (${names.join(', ')})` : 'no network'}, and the file holds the password of one; leave it out`);
  }
  const networks = new Map<string, Network>();
  for (const name of names) networks.set(name, { name, password: await passwordFor(name, file, terminal) });
  return networks;
}

function tellEnd(lines: BatchLine[], state: BatchState, terminal: Terminal): void {
  const missing = lines.filter(({ serial }) => !madeOf(state, serial));
  terminal.say(`\n${lines.length - missing.length} of ${lines.length} boards are made.${missing.length ? ` Missing: ${missing.map(({ serial }) => serial).join(', ')}. Run the command again to go on with them.` : ''}`);
  if (!state.boards.length) return;
  terminal.say(`Secrets, which only you can read; whoever has one of these files can open every lock in it:
  ${state.files.codes}   codes of every lock, as they are typed
  ${state.files.labels}   labels to be glued inside the locks
  ${state.files.state}   what a later run goes on from
Print labels and codes, keep them like keys, and remove all three files when every lock is handed over.`);
}
