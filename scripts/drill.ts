/** `npm run drill`: rehearses an update that goes wrong, step by step; ends with 0 only if nothing differed. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { playDrill, summary, type Result } from '../cli/drill/drill.js';
import { boardGround } from '../cli/drill/board-ground.js';
import type { Ground } from '../cli/drill/ground.js';
import { virtualGround } from '../cli/drill/virtual-ground.js';
import { readPrivateKey } from '../cli/image/key-file.js';
import { askPassphrase } from '../cli/image/passphrase.js';
import { reasonOf, Refusal } from '../cli/image/refusal.js';
import { connectorFor } from '../cli/smp/connector.js';
import { SmpError } from '../cli/smp/client.js';
import { realTime } from '../cli/smp/link.js';
import { prepareCast } from '../cli/story/cast.js';
import { createTeller } from '../cli/story/tell.js';
import { createTerminal } from '../cli/terminal.js';

const USAGE = 'usage: npm run drill -- [--auto] [--seed N] [--via WAY [--key FILE]] [--out FILE]';
const INTRODUCTION = `Rehearses an update that goes wrong, so that it is nothing new when it happens at your door.
Each step says what to do and what you should see. "skip" leaves a part out, "q" ends.`;

interface Options {
  auto: boolean;
  seed: number;
  via?: string;
  key: string;
  out?: string;
}

function optionsFrom(given: string[]): Options {
  try {
    const { values } = parseArgs({
      args: given,
      options: {
        auto: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, via: { type: 'string' },
        key: { type: 'string', default: '.deadlatch/dev.key' }, out: { type: 'string' },
      },
    });
    if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`--seed: "${values.seed}" is not a whole number of up to 9 digits`);
    if (values.auto && values.via !== undefined) throw new Error('--auto: nobody can pull a real battery but a person; leave out --via');
    const { auto, seed, key, via, out } = values;
    return { auto, seed: Number(seed), key, ...(via === undefined ? {} : { via }), ...(out === undefined ? {} : { out }) };
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : String(error)}; ${USAGE}`);
  }
}

async function play(options: Options): Promise<Result[]> {
  const terminal = createTerminal();
  const teller = createTeller({ print: (line) => console.log(line), terminal: process.stdout.isTTY });
  if (!options.auto && !terminal.asks) throw new Refusal(`there is no terminal to ask at; "npm run drill -- --auto" does the person's part by itself; ${USAGE}`);
  console.log(INTRODUCTION);
  const opened = options.via === undefined ? await onVirtualLock() : await onBoard(options.via);
  try {
    const results = await playDrill(opened.ground, opened.nowMs);
    await keep(results, opened.where);
    return results;
  } finally {
    await opened.close();
  }

  async function onVirtualLock(): Promise<Opened> {
    const types = options.auto
      ? (right: string) => Promise.resolve(right)
      : (right: string) => terminal.ask(`           ${/^[a-z]$/.test(right) ? `(${right} and Enter) ` : ''}>`, '--auto');
    console.log('Builds and signs the versions it needs; the first time this takes a minute or two ...');
    const cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
    return { ...await virtualGround({ teller, cast, seed: options.seed, person: { types } }), where: 'on the virtual lock', close: () => Promise.resolve() };
  }

  async function onBoard(via: string): Promise<Opened> {
    const connector = connectorFor(via);
    const key = await readPrivateKey(options.key, askPassphrase);
    return { ...await boardGround({ teller, terminal, connector, time: realTime, key }), where: `at the lock ${via}`, close: () => connector.close() };
  }

  async function keep(results: Result[], where: string): Promise<void> {
    const page = summary(results, where, new Date().toISOString().slice(0, 16).replace('T', ' '));
    console.log(page);
    if (options.out === undefined) return;
    await writeFile(options.out, page).catch((error: unknown) => {
      throw new Refusal(`--out ${options.out}: cannot be written: ${reasonOf(error)}; choose another file`);
    });
  }
}

interface Opened {
  ground: Ground;
  nowMs: () => number;
  where: string;
  close(): Promise<void>;
}

try {
  const results = await play(optionsFrom(process.argv.slice(2)));
  if (results.some(({ outcome }) => outcome === 'differed')) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof Refusal) && !(error instanceof SmpError)) throw error;
  console.error(`drill: ${error.message}`);
  process.exitCode = 1;
}
