/** Cells and their divider judged by what the ADC reads: at rest, under load, and beside a multimeter. Floors and limits are the firmware's. */
import type { BatteryWiring } from '../../boards/wiring.js';
import { BATTERY_LOADED_LOW, BATTERY_LOW } from '../../firmware/errors.js';
import { floorsOf, IMPOSSIBLE, judgeBattery, millivoltsOf, NO_READING } from '../../firmware/lock/battery.js';
import { good, note, volts, wrong, type Finding } from './findings.js';

/** Readings are 0..1 of the ADC's full scale. */
export interface BatteryReadings {
  rest: number;
  /** With the divider's enable pin off, where there is one. */
  disabled?: number;
  loaded?: { reading: number; by: 'motor' | 'stalled motor' | 'flash' };
  /** Millivolts at the pack, from a person's multimeter. */
  measuredMv?: number;
}

/** What resistors and ADC may be wrong by together. */
const TOLERANCE = 0.06;
const UNCALIBRATED_GAIN = 10000;
const LOADS = { motor: 'while the motor turns', 'stalled motor': 'while the motor is held', flash: 'while flash is erased' };

export const millivolts = (reading: number, wiring: BatteryWiring): number => millivoltsOf(reading, wiring, UNCALIBRATED_GAIN);

export function diagnoseBattery(wiring: BatteryWiring, readings: BatteryReadings): Finding[] {
  const restMv = millivolts(readings.rest, wiring);
  if (restMv === IMPOSSIBLE) return [impossible(wiring, readings)];
  return [...diagnoseDivider(wiring, readings, restMv), ...diagnoseCells(wiring, readings, restMv)];
}

function impossible(wiring: BatteryWiring, { rest, measuredMv }: BatteryReadings): Finding {
  const pin = `D${wiring.pin!}`;
  const reads = `the divider on ${pin} reads ${(rest * 100).toFixed(0)} % of full scale, which no ${wiring.chemistry} cells can give`;
  if (measuredMv !== undefined && measuredMv < 2000) return wrong('battery', `${reads}, and the pack has ${volts(measuredMv)}: the cells are empty, or one is in the wrong way round.`);
  if (rest >= 0.995) return wrong('battery', `${reads}: the lower resistor (from ${pin} to GND) is missing or open. Take the cells out before the pin suffers.`);
  return wrong('battery', `${reads}: the divider is not connected; check the wire from the middle of both resistors to ${pin}, the upper resistor to the plus of the pack${wiring.enable ? `, and the switch at D${wiring.enable.pin}` : ''}.`);
}

function diagnoseDivider(wiring: BatteryWiring, { rest, disabled, measuredMv }: BatteryReadings, restMv: number): Finding[] {
  const findings: Finding[] = [];
  if (disabled !== undefined && Math.abs(disabled - rest) < 0.02) {
    findings.push(wrong('battery', `the divider reads the same with its switch (D${wiring.enable!.pin}) off and on: the switch is bridged or its pin not connected, and the divider draws from the cells all the time.`));
  }
  if (measuredMv === undefined) return findings;
  const off = restMv / measuredMv - 1;
  if (Math.abs(off) <= TOLERANCE) findings.push(good('battery', `the divider reads ${volts(restMv)}, your meter ${volts(measuredMv)}: near enough.`));
  else {
    findings.push(wrong('battery', `the divider reads ${volts(restMv)} and your meter ${volts(measuredMv)}: check both resistors; if they are meant to be so, write fullScaleMv: ${Math.round(wiring.fullScaleMv! / (1 + off))} into the board file.`));
  }
  return findings;
}

function diagnoseCells(wiring: BatteryWiring, { loaded }: BatteryReadings, restMv: number): Finding[] {
  const floors = wiring.floors ?? floorsOf(wiring.chemistry);
  const loadedMv = loaded ? millivolts(loaded.reading, wiring) : NO_READING;
  const code = judgeBattery(restMv, loadedMv, floors);
  const rest = `${volts(restMv)} at rest`;
  if (code === BATTERY_LOW) return [wrong('battery', `the cells are almost empty: ${rest}, and an update needs ${volts(floors.refuseMv)}; fit fresh ones.`)];
  if (loadedMv === NO_READING || !loaded) {
    return [restMv >= floors.loadTestMv ? good('battery', `${rest}. Not measured under load.`)
      : note('battery', `${rest}, which is not much, and nothing was measured under load; fit fresh cells before an update.`)];
  }
  const both = `${rest}, ${loadedMv === IMPOSSIBLE ? 'less than 2 V' : volts(loadedMv)} ${LOADS[loaded.by]}`;
  if (code === BATTERY_LOADED_LOW || loadedMv < floors.loadedMv) {
    return [loaded.by === 'stalled motor' ? note('battery', `${both}. A motor that is held takes most of all: see to the bolt first, then measure again.`)
      : wrong('battery', `the cells give way under load: ${both}, and an update needs ${volts(floors.loadedMv)}; fit fresh cells${restMv >= floors.loadTestMv ? ', and look for a thin wire or a bad contact in the holder' : ''}.`)];
  }
  return [good('battery', `${both}.`)];
}
