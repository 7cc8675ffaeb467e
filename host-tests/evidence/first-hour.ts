/** From parts to a working door: every command of the guide, provisioning with the power cut on the way, and boards that cannot carry a lock. */
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { cutProvisioning } from '../first-hour/cuts.js';
import { notRun, walk, type NotRun, type Step } from '../first-hour/hour.js';
import { ELSEWHERE, onInterpreter } from '../first-hour/interpreter-hour.js';
import { refusePeers } from '../first-hour/peers.js';
import { COMMANDS, onStage, PARTS } from '../first-hour/virtual-hour.js';
import type { Progress } from './index.js';

interface Counts {
  steps: number;
  passed: number;
}

export interface FirstHourEvidence extends Counts {
  /** Commands on the virtual board, and on the real interpreter over TCP where there is one. */
  virtual: Counts;
  interpreter: Counts | { skipped: string };
  /** Seeded points at which provisioning lost its power, each then run again until the PIN opened. */
  cuts: Counts & { seed: number };
  /** Boards that were refused with their sentence. */
  peers: Counts;
  notRun: NotRun[];
  failed: Step[];
}

const CUTS = 20;
const SEED = 7;
/** What a part takes of the whole, about. */
const SHARES = { virtual: 0.55, interpreter: 0.35 };

export async function firstHour(progress: Progress = () => undefined): Promise<FirstHourEvidence> {
  const parts = Object.keys(PARTS);
  const virtual: Step[] = [];
  for (const [index, part] of parts.entries()) {
    virtual.push(...await onStage(part, (runs) => walk(runs, (command) => progress((SHARES.virtual * index) / parts.length, command))));
  }
  const { missing } = findEspruino();
  const real = missing ? undefined : await onInterpreter(async (runs) => {
    // Throws where a command of the guide is left out without a reason.
    await notRun(Object.keys(runs), ELSEWHERE);
    return walk(runs, (command) => progress(SHARES.virtual, `on the interpreter: ${command}`));
  });
  const cuts = await cutProvisioning(CUTS, SEED, (done) => progress(SHARES.virtual + SHARES.interpreter + (0.1 * done) / CUTS, `provisioning cut ${done} of ${CUTS} times`));
  const cutSteps = cuts.map(({ operation, how, failed }): Step => ({
    command: `provisioning cut ${how} flash operation ${operation}`, ...(failed === undefined ? {} : { failed }),
  }));
  const peers = await refusePeers();
  const all = [...virtual, ...real ?? [], ...cutSteps, ...peers];
  return {
    ...count(all), virtual: count(virtual), interpreter: real ? count(real) : { skipped: missing! },
    cuts: { ...count(cutSteps), seed: SEED }, peers: count(peers), notRun: await notRun(COMMANDS), failed: all.filter(({ failed }) => failed !== undefined),
  };
}

function count(steps: readonly Step[]): Counts {
  return { steps: steps.length, passed: steps.filter(({ failed }) => failed === undefined).length };
}
