/**
 * Makes one text for the lock of one entry file: see compile-device.ts. A text is cached by the content of everything that can go into it, in
 * memory and in node_modules/.cache; the compilers, which take longer to load than many a command takes to run, are loaded where it is not there.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { CACHE, deviceSources, ROOT, sourcesUnder } from './device-sources.js';
import type { Mutation } from './plant.js';

/** `name -> JavaScript expression`, put in place of a free identifier (esbuild's `define`). */
export type Defines = Record<string, string>;

export interface BundleOptions {
  define?: Defines;
  /** The bundle becomes a function of this one parameter instead of running when it is evaluated. */
  parameter?: string;
  /**
   * The entry file exports one function, and the text evaluates to it. What it is made of is declared in the scope the text is evaluated
   * in, which for an image is the root: a function keeps no list of scopes then.
   */
  program?: boolean;
  /** Short names for the firmware's own records, see short-names.ts. What a test talks to keeps its names. */
  shortNames?: boolean;
  /** Functions that keep what only they use to themselves, see `nest`. */
  late?: readonly string[];
  /** Functions that a program lets go of after its start, see `programOf`. */
  once?: readonly string[];
  mutations?: Mutation[];
  /** Functions at the top whose bodies lie apart, see apart.ts. The text then is the statements of the program, a NUL and a part for each of them. */
  apart?: readonly string[];
  /** A file like bootloader/shared.ts: functions the bundle does not carry but takes from what it was launched with (platform/launch.ts). */
  shared?: string;
  /** Files that others are read in the place of: `rewriting` in plant.ts. */
  instead?: Readonly<Record<string, string>>;
}

/**
 * Bundles one device entry file. The text runs when it is evaluated, and leaves no global behind; with `parameter` it is an
 * expression, a function of that parameter (a free variable in the source); with `program`, see there.
 */
export async function bundleDevice(entry: string, options: BundleOptions = {}): Promise<string> {
  const file = resolve(ROOT, entry);
  const key = await cacheKey(file, options);
  const cached = memory.get(key);
  if (cached) return cached;
  const building = readFile(join(CACHE, key), 'latin1').catch(() => buildAndStore(file, options, key));
  memory.set(key, building);
  building.catch(() => memory.delete(key));
  return building;
}

const memory = new Map<string, Promise<string>>();

async function buildAndStore(file: string, options: BundleOptions, key: string): Promise<string> {
  const { compile } = await import('./compile-device.js');
  const text = await compile(file, options);
  // A source that was saved meanwhile may be in this text, under a key that does not know it.
  if (await cacheKey(file, options) !== key) return text;
  await mkdir(CACHE, { recursive: true });
  const temporary = join(CACHE, randomUUID());
  await writeFile(temporary, text, 'latin1');
  await rename(temporary, join(CACHE, key));
  return text;
}

/** Changes whenever anything changes that can end up in the bundle: device sources, the entry's folder, options, tool versions. */
async function cacheKey(file: string, options: BundleOptions): Promise<string> {
  const hash = createHash('sha256');
  const { parameter, program, late, once, shortNames, define = {}, mutations = [], shared, instead, apart } = options;
  hash.update(JSON.stringify([
    relative(ROOT, file), parameter, program, late, once, shortNames, Object.entries(define).sort(), mutations, shared, instead, apart,
  ]));
  const inputs = [...new Set([...await deviceSources(), ...await sourcesUnder(dirname(file))])].sort();
  for (const input of [...inputs, ...TOOLS]) hash.update(relative(ROOT, input)).update('\0').update(await readFile(input)).update('\0');
  return hash.digest('hex');
}

const TOOLS = [
  'package-lock.json', 'tsconfig.base.json', 'tsconfig.device.json',
  ...['apart', 'build-bootloader', 'bundle-device', 'bundle-shape', 'compile-device', 'defines', 'device-sources', 'device-text', 'for-of', 'hoist-vars', 'memory-plan', 'nest', 'plant', 'script', 'short-names', 'stand-ins', 'tokens', 'untokenise'].map((name) => `scripts/${name}.ts`),
]
  .map((name) => join(ROOT, name));
