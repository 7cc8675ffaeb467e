/**
 * How far a board's divider and ADC are off, from one reading of a multimeter. Until the lock knows it, `firmware/lock/battery.ts` wants 6 %
 * more volts for an update.
 */
import type { BatteryWiring } from '../../boards/wiring.js';
import { millivoltsOf } from '../../firmware/lock/battery.js';
import type { Connection } from '../board/connection.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';

/** Two resistors of 5 % in opposite directions are 5 % off in the middle of a divider, the reference of an ESP32's ADC 9 % (1.0 to 1.2 V). */
const MOST_OFF_PERCENT = 15;
/** Readings further apart than this come from a loose contact, or from a load that comes and goes. */
const MOST_SPREAD_PERCENT = 3;
const READINGS = 5;
/** In one reading: as the lock averages. */
const SAMPLES = 4;
const EXACT = 10_000;
/** A chip that runs has 2 V; the ceilings are the firmware's. */
const LEAST_MV = 2000;
const mostMv = ({ chemistry }: BatteryWiring): number => (chemistry === 'li1' ? 4500 : 7200);

/** Whether there is a divider to calibrate. */
export const hasDivider = (battery: BatteryWiring): boolean => battery.chemistry !== 'mains' && battery.pin !== undefined;

/** The record: u16, low byte first. */
export const calibrationRecord = (gain: number): Uint8Array => new Uint8Array([gain & 255, gain >> 8]);

/** Refuses volts that no such pack has. */
export function checkPack(packMv: number, battery: BatteryWiring): void {
  if (packMv >= LEAST_MV && packMv <= mostMv(battery)) return;
  throw new Refusal(`${volts(packMv)} is not what ${battery.chemistry} can have, ${volts(LEAST_MV)} to ${volts(mostMv(battery))}; measure at the pack's own contacts`);
}

/** The gain that makes the board read what the multimeter shows. Refuses what cannot be the divider's own error. */
export async function calibrate(board: Connection, battery: BatteryWiring, packMv: number): Promise<number> {
  checkPack(packMv, battery);
  const readings = await readDivider(board, battery);
  const pin = `D${battery.pin}`;
  const reading = [...readings].sort((left, right) => left - right)[READINGS >> 1]!;
  const readMv = reading * (battery.fullScaleMv ?? 0);
  if (reading >= 0.995) throw new Refusal(`${board.name}: ${pin} reads the most it can; check the divider: its middle goes to the pin`);
  if (readMv < LEAST_MV / 2) throw new Refusal(`${board.name}: ${pin} reads ${volts(readMv)}, so nothing of the pack reaches it; connect pack and divider, or measure later`);
  const spread = (Math.max(...readings) - Math.min(...readings)) / reading * 100;
  if (spread > MOST_SPREAD_PERCENT) throw new Refusal(`${board.name}: readings at ${pin} differ by ${spread.toFixed(0)} %; look for a loose contact in the divider, and let nothing run meanwhile`);
  const gain = Math.round(packMv / readMv * EXACT);
  if (Math.abs(gain - EXACT) > MOST_OFF_PERCENT * EXACT / 100 || millivoltsOf(reading, battery, gain) < 0) {
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
async function readDivider(board: Connection, { pin, enable }: BatteryWiring): Promise<number[]> {
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
