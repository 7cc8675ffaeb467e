/**
 * What the explorer works with: a provisioned lock, the bootloader that ships, and signed images, good and bad. Building and signing
 * take seconds; both are kept in node_modules/.cache.
 */
import { createHash } from 'node:crypto';
import { wiring } from '../../boards/reference/virtual.js';
import type { Wiring } from '../../boards/wiring.js';
import type { Geometry } from '../../firmware/flash/layout.js';
import { buildImage } from '../../cli/image/build-image.js';
import { createKey, type PrivateKey } from '../../cli/image/key-file.js';
import { buildLockFlash, familyOf } from '../../cli/provision/lock-flash.js';
import { signFirmware } from '../../cli/virtual/firmware.js';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import type { Mutation } from '../../scripts/plant.js';
import { imageIdOf, KEY, readState } from './oracle.js';

interface Recipe {
  version: string;
  counter?: number;
  /** Entry file; the app that ships where there is none. */
  entry?: string;
  /** Signed by the second key. */
  second?: boolean;
  /** Brings the second key. */
  keyChange?: boolean;
}

const RECIPES = {
  old: { version: '1.0.0' },
  new: { version: '1.1.0' },
  newer: { version: '1.2.0' },
  crashing: { version: '1.1.1', entry: 'crashing' },
  /** Never tried: only its upload is of interest. */
  small: { version: '1.1.9', entry: 'crashing' },
  hanging: { version: '1.1.2', entry: 'hanging' },
  unhealthy: { version: '1.1.3', entry: 'unhealthy' },
  timeBomb: { version: '1.1.4', entry: 'time-bomb' },
  raising: { version: '1.1.5', counter: 5 },
  keyChange: { version: '1.1.6', keyChange: true },
  secondKey: { version: '1.2.1', second: true },
} satisfies Record<string, Recipe>;

export type ImageName = keyof typeof RECIPES;
export const IMAGE_NAMES = Object.keys(RECIPES) as ImageName[];

export interface LabImage {
  name: ImageName;
  version: string;
  file: Uint8Array;
  /** The text that runs. */
  body: string;
  /** SHA-256 of the signed message, hex. */
  id: string;
  /** Value of TLV 0x10: what SMP clients call it. */
  hash: Uint8Array;
  /** Security counter. */
  counter: number;
  /** The file without its body. */
  offer: Uint8Array;
}

export interface Lab {
  wiring: Wiring;
  geometry: Geometry;
  /** `.boot0` as it lies in the flash of every lock that is powered on, padding included. */
  boot0: string;
  images: Record<ImageName, LabImage>;
  /** Storage as the factory leaves it, `old` in slot A. */
  factory: Uint8Array;
  /** Values of the record store: the user's code table, and the master codes that may be there. */
  codes: { users: Uint8Array; masters: Uint8Array[] };
  /** What runs in place of an image that flash holds: bundles with a planted fault. */
  planted: Map<string, string>;
}

export const PIN = '2580';
export const WRONG_PIN = '1470';
export const MASTER_CODE = '734829';
export const NEW_MASTER_CODE = '905617';
export const RECOVERY_CODE = '112233445566';
const SALT = bytesFrom('salt', 16);

function bytesFrom(text: string, length: number): Uint8Array {
  return new Uint8Array(createHash('sha512').update(text).digest().subarray(0, length));
}

/** What the record store keeps of a code: 16 bytes of SHA-256 over salt and digits, iterated. */
function tagOf(code: string): Uint8Array {
  let value = createHash('sha256').update(SALT).update(code).digest();
  for (let left = wiring.stretch; left > 0; left--) value = createHash('sha256').update(value).digest();
  return new Uint8Array(value.subarray(0, 16));
}

/** Half a second of hashing each, so made once. */
const keys = new Map<string, PrivateKey>();

function keyOf(recipe: Recipe): PrivateKey {
  const name = recipe.second ? 'second key' : 'factory key';
  const key = keys.get(name) ?? createKey(false, bytesFrom(name, 48));
  keys.set(name, key);
  return key;
}

/** Opens the lab. What is not in the cache yet is built, and signed one after the other: `prepareImage` does that in parallel. */
export async function openLab(): Promise<Lab> {
  const bootloader = await buildBootloader({ family: 'virtual' });
  const made = await Promise.all(IMAGE_NAMES.map(prepareImage));
  const images = Object.fromEntries(made.map((image) => [image.name, image])) as Record<ImageName, LabImage>;
  const { bytes } = buildLockFlash({
    wiring, boot0Text: bootloader.text, image: images.old.file, production: true, keys: [keyOf({ version: '' }).publicKey],
    masterCode: MASTER_CODE, pins: [PIN], recoveryCode: RECOVERY_CODE, serial: 'DL-explorer', deviceId: bytesFrom('device', 8), codeSalt: SALT,
  });
  const boot0 = Buffer.from(bytes.subarray(32, 20 * 4096)).toString('latin1');
  const { records } = readState(bytes);
  const codes = { users: records.get(KEY.codes)!, masters: [records.get(KEY.master)!, tagOf(NEW_MASTER_CODE)] };
  return { wiring, geometry: familyOf(wiring).geometry, boot0, images, factory: bytes, codes, planted: new Map() };
}

/** The same lab with a fault: what is built with `mutations` runs in place of `apps`, which stay as they are in flash, and lies there as `.boot0`. */
export async function plantFault(lab: Lab, mutations: Mutation[], apps: readonly ImageName[], boot: boolean): Promise<Lab> {
  const planted = new Map<string, string>();
  // Whoever enters safe mode, fails.
  const boot0 = boot ? (await buildBootloader({ family: 'virtual', mutations, safeModeEntry: `${DEVICE}/crashing.ts` })).text.padEnd(lab.boot0.length, '\n') : lab.boot0;
  for (const name of apps) {
    const { entry }: Recipe = RECIPES[name];
    planted.set(lab.images[name].body, await buildBody({ version: '0.0.0', ...(entry ? { entry } : {}) }, mutations));
  }
  return { ...lab, boot0, planted };
}

const DEVICE = 'host-tests/explorer/device';

/** Releases differ in their text, so that what ran can be told from it. */
async function buildBody(recipe: Recipe, mutations?: Mutation[]): Promise<string> {
  const body = await buildApp({
    family: 'virtual', version: recipe.version,
    ...(recipe.entry ? { entry: `${DEVICE}/${recipe.entry}.ts` } : {}), ...(mutations ? { mutations } : {}),
  });
  return `${body}\n// ${recipe.version}\n`;
}

/** Builds and signs one image, or takes it from the cache. */
export async function prepareImage(name: ImageName): Promise<LabImage> {
  const recipe: Recipe = RECIPES[name];
  const body = await buildBody(recipe);
  const unsigned = buildImage(body, {
    family: 'virtual', version: recipe.version, counter: recipe.counter ?? 1,
    ...(recipe.keyChange ? { keyChange: { epoch: 1, key: keyOf({ version: '', second: true }).publicKey } } : {}),
  });
  const { file, hash } = await signFirmware(unsigned, keyOf(recipe), recipe.version);
  const offer = new Uint8Array(Buffer.concat([file.subarray(0, 32), file.subarray(32 + body.length)]));
  return { name, version: recipe.version, file, body, id: imageIdOf(file), hash, counter: recipe.counter ?? 1, offer };
}
