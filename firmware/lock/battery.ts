/**
 * Battery: volts, never percent, and what counts is volts under load. A lock that reads 4.7 V at rest may brown out while flash is
 * written, so floors come in threes. Mains has no gate; what cells behind mains allow matters while the mains are away.
 */
import type { BatteryFloors, BatteryWiring, CellsWiring } from '../../boards/wiring.js';
import { BATTERY_LOADED_LOW, BATTERY_LOW, BATTERY_TIMED_OUT, BATTERY_UNKNOWN, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import { readInput, setUpInput } from './bolt.js';
import { gainIn } from './calibration.js';
import type { CodeRecords } from './codes.js';

/** A pause for the battery ends the update after this long. */
export const PAUSE_LIMIT_MS = 600000;
/** A loaded reading this old says nothing about the cells of now. */
export const LOADED_VALID_MS = 60000;
/** A paused update goes on when the loaded reading is this far above its floor. */
export const RESUME_ABOVE_MV = 50;
/** What an uncalibrated divider may be wrong by: floors rise by 6 %. */
export const UNCALIBRATED_PERCENT = 6;

/** Readings further apart belong to different loads. */
const EPISODE_MS = 2000;

/** No gate: mains, or no pin. */
export const NO_READING = -1;
/** The divider gives something no battery can. */
export const IMPOSSIBLE = -2;
/** A chip that runs has 2 V. */
export const LEAST_MV = 2000;

/** The most that such cells can have. */
export function mostMv(chemistry: CellsWiring['chemistry']): number {
  return chemistry === 'li1' ? 4500 : 7200;
}

/** What is measured: the pack, or the one behind mains. */
export function cellsOf(wiring: BatteryWiring): CellsWiring {
  return wiring.backup || wiring as CellsWiring;
}

/** Alkaline from field reports of locks that failed in the write phase; the other two are calculated, not yet measured. */
export function floorsOf(chemistry: CellsWiring['chemistry']): BatteryFloors {
  if (chemistry === 'li1') return { refuseMv: 3600, loadTestMv: 3750, loadedMv: 3500 };
  if (chemistry === '4xNiMH') return { refuseMv: 4600, loadTestMv: 4900, loadedMv: 4500 };
  return { refuseMv: 4500, loadTestMv: 4800, loadedMv: 4550 };
}

/** A reading of the ADC (0..1 of full scale) as millivolts, or `IMPOSSIBLE`. */
export function millivoltsOf(reading: number, cells: CellsWiring, gain: number): number {
  const mv = Math.floor(reading * (cells.fullScaleMv || 0) * gain / 10000 + 0.5);
  return reading < 0.995 && mv >= LEAST_MV && mv <= mostMv(cells.chemistry) ? mv : IMPOSSIBLE;
}

/** May a radio update go on with these readings? `loadedMv` is `NO_READING` where nothing was measured under load lately. */
export function judgeBattery(restMv: number, loadedMv: number, floors: BatteryFloors): ErrorCode {
  if (restMv === NO_READING) return 0;
  if (restMv === IMPOSSIBLE) return BATTERY_UNKNOWN;
  if (restMv < floors.refuseMv) return BATTERY_LOW;
  if (restMv >= floors.loadTestMv) return 0;
  return loadedMv >= floors.loadedMv ? 0 : BATTERY_LOADED_LOW;
}

/** Reads the battery's voltage; nothing more, for those who need no gate. */
export interface BatteryMeter {
  /** False: no calibration is stored. */
  calibrated: boolean;
  /** Millivolts now, `NO_READING` or `IMPOSSIBLE`. Cells behind mains are read while the mains are away, or with `backupToo`. */
  restMv(backupToo?: boolean): number;
}

export interface Battery extends BatteryMeter {
  /** The floors in force: widened where no calibration is stored. */
  floors: BatteryFloors;
  /** Lowest loaded reading since the start, or `NO_READING`. */
  loadedMinMv: number;
  /** Lowest reading of the last load alone: a throw, an erase, an update without longer breaks. */
  lowMv: number;
  /** What `battery-level.ts` keeps: the level it gave last, and the lowest reading at rest. */
  level: number;
  seenMv: number;
  /**
   * May an update start, or be installed? Both need the same. Between the floors a loaded reading of the last minute decides; where
   * there is none, `loadTest` makes one: it erases a page with the radio on and calls `sample`. Without it the answer is no.
   */
  gate(phase: 'start' | 'install', loadTest?: () => void): ErrorCode;
  /**
   * May the next page be erased and written? Reads the battery, so ask while the load is still felt: right after an erase or a page,
   * and every second of a pause. 0 = go on, BATTERY_LOADED_LOW = pause at this page boundary, BATTERY_TIMED_OUT = ten minutes of pause
   * are over: give up. A divider that fails half-way stops nothing: whoever started knew what it read.
   * With `motor` the reading is only remembered, 0: to be called again and again while the motor runs.
   */
  sample(motor?: boolean): ErrorCode;
}

export function openMeter(platform: Platform, wiring: BatteryWiring, records: CodeRecords): BatteryMeter {
  const pins = platform.pins;
  const gain = gainIn(records);
  const cells = cellsOf(wiring);
  if (wiring.present) setUpInput(pins, wiring.present);
  setUpCells(platform, cells);

  function restMv(backupToo?: boolean): number {
    const pin = cells.pin;
    const enable = cells.enable;
    // Where nothing tells whether the mains are there, they are.
    if (wiring.chemistry === 'mains' && !(wiring.backup && (backupToo || readInput(pins, wiring.present) === 0))) return NO_READING;
    if (pin === undefined) return IMPOSSIBLE;
    if (enable) pins.write(enable.pin, enable.active);
    const reading = (pins.analog(pin) + pins.analog(pin) + pins.analog(pin) + pins.analog(pin)) / 4;
    if (enable) pins.write(enable.pin, enable.active ? 0 : 1);
    return millivoltsOf(reading, cells, gain || 10000);
  }
  return { calibrated: gain > 0, restMv };
}

function setUpCells(platform: Platform, cells: CellsWiring): void {
  if (cells.pin !== undefined) platform.pins.mode(cells.pin, 'analog');
  if (cells.enable) platform.pins.mode(cells.enable.pin, 'output');
}

/** Radios may run: not below the resting floor (not widened: the door comes first, and it needs no radio). */
export function radioAllowed(meter: BatteryMeter, wiring: BatteryWiring): boolean {
  const mv = meter.restMv();
  const cells = cellsOf(wiring);
  return mv < 0 || mv >= (cells.floors || floorsOf(cells.chemistry)).refuseMv;
}

function floorsInForce(cells: CellsWiring, calibrated: boolean): BatteryFloors {
  const own = cells.floors || floorsOf(cells.chemistry);
  const widen = (mv: number) => (calibrated ? mv : mv + Math.floor(mv * UNCALIBRATED_PERCENT / 100));
  return { refuseMv: widen(own.refuseMv), loadTestMv: widen(own.loadTestMv), loadedMv: widen(own.loadedMv) };
}

export function openBattery(platform: Platform, wiring: BatteryWiring, records: CodeRecords): Battery {
  const battery = openMeter(platform, wiring, records) as Battery;
  let loadedMv = NO_READING;
  let loadedAtMs = 0;
  let pausedAtMs = NO_READING;
  battery.floors = floorsInForce(cellsOf(wiring), battery.calibrated);
  battery.loadedMinMv = battery.lowMv = battery.seenMv = NO_READING;
  battery.level = 0;
  battery.sample = (motor) => {
    const mv = battery.restMv();
    const now = platform.nowMs();
    if (mv < 0) return 0;
    if (battery.lowMv < 0 || mv < battery.lowMv || now - loadedAtMs > EPISODE_MS) battery.lowMv = mv;
    if (battery.loadedMinMv < 0 || mv < battery.loadedMinMv) battery.loadedMinMv = mv;
    loadedMv = mv;
    loadedAtMs = now;
    if (motor) return 0;
    const paused = pausedAtMs >= 0;
    if (mv >= battery.floors.loadedMv + (paused ? RESUME_ABOVE_MV : 0)) {
      pausedAtMs = NO_READING;
      return 0;
    }
    if (!paused) pausedAtMs = now;
    if (now - pausedAtMs < PAUSE_LIMIT_MS) return BATTERY_LOADED_LOW;
    pausedAtMs = NO_READING;
    return BATTERY_TIMED_OUT;
  };
  battery.gate = gate;
  function gate(_phase: 'start' | 'install', loadTest?: () => void): ErrorCode {
    const floors = battery.floors;
    const mv = battery.restMv();
    const isOld = () => loadedMv < 0 || platform.nowMs() - loadedAtMs > LOADED_VALID_MS;
    if (isOld() && loadTest && mv >= floors.refuseMv && mv < floors.loadTestMv) {
      loadTest();
      // Nothing was being written: low cells refuse, they pause nothing.
      pausedAtMs = NO_READING;
    }
    return judgeBattery(mv, isOld() ? NO_READING : loadedMv, floors);
  }
  return battery;
}

/** `4.31 V at rest (needs 4.50 V), 4.12 V under load (needs 4.55 V)`: what a refusal says. */
export function wordsOf(battery: Battery): string {
  const floors = battery.floors;
  return reading(battery.restMv(), ' at rest', floors.refuseMv) + ', ' + reading(battery.loadedMinMv, ' under load', floors.loadedMv);
}

function reading(mv: number, where: string, neededMv: number): string {
  return (mv < 0 ? 'nothing read' : volts(mv)) + where + ' (needs ' + volts(neededMv) + ')';
}

function volts(mv: number): string {
  const hundredths = Math.floor(mv % 1000 / 10);
  return Math.floor(mv / 1000) + (hundredths < 10 ? '.0' : '.') + hundredths + ' V';
}
