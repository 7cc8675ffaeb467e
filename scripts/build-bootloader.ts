/**
 * Builds `.boot0`: a few characters that evaluate the program, then the program, the parts of it that lie apart, safe mode, and the sentences
 * of refusals. A NUL in front of each ends the text for Espruino's lexer, so that a start reads only over what it evaluates.
 */
import type { FamilyName } from '../boards/families.js';
import { PAGE_BYTES, STORAGE_HEADER_BYTES } from '../firmware/flash/layout.js';
import { sentenceTable } from '../firmware/sentences.js';
import { bundleDevice, type Defines } from './bundle-device.js';
import { definesOf, familyOf } from './defines.js';
import { BOOT, SAFE_MODE as SAFE_MODE_PLAN } from './memory-plan.js';
import type { Mutation } from './plant.js';
import { BETWEEN_PARTS, insertNumber, partStandIns } from './stand-ins.js';
import { TOKENS } from './untokenise.js';

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
  /** What goes into `.boot0`, to be padded with newlines: one byte a character, in Espruino's tokens. */
  text: string;
  /** Bytes of the bootloader without prelude and safe mode; and of these, what Espruino evaluates by itself. */
  bootBytes: number;
  startBytes: number;
  /** The program that is evaluated at every start, and what lies apart of it. */
  parts: string[];
  /** Where `text` holds safe mode, for `Storage.read('.boot0', offset, length)`. */
  safeMode: Place;
}

interface Place {
  offset: number;
  length: number;
}

/** Stand-ins for offset and length of safe mode, of the sentences and of the program, known only when everything is minified. */
const SAFE_MODE = ['7306133', '7306139'] as const;
const SENTENCES = ['7306163', '7306169'] as const;
const PROGRAM = ['7306151', '7306157'] as const;
/** All that Espruino evaluates by itself. In a function, so that nothing is left at the root; a text of its own, so that the rest is read over once. */
const START = `(${TOKENS.get('function')!}(){eval(require("Storage").read(".boot0",${PROGRAM.join()}))})();`;

/** Builds `.boot0` for a family. Throws where it does not fit its file. */
export async function buildBootloader(options: BootloaderOptions): Promise<Bootloader> {
  const family = familyOf(options.family);
  const define = { ...definesOf(family, BOOTLOADER_VERSION), ...options.define };
  const mutations = options.mutations ?? [];
  const safeMode = await bundleDevice(options.safeModeEntry ?? 'bootloader/safe-mode.ts', {
    define, mutations, program: true, shared: 'bootloader/shared.ts', instead: { 'firmware/safe-mode.ts': 'bootloader/in-safe-mode.ts' }, shortNames: true,
    ...(options.safeModeEntry === undefined && SAFE_MODE_PLAN),
  });
  const bundle = await bundleDevice(options.entry ?? 'bootloader/main.ts', {
    define: { ...define, __SAFE_MODE_OFFSET__: SAFE_MODE[0], __SAFE_MODE_LENGTH__: SAFE_MODE[1], __SENTENCES_OFFSET__: SENTENCES[0] },
    mutations, shortNames: true, apart: [],
    ...(options.entry === undefined && BOOT),
  });
  const start = (options.prelude ?? '') + START;
  const parts = bundle.split(BETWEEN_PARTS);
  const texts = [start, ...parts, safeMode, sentenceTable()];
  const places = placesOf(texts);
  const standIns = [undefined, PROGRAM, ...parts.slice(1).map((_, part) => partStandIns(part)), SAFE_MODE, SENTENCES];
  const filled = texts.map((text) => standIns.reduce((done, pair, at) => (pair ? fill(done, pair, places[at]!) : done), text));
  const text = filled.join(BETWEEN_PARTS);
  const limit = family.geometry.bootPages * PAGE_BYTES - STORAGE_HEADER_BYTES;
  if (text.length > limit) throw new Error(`the bootloader for ${family.name} has ${text.length} bytes, its file holds ${limit}`);
  const safeModePlace = places.at(-2)!;
  return {
    text, bootBytes: safeModePlace.offset - BETWEEN_PARTS.length - (start.length - START.length), startBytes: START.length,
    parts: filled.slice(1, -2), safeMode: safeModePlace,
  };
}

/** Where each of these texts will lie. */
function placesOf(texts: readonly string[]): Place[] {
  let offset = 0;
  return texts.map(({ length }) => {
    const place = { offset, length };
    offset += length + BETWEEN_PARTS.length;
    return place;
  });
}

function fill(text: string, [offset, length]: readonly [string, string], place: Place): string {
  return insertNumber(insertNumber(text, offset, place.offset), length, place.length);
}
