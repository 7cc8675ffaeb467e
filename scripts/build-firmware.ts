/**
 * Builds what runs on the lock: the bootloader for `.boot0` and the body of an image for a slot. `npm run build` writes
 * dist/firmware/<family>/{boot0.js,app.js,sizes.json}; tests and commands call the functions.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FAMILIES, type ChipFamily, type FamilyName } from '../boards/families.js';
import { PAGE_BYTES, STORAGE_HEADER_BYTES } from '../firmware/flash/layout.js';
import { bundleDevice, type Defines } from './bundle-device.js';
import { APP, BOOT, SAFE_MODE } from './memory-plan.js';
import type { Mutation } from './plant.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Version of the bootloader, which no update can replace. */
export const BOOTLOADER_VERSION = '1.0.0';

export interface BootloaderOptions {
  family: FamilyName;
  /** Text to run before the bootloader, in the same file: the stand-ins for pins and ADC under Espruino for Linux. */
  prelude?: string;
  /** Entry files, for tests of the build itself. */
  entry?: string;
  safeModeEntry?: string;
  define?: Defines;
  mutations?: Mutation[];
}

export interface Bootloader {
  /** What goes into `.boot0`, to be padded with newlines. */
  text: string;
  /** Bytes of the bootloader without prelude and safe mode. */
  bootBytes: number;
  /** Where `text` holds safe mode, for `Storage.read('.boot0', offset, length)`. */
  safeMode: { offset: number; length: number };
}

export interface AppOptions {
  family: FamilyName;
  /** `1.2.3`, as MCUboot writes it. */
  version: string;
  entry?: string;
  define?: Defines;
  mutations?: Mutation[];
}

/** Stand-ins in the bootloader's text for two numbers known only when it is minified; spaces pad their replacements. */
const SAFE_MODE_OFFSET = '7306133';
const SAFE_MODE_LENGTH = '7306139';

/** Builds `.boot0` for a family. Safe mode follows the code as a comment, so that a normal boot never evaluates it. */
export async function buildBootloader(options: BootloaderOptions): Promise<Bootloader> {
  const family = familyOf(options.family);
  const define = { ...definesOf(family, BOOTLOADER_VERSION), ...options.define };
  const safeMode = await bundleDevice(options.safeModeEntry ?? 'bootloader/safe-mode.ts', {
    define, mutations: options.mutations ?? [], program: true, shared: 'bootloader/shared.ts', shortNames: true,
    ...(options.safeModeEntry === undefined && SAFE_MODE),
  });
  if (safeMode.includes('*/')) throw new Error('bootloader/safe-mode.ts: its text holds "*/", which would end the comment it is stored in');
  const boot = await bundleDevice(options.entry ?? 'bootloader/main.ts', {
    define: { ...define, __SAFE_MODE_OFFSET__: SAFE_MODE_OFFSET, __SAFE_MODE_LENGTH__: SAFE_MODE_LENGTH }, mutations: options.mutations ?? [], shortNames: true,
    ...(options.entry === undefined && BOOT),
  });
  const prelude = options.prelude ?? '';
  const offset = prelude.length + boot.length + '/*'.length;
  const text = prelude + insertNumber(insertNumber(boot, SAFE_MODE_OFFSET, offset), SAFE_MODE_LENGTH, safeMode.length) + '/*' + safeMode + '*/';
  const limit = family.geometry.bootPages * PAGE_BYTES - STORAGE_HEADER_BYTES;
  if (text.length > limit) throw new Error(`the bootloader for ${family.name} has ${text.length} bytes, its file holds ${limit}`);
  return { text, bootBytes: boot.length, safeMode: { offset, length: safeMode.length } };
}

/** Builds the body of an image: text that evaluates to a function of the handover. */
export async function buildApp(options: AppOptions): Promise<string> {
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,5}$/.test(options.version)) throw new Error(`version "${options.version}" is not of the form 1.2.3`);
  const define = { ...definesOf(familyOf(options.family), options.version), ...options.define };
  return bundleDevice(options.entry ?? 'firmware/main.ts', { define, mutations: options.mutations ?? [], program: true, shortNames: true, ...(options.entry === undefined && APP) });
}

/** The compile-time constants of every device bundle. */
export function definesOf(family: ChipFamily, version: string): Defines {
  return {
    __FAMILY__: JSON.stringify(family.name),
    __FAMILY_ID__: String(family.id),
    __MAPPED_FLASH__: String(family.mappedFlash),
    __GEOMETRY__: JSON.stringify(family.geometry),
    __VERSION__: JSON.stringify(version),
  };
}

function familyOf(name: FamilyName): ChipFamily {
  const family = FAMILIES.find((candidate) => candidate.name === name);
  if (!family) throw new Error(`there is no chip family "${name}"; choose one of ${FAMILIES.map((each) => each.name).join(', ')}`);
  return family;
}

function insertNumber(text: string, standIn: string, value: number): string {
  return text.split(standIn).join(String(value).padStart(standIn.length));
}

async function main(): Promise<void> {
  const families = FAMILIES.filter((family) => family.name !== 'linux');
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  for (const family of families) {
    const boot = await buildBootloader({ family: family.name });
    const app = await buildApp({ family: family.name, version });
    const sizes = { bootloaderBytes: boot.bootBytes, safeModeBytes: boot.safeMode.length, boot0Bytes: boot.text.length, appBytes: app.length };
    const folder = join(ROOT, 'dist/firmware', family.name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'boot0.js'), boot.text);
    await writeFile(join(folder, 'app.js'), app);
    await writeFile(join(folder, 'sizes.json'), `${JSON.stringify(sizes)}\n`);
    console.log(`${family.name}: bootloader ${sizes.bootloaderBytes} bytes, safe mode ${sizes.safeModeBytes}, app ${sizes.appBytes} (version ${version})`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
