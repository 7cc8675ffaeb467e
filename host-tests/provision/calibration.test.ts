/** One reading of a multimeter makes the battery reading exact; what cannot be the divider's error is refused. */
import { describe, expect, test } from 'vitest';
import { wiring as cells } from '../../boards/reference/esp32-4xaa.js';
import { wiring as xiao } from '../../boards/reference/xiao-wiegand.js';
import { connect } from '../../cli/board/connection.js';
import { calibrate } from '../../cli/provision/calibration.js';
import { calibrationRecord } from '../../firmware/lock/calibration.js';
import { CALIBRATION } from '../../firmware/flash/keys.js';
import { openMeter } from '../../firmware/lock/battery.js';
import type { Platform } from '../../firmware/platform/types.js';
import type { FakeBoard } from './fake-board.js';
import { ASKED, setUpBench } from './run-provision.js';
import { scriptedTerminal } from './scripted-terminal.js';
import { boardOf, storesOf } from './workshop.js';

const bench = setUpBench();

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
    const { text } = await bench.run(board, { wiring, batteryMv: '5920' });
    expect(text).not.toMatch(/not calibrated/);
    for (const mv of [4500, 5200, 6100]) {
      const meter = meterOf(board, mv, off);
      expect(meter.calibrated).toBe(true);
      expect(Math.abs(meter.restMv() - mv)).toBeLessThanOrEqual(1);
    }
  });

  test('is asked for at a terminal until it can be used', async () => {
    const board = packOf(5920, 1.03);
    const { text } = await bench.run(board, { wiring, wifi: '' }, scriptedTerminal([
      [ASKED.master, ''], [ASKED.pack, 'full'], [ASKED.pack, '5920'], [ASKED.pack, '12'], [ASKED.pack, '4,2'], [ASKED.pack, '5,92'],
    ]));
    expect(text).toMatch(/"full" are no volts; type them like 5\.92\.\n.*\n"5920" are no volts/);
    expect(text).toMatch(/12\.00 V is not what 4xAA can have, 2\.00 V to 7\.20 V/);
    expect(text).toMatch(/the multimeter shows 4\.20 V and the board reads 6\.10 V, which is more than the 15 % that resistors and ADC can be off/);
    expect(text).toMatch(/Calibrated: the board reads 2\.9 % too high\./);
    expect(Math.abs(meterOf(board, 5000, 1.03).restMv() - 5000)).toBeLessThanOrEqual(1);
  });

  test('can be measured later, and the page says what that costs', async () => {
    const board = packOf(5920, 1);
    const { text } = await bench.run(board, { wiring, wifi: '' }, scriptedTerminal([[ASKED.master, ''], [ASKED.pack, '']]));
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
    expect(await bench.refusal(board, { wiring, batteryMv })).toMatch(sentence);
    expect(board.nor.operations).toBe(0);
  });

  test('is refused where nothing is measured', async () => {
    expect(await bench.refusal(boardOf('esp32'), { batteryMv: '5900' })).toMatch(/bench board, no parts measures no battery/);
  });
});
