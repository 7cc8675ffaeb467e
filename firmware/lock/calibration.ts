/** How far a board's divider and ADC are off: true volts over read volts in 1/10000, u16 low byte first (record `CALIBRATION`). */
import type { CellsWiring } from '../../boards/wiring.js';
import { BAD_CALIBRATION, type ErrorCode } from '../errors.js';
import { CALIBRATION } from '../flash/keys.js';
import { LEAST_MV, mostMv } from './battery.js';
import type { CodeRecords } from './codes.js';
import type { WritableRecords } from './tables.js';

/** Two resistors of 5 % in opposite directions are 5 % off in the middle of a divider, the reference of an ESP32's ADC 9 % (1.0 to 1.2 V). */
export const MOST_OFF_PERCENT = 15;
export const EXACT = 10000;

/** The gain that is stored, 0 = none. */
export function gainIn(records: CodeRecords): number {
  const stored = records.get(CALIBRATION);
  return stored && stored.length > 1 ? stored[0]! + stored[1]! * 256 : 0;
}

/** The gain that makes a reading of `readMv` true, 0 = further off than resistors and ADC can be. */
export function gainOf(trueMv: number, readMv: number): number {
  const gain = Math.floor(trueMv / readMv * EXACT + 0.5);
  const off = gain > EXACT ? gain - EXACT : EXACT - gain;
  return off <= MOST_OFF_PERCENT * EXACT / 100 ? gain : 0;
}

export function calibrationRecord(gain: number): Uint8Array {
  return new Uint8Array([gain & 255, gain >> 8]);
}

/**
 * Stores what makes the lock read `trueMv` where it reads `readMv` now, with the calibration in force; both with the same load. It counts
 * from the next start on. 0, or BAD_CALIBRATION: no such cells have that, or the difference is another fault.
 */
export function calibrate(records: WritableRecords, cells: CellsWiring, trueMv: number, readMv: number): ErrorCode {
  const gain = trueMv >= LEAST_MV && trueMv <= mostMv(cells.chemistry) ? gainOf(trueMv, readMv * EXACT / (gainIn(records) || EXACT)) : 0;
  return gain ? records.set(CALIBRATION, calibrationRecord(gain)) : BAD_CALIBRATION;
}
