/** Cells and their divider judged by what the ADC reads: at rest, under load, and beside a multimeter. The firmware's own meter and floors. */
import type { BatteryFloors, BatteryWiring } from '../../boards/wiring.js';
import { BATTERY_LOADED_LOW, BATTERY_LOW } from '../../firmware/errors.js';
import { CALIBRATION } from '../../firmware/flash/keys.js';
import { IMPOSSIBLE, judgeBattery, NO_READING, openBattery } from '../../firmware/lock/battery.js';
import type { CodeRecords } from '../../firmware/lock/codes.js';
import type { Platform } from '../../firmware/platform/types.js';
import { good, isWrong, note, volts, wrong, type Finding } from './findings.js';

/** Readings are 0..1 of the ADC's full scale. */
export interface BatteryReadings {
  rest: number;
  /** With the divider's enable pin off, where there is one. */
  disabled?: number;
  loaded?: { reading: number; by: 'motor' | 'stalled motor' | 'flash' };
  /** Millivolts at the pack, from a person's multimeter. */
  measuredMv?: number;
  /** The lock's record, where it has one. */
  calibration?: Uint8Array;
}

/** What nobody needs to bother about. */
const NEAR_PERCENT = 3;
/** What resistors and ADC may be off by together: what calibration takes, see cli/provision/calibration.ts. */
const TOLERANCE_PERCENT = 15;
const LOADS = { motor: 'while the motor turns', 'stalled motor': 'while the motor is held', flash: 'while flash is erased' };

export interface Meter {
  calibrated: boolean;
  /** Those in force. */
  floors: BatteryFloors;
  /** Millivolts, or `IMPOSSIBLE`. */
  mv(reading: number): number;
}

/** The lock's own meter over readings that were taken elsewhere. */
export function meterOf(wiring: BatteryWiring, calibration?: Uint8Array): Meter {
  let reading = 0;
  const platform = { nowMs: () => 0, pins: { mode: () => undefined, write: () => undefined, analog: () => reading } } as unknown as Platform;
  const records: CodeRecords = { get: (key) => (key === CALIBRATION ? calibration : undefined) };
  const { calibrated, floors, restMv } = openBattery(platform, wiring, records);
  return {
    calibrated, floors,
    mv(value) {
      reading = value;
      return restMv();
    },
  };
}

export function diagnoseBattery(wiring: BatteryWiring, readings: BatteryReadings): Finding[] {
  const meter = meterOf(wiring, readings.calibration);
  const restMv = meter.mv(readings.rest);
  if (restMv === IMPOSSIBLE) return [impossible(wiring, readings)];
  const divider = diagnoseDivider(wiring, readings, restMv, meter);
  // Of cells that are measured wrong nothing can be said.
  return divider.some(isWrong) ? divider : [...divider, ...diagnoseCells(readings, restMv, meter)];
}

function impossible(wiring: BatteryWiring, { rest, measuredMv }: BatteryReadings): Finding {
  const pin = `D${wiring.pin!}`;
  const reads = `the divider on ${pin} reads ${(rest * 100).toFixed(0)} % of full scale, which no ${wiring.chemistry} cells can give`;
  if (measuredMv !== undefined && measuredMv < 2000) return wrong('battery', `${reads}, and the pack has ${volts(measuredMv)}: the cells are empty, or one is in the wrong way round.`);
  if (rest >= 0.995) return wrong('battery', `${reads}: the lower resistor (from ${pin} to GND) is missing or open. Take the cells out before the pin suffers.`);
  return wrong('battery', `${reads}: the divider is not connected; check the wire from the middle of both resistors to ${pin}, the upper resistor to the plus of the pack${wiring.enable ? `, and the switch at D${wiring.enable.pin}` : ''}.`);
}

function diagnoseDivider(wiring: BatteryWiring, { rest, disabled, measuredMv }: BatteryReadings, restMv: number, { calibrated }: Meter): Finding[] {
  const findings: Finding[] = [];
  if (disabled !== undefined && Math.abs(disabled - rest) < 0.02) {
    findings.push(wrong('battery', `the divider reads the same with its switch (D${wiring.enable!.pin}) off and on: the switch is bridged or its pin not connected, and the divider draws from the cells all the time.`));
  }
  if (measuredMv === undefined) return findings;
  const both = `the divider reads ${volts(restMv)}, your meter ${volts(measuredMv)}`;
  const off = restMv / measuredMv - 1;
  const percent = Math.abs(off) * 100;
  if (percent <= NEAR_PERCENT) findings.push(good('battery', `${both}: near enough.`));
  else if (percent > TOLERANCE_PERCENT) {
    findings.push(wrong('battery', `${both}: more than resistors and ADC can be off; check both resistors. If they are meant to be so, write fullScaleMv: ${Math.round(wiring.fullScaleMv! / (1 + off))} into the board file.`));
  } else if (calibrated) findings.push(wrong('battery', `${both}, and the lock was calibrated: a resistor or its contact has changed; repair it, or calibrate anew with "deadlatch provision --battery-mv".`));
  else findings.push(note('battery', `${both}: resistors and ADC may be off by so much; "deadlatch provision --battery-mv ${(measuredMv / 1000).toFixed(2)}" tells the lock.`));
  return findings;
}

function diagnoseCells({ loaded }: BatteryReadings, restMv: number, { floors, mv, calibrated }: Meter): Finding[] {
  const loadedMv = loaded ? mv(loaded.reading) : NO_READING;
  const code = judgeBattery(restMv, loadedMv, floors);
  const rest = `${volts(restMv)} at rest`;
  const needs = (floorMv: number): string => `an update needs ${volts(floorMv)}${calibrated ? '' : ' (a little more than usual, because the divider is not calibrated)'}`;
  if (code === BATTERY_LOW) return [wrong('battery', `the cells are almost empty: ${rest}, and ${needs(floors.refuseMv)}; fit fresh ones.`)];
  if (!loaded) {
    return [restMv >= floors.loadTestMv ? good('battery', `${rest}. Not measured under load.`)
      : note('battery', `${rest}, which is not much, and nothing was measured under load; fit fresh cells before an update.`)];
  }
  const both = `${rest}, ${loadedMv === IMPOSSIBLE ? 'less than 2 V' : volts(loadedMv)} ${LOADS[loaded.by]}`;
  if (code !== BATTERY_LOADED_LOW && loadedMv >= floors.loadedMv) return [good('battery', `${both}.`)];
  if (loaded.by === 'stalled motor') return [note('battery', `${both}. A motor that is held takes most of all: see to the bolt first, then measure again.`)];
  return [wrong('battery', `the cells give way under load: ${both}, and ${needs(floors.loadedMv)}; fit fresh cells${restMv >= floors.loadTestMv ? ', and look for a thin wire or a bad contact in the holder' : ''}.`)];
}
