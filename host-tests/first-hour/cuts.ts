/**
 * Making a lock over the wire of a virtual board whose power fails on the way, at seeded flash operations and inside them; then the same command
 * again, as a person would, until it ends well.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REFERENCE } from '../../boards/reference/index.js';
import { createKey, writeKeyFiles } from '../../cli/image/key-file.js';
import { Refusal } from '../../cli/image/refusal.js';
import { provision, type ProvisionOptions } from '../../cli/provision/provision.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import type { CutPlan } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';
import { silent } from './silent.js';

export interface CutResult {
  /** Flash operation of the first run, and how it was cut. */
  operation: number;
  how: CutPlan['how'];
  /** What went wrong afterwards; undefined where the lock came into being and opened. */
  failed: string | undefined;
}

const WIRING = 'esp32-devkit';
const PIN = '2468';
const HOWS: readonly CutPlan['how'][] = ['before', 'torn', 'after'];
/** Tries of a person who runs the command again. */
const RUNS = 3;

/** `points` cuts, spread over the flash operations of a provisioning and chosen by the seed. */
export async function cutProvisioning(points: number, seed: number, told: (done: number) => void = () => undefined): Promise<CutResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-cuts-'));
  const key = join(folder, 'dev.key');
  await writeKeyFiles(key, createKey(true, new Uint8Array(48).fill(6)), undefined, new Date(0));
  const random = createRandom(seed);
  try {
    const whole = newBoard(seed);
    await run(whole, optionsFor(folder, key, 'whole'));
    const operations = whole.world.nor.operations;
    const results: CutResult[] = [];
    for (let point = 0; point < points; point++) {
      const operation = Math.floor(((point + random.next()) / points) * operations);
      const how = HOWS[random.int(HOWS.length)]!;
      const board = newBoard(seed + point, { at: operation, how, random: random.fork() });
      results.push({ operation, how, failed: await untilItOpens(board, optionsFor(folder, key, `cut-${point}`)) });
      told(point + 1);
    }
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function newBoard(seed: number, cut?: CutPlan): Board {
  return boot(createWorld({ seed, wiring: REFERENCE[WIRING]! }), cut ? { cut } : {});
}

/** Each board in a folder of its own: their chips have the same serial number. */
const optionsFor = (folder: string, key: string, name: string): ProvisionOptions => ({ via: 'virtual', wiring: WIRING, pin: PIN, key, folder: join(folder, name) });

function run(board: Board, options: ProvisionOptions): Promise<void> {
  return provision(options, silent(), () => Promise.resolve(openWirePort(board)));
}

/** What stands in the way of a lock that opens, after the power failed once. */
async function untilItOpens(board: Board, options: ProvisionOptions): Promise<string | undefined> {
  for (let attempt = 0; attempt < RUNS; attempt++) {
    try {
      await run(board, options);
      return opens(board);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (board.ended() !== 'powerCut') return error.message;
      board.powerOn();
    }
  }
  return `not made in ${RUNS} runs`;
}

function opens(board: Board): string | undefined {
  const { clock, keypad, bolt, violations } = board.world;
  // The cut may have come with the very last write, and the command then told its codes to a board without power.
  if (board.ended() === 'powerCut') board.powerOn();
  // Until it is a lock, Espruino may erase a Storage that was cut: nothing of anybody is in it.
  violations.length = 0;
  board.run(8000);
  [...`${PIN}#`].forEach((name, at) => clock.after(200 * at, () => keypad.press(name, 100)));
  if (!board.pump(() => bolt.unlocked(), 10_000)) return `the PIN does not open; printed: ${board.printed.slice(-3).join('; ')}`;
  const wrong = [...violations.map(({ kind, detail }) => `${kind}: ${detail}`), ...board.session.uncaught.map(({ error }) => String(error))];
  return wrong.length ? wrong.join('; ') : undefined;
}
