/**
 * What a start on an ordinary day costs up to the launch: readings of flash and turns. Counts, which no busy machine changes, stand in for
 * the times that `npm run -s evidence -- boot` measures: each reading is some calls of JavaScript, each turn a pass of the idle loop.
 */
import { beforeAll, expect, it } from 'vitest';
import { attack, homeFlash } from '../hostile/lock.js';

interface Cost {
  reads: number;
  turns: number;
}

beforeAll(homeFlash, 120_000);

/** From the mark that a start began to the mark that something is launched: the two programs of a start with a seal. */
async function costOfStart(): Promise<Cost> {
  const cost: Cost = { reads: 0, turns: 0 };
  let programs = 0;
  const attacked = attack(await homeFlash(), 1, (world) => {
    const { read, write } = world.nor.port;
    world.nor.port.read = (length, address) => {
      if (programs < 2) cost.reads++;
      return read(length, address);
    };
    world.nor.port.write = (data, address) => {
      write(data, address);
      programs++;
    };
  });
  attacked.board.pump(() => {
    if (programs < 2) cost.turns++;
    return programs >= 2;
  }, 5000);
  expect(programs).toBe(2);
  return cost;
}

it('a start with a seal reads flash no more often than it has to, and is decided in few turns', async () => {
  const cost = await costOfStart();
  expect(cost.reads).toBeGreaterThan(0);
  expect(cost.reads).toBeLessThanOrEqual(60);
  expect(cost.turns).toBeLessThanOrEqual(3);
});
