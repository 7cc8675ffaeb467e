/** Wi-Fi on the command line: where the password comes from, what is refused, and what the firmware joins. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WIFI } from '../../firmware/flash/keys.js';
import { joinedWith } from './joined-network.js';
import { ASKED, setUpBench } from './run-provision.js';
import { scriptedTerminal } from './scripted-terminal.js';
import { boardOf, storesOf } from './workshop.js';

const bench = setUpBench();

describe('Wi-Fi', () => {
  const file = (): string => bench.workshop.at('wifi.txt');
  afterEach(() => rm(file(), { force: true }));

  test('its password comes from a file that only its owner can read', async () => {
    const board = boardOf('esp32');
    const options = { wifi: 'home', wifiPasswordFile: file() };
    expect(await bench.refusal(board, options)).toMatch(/wifi\.txt: cannot read the Wi-Fi password: it does not exist/);
    await writeFile(file(), 'a good password\n');
    await chmod(file(), 0o644);
    expect(await bench.refusal(board, options)).toMatch(/wifi\.txt: mode: others can read this password; run "chmod 600 /);
    await chmod(file(), 0o600);
    await bench.run(board, options);
    expect(joinedWith(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: 'home', password: 'a good password' });
  });

  test.each<[string, string, RegExp]>([
    ['seven characters', '1234567', /8 to 63 characters, and this one has 7/], ['64', 'x'.repeat(64), /this one has 64/], ['accents', 'pässwörter', /plain characters only/],
    ['a whole book', 'x'.repeat(5000), /this one has 64/],
  ])('a password of %s is refused', async (_title, text, sentence) => {
    await writeFile(file(), text, { mode: 0o600 });
    expect(await bench.refusal(boardOf('esp32'), { wifi: 'home', wifiPasswordFile: file() })).toMatch(sentence);
  });

  test('an open network has an empty file, and no network an empty name', async () => {
    await writeFile(file(), '', { mode: 0o600 });
    const board = boardOf('esp32');
    await bench.run(board, { wifi: 'cafe', wifiPasswordFile: file() });
    expect(joinedWith(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: 'cafe', password: '' });
    const other = boardOf('esp32');
    await bench.run(other, { wifi: '' }, scriptedTerminal([[ASKED.master, '']]));
    expect(storesOf(other, 'esp32').records.get(WIFI)).toBeUndefined();
  });

  test('is refused where the chip has none, where the name is too long, and where only a password is given', async () => {
    expect(await bench.refusal(boardOf('xiaoble'), { wiring: 'xiao-wiegand', wifi: 'home' })).toMatch(/^--wifi: XIAO nRF52840, 4xAA, Wiegand has no Wi-Fi/);
    expect(await bench.refusal(boardOf('esp32'), { wifi: 'ü'.repeat(17) })).toMatch(/1 to 32 bytes, and this one has 34/);
    expect(await bench.refusal(boardOf('esp32'), { wifiPasswordFile: 'x' })).toMatch(/needs the name of the network/);
  });
});
