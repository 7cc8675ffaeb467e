/** What can be wrong with port and cable: each has its sentence, and the same command goes on. */
import { describe, expect, test } from 'vitest';
import { connect } from '../../cli/board/connection.js';
import { openPort, type Port } from '../../cli/board/port.js';
import { Refusal } from '../../cli/image/refusal.js';
import type { OpenPort } from '../../cli/provision/provision.js';
import { setUpBench, uriIn } from './run-provision.js';
import { scriptedTerminal } from './scripted-terminal.js';
import { boardOf, storesOf, VIA } from './workshop.js';

const bench = setUpBench();

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
    expect(await bench.refusal(boardOf('esp32'), {}, undefined, busy)).toBe(`${VIA}: it cannot be opened: another program has it open; close that one`);
    expect(await bench.workshop.unfinished()).toEqual([]);
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
      expect(await bench.refusal(board, {}, scriptedTerminal([], false), loose), `operation ${at}`).toMatch(/connection broke; check cable and supply, then run the command again/);
    }
    board.nor.onOperation = undefined;
    const { text } = await bench.run(board);
    expect(text).toMatch(/Going on with the lock/);
    expect(storesOf(board, 'esp32').identity!.serial).toBe(uriIn(text).serial);
  });
});
