/** The list of boards: what is wrong is told with line and column, all of it, before any board is touched. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../cli/image/refusal.js';
import { readBatch, type BatchLine } from '../../cli/provision/batch-file.js';
import { scriptedTerminal } from './scripted-terminal.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deadlatch-list-'));
  file = join(folder, 'boards.csv');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string | Uint8Array, wiring?: string): Promise<BatchLine[]> {
  await writeFile(file, text);
  return readBatch(file, wiring, scriptedTerminal([], false));
}

async function problems(text: string | Uint8Array, wiring?: string): Promise<string> {
  const error = await read(text, wiring).then(() => undefined, (failure: unknown) => failure);
  expect(error).toBeInstanceOf(Refusal);
  const { message } = error as Refusal;
  for (const line of message.split('\n')) expect(line).toMatch(/^.*boards\.csv: .*;.*[^.]$/);
  return message.replaceAll(`${file}: `, '');
}

const short = (lines: BatchLine[]): unknown => lines.map(({ wiring, ...line }) => ({ ...line, family: wiring.family }));

const EXPECTED = [
  { line: 2, serial: 'DL-0001', family: 'esp32', wifi: 'workshop' },
  { line: 3, serial: 'DL 0002, blue', family: 'xiaoble', pin: '04711', master: '112233' },
];

describe('a list of boards', () => {
  test.each<[string, string]>([
    ['with commas', 'serial,wiring,pin,master,wifi\nDL-0001,esp32-devkit,,,workshop\n"DL 0002, blue",xiao-wiegand,04711,112233,\n'],
    ['as a spreadsheet with semicolons writes it', '\ufeffSerial;Model;PIN;Master;WiFi\r\nDL-0001;esp32-devkit;;;workshop\r\nDL 0002, blue;xiao-wiegand;04711;112233;\r\n;;;;\r\n'],
    ['with columns in another order and spaces', 'wifi , master, pin, wiring, serial\nworkshop,,,esp32-devkit,DL-0001\n,112233, 04711 ,xiao-wiegand,"DL 0002, blue"'],
  ])('is read %s', async (_title, text) => {
    expect(short(await read(text))).toEqual(EXPECTED);
  });

  test('may leave the wiring to the command line', async () => {
    expect(short(await read('serial\nA\nB', 'bench'))).toEqual([{ line: 2, serial: 'A', family: 'esp32' }, { line: 3, serial: 'B', family: 'esp32' }]);
    expect(short(await read('serial,wiring\nA,\nB,xiao-wiegand', 'bench'))).toEqual([{ line: 2, serial: 'A', family: 'esp32' }, { line: 3, serial: 'B', family: 'xiaoble' }]);
  });

  test('tells everything that is wrong at once, with line and column', async () => {
    const text = await problems([
      'serial,wiring,pin,master,wifi', 'A,bench,12,abc,', 'A,bench,1234,1234,', ',bench,,,', '', 'B,nothing,,,', 'C,xiao-wiegand,,,home', `D,bench,,,${'x'.repeat(33)}`, 'E,bench', 'F,virtual,,,', 'G,,,,',
      `${'H'.repeat(33)},bench,,,`, 'I,bench,1234567890123,,',
    ].join('\n'));
    expect(text.split('\n').map((line) => line.replace(/;.*/, ''))).toEqual([
      'line 2, column pin: "12" is no code',
      'line 2, column master: "abc" is no code',
      'line 3, column serial: "A" is in line 2 already',
      'line 3, column pin: it is the master code',
      'line 4, column serial: "" is no serial number',
      'line 6, column wiring: nothing: There is no such board: give the path of a .ts or .json file, or one of esp32-devkit, esp32-4xaa, esp32-servo, esp32-strike, xiao-wiegand, bench, virtual, linux',
      'line 7, column wifi: XIAO nRF52840, 4xAA, Wiegand has no Wi-Fi',
      'line 8, column wifi: the name of a network has 1 to 32 bytes, and this one has 33',
      'line 9: it has 2 fields, the first line 5',
      'line 10, column wiring: wiring "virtual": it is for the virtual lock, which "deadlatch serve" makes',
      'line 11, column wiring: it is empty',
      `line 12, column serial: "${'H'.repeat(33)}" is no serial number`,
      'line 13, column pin: "1234567890123" is no code',
    ]);
  });

  test('tells at most twenty', async () => {
    const text = await problems(`serial,wiring,pin\n${Array.from({ length: 30 }, (_, index) => `S${index},bench,1`).join('\n')}`);
    expect(text.split('\n')).toHaveLength(21);
    expect(text).toMatch(/and 10 more; no board was touched$/);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /^line 1: there is no column serial/],
    ['a list without its first line', 'DL-0001,bench\n', /^line 1, column 1: "DL-0001" is no column; name them serial, wiring, pin, master, wifi/],
    ['no serial numbers', 'wiring\nbench\n', /there is no column serial/],
    ['no wiring at all', 'serial\nA\n', /there is no column wiring/],
    ['a column twice', 'serial,wiring,model\nA,bench,bench\n', /the column wiring is there twice/],
    ['no boards', 'serial,wiring\n\n', /there is no board in it/],
    ['a quote that is not closed', 'serial,wiring\n"A,bench\nB,bench\n', /^line \d: its quotes do not match/],
    ['a quote in the middle', 'serial,wiring\nA"B"C,bench\n', /^line 2: its quotes do not match/],
    ['another encoding', Uint8Array.from([...Buffer.from('serial,wiring,wifi\nA,bench,K'), 0xfc, ...Buffer.from('che\n')]), /no text in UTF-8; save it/],
    ['a thousand and one', `serial,wiring\n${Array.from({ length: 1001 }, (_, index) => `S${index},bench`).join('\n')}`, /at most 1000/],
  ])('is refused: %s', async (_title, text, sentence) => {
    expect(await problems(text)).toMatch(sentence);
  });

  test('that is not there is refused', async () => {
    await expect(readBatch(join(folder, 'none.csv'), undefined, scriptedTerminal([], false))).rejects.toThrow(/none\.csv: cannot read a list of boards: it does not exist/);
  });
});
