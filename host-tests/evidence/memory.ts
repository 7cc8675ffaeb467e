/**
 * JsVars of the app on the real interpreter, at rest and in an update. Counted are variables in use after a collection, prelude and
 * whatever else only the Linux build has taken off: what an interpreter of the same version uses with nothing loaded is left in.
 */
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import type { Progress } from './index.js';
import { interpreterVars } from '../interpreter/interpreter-vars.js';
import { linuxFirmware, linuxLock, MASTER_CODE, smpClient, wiring } from '../interpreter/locks.js';

export interface MemoryFigures {
  /** At rest, 100 users stored. */
  restVars: number;
  /** The most that was seen in an upload: its window open, the image sent over UDP and checked. */
  peakVars: number;
  /** What the prelude takes, and what an empty interpreter does: restVars and peakVars are without the first and with the second. */
  preludeVars: number;
  emptyVars: number;
}

/** A hundred users, each with a PIN. */
const USER_PINS = Array.from({ length: 100 }, (_, index) => String(2000 + index));
/** How often the peak is looked at while the upload runs, milliseconds. */
const SAMPLE_MS = 3;
const USED = 'process.memory().usage';

/** Measures both; `progress` is told what is being done. */
export async function memory(progress: Progress = () => undefined): Promise<MemoryFigures | { skipped: string }> {
  const { missing } = findEspruino();
  if (missing) return { skipped: missing };
  progress(0, 'an empty interpreter, and one with the prelude');
  const { emptyVars, preludeVars } = await interpreterVars();
  progress(0.1, 'firmware');
  const firmware = await linuxFirmware('1.0.0');
  const newer = await linuxFirmware('2.0.0');
  const lock = await linuxLock(firmware, { pins: USER_PINS });
  try {
    progress(0.3, 'at rest');
    await ready(lock);
    const restVars = Number(await lock.evaluate(USED)) - preludeVars;
    progress(0.6, 'an upload');
    await lock.type(`${MASTER_CODE}#8#`);
    await lock.evaluate(`(function(){var m=process.memory;global.peak=0;(function sample(){setTimeout(sample,${SAMPLE_MS});var u=m().usage;if(u>peak)peak=u;})();})()`);
    const client = await smpClient(lock);
    try {
      await client.upload(newer.file);
      await client.test(newer.hash);
    } finally {
      client.close();
    }
    const sampler = 20;
    const peakVars = Number(await lock.evaluate('peak')) - preludeVars - sampler;
    return { restVars, peakVars, preludeVars, emptyVars };
  } finally {
    await lock.close();
  }
}

/** Launched, and in the state it stays in: the marks and copies of a first start are written. */
async function ready(lock: Interpreter): Promise<void> {
  await lock.powerOn();
  const motor = (wiring.bolt as { in1: number }).in1;
  await lock.waitFor('the door', (report) => report[0] === 'out' && report[1] === motor, { timeoutMs: 20_000, from: 0 });
  let kicks = 0;
  await lock.waitFor('some turns', (report) => report[0] === 'kick' && ++kicks === 4, { timeoutMs: 20_000 });
}
