/**
 * Makes one text for the lock of one entry file:
 *
 *   TypeScript -> `hideForOf` -> tsup (esbuild bundle, swc to ES5) -> bundle-shape, short-names -> terser -> `showForOf` -> `hoistVars` -> `checkDeviceText`
 *   -> `tokenise`, for what is laid out for a lock: a program, or short names. Such a text holds one byte a character.
 *
 * A text is cached by the content of everything that can go into it, in memory and in node_modules/.cache.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify, type MinifyOptions } from 'terser';
import { build } from 'tsup';
import ts from 'typescript';
import { markApart, setApart } from './apart.js';
import { inlineConstants, programOf } from './bundle-shape.js';
import { checkDeviceText } from './device-text.js';
import { showForOf } from './for-of.js';
import { checkVars, hoistVars } from './hoist-vars.js';
import { nest } from './nest.js';
import { rewriting, type Mutation } from './plant.js';
import { applyEdits, isUse, parseScript, type Edit } from './script.js';
import { shortenNames, shortNamesOf } from './short-names.js';
import { tokenise } from './tokens.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/deadlatch');
const DEVICE_FOLDERS = ['boards', 'bootloader', 'firmware'];

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

/** Names that Espruino's chips have at the root already: `E`, and pins. */
const TAKEN = ['E', 'NRF', 'SDA', 'SCL', 'USB', 'LED', 'BTN', ...Array.from({ length: 26 * 10 }, (_, index) => String.fromCharCode(65 + Math.floor(index / 10)) + String(index % 10))];

const TERSER: MinifyOptions = {
  ecma: 5,
  compress: {
    // Espruino hoists neither functions nor variables; for those, `hoistVars` costs less than terser's hoist_vars, and misses none.
    hoist_funs: true,
    // A function written out at its only call would be made anew at every call: slow, and variables for the collector.
    reduce_funcs: false,
    // No record of the firmware has a getter.
    pure_getters: true,
    passes: 3,
  },
  // `of` is a word of its own for Espruino's lexer, wherever it stands.
  mangle: { reserved: ['of'] },
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
  const building = readFile(join(CACHE, key), 'latin1').catch(() => buildAndStore(file, options, key));
  memory.set(key, building);
  building.catch(() => memory.delete(key));
  return building;
}

const memory = new Map<string, Promise<string>>();

async function buildAndStore(file: string, options: BundleOptions, key: string): Promise<string> {
  const text = await compile(file, options);
  // A source that was saved meanwhile may be in this text, under a key that does not know it.
  if (await cacheKey(file, options) !== key) return text;
  await mkdir(CACHE, { recursive: true });
  const temporary = join(CACHE, randomUUID());
  await writeFile(temporary, text, 'latin1');
  await rename(temporary, join(CACHE, key));
  return text;
}

async function compile(file: string, options: BundleOptions): Promise<string> {
  const name = relative(ROOT, file);
  const laidOut = nest(inlineConstants(await bundleEs5(file, options)), options.late ?? []);
  const bundle = options.shortNames ? shortenNames(laidOut, await shortNamesOf(ROOT, await deviceSources())) : laidOut;
  const code = options.program
    ? await minifyProgram(bundle, options.once ?? [])
    : await minifyFunction(name, markApart(bundle, options.apart ?? []), options.parameter);
  const text = hoistVars(showForOf(options.program && options.shortNames ? shortenBytes(code) : code));
  const problems = [...checkDeviceText(text), ...checkVars(text)];
  if (problems.length) throw new Error(`${name} cannot run on a lock:\n  ${problems.join('\n  ')}`);
  const finish = options.program || options.shortNames ? tokenise : (plain: string): string => plain;
  if (options.apart) return inParts(text).map(finish).join(BETWEEN_PARTS);
  return finish(options.program || options.parameter ? text : `${text}();`);
}

/** Where the parts of `.boot0` begin and end: Espruino's lexer takes it for the end of the text. */
export const BETWEEN_PARTS = '\0';

/** The statements of `(function(){...})`, and what is set apart. */
function inParts(text: string): string[] {
  const { program, parts } = setApart(text.slice('(function(){'.length, -'})'.length), '.boot0');
  return [program, ...parts];
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
  const { code = '' } = await minify(programOf(bundle, RESULT, once), { ...TERSER, toplevel: true, mangle: { toplevel: true, reserved: ['of', ...TAKEN] } });
  const parts = code.split(`${RESULT}=`);
  if (parts.length !== 2) throw new Error('terser did not keep the shape of the program');
  return `${parts[0]}(${parts[1]!.replace(/;$/, '')})`;
}

/** The native that programs name most often. */
const BYTES = 'Uint8Array';
/** From so many uses on, the bytes saved are worth the two variables. */
const MANY = 30;

/** Gives that native a name of one or two characters, which no scope of the program has. */
function shortenBytes(program: string): string {
  const names = new Set(program.match(/[\w$]+/g));
  const uses: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === BYTES && isUse(node)) uses.push({ from: node.getStart(), to: node.end, text: short });
    ts.forEachChild(node, visit);
  };
  const short = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((first) => [first, `${first}_`]).find((name) => !names.has(name) && !TAKEN.includes(name))!;
  visit(parseScript(program));
  return uses.length < MANY ? program : `var ${short}=${BYTES};${applyEdits(program, uses)}`;
}

/** Hides Espruino's `require` from esbuild, which would look for the module and put a function of its own in between. */
const REQUIRE = 'espruinoRequire';

/** Runs tsup into a folder of its own and returns the bundle: statements for the body of one function (that function is `compile`'s). */
async function bundleEs5(file: string, { define, mutations, shared, instead }: BundleOptions): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const outDir = await mkdtemp(join(CACHE, 'tsup-'));
  try {
    const plugins = await rewriting(mutations ?? [], shared, instead);
    await inRepository(() => build({
      entry: { bundle: file }, outDir, format: 'esm', target: 'es5', platform: 'neutral', define: { ...define, require: REQUIRE }, bundle: true, treeshake: false,
      esbuildPlugins: plugins,
      splitting: false, minify: false, sourcemap: false, dts: false, clean: false, config: false, silent: true,
      tsconfig: join(ROOT, 'tsconfig.device.json'), outExtension: () => ({ js: '.js' }),
    }));
    const code = await readFile(join(outDir, 'bundle.js'), 'utf8');
    return code.split(REQUIRE).join('require');
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

let building = 0;
let callersFolder = '';

/** tsup looks for the compiler in the folder it is called from, which for `deadlatch build` may be any. */
async function inRepository<T>(work: () => Promise<T>): Promise<T> {
  if (!building++ && relative(ROOT, process.cwd())) {
    callersFolder = process.cwd();
    process.chdir(ROOT);
  }
  try {
    return await work();
  } finally {
    if (!--building && callersFolder) {
      process.chdir(callersFolder);
      callersFolder = '';
    }
  }
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
  ...['apart', 'build-bootloader', 'bundle-device', 'bundle-shape', 'defines', 'device-text', 'for-of', 'hoist-vars', 'memory-plan', 'nest', 'plant', 'script', 'short-names', 'tokens', 'untokenise'].map((name) => `scripts/${name}.ts`),
]
  .map((name) => join(ROOT, name));

async function deviceSources(): Promise<string[]> {
  return (await Promise.all(DEVICE_FOLDERS.map((folder) => sourcesUnder(join(ROOT, folder))))).flat().sort();
}

async function sourcesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && extname(entry.name) === '.ts').map((entry) => join(entry.parentPath, entry.name));
}

