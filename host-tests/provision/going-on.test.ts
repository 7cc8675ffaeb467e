/** After a cut: the same command makes the same lock, and another wish another one. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../cli/image/refusal.js';
import type { OpenPort } from '../../cli/provision/provision.js';
import { CALIBRATION, WIFI } from '../../firmware/flash/keys.js';
import type { FakeBoard } from './fake-board.js';
import { joinedWith } from './joined-network.js';
import { codeIn, setUpBench, uriIn, userOf } from './run-provision.js';
import { scriptedTerminal } from './scripted-terminal.js';
import { boardOf, storesOf, VIA } from './workshop.js';

const bench = setUpBench();

describe('after a cut', () => {
  const file = async (): Promise<string> => bench.workshop.at(`home/${(await bench.workshop.unfinished())[0]}`);
  const cut = (board: FakeBoard, at: number): void => {
    board.nor.cut = { at, how: 'before' };
  };

  test('it goes on with the same codes, owner, network and calibration, and asks for none of them again', async () => {
    const board = boardOf('esp32', { adc: () => 5000 / 7200 });
    await writeFile(bench.workshop.at('pass'), 'first password', { mode: 0o600 });
    cut(board, 600);
    expect(await bench.refusal(board, { wiring: 'esp32-4xaa', wifi: 'home', wifiPasswordFile: bench.workshop.at('pass'), batteryMv: '5100' })).toMatch(/connection broke; check cable/);
    expect((await stat(await file())).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(await readFile(await file(), 'utf8')) as { ownerKey: string; serial: string };
    const { text } = await bench.run(board, { wiring: 'esp32-4xaa' }, scriptedTerminal([]));
    expect(text).toContain(`Going on with the lock ${kept.serial}`);
    expect(Buffer.from(uriIn(text).ownerKey).toString('hex')).toBe(kept.ownerKey);
    const { records } = storesOf(board, 'esp32');
    expect(joinedWith(records.get(WIFI)!)).toEqual({ name: 'home', password: 'first password' });
    expect([...records.get(CALIBRATION)!]).toEqual([10200 & 255, 10200 >> 8]);
  });

  test('the same measurement again is the same lock, though an ADC never reads the same twice', async () => {
    let reading = 5000;
    const board = boardOf('esp32', { adc: () => reading / 7200 });
    const kept = async (): Promise<{ deviceId: string; calibration: number }> => JSON.parse(await readFile(await file(), 'utf8')) as never;
    cut(board, 600);
    await bench.refusal(board, { wiring: 'esp32-4xaa', batteryMv: '5100' });
    const { deviceId, calibration } = await kept();
    reading = 5030;
    board.nor.powerOn();
    cut(board, board.nor.operations + 3);
    await bench.refusal(board, { wiring: 'esp32-4xaa', batteryMv: '5100' });
    expect(await kept()).toMatchObject({ deviceId, calibration });
    reading = 5200;
    await bench.run(board, { wiring: 'esp32-4xaa', batteryMv: '5100' });
    expect([...storesOf(board, 'esp32').records.get(CALIBRATION)!]).toEqual([9808 & 255, 9808 >> 8]);
  });

  test('with another PIN, network or calibration it is another lock, even when it was finished but for telling', async () => {
    const board = boardOf('esp32');
    const told = scriptedTerminal([], false);
    const page = told.say;
    told.say = (text) => {
      page(text);
      if (text.includes('recovery code')) throw new Refusal('the terminal went away; look for it');
    };
    await expect(bench.run(board, { pin: '1111' }, told)).rejects.toThrow(/terminal went away/);
    expect(await bench.workshop.unfinished()).toHaveLength(1);
    const first = storesOf(board, 'esp32').identity!.deviceId.join();
    const again = await bench.run(board, { pin: '1111' });
    expect(storesOf(board, 'esp32').identity!.deviceId.join()).toBe(first);
    expect(uriIn(again.text).ownerKey).toEqual(uriIn(told.text).ownerKey);

    const other = boardOf('esp32', { chip: 'other' });
    await expect(bench.run(other, { pin: '1111' }, told)).rejects.toThrow(/terminal went away/);
    const second = storesOf(other, 'esp32').identity!.deviceId.join();
    const { text } = await bench.run(other, { pin: '2222' });
    const { identity } = storesOf(other, 'esp32');
    expect(identity!.deviceId.join()).not.toBe(second);
    expect([userOf(other, '2222'), userOf(other, '1111')]).toEqual([1, 0]);
    expect(codeIn(text, 'PIN of user 1')).toBe('2222');
  });

  test('a file of it that is damaged is not guessed from', async () => {
    const board = boardOf('esp32');
    cut(board, 600);
    await bench.refusal(board);
    await writeFile(await file(), JSON.stringify({ ...JSON.parse(await readFile(await file(), 'utf8')) as object, ownerKey: undefined }));
    expect(await bench.refusal(board)).toMatch(/unfinished-fake-1\.json: it is damaged; remove it to begin a new lock/);
  });

  test('a port that is silent after the last step was begun: the codes are told, and the file stays', async () => {
    const board = boardOf('esp32');
    const first = scriptedTerminal([], false);
    const page = first.say;
    first.say = (text) => {
      page(text);
      if (text.includes('recovery code')) throw new Refusal('the terminal went away; look for it');
    };
    await expect(bench.run(board, {}, first)).rejects.toThrow(/went away/);
    const busy: OpenPort = () => Promise.reject(new Refusal(`${VIA}: it cannot be opened: another program has it open; close that one`));
    const { text } = await bench.run(board, {}, scriptedTerminal([], false), busy);
    expect(text).toMatch(/another program has it open.*\nThe last step for the lock DL-\w+ was under way here before/);
    expect(uriIn(text)).toEqual(uriIn(first.text));
    expect(await bench.workshop.unfinished()).toHaveLength(1);
  });
});
