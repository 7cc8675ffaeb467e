/** `npm run story`: plays the story; ends with 0 only if every step held. */
import { parseArgs } from 'node:util';
import { prepareCast } from '../cli/story/cast.js';
import { playStory } from '../cli/story/story.js';
import { createTeller, StepFailed } from '../cli/story/tell.js';

const USAGE = 'usage: npm run story -- [--seed N]';

function seedFrom(given: string[]): number {
  const { values } = parseArgs({ args: given, options: { seed: { type: 'string', default: '1' } } });
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`--seed: "${values.seed}" is not a whole number of up to 9 digits`);
  return Number(values.seed);
}

async function main(): Promise<void> {
  let seed: number;
  try {
    seed = seedFrom(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`);
    process.exitCode = 1;
    return;
  }
  const startedMs = performance.now();
  const teller = createTeller({ print: (line) => console.log(line), terminal: process.stdout.isTTY });
  console.log('The life of an update, on a virtual lock in simulated time. The firmware in it is the real one.');
  try {
    await playStory({ seed, teller, cast: await prepareCast(teller) });
    console.log(`\nEvery step held: ${teller.steps()} of them, in ${((performance.now() - startedMs) / 1000).toFixed(0)} s (seed ${seed}).`);
  } catch (error) {
    const words = error instanceof StepFailed ? `This did not hold: ${error.message}.` : error instanceof Error ? error.stack ?? error.message : String(error);
    console.error(`\n${words}\nThe same again: npm run story -- --seed ${seed}`);
    process.exitCode = 1;
  }
}

await main();
