import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

const eslint = new ESLint({ cwd: new URL('../..', import.meta.url).pathname });

/** The rules that a piece of source breaks, as `rule: message`. */
async function complaints(source: string, filePath: string): Promise<string[]> {
  const [result] = await eslint.lintText(source, { filePath });
  return result!.messages.map((each) => `${each.ruleId ?? 'syntax'}: ${each.message}`);
}

const MISTAKES: [what: string, source: string, says: RegExp][] = [
  ['for-of', 'declare const a: number[]; for (const x of a) f(x); function f(x: number): void { f(x); }', /counting loop/],
  ['for-of with a variable', 'export function f(a: number[]): number { let x = 0; for (x of a) x++; return x; }', /counting loop/],
  ['spread in a call', 'declare const a: number[]; export const b = Math.max(...a);', /Spread/],
  ['spread in a record', 'export function f(a: object): object { return { ...a }; }', /Spread/],
  ['rest parameters', 'export function f(...a: number[]): number { return a.length; }', /Rest/],
  ['destructuring a record', 'export function f(a: { b: number }): number { const { b } = a; return b; }', /Destructuring/],
  ['destructuring an array', 'export function f(a: number[]): number { const [b] = a; return b!; }', /Destructuring/],
  ['default parameters', 'export function f(a = 1): number { return a; }', /Default values/],
  ['classes', 'export class A { b = 1; }', /record of closures/],
  ['computed keys', 'export function f(k: string): object { return { [k]: 1 }; }', /Computed keys/],
  ['generators', 'export function* f(): Generator { yield 1; }', /generators/],
  ['async functions', 'export async function f(): Promise<void> { await g(); } declare function g(): Promise<void>;', /async/],
  ['labels', 'export function f(): void { a: for (;;) { for (;;) break a; } }', /labels/],
  ['tagged templates', 'declare const t: (a: unknown) => string; export const a = t`x`;', /tagged/],
  ['big integers', 'export const a = 1n;', /big integers/],
  ['powers', 'export function f(a: number): number { return a ** 2; }', /inexact/],
  ['regular expressions', 'export function f(a: string): boolean { return /a/.test(a); }', /regular expressions/],
  ['enums', 'export enum A { B }', /inlines it/],
  ['default exports', 'export default 1;', /Export by name/],
  ['text beyond ASCII', 'export const a = "\u00e9";', /ASCII/],
  ['characters above 255', 'export const a = "\\u20ac";', /above 255/],
  ['borrowed methods', 'export function f(): unknown { return Array.prototype.slice; }', /Array.prototype/],
  ['assigning to length', 'export function f(a: number[]): void { a.length = 0; }', /length throws/],
  ['fromCharCode above 255', 'export const a = String.fromCharCode(300);', /8 bits/],
  ['Math.pow', 'export const a = Math.pow(2, 32);', /4294967295/],
  ['Math.imul', 'export const a = Math.imul(2, 3);', /32-bit/],
  ['Math.trunc', 'export const a = Math.trunc(2.5);', /32-bit/],
  ['Math.round', 'export const a = Math.round(2.5);', /floor/],
  ['Math.random', 'export const a = Math.random();', /platform.random/],
  ['Number.isInteger', 'export const a = Number.isInteger(2);', /isInteger|floor/],
  ['Array.from', 'export const a = Array.from("abc");', /loop/],
  ['Uint8Array.from', 'export const a = Uint8Array.from([1]);', /new Uint8Array/],
  ['Object.freeze', 'export const a = Object.freeze({});', /Name the fields/],
  ['Object.assign', 'export const a = Object.assign({}, {});', /Name the fields/],
  ['Promise.race', 'export const a = Promise.race([]);', /lacks/],
  ['Date.now', 'export const a = Date.now();', /nowMs/],
  ['padStart', 'export const a = "1".padStart(2);', /lacks this method/],
  ['flat', 'export const a = [[1]].flat();', /lacks this method/],
  ['sort', 'export const a = [2, 1].sort();', /unstable/],
  ['toFixed', 'export const a = (2.5).toFixed();', /integers/],
  ['instanceof an error', 'export function f(a: unknown): boolean { return a instanceof TypeError; }', /no Error/],
  ['Map', 'export const a = new Map();', /no Map/],
  ['Set', 'export const a = new Set();', /no Set/],
  ['Symbol', 'export const a = Symbol();', /no Symbol/],
  ['a case after default', 'export function f(a: number): number { switch (a) { default: return 1; case 2: return 3; } }', /[Dd]efault/],
  ['a loop variable in a closure', 'export function f(a: (() => number)[]): void { let n = 0; for (let i = 0; i < 3; i++) { n++; a.push(() => n); } }', /no-loop-func/],
  ['functions inside blocks', 'export function f(a: boolean): void { if (a) { function g(): void { f(a); } g(); } }', /no-inner-declarations/],
  ['use before a declaration', 'export function f(): number { const b = c; const c = 1; return b + c; }', /no-use-before-define/],
  ['encodeURIComponent', 'export const a = encodeURIComponent("a");', /127/],
  ['packages', "import { sha256 } from '@noble/hashes/sha2.js'; export const a = sha256;", /own device code/],
  ['Node', "import { readFileSync } from 'node:fs'; export const a = readFileSync;", /own device code/],
  ['host code', "import { a } from '../../cli/image/builder.js'; export const b = a;", /host code/],
];

/** Forbidden even where Espruino's globals are at home. */
const DANGERS: [what: string, source: string, says: RegExp][] = [
  ['setInterval', 'setInterval(print, 10);', /removed for good/],
  ['save', 'save();', /before the bootloader/],
  ['load', 'load();', /console/],
  ['reset', 'reset(true);', /console/],
  ['dump', 'dump();', /secrets/],
  ['Storage.write', "require('Storage').write('a', 'b');", /provisioning/],
  ['Storage.erase', "require('Storage').erase('a');", /provisioning/],
  ['Storage.compact', "require('Storage').compact();", /provisioning/],
  ['Storage.eraseAll', "require('Storage').eraseAll();", /provisioning/],
  ['Storage kept in a variable', "const storage = require('Storage'); storage.write('a', 'b');", /provisioning/],
  ['a method kept for later', "export const w = require('Storage').write;", /provisioning/],
  ['E.setBootCode', "E.setBootCode('x');", /provisioning/],
  ['E.setPassword', "E.setPassword('x');", /console/],
  ['Wifi.save', 'Wifi.save();', /passwords/],
  ['Wifi.save of the module', "require('Wifi').save();", /passwords/],
  ['Wifi.setSNTP', "require('Wifi').setSNTP('a', 0);", /clock/],
];

const ESPRUINO = ['E.getErrorFlags()', 'NRF.wake()', 'digitalWrite(D4, 1)', 'setTimeout(f, 1)', 'setWatch(f, 1)', "require('Flash')", 'peek32(0)', 'analogRead(1)', 'print(1)',
  'console.log(1)', "eval('1')", 'getTime()', 'process.memory()', 'Serial1.write(1)', "crypto.SHA256('')", 'global.a = 1', 'ESP32.reboot()'];

describe('device code that Espruino would reject, run wrongly or be harmed by does not pass the linter', () => {
  test.each(MISTAKES)('%s', async (_what, source, says) => {
    expect((await complaints(source, 'firmware/lock/example.ts')).join('\n')).toMatch(says);
  });

  test.each(DANGERS)('%s, in firmware/platform and everywhere else', async (_what, source, says) => {
    for (const file of ['firmware/platform/example.ts', 'firmware/main.ts', 'bootloader/main.ts', 'firmware/flash/example.ts']) {
      expect((await complaints(source, file)).join('\n'), file).toMatch(says);
    }
  });

  test.each(ESPRUINO)('%s outside firmware/platform, but not inside', async (source) => {
    expect((await complaints(source, 'firmware/update/example.ts')).join('\n')).toMatch(/only touched in firmware\/platform/);
    expect((await complaints(source, 'bootloader/main.ts')).join('\n')).toMatch(/only touched in firmware\/platform/);
    expect((await complaints(source, 'firmware/platform/example.ts')).join('\n')).not.toMatch(/no-restricted/);
  });

  test('making a Platform is for main files, knowing its type is for all', async () => {
    const make = "import { platform } from './platform/espruino.js'; export const a = platform;";
    expect((await complaints(make.replace('./', '../'), 'firmware/lock/example.ts')).join('\n')).toMatch(/Only main files/);
    expect(await complaints(make, 'firmware/main.ts')).toEqual([]);
    expect(await complaints("import type { Platform } from '../platform/types.js'; export type P = Platform;", 'firmware/lock/example.ts')).toEqual([]);
  });

  test('for-of over an element or a field passes: the build keeps it as it is', async () => {
    const loop = 'export function f(a: number[], b: { c: number }): void { for (a[0] of a) b.c++; for (b.c of a) a[1]++; }';
    expect(await complaints(loop, 'firmware/lock/example.ts')).toEqual([]);
  });

  test('plain functions over plain records pass', async () => {
    const plain = `
      export const LIMIT = 3;
      export function count(values: Uint8Array, wanted?: number): number {
        let found = 0;
        for (let i = 0; i < values.length && found < LIMIT; i++) if (values[i] === (wanted || 0)) found++;
        return found;
      }`;
    expect(await complaints(plain, 'firmware/lock/example.ts')).toEqual([]);
  });
});

describe('host code', () => {
  test('in boards, files that never reach a bundle may use the whole language', async () => {
    expect(await complaints('export const a = Array.from(new Set([1]));', 'boards/check.ts')).toEqual([]);
  });

  test('any, ignored type errors and notes to oneself do not pass', async () => {
    expect((await complaints('export const a: any = 1;', 'boards/check.ts')).join()).toMatch(/no-explicit-any/);
    expect((await complaints('// @ts-ignore\nexport const a = 1;', 'boards/check.ts')).join()).toMatch(/ban-ts-comment/);
    expect((await complaints('// TO' + 'DO later\nexport const a = 1;', 'boards/check.ts')).join()).toMatch(/no-warning-comments/);
  });
});
