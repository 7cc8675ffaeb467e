/**
 * How long the lock lets somebody at the keypad wait: from a key to its beep, and from `#` to the first current of the motor, in ESP32-equivalent
 * milliseconds, with 100 users, while nothing else goes on, and in each phase of an update.
 *
 * Measured: the bundles that ship, on the real interpreter, in a timed world (device/timed.ts). Its clock counts JavaScript's time by the factor of
 * `calibrate`, and jumps where the lock waits, so that keys meet turns, erases and time-outs as they would on the chip. The real time for which another
 * process had the processor does not count, where the system tells it. The wait of a key is what the firmware makes of it: its scans, its
 * debouncing, the turns that were under way.
 * Added: 45 ms for an erase, 0.5 ms for 256 bytes programmed (data sheets), 0.18 ms for a call of flash (emulated ESP32), the pass of the idle loop.
 * Nothing: pins, radio and the way of a datagram to the firmware's handler, which a chip has natively; each counts as a native call.
 *
 * Not as on an ESP32: the app's text is copied to RAM, as its mapped flash would be read as fast; but Espruino copies functions out of a text in
 * RAM when it makes them, and only points to those in flash: what makes functions is slower here. A collection of memory goes over 16,383 variables
 * here and over about 5,000 there: it counts by that share.
 *
 * Calculated: what stretching takes by itself, `stretchMs`: its iterations in a bare loop, one after the other. It is taken off wherever a code was
 * stretched; what its turns do besides is not. nRF52: JavaScript times 4.2, the rest as it is; slower than an ESP32 by what the project's own first
 * measurements of both said (12,000 and 50,000 simple statements a second).
 *
 * A start by key from deep sleep: the emulated ESP32 took 1,250 ms to `.boot0`; from there it is measured, to the beep that says ready.
 */
import { calibrate, type Factors } from '../../virtual-board/interpreter/calibrate.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import type { EndLine, EntryLine, Phase, Sample, WakeLine } from './device/protocol.js';
import type { Progress } from './index.js';
import { openTimedLocks, type TimedLocks } from './timed-locks.js';

export interface Spread {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  presses: number;
}

/** All presses together; those for the motor, without stretching; those that only beep. */
export interface PhaseFigures extends Spread {
  motor: Spread;
  beep: Spread;
  /** All presses, on an nRF52: calculated. */
  nrf52: Spread;
  /** Keys that were pressed for 80 ms or longer and not seen. */
  lost: number;
  /** Without flash. */
  longestTurnMs: number;
  /** Page erases that presses were placed around, or that went on meanwhile. */
  erases: number;
}

export interface LatencyFigures {
  phases: Record<Exclude<Phase, 'wake'>, PhaseFigures>;
  wake: Spread;
  /** Of all phases. */
  worstP99Ms: number;
  lost: number;
  /** ESP32, calculated; taken off. */
  stretchMs: number;
  users: number;
  factors: Factors;
}

const PRESSES = 504;
const PRESSES_AN_ENTRY = 6;
/** From power or wake to the first statement of `.boot0`, on the emulated ESP32. */
export const CHIP_START_MS = 1250;
/** JavaScript on an nRF52840 over an ESP32. */
export const NRF52_FACTOR = 4.2;
/** Entries in one start: a verification is over then, and of the compactions only the first is prepared. */
const ENTRIES: Record<Exclude<Phase, 'wake'>, number> = { idle: 28, upload: 28, erase: 28, verify: 40, compaction: 2 };
const WAKES = 40;

export async function latency(progress: Progress = () => undefined): Promise<LatencyFigures | { skipped: string }> {
  const { missing } = findEspruino();
  if (missing) return { skipped: missing };
  progress(0, 'calibrating, building');
  const factors = await calibrate();
  const locks = await openTimedLocks(factors);
  const names = Object.keys(ENTRIES) as (keyof typeof ENTRIES)[];
  const phases = {} as LatencyFigures['phases'];
  let stretchMs = Infinity;
  for (const [index, phase] of names.entries()) {
    const share = (done: number): number => (index + done) / (names.length + 1);
    const { entries, ends } = await walk(locks, phase, (done) => progress(share(done), phase));
    stretchMs = Math.min(stretchMs, ...ends.map((end) => end[5]));
    phases[phase] = figuresOf(entries, ends, Math.min(...ends.map((end) => end[5])));
  }
  const ready: Sample[] = [];
  while (ready.length < WAKES) {
    progress((names.length + ready.length / WAKES) / (names.length + 1), 'wake');
    const lines = await locks.run('wake', ready.length + 1, 0);
    ready.push(...lines.filter((line): line is WakeLine => line[0] === 'wake').map((line) => line[1]));
  }
  return {
    phases, wake: spread(ready.map(([ms]) => CHIP_START_MS + ms)), worstP99Ms: Math.max(...names.map((name) => phases[name].p99Ms)),
    lost: names.reduce((sum, name) => sum + phases[name].lost, 0), stretchMs: Math.round(stretchMs), users: locks.users, factors,
  };
}

async function walk(locks: TimedLocks, phase: keyof typeof ENTRIES, progress: (share: number) => void): Promise<{ entries: EntryLine[]; ends: EndLine[] }> {
  const entries: EntryLine[] = [];
  const ends: EndLine[] = [];
  for (let seed = 1; entries.length * PRESSES_AN_ENTRY < PRESSES; seed++) {
    const lines = await locks.run(phase, seed, ENTRIES[phase], () => progress(entries.length * PRESSES_AN_ENTRY / PRESSES));
    entries.push(...lines.filter((line): line is EntryLine => line[0] === 'entry'));
    ends.push(...lines.filter((line): line is EndLine => line[0] === 'end'));
    progress(entries.length * PRESSES_AN_ENTRY / PRESSES);
  }
  return { entries, ends };
}

/** `stretchMs` comes off each PIN's `#`. */
export function figuresOf(entries: readonly EntryLine[], ends: readonly EndLine[], stretchMs: number): PhaseFigures {
  const without = ([ms, javascriptMs]: Sample): Sample => [ms - stretchMs, javascriptMs - stretchMs];
  const motor = entries.flatMap((entry) => [without(entry[2]), entry[3]]);
  const digits = entries.flatMap((entry) => entry[1]);
  const aloneBeeps = entries.map((entry) => entry[4]);
  const all = [...motor, ...digits];
  const most = (values: number[]): number => Math.round(Math.max(0, ...values));
  return {
    ...spread(all.map(([ms]) => ms)), motor: spread(motor.map(([ms]) => ms)), beep: spread([...digits, ...aloneBeeps].map(([ms]) => ms)),
    nrf52: spread(all.map(([ms, javascriptMs]) => ms + javascriptMs * (NRF52_FACTOR - 1))),
    lost: ends.reduce((sum, end) => sum + end[4], 0), longestTurnMs: most(ends.map((end) => end[1])),
    erases: ends.reduce((sum, end) => sum + end[3], 0),
  };
}

/** A percentile is the smallest sample that so many percent do not exceed. */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (percent: number): number => Math.round(sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? NaN);
  return { p50Ms: at(50), p99Ms: at(99), maxMs: at(100), presses: sorted.length };
}
