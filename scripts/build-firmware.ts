/**
 * Builds the body of an image for a slot. `npm run build` writes it and the bootloader, of every chip family, to
 * dist/firmware/<family>/{boot0.js,app.js,sizes.json}, in Espruino's tokens, and for people in words beside them: boot0.words.js, app.words.js.
 * Tests and commands call the function.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FAMILIES, type FamilyName } from '../boards/families.js';
import { buildBootloader } from './build-bootloader.js';
import { bundleDevice, type Defines } from './bundle-device.js';
import { definesOf, familyOf } from './defines.js';
import { APP } from './memory-plan.js';
import type { Mutation } from './plant.js';
import { BETWEEN_PARTS } from './stand-ins.js';
import { untokenise } from './untokenise.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface AppOptions {
  family: FamilyName;
  /** `1.2.3`, as MCUboot writes it. */
  version: string;
  entry?: string;
  define?: Defines;
  mutations?: Mutation[];
}

/** Stands for the version in the text that those of all versions are made of: compiling takes seconds. No other number or text has it in it. */
const VERSION = '731.7.31';

/** Builds the body of an image: text that evaluates to a function of the handover, one byte a character, in Espruino's tokens. */
export async function buildApp(options: AppOptions): Promise<string> {
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,5}$/.test(options.version)) throw new Error(`version "${options.version}" is not of the form 1.2.3`);
  const define = { ...definesOf(familyOf(options.family), VERSION), ...options.define };
  const text = await bundleDevice(options.entry ?? 'firmware/main.ts', {
    define, mutations: options.mutations ?? [], program: true, shortNames: true, ...(options.entry === undefined && APP),
  });
  return text.split(VERSION).join(options.version);
}

async function main(): Promise<void> {
  const families = FAMILIES.filter((family) => family.name !== 'linux');
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  for (const family of families) {
    const boot = await buildBootloader({ family: family.name });
    const app = await buildApp({ family: family.name, version });
    const sizes = {
      bootloaderBytes: boot.bootBytes, programBytes: boot.parts[0]!.length, safeModeBytes: boot.safeMode.length, boot0Bytes: boot.text.length,
      appBytes: app.length,
    };
    const folder = join(ROOT, 'dist/firmware', family.name);
    await mkdir(folder, { recursive: true });
    const words = { boot0: 0, app: 0 };
    for (const [name, text] of [['boot0', boot.text], ['app', app]] as const) {
      const inWords = untokenise(text);
      words[name] = inWords.length;
      await writeFile(join(folder, `${name}.js`), text, 'latin1');
      await writeFile(join(folder, `${name}.words.js`), inWords.split(BETWEEN_PARTS).join('\n'));
    }
    await writeFile(join(folder, 'sizes.json'), `${JSON.stringify(sizes)}\n`);
    console.log(`${family.name}: bootloader ${sizes.bootloaderBytes} bytes, safe mode ${sizes.safeModeBytes}, app ${sizes.appBytes} (version ${version}); ` +
      `in words .boot0 would have ${words.boot0} instead of ${sizes.boot0Bytes}, the app ${words.app}`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
