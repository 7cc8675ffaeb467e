/**
 * Makes the text of `bundleDevice`:
 *
 *   TypeScript -> `hideForOf` -> tsup (esbuild bundle, swc to ES5) -> bundle-shape, nest, short-names -> terser -> `showForOf` -> `hoistVars`
 *   -> `checkDeviceText` -> `tokenise`, for what is laid out for a lock: a program, or short names. Such a text holds one byte a character.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { minify, type MinifyOptions } from 'terser';
import { build } from 'tsup';
import ts from 'typescript';
import { markApart, setApart } from './apart.js';
import type { BundleOptions } from './bundle-device.js';
import { inlineConstants, programOf } from './bundle-shape.js';
import { CACHE, deviceSources, ROOT } from './device-sources.js';
import { checkDeviceText } from './device-text.js';
import { showForOf } from './for-of.js';
import { checkVars, hoistVars } from './hoist-vars.js';
import { nest } from './nest.js';
import { rewriting } from './plant.js';
import { applyEdits, isUse, parseScript, type Edit } from './script.js';
import { shortenNames, shortNamesOf } from './short-names.js';
import { BETWEEN_PARTS } from './stand-ins.js';
import { tokenise } from './tokens.js';

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

/** Makes the text, for `bundleDevice`. */
export async function compile(file: string, options: BundleOptions): Promise<string> {
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
