import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../scripts/build-firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { checkDeviceText } from '../../scripts/device-text.js';
import { untokenise } from '../../scripts/untokenise.js';

const ENTRIES = { entry: 'host-tests/tooling/device/boot.ts', safeModeEntry: 'host-tests/tooling/device/safe-mode.ts' };
const APP = 'host-tests/tooling/device/app.ts';

/** Runs device text with a Storage that holds it as `.boot0`; returns what it printed and what it evaluated to. */
function run(text: string): { printed: unknown[]; result: unknown } {
  const printed: unknown[] = [];
  const storage = { read: (_name: string, offset: number, length: number) => untokenise(text.substring(offset, offset + length)) };
  const result: unknown = runInNewContext(untokenise(text.split('\0')[0]!), { print: (line: unknown) => printed.push(line), require: () => storage });
  return { printed, result };
}

describe('building what runs on the lock', () => {
  test('the bootloader finds safe mode in its own file and evaluates it only then', async () => {
    const boot = await buildBootloader({ family: 'esp32', ...ENTRIES });
    expect(run(boot.text).printed).toEqual(['boot of esp32 1.0.0', 'safe mode after slot 1', undefined]);
    expect(untokenise(boot.text.substr(boot.safeMode.offset, boot.safeMode.length))).toMatch(/\(function\([\w,]*\)\{.*\}\)$/);
    expect(boot.text[boot.safeMode.offset - 1]).toBe('\0');
    expect(untokenise(boot.text).startsWith('(function(){eval(')).toBe(true);
    expect(boot.bootBytes).toBeLessThan(boot.safeMode.offset);
  });

  test('a prelude runs first and moves safe mode along', async () => {
    const boot = await buildBootloader({ family: 'linux', prelude: 'print("pins");', ...ENTRIES });
    expect(run(boot.text).printed).toEqual(['pins', 'boot of linux 1.0.0', 'safe mode after slot 1', undefined]);
  });

  test('an image body evaluates to a function of the handover, and lowered syntax works', async () => {
    const body = await buildApp({ family: 'esp32', version: '1.2.3', entry: APP });
    const { printed, result } = run(body);
    expect(printed).toEqual([]);
    (result as (handover: object) => void)({ slot: 2 });
    expect(printed).toEqual(['App 1.2.3 for nobody', 3, '2,4,6']);
  });

  test('several versions differ only in what they say, and are compiled once', async () => {
    const one = await buildApp({ family: 'esp32', version: '1.0.0', entry: APP });
    const two = await buildApp({ family: 'esp32', version: '1.0.1', entry: APP });
    expect(two).toBe(one.replace('1.0.0', '1.0.1'));
    const begin = performance.now();
    expect(await buildApp({ family: 'esp32', version: '1.0.0', entry: APP })).toBe(one);
    expect(performance.now() - begin).toBeLessThan(500);
  });

  test('what nobody calls is left out', async () => {
    expect(untokenise(await buildApp({ family: 'esp32', version: '1.2.3', entry: APP }))).not.toMatch(/never shipped|"use strict"/);
  });

  test('a version of the wrong form and an unknown family are refused in one sentence', async () => {
    await expect(buildApp({ family: 'esp32', version: '1.2', entry: APP })).rejects.toThrow('version "1.2" is not of the form 1.2.3');
    await expect(buildApp({ family: 'esp8266' as 'esp32', version: '1.2.3', entry: APP })).rejects.toThrow(/no chip family "esp8266"; choose one of esp32,/);
  });
});

describe('the bundles that ship', () => {
  const missing = ['bootloader/main.ts', 'bootloader/safe-mode.ts', 'firmware/main.ts'].filter((name) => !existsSync(name));

  // Of the other families nothing but numbers differs, and what the build itself checks it checks for each.
  test.skipIf(missing.length).each(['esp32', 'xiaoble', 'virtual'] as const)('%s: hold nothing that writes Storage or leaves the app', async (family) => {
    const boot = await buildBootloader({ family });
    const app = await buildApp({ family, version: '1.0.0' });
    const safeMode = boot.text.substr(boot.safeMode.offset, boot.safeMode.length);
    for (const tokens of [...boot.text.slice(0, boot.safeMode.offset - 1).split('\0'), safeMode, app]) {
      const text = untokenise(tokens);
      expect(checkDeviceText(text)).toEqual([]);
      expect(text).not.toMatch(/\.(compact|eraseAll|setBootCode|save)\b|\bsetInterval\b|\b(save|load|reset)\(/);
      expect(text.match(/require\("Storage"\)\.(?!read\b|getFree\b)\w+/g)).toBeNull();
    }
  }, 120_000);
});

describe('what a compiler slipped in does not ship', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deadlatch-build-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ['spread helpers', 'declare const x: any; print([...x, 1]);', /Symbol/],
    ['rest helpers', 'declare const x: any; const { a, ...b } = x; print(a, b);', /Reflect|getOwnPropertySymbols/],
    ['iteration helpers', 'declare const x: any; for (const a of x) print(a);', /Symbol/],
    ['class helpers', 'class A { m() { return 1; } } class B extends A {} print(new B().m());', /Reflect|Symbol/],
    ['powers', 'declare const x: any; print(x ** 2);', /Math\.pow/],
    ['characters above 255', "declare const x: any; print('\\u20ac' + x);", /above 255/],
    ['Storage.write through a variable', "declare const x: any; const s = require('Storage'); s.write('a', x); print(s.read('a'));", /more than reading/],
    ['Storage handed on', "declare const f: any; f(require('Storage'));", /handed on/],
    ['a method of Storage chosen at run time', "declare const x: any; require('Storage')[x]('a');", /only ever read/],
    ['exports', 'export const a = 1; print(a);', /must not export/],
  ])('%s', async (what, source, says) => {
    const entry = join(folder, `${what.replace(/\W/g, '-')}.ts`);
    await writeFile(entry, source);
    await expect(bundleDevice(entry)).rejects.toThrow(says);
  });

  test.each([
    ['save()', 'save();'], ['setInterval', 'setInterval(f,1);'], ['E.setBootCode', 'E.setBootCode("");'],
    ['Storage.eraseAll', 'require("Storage").eraseAll();'], ['Storage.compact', 'require("Storage").compact();'],
    ['Storage.erase', 'require("Storage").erase("a");'], ['Storage.write', 'require("Storage").write("a","b");'],
    ['a reset', 'reset();'], ['load', 'load("a");'], ['Wifi.save', 'require("Wifi").save();'], ['Map', 'new Map;'], ['labels', 'a:for(;;)break a;'],
    ['assigning to length', 'a.length=0;'], ['case after default', 'switch(a){default:b();case 1:c()}'],
    ['regular expressions Espruino misreads', '/a{2}/.test(b);'], ['arrow functions', 'a=()=>1;'], ['non-ASCII', 'a="\u00e9";'],
    ["words of Espruino's as names", 'a=of;'],
  ])('%s in a bundle is found', (_what, text) => {
    expect(checkDeviceText(text)).toHaveLength(1);
  });

  test('what a lock does use passes', () => {
    expect(checkDeviceText('var s=require("Storage");eval(s.read("a",1,2));E.reboot();x.reset=1;require("Flash").write(a,b);a.load=/ab*/;a.of=b;')).toEqual([]);
  });
});
