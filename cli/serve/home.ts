/** The folder of a virtual lock: development key, first image, flash and codes. Made where they are missing. */
import { randomInt } from 'node:crypto';
import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIdentity, type Identity } from '../../firmware/flash/identity.js';
import { layoutOf, PAGE_BYTES, STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { openRegion } from '../../firmware/flash/region.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { createHostPlatform } from '../host-platform.js';
import { askPassphrase } from '../image/passphrase.js';
import { createKey, keyIdOf, readPrivateKey, readPublicKey, writeKeyFiles, type PrivateKey } from '../image/key-file.js';
import { inspectImage } from '../image/inspect-image.js';
import { reasonOf, Refusal } from '../image/refusal.js';
import { appendRelease } from '../image/releases.js';
import { familyOf } from '../provision/lock-flash.js';
import { buildFirmware, signFirmware } from '../virtual/firmware.js';
import { provisionVirtualLock, wiring } from '../virtual/lock.js';

/** What the next start needs to show again. A real lock tells nobody its codes. */
export interface Codes {
  pin: string;
  masterCode: string;
}

export interface Home {
  flashFile: string;
  flash: Uint8Array;
  codes: Codes | undefined;
  /** Which key signs firmware for this lock, in words: its file where it is known. */
  signer: string;
  /** Only when the lock was made just now. */
  recoveryCode: string | undefined;
  /** What a person should know about this lock, besides. */
  notes: string[];
}

export interface HomeOptions {
  folder: string;
  fresh: boolean;
  /** Private key file for a new lock. */
  key?: string;
  /** Version of the first image. */
  version: string;
}

/** Shows that something takes time. */
export type Task = <T>(words: string, work: () => Promise<T>) => Promise<T>;

const FAMILY = familyOf(wiring);
const FLASH_BYTES = FAMILY.geometry.pages * PAGE_BYTES;

export async function openHome(options: HomeOptions, task: Task): Promise<Home> {
  const { folder } = options;
  const flashFile = join(folder, 'virtual-lock.flash');
  const codesFile = join(folder, 'virtual-lock.json');
  const keyFile = options.key ?? join(folder, 'dev.key');
  const bootloader = await task('building the bootloader', () => buildBootloader({ family: 'virtual' }));
  const unsigned = await task('building the firmware', () => buildFirmware({ version: options.version }));
  const known = options.fresh ? undefined : await readFlash(flashFile);
  if (known) {
    const signer = await signerOf(known, keyFile);
    return { flashFile, flash: known, codes: await readCodes(codesFile), signer, recoveryCode: undefined, notes: notesOn(known, bootloader.text) };
  }

  const key = await maker(keyFile, options.key === undefined, task);
  const about = key.dev ? { channel: 'dev' as const } : {};
  const image = key.dev ? await buildFirmware({ version: options.version, about }) : unsigned;
  const firmware = await task(`signing version ${options.version} with key ${key.keyId}`, () => signFirmware(image, key, options.version));
  await record(folder, firmware.file, key);
  const codes = { pin: digits(4), masterCode: digits(6) };
  const { bytes, recoveryCode } = await task('provisioning the lock', () => provisionVirtualLock({
    firmware, production: !key.dev, publicKey: key.publicKey, ...codes,
  }));
  await writeWhole(codesFile, `${JSON.stringify(codes)}\n`);
  await writeWhole(flashFile, bytes);
  return { flashFile, flash: bytes, codes, signer: keyFile, recoveryCode, notes: [] };
}

/** The key that signs this lock's firmware: made where `mayMake` and the file is missing. */
async function maker(file: string, mayMake: boolean, task: Task): Promise<PrivateKey> {
  const there = await stat(file).then(() => true, () => false);
  if (!there && mayMake) await task(`making a development key, ${file}`, async () => writeKeyFiles(file, createKey(true), undefined, new Date()));
  return readPrivateKey(file, askPassphrase);
}

async function record(folder: string, file: Uint8Array, key: PrivateKey): Promise<void> {
  const about = inspectImage(file, 'first image');
  await appendRelease(join(folder, 'releases.jsonl'), {
    version: about.version, digest: about.digest, purpose: 'first image of a virtual lock', keyId: key.keyId, date: new Date().toISOString(),
    family: about.family, channel: about.channel, securityCounter: about.securityCounter,
  });
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}

/** Flash of an earlier lock; undefined where there is none. */
async function readFlash(file: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Refusal(`${file}: cannot be read: ${reasonOf(error)}; make a new lock with --fresh`);
  }
  if (bytes.length !== FLASH_BYTES) throw new Refusal(`${file}: it has ${bytes.length} bytes, the flash of a virtual lock ${FLASH_BYTES}; make a new lock with --fresh`);
  return bytes;
}

async function readCodes(file: string): Promise<Codes | undefined> {
  try {
    const codes = JSON.parse(await readFile(file, 'utf8')) as Partial<Codes>;
    return typeof codes.pin === 'string' && typeof codes.masterCode === 'string' ? { pin: codes.pin, masterCode: codes.masterCode } : undefined;
  } catch {
    return undefined;
  }
}

/** Where this lock differs from what a new one would be. */
function notesOn(flash: Uint8Array, bootText: string): string[] {
  const written = Buffer.from(flash.buffer, flash.byteOffset + STORAGE_HEADER_BYTES, bootText.length).toString('latin1');
  if (written === bootText) return [];
  return ['Its bootloader was built from other sources than those here, and no update replaces a bootloader. --fresh makes a new lock.'];
}

async function signerOf(flash: Uint8Array, keyFile: string): Promise<string> {
  const identity = identityIn(flash);
  if (!identity) return 'not known: its identity pages cannot be read; --fresh makes a new lock';
  const key = await readPublicKey(keyFile).catch(() => undefined);
  if (key && Buffer.compare(identity.keys[0], key.publicKey) === 0) return keyFile;
  return `the one with the id ${keyIdOf(identity.keys[0])}, which is not ${keyFile}`;
}

function identityIn(flash: Uint8Array): Identity | undefined {
  const platform = createHostPlatform(flash, FAMILY.geometry.base);
  return parseIdentity(openRegion(platform.flash, layoutOf(FAMILY.geometry).identity, platform.crc32), platform.crc32);
}

/** A file that only its owner may read, replaced as a whole. */
async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await rm(temporary, { force: true });
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx', flush: true });
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } catch (error) {
    throw new Refusal(`${file}: cannot be written: ${reasonOf(error)}; choose another folder with --folder`);
  }
}
