/** The command that makes a lock of one board: what is asked, made and told, in their order. */
import type { Wiring } from '../../boards/wiring.js';
import { connect, type Connection } from '../board/connection.js';
import { openPort, type Port } from '../board/port.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';
import { checkPack, hasDivider } from './calibration.js';
import { firmwareFactory } from './factory-firmware.js';
import { lastPage } from './last-page.js';
import { makeLock, type Order } from './make-lock.js';
import { hasWifi, passwordFor, wrongName, type Network } from './network.js';
import { checkTexts, keyFor, wiringFor, wiringNamed } from './questions.js';
import { almostFinished } from './unfinished.js';

export interface ProvisionOptions {
  via: string;
  wiring?: string;
  production?: boolean;
  master?: string;
  pin?: string;
  key?: string;
  serial?: string;
  /** Name of a network; empty: none. */
  wifi?: string;
  wifiPasswordFile?: string;
  /** What a multimeter shows at the pack, millivolts. */
  batteryMv?: string;
  yes?: boolean;
  /** Where the development key and unfinished locks are kept. */
  folder: string;
  /** Text in front of the bootloader, for Espruino for Linux with stand-ins for its pins. */
  prelude?: string;
}

/** Opens what `via` names. Refuses in one sentence. */
export type OpenPort = (via: string) => Promise<Port>;

/** Throws a `Refusal` where it cannot be done. */
export async function provision(options: ProvisionOptions, terminal: Terminal, open: OpenPort = openPort): Promise<void> {
  const { via, folder, yes = false, production = false } = options;
  const wiring = await wiringFor(options.wiring, terminal);
  checkTexts(options);
  const packMv = packFor(options, wiring);
  const network = await networkFor(options, wiring, terminal);
  const key = await keyFor(options, terminal);
  const firmware = firmwareFactory(key, options.prelude, () => terminal.say(BUILDING));
  const order: Order = {
    via, folder, wiring, key, firmware, production, confirmed: yes, erase: yes,
    ...(options.serial === undefined ? {} : { serial: options.serial }), ...(options.master === undefined ? {} : { master: options.master }),
    ...(options.pin === undefined ? {} : { pin: options.pin }), ...(network ? { network } : {}), ...(packMv === undefined ? {} : { packMv }),
  };
  const board = await openBoard(options, terminal, open);
  if (!board) return;
  try {
    await makeLock(board, order, terminal, async (lock) => terminal.say(lastPage(lock, wiring, terminal.asks)));
  } finally {
    terminal.stopProgress();
    await board.close();
  }
}

export const BUILDING = 'Building bootloader and firmware, this takes some seconds the first time ...';

/** The connection; undefined when the board is most likely the finished lock of an earlier run, which was told. */
async function openBoard(options: ProvisionOptions, terminal: Terminal, open: OpenPort): Promise<Connection | undefined> {
  try {
    return await connectTo(options.via, open);
  } catch (error) {
    const almost = error instanceof Refusal ? await almostFinished(options.folder, options.via) : undefined;
    if (!almost) throw error;
    terminal.say(`${(error as Refusal).message}.\nThe last step for the lock ${almost.value.serial} was under way here before, and a finished ${almost.value.production ? 'production ' : ''}lock answers like this. `
      + `Try the codes below. If they open, remove ${almost.path}; if nothing happens at the keypad, erase the whole flash, put Espruino on it and run the command again.`);
    terminal.say(lastPage(almost.value, await wiringNamed(almost.value.wiring), terminal.asks));
    return undefined;
  }
}

/** Opens the port and waits for the console. Throws what the port refuses, and `NoAnswer` where no console is behind it. */
export async function connectTo(via: string, open: OpenPort, tries?: number): Promise<Connection> {
  const port = await open(via);
  try {
    return await connect(port, tries);
  } catch (error) {
    await port.close();
    throw error;
  }
}

function packFor({ batteryMv }: ProvisionOptions, { name, battery }: Wiring): number | undefined {
  if (batteryMv === undefined) return undefined;
  if (!hasDivider(battery)) throw new Refusal(`--battery-mv: ${name} measures no battery; leave it out`);
  if (!/^\d{1,5}$/.test(batteryMv)) throw new Refusal(`--battery-mv "${batteryMv}": these are no millivolts; write them like 5920`);
  checkPack(Number(batteryMv), battery);
  return Number(batteryMv);
}

async function networkFor(options: ProvisionOptions, wiring: Wiring, terminal: Terminal): Promise<Network | 'none' | undefined> {
  const { wifi: name, wifiPasswordFile: file } = options;
  if (name === undefined && file !== undefined) throw new Refusal('--wifi-password-file: it needs the name of the network; give it with --wifi');
  if (name === undefined) return undefined;
  if (name === '') return 'none';
  if (!hasWifi(wiring.family)) throw new Refusal(`--wifi: ${wiring.name} has no Wi-Fi; leave it out`);
  const wrong = wrongName(name);
  if (wrong) throw new Refusal(`--wifi "${name}": ${wrong}; choose another`);
  return { name, password: await passwordFor(name, file, terminal) };
}

