/** Makes a lock of the board behind a connection: checks it, asks what is missing, lays its flash out. After any cut it goes on where it was. */
import { randomBytes } from 'node:crypto';
import type { FamilyName } from '../../boards/families.js';
import type { Wiring } from '../../boards/wiring.js';
import { checkBoard } from '../board/checks.js';
import type { Connection } from '../board/connection.js';
import type { PrivateKey } from '../image/key-file.js';
import type { Terminal } from '../terminal.js';
import { askCalibration, calibrate, hasDivider } from './calibration.js';
import type { FactoryFirmware } from './factory-firmware.js';
import { layOut } from './lay-out.js';
import { buildLockFlash, familyOf } from './lock-flash.js';
import { askNetwork, hasWifi, networkRecord, type Network } from './network.js';
import { codesFor, confirmProduction, type WantedCodes } from './questions.js';
import { unfinishedFile, type Unfinished } from './unfinished.js';

export interface Order extends WantedCodes {
  via: string;
  /** Of unfinished locks. */
  folder: string;
  wiring: Wiring;
  key: PrivateKey;
  firmware(family: FamilyName): Promise<FactoryFirmware>;
  production: boolean;
  /** Somebody said yes to production. */
  confirmed: boolean;
  /** What is on the board may go. */
  erase: boolean;
  /** Undefined: asked where somebody can be asked. */
  network?: Network | 'none';
  /** What a multimeter shows at the pack. Undefined: asked where somebody can be asked. */
  packMv?: number;
}

const OWN_FILES = ['.boot0', 'deadlatch'];
/** 1 %, in 1/10000. */
const SAME_GAIN = 100;
/** Every field that lies in the record store or in the salted codes: with another one it is another lock. */
const IN_RECORDS = ['masterCode', 'pin', 'ownerKey', 'network', 'calibration'] as const;

/** `told`: the owner gets what he has to know, before anything of it is forgotten here. */
export async function makeLock(board: Connection, order: Order, terminal: Terminal, told: (lock: Unfinished) => Promise<void>): Promise<void> {
  const { wiring } = order;
  const family = familyOf(wiring);
  const facts = await checkBoard(board, family);
  terminal.say(`${board.name}: ${family.title}, chip ${facts.chip}: it can carry a lock.`);
  const file = unfinishedFile(order.folder, facts.chip);
  const begun = await file.read();
  const before = order.serial === undefined || order.serial === begun?.serial ? begun : undefined;
  if (before) terminal.say(`Going on with the lock ${before.serial}, which was begun on this board and not finished.`);
  else if (begun) terminal.say(`The lock ${begun.serial}, which was begun on this board and not finished, is given up.`);
  if (order.production && !order.confirmed) await confirmProduction(board.name, terminal);

  const lock = { ...await lockFor(board, facts.chip, order, before, terminal), erased: begun?.erased ?? false };
  const firmware = await order.firmware(wiring.family);
  const bytes = flashOf(lock, order, firmware);
  await file.write(lock);
  const words = `writing the lock, ${bytes.length / 1024} KB`;
  await layOut(board, {
    geometry: family.geometry, bytes,
    async mayErase() {
      if (!await mayErase(facts.files, lock.erased, order, terminal)) return false;
      // Only now: a lock that somebody did not give up is asked for again next time.
      await file.write({ ...lock, erased: true });
      return true;
    },
    finishing: () => file.write({ ...lock, erased: true, finishing: true }),
    progress: (done, all) => terminal.progress(done, all, words),
  });
  terminal.stopProgress();
  await told(lock);
  await file.remove();
  await board.restart();
}

async function mayErase(files: string[], ours: boolean, order: Order, terminal: Terminal): Promise<boolean> {
  if (order.erase || (ours || !files.length) && files.every((name) => OWN_FILES.includes(name))) return true;
  return await terminal.ask(`On the board are files: ${files.join(', ')}. All of it will be erased. Type yes:`, '--yes') === 'yes';
}

async function lockFor(board: Connection, chip: string, order: Order, before: Unfinished | undefined, terminal: Terminal): Promise<Omit<Unfinished, 'erased'>> {
  const codes = await codesFor(before, order, terminal);
  const network = await networkFor(order, before, terminal);
  const calibration = await calibrationFor(board, order, before, terminal);
  const lock: Omit<Unfinished, 'erased'> = {
    ...codes, chip, via: order.via, wiring: order.wiring.name, production: order.production, makerKey: hex(order.key.publicKey),
    deviceId: before?.deviceId ?? '', codeSalt: before?.codeSalt ?? '', finishing: before?.finishing ?? false,
    ...(network ? { network } : {}), ...(calibration === undefined ? {} : { calibration }),
  };
  const same = before && IN_RECORDS.every((field) => JSON.stringify(lock[field]) === JSON.stringify(before[field]));
  // What a finished lock holds in its records is not compared, because it changes them: another device id has all of it written again.
  return same ? lock : { ...lock, deviceId: hex(randomBytes(8)), codeSalt: hex(randomBytes(16)), finishing: false };
}

async function networkFor(order: Order, before: Unfinished | undefined, terminal: Terminal): Promise<Network | undefined> {
  if (order.network) return order.network === 'none' ? undefined : order.network;
  if (before) return before.network;
  return hasWifi(order.wiring.family) && terminal.asks ? askNetwork(terminal) : undefined;
}

async function calibrationFor(board: Connection, order: Order, before: Unfinished | undefined, terminal: Terminal): Promise<number | undefined> {
  const { battery } = order.wiring;
  if (order.packMv !== undefined) {
    const gain = await calibrate(board, battery, order.packMv);
    const kept = before?.calibration;
    // The same divider measured twice: no other lock for the last digit of an ADC.
    return kept !== undefined && Math.abs(gain - kept) <= SAME_GAIN ? kept : gain;
  }
  if (before) return before.calibration;
  return hasDivider(battery) && terminal.asks ? askCalibration(board, battery, terminal) : undefined;
}

function flashOf(lock: Unfinished, order: Order, firmware: FactoryFirmware): Uint8Array {
  return buildLockFlash({
    wiring: order.wiring, ...firmware, production: lock.production, keys: [order.key.publicKey], masterCode: lock.masterCode, pins: [lock.pin],
    recoveryCode: lock.recoveryCode, serial: lock.serial, deviceId: fromHex(lock.deviceId), codeSalt: fromHex(lock.codeSalt), ownerKey: fromHex(lock.ownerKey),
    ...(lock.network ? { network: networkRecord(lock.network) } : {}), ...(lock.calibration === undefined ? {} : { calibration: lock.calibration }),
  }).bytes;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
