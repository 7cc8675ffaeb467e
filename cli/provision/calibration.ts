/**
 * How far a board's divider and ADC are off, from one reading of a multimeter. Until the lock knows it, `firmware/lock/battery.ts` wants 6 %
 * more volts for an update.
 */
import type { BatteryWiring, CellsWiring } from '../../boards/wiring.js';
import { cellsOf, LEAST_MV, millivoltsOf, mostMv } from '../../firmware/lock/battery.js';
import { EXACT, gainOf, MOST_OFF_PERCENT } from '../../firmware/lock/calibration.js';
import type { Connection } from '../board/connection.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';

/** Readings further apart than this come from a loose contact, or from a load that comes and goes. */
const MOST_SPREAD_PERCENT = 3;
const READINGS = 5;
/** In one reading: as the lock averages. */
const SAMPLES = 4;

/** Whether there is a divider to calibrate. */
export const hasDivider = (battery: BatteryWiring): boolean => cellsOf(battery).pin !== undefined;

/** Refuses volts that no such pack has. */
export function checkPack(packMv: number, battery: BatteryWiring): void {
  const { chemistry } = cellsOf(battery);
  if (packMv >= LEAST_MV && packMv <= mostMv(chemistry)) return;
  throw new Refusal(`${volts(packMv)} is not what ${chemistry} can have, ${volts(LEAST_MV)} to ${volts(mostMv(chemistry))}; measure at the pack's own contacts`);
}

/** The gain that makes the board read what the multimeter shows. Refuses what cannot be the divider's own error. */
export async function calibrate(board: Connection, battery: BatteryWiring, packMv: number): Promise<number> {
  checkPack(packMv, battery);
  const cells = cellsOf(battery);
  const readings = await readDivider(board, cells);
  const pin = `D${cells.pin}`;
  const reading = [...readings].sort((left, right) => left - right)[READINGS >> 1]!;
  const readMv = reading * (cells.fullScaleMv ?? 0);
  if (reading >= 0.995) throw new Refusal(`${board.name}: ${pin} reads the most it can; check the divider: its middle goes to the pin`);
  if (readMv < LEAST_MV / 2) throw new Refusal(`${board.name}: ${pin} reads ${volts(readMv)}, so nothing of the pack reaches it; connect pack and divider, or measure later`);
  const spread = (Math.max(...readings) - Math.min(...readings)) / reading * 100;
  if (spread > MOST_SPREAD_PERCENT) throw new Refusal(`${board.name}: readings at ${pin} differ by ${spread.toFixed(0)} %; look for a loose contact in the divider, and let nothing run meanwhile`);
  const gain = gainOf(packMv, readMv);
  if (!gain || millivoltsOf(reading, cells, gain) < 0) {
    throw new Refusal(`${board.name}: the multimeter shows ${volts(packMv)} and the board reads ${volts(readMv)}, which is more than the ${MOST_OFF_PERCENT} % that resistors and ADC can be off; `
      + 'measure again at the pack\'s contacts, then check the resistors against the board page');
  }
  return gain;
}

/** Asks for the multimeter's reading until one can be used; undefined: later. */
export async function askCalibration(board: Connection, battery: BatteryWiring, terminal: Terminal): Promise<number | undefined> {
  for (;;) {
    const typed = await terminal.ask('Measure the pack now with a multimeter, in volts (Enter alone: later):', '--battery-mv N');
    if (typed === '') return undefined;
    const number = /^(\d{1,2}(?:[.,]\d{1,3})?) ?V?$/i.exec(typed)?.[1];
    if (number === undefined) {
      terminal.say(`"${typed}" are no volts; type them like 5.92.`);
      continue;
    }
    try {
      const gain = await calibrate(board, battery, Math.round(Number(number.replace(',', '.')) * 1000));
      terminal.say(`Calibrated: the board reads ${offBy(gain)}.`);
      return gain;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      terminal.say(`${error.message}.`);
    }
  }
}

/** `2.1 % too low` */
function offBy(gain: number): string {
  const percent = (gain - EXACT) / EXACT * 100;
  return `${Math.abs(percent).toFixed(1)} % too ${percent < 0 ? 'high' : 'low'}`;
}

/** Means of what the ADC gives, 0 to 1, read as the lock reads it: a switched divider is read at once. */
async function readDivider(board: Connection, { pin, enable }: CellsWiring): Promise<number[]> {
  const on = enable ? `pinMode(${enable.pin},"output");digitalWrite(${enable.pin},${enable.active});` : '';
  const off = enable ? `digitalWrite(${enable.pin},${1 - enable.active});` : '';
  const readings: number[] = [];
  while (readings.length < READINGS) {
    const mean = await board.evaluate(`(function(){var s=0;pinMode(${pin},"analog");${on}for(var i=0;i<${SAMPLES};i++)s+=analogRead(${pin});${off}return s/${SAMPLES}})()`);
    if (typeof mean !== 'number' || !(mean >= 0)) throw new Refusal(`${board.name}: D${pin} has no ADC in this build; check the wiring record`);
    readings.push(mean);
  }
  return readings;
}

const volts = (mv: number): string => `${(mv / 1000).toFixed(2)} V`;
