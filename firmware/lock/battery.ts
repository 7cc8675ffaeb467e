/**
 * Battery: volts, never percent, and what counts is volts under load. A lock that reads 4.7 V at rest may brown out while flash is
 * written, so floors come in threes. Mains has no gate.
 */
import type { BatteryFloors, BatteryWiring } from '../../boards/wiring.js';
import { BATTERY_LOADED_LOW, BATTERY_LOW, BATTERY_TIMED_OUT, BATTERY_UNKNOWN, type ErrorCode } from '../errors.js';
import type { Platform } from '../platform/types.js';
import { CALIBRATION } from '../flash/keys.js';
import type { CodeRecords } from './codes.js';

/** A pause for the battery ends the update after this long. */
export const PAUSE_LIMIT_MS = 600000;
/** A loaded reading this old says nothing about the cells of now. */
export const LOADED_VALID_MS = 60000;
/** A paused update goes on when the loaded reading is this far above its floor. */
export const RESUME_ABOVE_MV = 50;
/** What an uncalibrated divider may be wrong by: floors rise by 6 %. */
const UNCALIBRATED_PERCENT = 6;

/** No gate: mains, or no pin. */
export const NO_READING = -1;
/** The divider gives something no battery can. */
export const IMPOSSIBLE = -2;

/** Alkaline from field reports of locks that failed in the write phase; the other two are calculated, not yet measured. */
export function floorsOf(chemistry: BatteryWiring['chemistry']): BatteryFloors {
  if (chemistry === 'li1') return { refuseMv: 3600, loadTestMv: 3750, loadedMv: 3500 };
  if (chemistry === '4xNiMH') return { refuseMv: 4600, loadTestMv: 4900, loadedMv: 4500 };
  return { refuseMv: 4500, loadTestMv: 4800, loadedMv: 4550 };
}

/** A reading of the ADC (0..1 of full scale) as millivolts, or `IMPOSSIBLE`: a chip that runs has 2 V, and cells have a ceiling. */
export function millivoltsOf(reading: number, wiring: BatteryWiring, gain: number): number {
  const mv = Math.floor(reading * (wiring.fullScaleMv || 0) * gain / 10000 + 0.5);
  return reading < 0.995 && mv >= 2000 && mv <= (wiring.chemistry === 'li1' ? 4500 : 7200) ? mv : IMPOSSIBLE;
}

/** May a radio update go on with these readings? `loadedMv` is `NO_READING` where nothing was measured under load lately. */
export function judgeBattery(restMv: number, loadedMv: number, floors: BatteryFloors): ErrorCode {
  if (restMv === NO_READING) return 0;
  if (restMv === IMPOSSIBLE) return BATTERY_UNKNOWN;
  if (restMv < floors.refuseMv) return BATTERY_LOW;
  if (restMv >= floors.loadTestMv) return 0;
  return loadedMv >= floors.loadedMv ? 0 : BATTERY_LOADED_LOW;
}

export interface Battery {
  /** False: floors are widened, because no calibration is stored. */
  calibrated: boolean;
  /** The floors in force. */
  floors: BatteryFloors;
  /** Lowest loaded reading since the start, or `NO_READING`. */
  loadedMinMv(): number;
  /** Millivolts now, `NO_READING` or `IMPOSSIBLE`. */
  restMv(): number;
  /**
   * May an update start, or be installed? Both need the same. Between the floors a loaded reading of the last minute decides; where
   * there is none, `loadTest` makes one: it erases a page with the radio on and calls `sample`. Without it the answer is no.
   */
  gate(phase: 'start' | 'install', loadTest?: () => void): ErrorCode;
  /**
   * May the next page be erased and written? Reads the battery, so ask while the load is still felt: right after an erase or a page,
   * and every second of a pause. 0 = go on, BATTERY_LOADED_LOW = pause at this page boundary, BATTERY_TIMED_OUT = ten minutes of pause
   * are over: give up. A divider that fails half-way stops nothing: whoever started knew what it read.
   */
  sample(): ErrorCode;
  /** Worth a warning to people: below the load-test floor. */
  low(): boolean;
}

/** Reads the battery's voltage; nothing more, for those who need no gate. */
export interface BatteryMeter {
  /** False: no calibration is stored. */
  calibrated: boolean;
  /** Millivolts now, `NO_READING` or `IMPOSSIBLE`. */
  restMv(): number;
}

/** Calibration record (key `CALIBRATION`): u16 low byte first, true volts over read volts in 1/10000. */
export function openMeter(platform: Platform, wiring: BatteryWiring, records: CodeRecords): BatteryMeter {
  const pins = platform.pins;
  const calibration = records.get(CALIBRATION);
  const calibrated = calibration !== undefined && calibration.length > 1;
  const gain = calibrated ? calibration[0]! + calibration[1]! * 256 : 10000;
  const pin = wiring.chemistry === 'mains' ? undefined : wiring.pin;
  const enable = wiring.enable;
  if (pin !== undefined) pins.mode(pin, 'analog');
  if (enable) pins.mode(enable.pin, 'output');
  return {
    calibrated,
    restMv: () => {
      if (wiring.chemistry === 'mains') return NO_READING;
      if (pin === undefined) return IMPOSSIBLE;
      if (enable) pins.write(enable.pin, enable.active);
      const reading = (pins.analog(pin) + pins.analog(pin) + pins.analog(pin) + pins.analog(pin)) / 4;
      if (enable) pins.write(enable.pin, enable.active ? 0 : 1);
      return millivoltsOf(reading, wiring, gain);
    },
  };
}

/** Radios may run: not below the resting floor (not widened: the door comes first, and it needs no radio). */
export function radioAllowed(meter: BatteryMeter, wiring: BatteryWiring): boolean {
  const mv = meter.restMv();
  return mv < 0 || mv >= (wiring.floors || floorsOf(wiring.chemistry)).refuseMv;
}

export function openBattery(platform: Platform, wiring: BatteryWiring, records: CodeRecords): Battery {
  const meter = openMeter(platform, wiring, records);
  const calibrated = meter.calibrated;
  const restMv = meter.restMv;
  const own = wiring.floors || floorsOf(wiring.chemistry);
  const widen = (mv: number) => (calibrated ? mv : mv + Math.floor(mv * UNCALIBRATED_PERCENT / 100));
  const floors = { refuseMv: widen(own.refuseMv), loadTestMv: widen(own.loadTestMv), loadedMv: widen(own.loadedMv) };
  let loadedMv = NO_READING;
  let loadedAtMs = 0;
  let loadedMinMv = NO_READING;
  let pausedAtMs = NO_READING;

  function isFresh(): boolean {
    return loadedMv >= 0 && platform.nowMs() - loadedAtMs <= LOADED_VALID_MS;
  }
  function sample(): ErrorCode {
    const mv = restMv();
    const now = platform.nowMs();
    if (mv < 0) return 0;
    loadedMv = mv;
    loadedAtMs = now;
    if (loadedMinMv < 0 || mv < loadedMinMv) loadedMinMv = mv;
    const paused = pausedAtMs >= 0;
    if (mv >= floors.loadedMv + (paused ? RESUME_ABOVE_MV : 0)) {
      pausedAtMs = NO_READING;
      return 0;
    }
    if (!paused) pausedAtMs = now;
    if (now - pausedAtMs < PAUSE_LIMIT_MS) return BATTERY_LOADED_LOW;
    pausedAtMs = NO_READING;
    return BATTERY_TIMED_OUT;
  }
  function gate(_phase: 'start' | 'install', loadTest?: () => void): ErrorCode {
    const mv = restMv();
    if (!isFresh() && loadTest && mv >= floors.refuseMv && mv < floors.loadTestMv) {
      loadTest();
      // Nothing was being written: low cells refuse, they pause nothing.
      pausedAtMs = NO_READING;
    }
    return judgeBattery(mv, isFresh() ? loadedMv : NO_READING, floors);
  }
  return {
    calibrated,
    floors,
    loadedMinMv: () => loadedMinMv,
    restMv,
    gate,
    sample,
    low: () => {
      const mv = restMv();
      return mv >= 0 && mv < own.loadTestMv;
    },
  };
}

/** `4.31 V at rest (needs 4.50 V), 4.12 V under load (needs 4.55 V)`: what a refusal says. */
export function wordsOf(battery: Battery): string {
  const floors = battery.floors;
  return reading(battery.restMv(), ' at rest', floors.refuseMv) + ', ' + reading(battery.loadedMinMv(), ' under load', floors.loadedMv);
}

function reading(mv: number, where: string, neededMv: number): string {
  return (mv < 0 ? 'nothing read' : volts(mv)) + where + ' (needs ' + volts(neededMv) + ')';
}

function volts(mv: number): string {
  const hundredths = Math.floor(mv % 1000 / 10);
  return Math.floor(mv / 1000) + (hundredths < 10 ? '.0' : '.') + hundredths + ' V';
}
