/** The guide, walked through: each of its commands is run, or listed with the reason why not. */
import { BOARD_PAGES, GUIDE, readCommands } from './guide.js';

export interface Step {
  /** As in the guide. */
  command: string;
  /** What went wrong; undefined where it did what the guide says. */
  failed?: string;
}

export interface NotRun {
  command: string;
  why: string;
}

/** What runs a command of the guide, and looks whether it did what the guide says. Throws where it did not. */
export type Runs = Record<string, () => Promise<void>>;

/** Of the guide's commands, those that no test can run. */
const NOT_RUN: [RegExp, string][] = [
  [/^git clone /, 'this checkout is what it gives'],
  [/^npm install$/, 'done before any test, on a fresh clone by .ci/run'],
  [/^esptool /, 'hardware'],
];

/**
 * Commands of the guide and of the boards' pages that are not among `known`, each with the reason. Throws where one has none, or where one of `known`
 * is not in the guide.
 */
export async function notRun(known: readonly string[], excused: [RegExp, string][] = []): Promise<NotRun[]> {
  const commands = [...new Set((await readCommands([GUIDE, ...BOARD_PAGES])).map(({ text }) => text))];
  const reasons = [...NOT_RUN, ...excused];
  const stale = known.filter((command) => !commands.includes(command));
  if (stale.length) throw new Error(`these are run, and not in the guide: ${stale.join(' | ')}`);
  const rest = commands.filter((command) => !known.includes(command)).map((command) => ({ command, why: reasons.find(([words]) => words.test(command))?.[1] }));
  const unknown = rest.filter(({ why }) => why === undefined);
  if (unknown.length) throw new Error(`the guide has commands that nothing runs: ${unknown.map(({ command }) => command).join(' | ')}`);
  return rest as NotRun[];
}

/** Runs them one after the other; one that fails does not keep the next from being tried. */
export async function walk(runs: Runs, told: (command: string) => void = () => undefined): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [command, run] of Object.entries(runs)) {
    told(command);
    const failed = await run().then(() => undefined, (error: unknown) => (error instanceof Error ? error.message : String(error)));
    steps.push(failed === undefined ? { command } : { command, failed });
  }
  return steps;
}
