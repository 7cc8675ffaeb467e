/** The command as somebody at a terminal sees it, and as a script does: what is asked, what is refused, and what the lock has afterwards. */
import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createHostPlatform } from '../../cli/host-platform.js';
import { Refusal } from '../../cli/image/refusal.js';
import type { OwnerUri } from '../../cli/provision/owner-uri.js';
import { provision, type ProvisionOptions } from '../../cli/provision/provision.js';
import { CALIBRATION, OWNERS, WIFI } from '../../firmware/flash/keys.js';
import { stretchCode } from '../../firmware/lock/codes-table.js';
import { ownerEpoch, ownerKey } from '../../firmware/lock/owners.js';
import { MASTER_USER } from '../../firmware/lock/states.js';
import type { Platform } from '../../firmware/platform/types.js';
import { joinedWith } from './joined-network.js';
import { ASKED, codeIn, setUpBench, uriIn, userOf } from './run-provision.js';
import { scriptedTerminal, type Answer } from './scripted-terminal.js';
import { boardOf, cableTo, storesOf } from './workshop.js';

const bench = setUpBench();

function optionsWithout(name: 'wiring' | 'key'): ProvisionOptions {
  const options = { ...bench.workshop.options };
  delete options[name];
  return options;
}

describe('on a pipe', () => {
  test('nothing is asked, and the page tells what is in the lock: codes, device, owner 1', async () => {
    const board = boardOf('esp32');
    const { text } = await bench.run(board);
    const { identity, records } = storesOf(board, 'esp32');
    const owner = uriIn(text);
    expect(owner).toMatchObject({ serial: identity!.serial, model: 'ESP32 bench board, no parts', owner: 1, deviceId: identity!.deviceId, publicKey: identity!.keys[0] });
    const record = records.get(OWNERS);
    expect(ownerEpoch(record)).toBe(1);
    expect(ownerKey(record, 1)).toEqual(owner.ownerKey);
    expect(ownerKey(record, 2)).toBeUndefined();
    expect(record!.length).toBe(35);
    expect(records.get(WIFI)).toBeUndefined();
    expect(records.get(CALIBRATION)).toBeUndefined();

    expect(userOf(board, codeIn(text, 'PIN of user 1'))).toBe(1);
    expect(userOf(board, codeIn(text, 'master code'))).toBe(MASTER_USER);
    const platform = createHostPlatform(new Uint8Array(0), 0) as Platform;
    expect(Buffer.from(stretchCode(platform, identity!.codeSalt, codeIn(text, 'recovery code'), 280))).toEqual(Buffer.from(identity!.recoveryHash));
    expect(identity!.production).toBe(false);
    expect(text).not.toMatch(/[█▀]/);
    expect(board.restarts).toBe(1);
    expect(await bench.workshop.unfinished()).toEqual([]);
  });

  test('two locks have other codes, ids and owners', async () => {
    const pages = [await bench.run(boardOf('esp32')), await bench.run(boardOf('esp32'))].map(({ text }) => text);
    const [one, two] = pages.map(uriIn) as [OwnerUri, OwnerUri];
    for (const field of ['deviceId', 'serial', 'ownerKey'] as const) expect(one[field]).not.toEqual(two[field]);
    expect(codeIn(pages[0]!, 'recovery code')).not.toBe(codeIn(pages[1]!, 'recovery code'));
  });

  test('a wiring, a maker\'s key, a password or a yes that nobody can be asked for is refused with the option that gives it', async () => {
    const pipe = { ...scriptedTerminal([], false), ask: (question: string, option: string) => Promise.reject(new Refusal(`there is no terminal to ask at: ${question} Give ${option}`)) };
    const board = boardOf('esp32');
    const without = optionsWithout('wiring');
    await expect(provision(without, pipe, cableTo(board))).rejects.toThrow(/Give --wiring with esp32-devkit/);
    const keyless = optionsWithout('key');
    await expect(provision({ ...keyless, production: true }, pipe, cableTo(board))).rejects.toThrow(/Give --key FILE/);
    await expect(provision({ ...bench.workshop.options, production: true, key: bench.workshop.makerKey }, pipe, cableTo(board))).rejects.toThrow(/Give --yes/);
    await expect(provision({ ...bench.workshop.options, wifi: 'home' }, pipe, cableTo(board))).rejects.toThrow(/Give --wifi-password-file/);
    board.storage.write('blink.js', 'on()');
    const before = board.nor.bytes.slice();
    await expect(provision(bench.workshop.options, pipe, cableTo(board))).rejects.toThrow(/blink\.js\. All of it will be erased.*Give --yes/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
  });
});

describe('a board of a batch', () => {
  test('takes less than a minute of wire, flash and turns (calculated)', async () => {
    const board = boardOf('esp32');
    let erases = 0;
    board.nor.onOperation = ({ kind }) => void (erases += kind === 'erase' ? 1 : 0);
    await bench.run(board);
    const { received, sent, lines } = board.traffic;
    // 115200 baud; an erase by the data sheet; a turn by the latency of the slowest common USB adapter.
    const seconds = (received + sent) / 11_520 + erases * 0.045 + lines * 0.016;
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(60);
  });
});

describe('at a terminal', () => {
  test('it asks for wiring, master code and network, asks again for what is wrong, and shows the owner\'s QR code', async () => {
    const board = boardOf('esp32');
    const options = optionsWithout('wiring');
    const terminal = scriptedTerminal([
      [ASKED.wiring, 'esp32-devkit'], [ASKED.master, '12'], [ASKED.master, 'abcd'], [ASKED.master, '112233'],
      [ASKED.wifi, 'x'.repeat(33)], [ASKED.wifi, 'Küche'], [ASKED.password, 'short'], [ASKED.password, 'geheim geheim'],
    ]);
    await provision(options, terminal, cableTo(board));
    expect(terminal.left()).toBe(0);
    expect(terminal.text).toMatch(/"12" is not 4 to 10 digits/);
    expect(terminal.text).toMatch(/The name of a network has 1 to 32 bytes, and this one has 33\./);
    expect(terminal.text).toMatch(/A password has 8 to 63 characters, and this one has 5\./);
    expect(terminal.hidden.length).toBe(2);
    expect(terminal.text).not.toContain('geheim');
    expect(codeIn(terminal.text, 'master code')).toBe('112233');
    expect(terminal.text).toMatch(/It joins the Wi-Fi network Küche\./);
    // 49 modules and a margin of 4, two rows a line.
    expect(terminal.text.split('\n').filter((line) => /[█▀▄ ]{57}/.test(line)).length).toBe(29);
    expect(joinedWith(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: Buffer.from('Küche').toString('latin1'), password: 'geheim geheim' });
  });

  test('a wiring that is not there is refused, and one of the virtual lock', async () => {
    expect(await bench.refusal(boardOf('esp32'), { wiring: 'virtual' })).toMatch(/is for the virtual lock/);
    await expect(bench.run(boardOf('esp32'), { wiring: 'nothing' })).rejects.toThrow(/nothing: There is no such board/);
  });

  test('files of somebody stay unless he says yes', async () => {
    const board = boardOf('esp32');
    board.storage.write('blink.js', 'on()');
    const before = board.nor.bytes.slice();
    const answers = (yes: string): Answer[] => [[ASKED.master, ''], [ASKED.wifi, ''], [ASKED.erase, yes]];
    expect(await bench.refusal(board, {}, scriptedTerminal(answers('no')))).toMatch(/other files on the board, and nothing was changed/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
    await bench.workshop.unfinished().then((names) => Promise.all(names.map((name) => rm(bench.workshop.at(`home/${name}`)))));
    const { text } = await bench.run(board, {}, scriptedTerminal(answers('yes')));
    expect(text).toMatch(/master code +\d{6} {3}\(made for you\)/);
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
  });

  test('another lock stays as often as he says no, until he says yes', async () => {
    const board = boardOf('esp32');
    await bench.run(board, { serial: 'DL-old' });
    const before = board.nor.bytes.slice();
    const answers = (yes: string): Answer[] => [[ASKED.master, ''], [ASKED.wifi, ''], [/files: \.boot0, deadlatch\. All of it will be erased/, yes]];
    expect(await bench.refusal(board, {}, scriptedTerminal(answers('no')))).toMatch(/nothing was changed/);
    expect(await bench.workshop.unfinished()).toHaveLength(1);
    // The codes of the first time are kept.
    for (const typed of ['', 'no']) expect(await bench.refusal(board, {}, scriptedTerminal(answers(typed).slice(2)))).toMatch(/nothing was changed/);
    await expect(bench.run(board)).rejects.toThrow(/^asked on a pipe: On the board are files/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
    const { text } = await bench.run(board, {}, scriptedTerminal(answers('yes').slice(2)));
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
    expect(uriIn(text).serial).not.toBe('DL-old');
  });
});

describe('for production', () => {
  const production = { production: true };

  test('it wants a maker\'s key, and a yes to what cannot be taken back', async () => {
    const board = boardOf('esp32');
    expect(await bench.refusal(board, production)).toMatch(/dev\.key: it is a development key, and a production lock needs a maker's/);
    const keyless = optionsWithout('key');
    const asked = scriptedTerminal([[/Its file\?/, bench.workshop.makerKey], [ASKED.production, 'y']]);
    await expect(provision({ ...keyless, ...production }, asked, cableTo(board))).rejects.toThrow(/nothing was changed; leave out --production/);
    expect(board.nor.operations).toBe(0);
    expect(await bench.workshop.unfinished()).toEqual([]);

    const { text } = await bench.run(board, { ...production, key: bench.workshop.makerKey }, scriptedTerminal([[ASKED.production, 'yes'], [ASKED.master, ''], [ASKED.wifi, '']]));
    expect(text).toMatch(/production: its console is shut for good/);
    const { identity } = storesOf(board, 'esp32');
    expect(identity!.production).toBe(true);
    expect(uriIn(text).publicKey).toEqual(identity!.keys[0]);
  }, 60_000);

  test('with --yes a script can make it', async () => {
    const board = boardOf('esp32');
    await bench.run(board, { ...production, key: bench.workshop.makerKey, yes: true });
    expect(storesOf(board, 'esp32').identity!.production).toBe(true);
  });
});
