/**
 * Builds what runs on the lock: one bundle for `.boot0` and one image body for a slot.
 *
 *   TypeScript -> tsup (esbuild bundle, swc to ES5) -> terser (hoisted functions, ASCII) -> `checkDeviceText`
 *
 * `npm run build` writes dist/firmware/<family>/{boot0.js,app.js,sizes.json}; tests call the functions. A bundle is cached by the
 * content of everything that can go into it, in memory and in node_modules/.cache.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { minify, type MinifyOptions } from 'terser';
import { build, type Options } from 'tsup';
import { FAMILIES, type ChipFamily, type FamilyName } from '../boards/families.js';
import { PAGE_BYTES, STORAGE_HEADER_BYTES } from '../firmware/flash/layout.js';
import ts from 'typescript';
import { checkDeviceText } from './device-text.js';
import { inlineConstants, nest, programOf } from './bundle-shape.js';
import { APP, BOOT, SAFE_MODE } from './memory-plan.js';
import { checkVars, hoistVars } from './hoist-vars.js';
import { shortenNames, shortNamesOf } from './short-names.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/deadlatch');
const DEVICE_FOLDERS = ['boards', 'bootloader', 'firmware'];

/** Version of the bootloader, which no update can replace. */
export const BOOTLOADER_VERSION = '1.0.0';

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
  /** A file like bootloader/shared.ts: functions the bundle does not carry but takes from what it was launched with (platform/launch.ts). */
  shared?: string;
}

/** A change planted in a source file on its way into a bundle, to see whether a test notices. */
export interface Mutation {
  /** Path from the root of the repository. */
  file: string;
  /** Must be there exactly once. */
  find: string;
  replace: string;
}

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

/** Names that Espruino's chips have at the root already: `E`, and pins. */
const TAKEN = ['E', 'NRF', 'SDA', 'SCL', 'USB', 'LED', 'BTN', ...Array.from({ length: 26 * 10 }, (_, index) => String.fromCharCode(65 + Math.floor(index / 10)) + String(index % 10))];

const TERSER: MinifyOptions = {
  ecma: 5,
  compress: {
    // Espruino hoists neither functions nor variables; for those, `hoistVars` costs less than terser's hoist_vars, and misses none.
    hoist_funs: true,
    // A function written out at its only call would be made anew at every call: slow, and variables for the collector.
    reduce_funcs: false,
    passes: 3,
  },
  mangle: true,
  format: { ascii_only: true, comments: false },
};

/**
 * Bundles one device entry file. The text runs when it is evaluated, and leaves no global behind; with `parameter` it is an
 * expression, a function of that parameter (a free variable in the source); with `program`, see there.
 */
export async function bundleDevice(entry: string, options: BundleOptions = {}): Promise<string> {
  const file = resolve(ROOT, entry);
  const key = await cacheKey(file, options);
  const cached = memory.get(key);
  if (cached) return cached;
  const building = readFile(join(CACHE, key), 'utf8').catch(() => buildAndStore(file, options, key));
  memory.set(key, building);
  building.catch(() => memory.delete(key));
  return building;
}

const memory = new Map<string, Promise<string>>();

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

async function buildAndStore(file: string, options: BundleOptions, key: string): Promise<string> {
  const text = await compile(file, options);
  // A source that was saved meanwhile may be in this text, under a key that does not know it.
  if (await cacheKey(file, options) !== key) return text;
  await mkdir(CACHE, { recursive: true });
  const temporary = join(CACHE, randomUUID());
  await writeFile(temporary, text);
  await rename(temporary, join(CACHE, key));
  return text;
}

async function compile(file: string, options: BundleOptions): Promise<string> {
  const name = relative(ROOT, file);
  const laidOut = nest(inlineConstants(await bundleEs5(file, options)), options.late ?? []);
  const bundle = options.shortNames ? shortenNames(laidOut, await shortNamesOf(ROOT, await deviceSources())) : laidOut;
  const code = options.program ? await minifyProgram(bundle, options.once ?? []) : await minifyFunction(name, bundle, options.parameter);
  const text = hoistVars(code);
  const problems = [...checkDeviceText(text), ...checkVars(text)];
  if (problems.length) throw new Error(`${name} cannot run on a lock:\n  ${problems.join('\n  ')}`);
  return options.program || options.parameter ? text : `${text}();`;
}

/** The global that terser sees the result assigned to, so that it keeps a function nobody calls. */
const RESULT = 'deadlatchBundle';

/** `(function(parameter){...})` */
async function minifyFunction(name: string, bundle: string, parameter = ''): Promise<string> {
  if (/^export /m.test(bundle)) throw new Error(`${name}: an entry file must not export anything`);
  const { code = '' } = await minify(`${RESULT}=function(${parameter}){${bundle}}`, TERSER);
  if (!code.startsWith(`${RESULT}=function(`)) throw new Error('terser did not keep the shape of the bundle');
  return `(${code.slice(RESULT.length + 1).replace(/;$/, '')})`;
}

/** Declarations, and at the end the function that the text evaluates to. */
async function minifyProgram(bundle: string, once: readonly string[]): Promise<string> {
  const { code = '' } = await minify(programOf(bundle, RESULT, once), { ...TERSER, toplevel: true, mangle: { toplevel: true, reserved: TAKEN } });
  const parts = code.split(`${RESULT}=`);
  if (parts.length !== 2) throw new Error('terser did not keep the shape of the program');
  return `${parts[0]}(${parts[1]!.replace(/;$/, '')})`;
}

/** Hides Espruino's `require` from esbuild, which would look for the module and put a function of its own in between. */
const REQUIRE = 'espruinoRequire';

/** Runs tsup into a folder of its own and returns the bundle: statements for the body of one function (that function is `compile`'s). */
async function bundleEs5(file: string, { define, mutations, shared }: BundleOptions): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const outDir = await mkdtemp(join(CACHE, 'tsup-'));
  try {
    await build({
      entry: { bundle: file }, outDir, format: 'esm', target: 'es5', platform: 'neutral', define: { ...define, require: REQUIRE }, bundle: true, treeshake: false,
      esbuildPlugins: mutations?.length || shared ? [rewrite(mutations ?? [], shared ? await sharedNames(shared) : new Map<string, string[]>())] : [],
      splitting: false, minify: false, sourcemap: false, dts: false, clean: false, config: false, silent: true,
      tsconfig: join(ROOT, 'tsconfig.device.json'), outExtension: () => ({ js: '.js' }),
    });
    const code = await readFile(join(outDir, 'bundle.js'), 'utf8');
    return code.split(REQUIRE).join('require');
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/** Hands esbuild the changed text of the files that `mutations` name. */
/** Changes sources on their way into a bundle: plants mutations, and puts `image[2].NAME` in the place of functions that are shared. */
function rewrite(mutations: Mutation[], shared: Map<string, string[]>): Plugin {
  const paths = new Set([...mutations.map((each) => join(ROOT, each.file)), ...shared.keys()]);
  return {
    name: 'rewrite',
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!paths.has(path)) return undefined;
        return { contents: withoutFunctions(await mutated(path, mutations), shared.get(path) ?? []), loader: 'ts' };
      });
    },
  };
}

/** Names that a file like bootloader/shared.ts imports, by the file they come from. */
async function sharedNames(file: string): Promise<Map<string, string[]>> {
  const path = join(ROOT, file);
  const source = ts.createSourceFile(path, await readFile(path, 'utf8'), ts.ScriptTarget.ES2022);
  const names = new Map<string, string[]>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const from = resolve(dirname(path), statement.moduleSpecifier.text.replace(/\.js$/, '.ts'));
    names.set(from, bindings.elements.map((each) => each.name.text));
  }
  return names;
}

function withoutFunctions(text: string, names: string[]): string {
  const source = ts.createSourceFile('shared.ts', text, ts.ScriptTarget.ES2022);
  let result = text;
  for (const statement of [...source.statements].reverse()) {
    if (!ts.isFunctionDeclaration(statement) || !statement.name || !names.includes(statement.name.text)) continue;
    const name = statement.name.text;
    result = `${result.slice(0, statement.getStart(source))}export const ${name} = global.image[2].${name};${result.slice(statement.end)}`;
  }
  return result;
}

async function mutated(path: string, mutations: Mutation[]): Promise<string> {
  let text = await readFile(path, 'utf8');
  for (const { file, find, replace } of mutations) {
    if (join(ROOT, file) !== path) continue;
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file}: what a mutation replaces is there ${parts.length - 1} times, not once: ${find}`);
    text = parts.join(replace);
  }
  return text;
}

/** Changes whenever anything changes that can end up in the bundle: device sources, the entry's folder, options, tool versions. */
async function cacheKey(file: string, options: BundleOptions): Promise<string> {
  const hash = createHash('sha256');
  const { parameter, program, late, once, shortNames, define = {}, mutations = [], shared } = options;
  hash.update(JSON.stringify([relative(ROOT, file), parameter, program, late, once, shortNames, Object.entries(define).sort(), mutations, shared]));
  const inputs = [...new Set([...await deviceSources(), ...await sourcesUnder(dirname(file))])].sort();
  for (const input of [...inputs, ...TOOLS]) hash.update(relative(ROOT, input)).update('\0').update(await readFile(input)).update('\0');
  return hash.digest('hex');
}

const TOOLS = ['package-lock.json', 'tsconfig.base.json', 'tsconfig.device.json', 'scripts/build-firmware.ts', 'scripts/bundle-shape.ts', 'scripts/device-text.ts', 'scripts/hoist-vars.ts', 'scripts/memory-plan.ts', 'scripts/short-names.ts']
  .map((name) => join(ROOT, name));

async function deviceSources(): Promise<string[]> {
  return (await Promise.all(DEVICE_FOLDERS.map((folder) => sourcesUnder(join(ROOT, folder))))).flat().sort();
}

async function sourcesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && extname(entry.name) === '.ts').map((entry) => join(entry.parentPath, entry.name));
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
