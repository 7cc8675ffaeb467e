/** What the cells of the walked door can still do, by their volts alone: one reading says for sure, or it depends on what was read before. */
import type { World } from './device/parts.js';

const FULL_SCALE_MV = 9000;
/** Below it is no reading, and nobody is kept out for it. */
const LEAST_MV = 2000;
/** Four alkaline cells, read by a divider that nobody has calibrated: for sure too low to unlock, and to lock. */
const NOTHING_MV = 3130;
const LOCKS_MV = 3650;
/** From here on everything moves, unless less was read before. */
const WELL_MV = 4000;

const millivolts = (world: World): number => Math.round(world.analog * FULL_SCALE_MV);

/** 1 unlocks. */
export function forbidThrow(world: World, direction: number): boolean {
  const mv = millivolts(world);
  return mv > LEAST_MV + 10 && mv < (direction > 0 ? NOTHING_MV : LOCKS_MV);
}

export function areWell(world: World): boolean {
  const mv = millivolts(world);
  return mv < LEAST_MV - 10 || mv > WELL_MV;
}
