/**
 * What the cells are still good for: 0 = all is well, 1 = new ones soon, 2 = the last unlocks, 3 = nothing. The last unlocks are
 * reserved: a lock that cannot lock any more is a nuisance, one that cannot unlock any more keeps somebody out.
 */
import type { BatteryFloors, BatteryWiring, CellsWiring } from '../../boards/wiring.js';
import { BATTERY_EMPTY, type ErrorCode } from '../errors.js';
import { cellsOf, NO_READING, UNCALIBRATED_PERCENT, type Battery } from './battery.js';
import { LOCKED } from './states.js';

export const BATTERY_OK = 0;
export const BATTERY_WARNING = 1;
/** Unlocking only. */
export const BATTERY_CRITICAL = 2;
/** Not even that: the chip would fail in the middle of the throw. */
export const BATTERY_NOTHING_LEFT = 3;

/** A level is left for a better one this far above its floor. */
const BETTER_PERCENT = 4;
/** Cells at rest recover less than this after a load: these are others, or were charged. */
const OTHER_CELLS_PERCENT = 15;
/** At rest, and for nothing at all, in percent of the reserve under load. */
const REST_PERCENT = 105;
const NOTHING_PERCENT = 90;

/** Millivolts while the motor runs, below which the last unlocks begin. Calculated: the chip fails at about 3.1 V (one cell: 2.9 V). */
export function reserveOf(chemistry: CellsWiring['chemistry']): number {
  return chemistry === 'li1' ? 3300 : chemistry === '4xNiMH' ? 4000 : 3700;
}

/** `before` is the level so far. `loadedMv`: the lowest of the last load, negative = none. `reserveMv`: see `reserveOf`. `floors` are not widened. */
export function levelOf(before: number, restMv: number, loadedMv: number, reserveMv: number, floors: BatteryFloors): number {
  // Mains alone; or nobody knows.
  if (restMv < 0) return restMv === NO_READING ? BATTERY_OK : BATTERY_WARNING;
  function below(mv: number, floorMv: number, level: number): boolean {
    return mv >= 0 && mv * 100 < floorMv * (before < level ? 100 : 100 + BETTER_PERCENT);
  }
  if (below(restMv, reserveMv * NOTHING_PERCENT / 100, BATTERY_NOTHING_LEFT)) return BATTERY_NOTHING_LEFT;
  if (below(restMv, reserveMv * REST_PERCENT / 100, BATTERY_CRITICAL) || below(loadedMv, reserveMv, BATTERY_CRITICAL)) return BATTERY_CRITICAL;
  return below(restMv, floors.loadTestMv, BATTERY_WARNING) || below(loadedMv, floors.loadedMv, BATTERY_WARNING) ? BATTERY_WARNING : BATTERY_OK;
}

/** Reads the cells, not while a load is on, and keeps the level in `battery.level`: whoever tells people compares it with what it was. */
export function batteryLevel(battery: Battery, wiring: BatteryWiring): number {
  const restMv = battery.restMv(true);
  if (restMv >= 0) {
    if (battery.seenMv >= 0 && restMv * 100 > battery.seenMv * (100 + OTHER_CELLS_PERCENT)) {
      battery.lowMv = battery.seenMv = NO_READING;
      battery.level = BATTERY_OK;
    }
    if (battery.seenMv < 0 || restMv < battery.seenMv) battery.seenMv = restMv;
  }
  // Without calibration floors are higher for updates. The divider may read so much too low as well, and the door comes first.
  const doubt = battery.calibrated ? 1 : 1 + UNCALIBRATED_PERCENT / 100;
  const floors = battery.floors;
  battery.level = levelOf(battery.level, restMv, battery.lowMv, reserveOf(cellsOf(wiring).chemistry) / doubt, {
    refuseMv: 0, loadTestMv: floors.loadTestMv / doubt, loadedMv: floors.loadedMv / doubt,
  });
  return battery.level;
}

/** May the motor move the bolt to `goal`? 0, or BATTERY_EMPTY. To be asked before each throw, of whatever source. Never no while mains are there. */
export function refuseThrow(battery: Battery, wiring: BatteryWiring, goal: number): ErrorCode {
  if (battery.restMv() < 0) return 0;
  const level = batteryLevel(battery, wiring);
  return level === BATTERY_NOTHING_LEFT || level === BATTERY_CRITICAL && goal === LOCKED ? BATTERY_EMPTY : 0;
}
