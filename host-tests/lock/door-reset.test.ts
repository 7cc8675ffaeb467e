/** The hard reset as a person orders it at a keypad that tells holding: `#` held for five seconds, no less. */
import { expect, it } from 'vitest';
import { PENDING } from '../../firmware/flash/keys.js';
import { HARD_RESET } from '../../firmware/lock/resets.js';
import { MASTER_CODE, World } from './world.js';

function held(ms: number): World {
  const world = World.provisioned();
  world.type(`${MASTER_CODE}#`);
  world.pass(1000);
  world.type('99#');
  world.pass(1000);
  world.heard();
  world.press('#', ms);
  world.pass(2000);
  return world;
}

it('`#` held for five seconds after 99# orders the reset, with a tick each second', () => {
  const world = held(5200);
  expect(world.restarts).toBe(1);
  expect(world.heard()).toMatch(/kkkkl?$/);
  expect(world.flash.records.get(PENDING)?.[0]).toBe(HARD_RESET);
});

it('let go earlier it orders nothing, and the menu is where it was', () => {
  const world = held(4600);
  expect(world.restarts).toBe(0);
  expect(world.flash.records.get(PENDING)).toBeUndefined();
  world.type('1#');
  world.pass(3000);
  expect(world.motorMs).toBeGreaterThan(0);
});

it('holding the `#` that ends 99# is not enough', () => {
  const world = World.provisioned();
  world.type(`${MASTER_CODE}#`);
  world.pass(1000);
  world.type('99');
  world.press('#', 8000);
  world.pass(2000);
  expect(world.restarts).toBe(0);
});
