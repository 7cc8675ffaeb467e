/**
 * Firmware for locks, virtual ones above all: built, made into an image and signed. Building and signing take seconds; a signature is kept in
 * node_modules/.cache under the digest of what was signed and the key, so that the same image is signed once.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FamilyName } from '../../boards/families.js';
import { buildApp } from '../../scripts/build-firmware.js';
import type { Mutation } from '../../scripts/plant.js';
import { buildImage, type ImageMetadata } from '../image/build-image.js';
import type { PrivateKey } from '../image/key-file.js';
import { readImage } from '../image/read-image.js';
import { signImage } from '../image/sign-image.js';

const CACHE = join(fileURLToPath(new URL('../..', import.meta.url)), 'node_modules/.cache/deadlatch');

export interface FirmwareSpec {
  /** Chip family; the virtual one if left out. */
  family?: FamilyName;
  /** `1.2.3` */
  version: string;
  /** Everything else that the image says about itself. */
  about?: Partial<ImageMetadata>;
  /** Entry file, where it is not the app that ships. */
  entry?: string;
  /** Faults to plant in the source, for images that are genuine but bad. */
  mutations?: Mutation[];
}

/** Builds the unsigned image. */
export async function buildFirmware(spec: FirmwareSpec): Promise<Uint8Array> {
  const family = spec.family ?? 'virtual';
  const body = await buildApp({
    family, version: spec.version,
    ...(spec.entry ? { entry: spec.entry } : {}), ...(spec.mutations ? { mutations: spec.mutations } : {}),
  });
  return buildImage(body, { family, version: spec.version, counter: 1, ...spec.about });
}

export interface SignedFirmware {
  file: Uint8Array;
  version: string;
  /** Value of TLV 0x10: what SMP clients call the image. */
  hash: Uint8Array;
  /** The signature came from the cache. */
  cached: boolean;
}

/** Signs an unsigned image, or takes the same image with its signature from the cache. `signing` is called before the seconds it takes. */
export async function signFirmware(unsigned: Uint8Array, key: PrivateKey, version: string, signing: () => void = () => undefined): Promise<SignedFirmware> {
  const path = join(CACHE, `signed-${createHash('sha256').update(unsigned).update(key.publicKey).digest('hex')}`);
  const known = await readFile(path).catch(() => undefined);
  const found = known && new Uint8Array(known);
  if (!found) signing();
  const file = found ?? signImage(unsigned, key, `firmware ${version}`);
  if (!found) await keep(path, file);
  return { file, version, hash: readImage(file, version).info.hash, cached: !!found };
}

async function keep(path: string, file: Uint8Array): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const temporary = join(CACHE, randomUUID());
  await writeFile(temporary, file);
  await rename(temporary, path);
}
