/** The command as somebody at a terminal sees it, and as a script does: what is asked, what is refused, and what the lock has afterwards. */
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connect } from '../../cli/board/connection.js';
import { openPort, type Port } from '../../cli/board/port.js';
import { Refusal } from '../../cli/image/refusal.js';
import { calibrate, calibrationRecord } from '../../cli/provision/calibration.js';
import { parseOwnerUri, type OwnerUri } from '../../cli/provision/owner-uri.js';
import { provision, type OpenPort, type ProvisionOptions } from '../../cli/provision/provision.js';
import { CALIBRATION, OWNERS, WIFI } from '../../firmware/flash/keys.js';
import { openMeter } from '../../firmware/lock/battery.js';
import { stretchCode } from '../../firmware/lock/codes-table.js';
import { holderOf } from '../../firmware/lock/codes.js';
import { ownerEpoch, ownerKey } from '../../firmware/lock/owners.js';
import { MASTER_USER } from '../../firmware/lock/states.js';
import { joinWifi } from '../../firmware/platform/wifi.js';
import type { Platform } from '../../firmware/platform/types.js';
import { wiring as cells } from '../../boards/reference/esp32-4xaa.js';
import { wiring as xiao } from '../../boards/reference/xiao-wiegand.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import type { FakeBoard } from './fake-board.js';
import { scriptedTerminal, type Answer, type ScriptedTerminal } from './scripted-terminal.js';
import { boardOf, cableTo, openWorkshop, storesOf, VIA, type Workshop } from './workshop.js';

// A first signature takes its time.
vi.setConfig({ testTimeout: 120_000 });

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());
beforeEach(() => rm(workshop.at('home'), { recursive: true, force: true }));

const TYPED = { wiring: /^Which wiring/, master: /^Master code/, wifi: /^Wi-Fi network/, password: /^Password of the network/, pack: /^Measure the pack/, erase: /will be erased/, production: /^A production lock has no console/ };

async function run(board: FakeBoard, options: Partial<ProvisionOptions> = {}, terminal = scriptedTerminal([], false), open: OpenPort = cableTo(board)): Promise<ScriptedTerminal> {
  await provision({ ...workshop.options, ...options }, terminal, open);
  expect(terminal.left()).toBe(0);
  return terminal;
}

function optionsWithout(name: 'wiring' | 'key'): ProvisionOptions {
  const options = { ...workshop.options };
  delete options[name];
  return options;
}

async function refusal(...given: Parameters<typeof run>): Promise<string> {
  const error = await run(...given).then(() => undefined, (failure: unknown) => failure);
  expect(error).toBeInstanceOf(Refusal);
  const { message } = error as Refusal;
  expect(message).toMatch(/^[^\n]+;[^\n]+[^.]$/);
  return message;
}

const uriIn = (text: string): OwnerUri => parseOwnerUri(/deadlatch:1\?\S+/.exec(text)![0]);
const codeIn = (text: string, what: string): string => new RegExp(`${what} +([\\d ]*\\d)`).exec(text)![1]!.replaceAll(' ', '');

describe('on a pipe', () => {
  test('nothing is asked, and the page tells what is in the lock: codes, device, owner 1', async () => {
    const board = boardOf('esp32');
    const { text } = await run(board);
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

    const platform = createHostPlatform(board.nor.bytes, 0) as Platform;
    const userOf = (code: string): number => holderOf(platform, records, identity!.recoveryHash, stretchCode(platform, identity!.codeSalt, code, 280)).user;
    expect(userOf(codeIn(text, 'PIN of user 1'))).toBe(1);
    expect(userOf(codeIn(text, 'master code'))).toBe(MASTER_USER);
    expect(Buffer.from(stretchCode(platform, identity!.codeSalt, codeIn(text, 'recovery code'), 280))).toEqual(Buffer.from(identity!.recoveryHash));
    expect(identity!.production).toBe(false);
    expect(text).not.toMatch(/[█▀]/);
    expect(board.restarts).toBe(1);
    expect(await workshop.unfinished()).toEqual([]);
  });

  test('two locks have other codes, ids and owners', async () => {
    const pages = [await run(boardOf('esp32')), await run(boardOf('esp32'))].map(({ text }) => text);
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
    await expect(provision({ ...workshop.options, production: true, key: workshop.makerKey }, pipe, cableTo(board))).rejects.toThrow(/Give --yes/);
    await expect(provision({ ...workshop.options, wifi: 'home' }, pipe, cableTo(board))).rejects.toThrow(/Give --wifi-password-file/);
    board.storage.write('blink.js', 'on()');
    const before = board.nor.bytes.slice();
    await expect(provision(workshop.options, pipe, cableTo(board))).rejects.toThrow(/blink\.js\. All of it will be erased.*Give --yes/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
  });
});

describe('a board of a batch', () => {
  test('takes less than a minute of wire, flash and turns (calculated)', async () => {
    const board = boardOf('esp32');
    let erases = 0;
    board.nor.onOperation = ({ kind }) => void (erases += kind === 'erase' ? 1 : 0);
    await run(board);
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
      [TYPED.wiring, 'esp32-devkit'], [TYPED.master, '12'], [TYPED.master, 'abcd'], [TYPED.master, '112233'],
      [TYPED.wifi, 'x'.repeat(33)], [TYPED.wifi, 'Küche'], [TYPED.password, 'short'], [TYPED.password, 'geheim geheim'],
    ]);
    await provision(options, terminal, cableTo(board));
    expect(terminal.left()).toBe(0);
    expect(terminal.text).toMatch(/"12" is not 4 to 11 digits/);
    expect(terminal.text).toMatch(/The name of a network has 1 to 32 bytes, and this one has 33\./);
    expect(terminal.text).toMatch(/A password has 8 to 63 characters, and this one has 5\./);
    expect(terminal.hidden.length).toBe(2);
    expect(terminal.text).not.toContain('geheim');
    expect(codeIn(terminal.text, 'master code')).toBe('112233');
    expect(terminal.text).toMatch(/It joins the Wi-Fi network Küche\./);
    // 49 modules and a margin of 4, two rows a line.
    expect(terminal.text.split('\n').filter((line) => /[█▀▄ ]{57}/.test(line)).length).toBe(29);
    expect(joined(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: Buffer.from('Küche').toString('latin1'), password: 'geheim geheim' });
  });

  test('a wiring that is not there is refused, and one of the virtual lock', async () => {
    expect(await refusal(boardOf('esp32'), { wiring: 'virtual' })).toMatch(/is for the virtual lock/);
    await expect(run(boardOf('esp32'), { wiring: 'nothing' })).rejects.toThrow(/nothing: There is no such board/);
  });

  test('files of somebody stay unless he says yes', async () => {
    const board = boardOf('esp32');
    board.storage.write('blink.js', 'on()');
    const before = board.nor.bytes.slice();
    const answers = (yes: string): Answer[] => [[TYPED.master, ''], [TYPED.wifi, ''], [TYPED.erase, yes]];
    expect(await refusal(board, {}, scriptedTerminal(answers('no')))).toMatch(/other files on the board, and nothing was changed/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
    await workshop.unfinished().then((names) => Promise.all(names.map((name) => rm(workshop.at(`home/${name}`)))));
    const { text } = await run(board, {}, scriptedTerminal(answers('yes')));
    expect(text).toMatch(/master code +\d{6} {3}\(made for you\)/);
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
  });

  test('another lock stays as often as he says no, until he says yes', async () => {
    const board = boardOf('esp32');
    await run(board, { serial: 'DL-old' });
    const before = board.nor.bytes.slice();
    const answers = (yes: string): Answer[] => [[TYPED.master, ''], [TYPED.wifi, ''], [/files: \.boot0, deadlatch\. All of it will be erased/, yes]];
    expect(await refusal(board, {}, scriptedTerminal(answers('no')))).toMatch(/nothing was changed/);
    expect(await workshop.unfinished()).toHaveLength(1);
    // The codes of the first time are kept.
    for (const typed of ['', 'no']) expect(await refusal(board, {}, scriptedTerminal(answers(typed).slice(2)))).toMatch(/nothing was changed/);
    await expect(run(board)).rejects.toThrow(/^asked on a pipe: On the board are files/);
    expect(Buffer.compare(board.nor.bytes, before)).toBe(0);
    const { text } = await run(board, {}, scriptedTerminal(answers('yes').slice(2)));
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
    expect(uriIn(text).serial).not.toBe('DL-old');
  });
});

describe('for production', () => {
  const production = { production: true };

  test('it wants a maker\'s key, and a yes to what cannot be taken back', async () => {
    const board = boardOf('esp32');
    expect(await refusal(board, production)).toMatch(/dev\.key: it is a development key, and a production lock needs a maker's/);
    const keyless = optionsWithout('key');
    const asked = scriptedTerminal([[/Its file\?/, workshop.makerKey], [TYPED.production, 'y']]);
    await expect(provision({ ...keyless, ...production }, asked, cableTo(board))).rejects.toThrow(/nothing was changed; leave out --production/);
    expect(board.nor.operations).toBe(0);
    expect(await workshop.unfinished()).toEqual([]);

    const { text } = await run(board, { ...production, key: workshop.makerKey }, scriptedTerminal([[TYPED.production, 'yes'], [TYPED.master, ''], [TYPED.wifi, '']]));
    expect(text).toMatch(/production: its console is shut for good/);
    const { identity } = storesOf(board, 'esp32');
    expect(identity!.production).toBe(true);
    expect(uriIn(text).publicKey).toEqual(identity!.keys[0]);
  }, 60_000);

  test('with --yes a script can make it', async () => {
    const board = boardOf('esp32');
    await run(board, { ...production, key: workshop.makerKey, yes: true });
    expect(storesOf(board, 'esp32').identity!.production).toBe(true);
  });
});

describe('Wi-Fi', () => {
  const file = (): string => workshop.at('wifi.txt');
  afterEach(() => rm(file(), { force: true }));

  test('its password comes from a file that only its owner can read', async () => {
    const board = boardOf('esp32');
    const options = { wifi: 'home', wifiPasswordFile: file() };
    expect(await refusal(board, options)).toMatch(/wifi\.txt: cannot read the Wi-Fi password: it does not exist/);
    await writeFile(file(), 'a good password\n');
    await chmod(file(), 0o644);
    expect(await refusal(board, options)).toMatch(/wifi\.txt: mode: others can read this password; run "chmod 600 /);
    await chmod(file(), 0o600);
    await run(board, options);
    expect(joined(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: 'home', password: 'a good password' });
  });

  test.each<[string, string, RegExp]>([
    ['seven characters', '1234567', /8 to 63 characters, and this one has 7/], ['64', 'x'.repeat(64), /this one has 64/], ['accents', 'pässwörter', /plain characters only/],
    ['a whole book', 'x'.repeat(5000), /this one has 64/],
  ])('a password of %s is refused', async (_title, text, sentence) => {
    await writeFile(file(), text, { mode: 0o600 });
    expect(await refusal(boardOf('esp32'), { wifi: 'home', wifiPasswordFile: file() })).toMatch(sentence);
  });

  test('an open network has an empty file, and no network an empty name', async () => {
    await writeFile(file(), '', { mode: 0o600 });
    const board = boardOf('esp32');
    await run(board, { wifi: 'cafe', wifiPasswordFile: file() });
    expect(joined(storesOf(board, 'esp32').records.get(WIFI)!)).toEqual({ name: 'cafe', password: '' });
    const other = boardOf('esp32');
    await run(other, { wifi: '' }, scriptedTerminal([[TYPED.master, '']]));
    expect(storesOf(other, 'esp32').records.get(WIFI)).toBeUndefined();
  });

  test('is refused where the chip has none, where the name is too long, and where only a password is given', async () => {
    expect(await refusal(boardOf('xiaoble'), { wiring: 'xiao-wiegand', wifi: 'home' })).toMatch(/^--wifi: XIAO nRF52840, 4xAA, Wiegand has no Wi-Fi/);
    expect(await refusal(boardOf('esp32'), { wifi: 'ü'.repeat(17) })).toMatch(/1 to 32 bytes, and this one has 34/);
    expect(await refusal(boardOf('esp32'), { wifiPasswordFile: 'x' })).toMatch(/needs the name of the network/);
  });
});

describe('the battery reading', () => {
  /** A board whose divider reads `off` of the true volts. */
  const packOf = (mv: number, off: number, wobble = 0): FakeBoard => {
    let calls = 0;
    return boardOf('esp32', { adc: () => mv * off / 7200 * (1 + (calls++ % 8 < 4 ? wobble : 0)) });
  };
  const wiring = 'esp32-4xaa';
  const meterOf = (board: FakeBoard, mv: number, off: number): ReturnType<typeof openMeter> => openMeter(
    { pins: { mode: () => undefined, analog: () => mv * off / 7200 } } as unknown as Platform, cells.battery, storesOf(board, 'esp32').records,
  );

  test.each([0.88, 0.95, 1, 1.07, 1.14])('is exact after one measurement, with a divider of %f', async (off) => {
    const board = packOf(5920, off);
    const { text } = await run(board, { wiring, batteryMv: '5920' });
    expect(text).not.toMatch(/not calibrated/);
    for (const mv of [4500, 5200, 6100]) {
      const meter = meterOf(board, mv, off);
      expect(meter.calibrated).toBe(true);
      expect(Math.abs(meter.restMv() - mv)).toBeLessThanOrEqual(1);
    }
  });

  test('is asked for at a terminal until it can be used', async () => {
    const board = packOf(5920, 1.03);
    const { text } = await run(board, { wiring, wifi: '' }, scriptedTerminal([
      [TYPED.master, ''], [TYPED.pack, 'full'], [TYPED.pack, '5920'], [TYPED.pack, '12'], [TYPED.pack, '4,2'], [TYPED.pack, '5,92'],
    ]));
    expect(text).toMatch(/"full" are no volts; type them like 5\.92\.\n.*\n"5920" are no volts/);
    expect(text).toMatch(/12\.00 V is not what 4xAA can have, 2\.00 V to 7\.20 V/);
    expect(text).toMatch(/the multimeter shows 4\.20 V and the board reads 6\.10 V, which is more than the 15 % that resistors and ADC can be off/);
    expect(text).toMatch(/Calibrated: the board reads 2\.9 % too high\./);
    expect(Math.abs(meterOf(board, 5000, 1.03).restMv() - 5000)).toBeLessThanOrEqual(1);
  });

  test('can be measured later, and the page says what that costs', async () => {
    const board = packOf(5920, 1);
    const { text } = await run(board, { wiring, wifi: '' }, scriptedTerminal([[TYPED.master, ''], [TYPED.pack, '']]));
    expect(text).toMatch(/not calibrated: for updates it wants 6 % more volts/);
    expect(storesOf(board, 'esp32').records.get(CALIBRATION)).toBeUndefined();
  });

  test('a switched divider is connected while it is read, and never longer', async () => {
    const board = boardOf('xiaoble', { adc: () => 6000 / 6600 });
    const gain = await calibrate(await connect(board.start(), 1, 200), xiao.battery, 5880);
    expect(board.pins.join(', ')).toBe(Array.from({ length: 5 }, () => 'analog 0, output 10, write 10 1, write 10 0').join(', '));
    const meter = openMeter({ pins: { mode: () => undefined, write: () => undefined, analog: () => 6000 / 6600 } } as unknown as Platform, xiao.battery, { get: () => calibrationRecord(gain) });
    expect(meter.restMv()).toBe(5880);
  });

  test.each<[string, FakeBoard, string, RegExp]>([
    ['nothing at the divider', packOf(0, 1), '5900', /D35 reads 0\.00 V, so nothing of the pack reaches it/],
    ['the pack straight at the pin', packOf(7200, 1), '5900', /D35 reads the most it can; check the divider/],
    ['a loose contact', packOf(5900, 1, 0.1), '5900', /readings at D35 differ by 9 %; look for a loose contact/],
    ['a divider far off', packOf(5900, 0.8), '5900', /shows 5\.90 V and the board reads 4\.72 V, which is more than the 15 %/],
    ['a pack that cannot be', packOf(5900, 1), '9000', /9\.00 V is not what 4xAA can have/],
    ['no number', packOf(5900, 1), '5.9V', /^--battery-mv "5\.9V": these are no millivolts; write them like 5920/],
    ['no ADC', boardOf('esp32'), '5900', /D35 has no ADC in this build/],
  ])('is refused: %s', async (_title, board, batteryMv, sentence) => {
    expect(await refusal(board, { wiring, batteryMv })).toMatch(sentence);
    expect(board.nor.operations).toBe(0);
  });

  test('is refused where nothing is measured', async () => {
    expect(await refusal(boardOf('esp32'), { batteryMv: '5900' })).toMatch(/bench board, no parts measures no battery/);
  });
});

describe('after a cut', () => {
  const file = async (): Promise<string> => workshop.at(`home/${(await workshop.unfinished())[0]}`);
  const cut = (board: FakeBoard, at: number): void => {
    board.nor.cut = { at, how: 'before' };
  };

  test('it goes on with the same codes, owner, network and calibration, and asks for none of them again', async () => {
    const board = boardOf('esp32', { adc: () => 5000 / 7200 });
    await writeFile(workshop.at('pass'), 'first password', { mode: 0o600 });
    cut(board, 90);
    expect(await refusal(board, { wiring: 'esp32-4xaa', wifi: 'home', wifiPasswordFile: workshop.at('pass'), batteryMv: '5100' })).toMatch(/connection broke; check cable/);
    expect((await stat(await file())).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(await readFile(await file(), 'utf8')) as { ownerKey: string; serial: string };
    const { text } = await run(board, { wiring: 'esp32-4xaa' }, scriptedTerminal([]));
    expect(text).toContain(`Going on with the lock ${kept.serial}`);
    expect(Buffer.from(uriIn(text).ownerKey).toString('hex')).toBe(kept.ownerKey);
    const { records } = storesOf(board, 'esp32');
    expect(joined(records.get(WIFI)!)).toEqual({ name: 'home', password: 'first password' });
    expect([...records.get(CALIBRATION)!]).toEqual([10200 & 255, 10200 >> 8]);
  });

  test('with another PIN, network or calibration it is another lock, even when it was finished but for telling', async () => {
    const board = boardOf('esp32');
    const told = scriptedTerminal([], false);
    const page = told.say;
    told.say = (text) => {
      page(text);
      if (text.includes('recovery code')) throw new Refusal('the terminal went away; look for it');
    };
    await expect(run(board, { pin: '1111' }, told)).rejects.toThrow(/terminal went away/);
    expect(await workshop.unfinished()).toHaveLength(1);
    const first = storesOf(board, 'esp32').identity!.deviceId.join();
    const again = await run(board, { pin: '1111' });
    expect(storesOf(board, 'esp32').identity!.deviceId.join()).toBe(first);
    expect(uriIn(again.text).ownerKey).toEqual(uriIn(told.text).ownerKey);

    const other = boardOf('esp32', { chip: 'other' });
    await expect(run(other, { pin: '1111' }, told)).rejects.toThrow(/terminal went away/);
    const second = storesOf(other, 'esp32').identity!.deviceId.join();
    const { text } = await run(other, { pin: '2222' });
    const { identity, records } = storesOf(other, 'esp32');
    expect(identity!.deviceId.join()).not.toBe(second);
    const platform = createHostPlatform(other.nor.bytes, 0) as Platform;
    const userOf = (code: string): number => holderOf(platform, records, identity!.recoveryHash, stretchCode(platform, identity!.codeSalt, code, 280)).user;
    expect([userOf('2222'), userOf('1111')]).toEqual([1, 0]);
    expect(codeIn(text, 'PIN of user 1')).toBe('2222');
  });

  test('a file of it that is damaged is not guessed from', async () => {
    const board = boardOf('esp32');
    cut(board, 90);
    await refusal(board);
    await writeFile(await file(), JSON.stringify({ ...JSON.parse(await readFile(await file(), 'utf8')) as object, ownerKey: undefined }));
    expect(await refusal(board)).toMatch(/unfinished-fake-1\.json: it is damaged; remove it to begin a new lock/);
  });

  test('a port that is silent after the last step was begun: the codes are told, and the file stays', async () => {
    const board = boardOf('esp32');
    const first = scriptedTerminal([], false);
    const page = first.say;
    first.say = (text) => {
      page(text);
      if (text.includes('recovery code')) throw new Refusal('the terminal went away; look for it');
    };
    await expect(run(board, {}, first)).rejects.toThrow(/went away/);
    const busy: OpenPort = () => Promise.reject(new Refusal(`${VIA}: it cannot be opened: another program has it open; close that one`));
    const { text } = await run(board, {}, scriptedTerminal([], false), busy);
    expect(text).toMatch(/another program has it open.*\nThe last step for the lock DL-\w+ was under way here before/);
    expect(uriIn(text)).toEqual(uriIn(first.text));
    expect(await workshop.unfinished()).toHaveLength(1);
  });
});

describe('the port', () => {
  /** Says the same to everything. */
  function portThat(says: string): Port {
    let take: (text: string) => void = () => undefined;
    return { name: VIA, listen: (taker) => void (take = taker), close: () => Promise.resolve(), write: () => queueMicrotask(() => take(says)) };
  }

  test('that is not there is told', async () => {
    await expect(openPort('serial:/dev/ttyNOPE')).rejects.toThrow(/^serial:\/dev\/ttyNOPE: it cannot be opened: there is no such port; check the cable/);
  });

  test('at another speed what arrives is no text, and the sentence says so', async () => {
    await expect(connect(portThat('\x00\xf8\x86\xfe\x1c\x8e\xff'), 3, 20)).rejects.toThrow(/^serial:\/dev\/ttyFAKE: what arrives is no text, as when the board's console runs at another speed than 115200 baud;/);
  });

  test('a board that says other things is told from one at another speed', async () => {
    await expect(connect(portThat('rst:0x10 (RTCWDT_RTC_RESET),boot:0x13\r\n\xff'), 3, 20)).rejects.toThrow(/no Espruino console answers/);
  });

  test('what the port refuses is told as it is, and nothing is kept', async () => {
    const busy: OpenPort = () => Promise.reject(new Refusal(`${VIA}: it cannot be opened: another program has it open; close that one`));
    expect(await refusal(boardOf('esp32'), {}, undefined, busy)).toBe(`${VIA}: it cannot be opened: another program has it open; close that one`);
    expect(await workshop.unfinished()).toEqual([]);
  });

  test('a cable pulled at any page is told, and the same command goes on', async () => {
    const board = boardOf('esp32');
    for (const at of [0, 1, 30, 60]) {
      let pulled = false;
      let pull = (): void => undefined;
      const loose: OpenPort = async () => {
        const port = board.start();
        return {
          ...port, write: (text) => (pulled ? undefined : port.write(text)),
          listen(take, gone) {
            port.listen(take, gone);
            pull = () => {
              pulled = true;
              gone();
            };
          },
        };
      };
      const before = board.nor.operations;
      board.nor.onOperation = () => {
        if (board.nor.operations >= before + at) pull();
      };
      expect(await refusal(board, {}, scriptedTerminal([], false), loose), `operation ${at}`).toMatch(/connection broke; check cable and supply, then run the command again/);
    }
    board.nor.onOperation = undefined;
    const { text } = await run(board);
    expect(text).toMatch(/Going on with the lock/);
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
  });
});

/** What the firmware would join with that record. */
function joined(record: Uint8Array): { name: string; password: string } | undefined {
  let network: { name: string; password: string } | undefined;
  const modules = () => ({ connect: (name: string, options: { password: string }) => void (network = { name, password: options.password }) });
  // `require` belongs to the module that it is written in.
  const join = new Function('require', `return ${joinWifi.toString()}`)(modules) as typeof joinWifi;
  join(Buffer.from(record).toString('latin1'));
  return network;
}
