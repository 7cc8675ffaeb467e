/** `deadlatch log`: what a lock did, and with `-f` what it does. */
import type { Command } from 'commander';
import { readingOf } from '../flash/reading.js';
import { printedInWords } from '../flash/words.js';
import { Refusal } from '../image/refusal.js';
import { refusable } from '../refusable.js';
import { openSource, type LogSource } from './source.js';
import { logLines, newsIn } from './tell.js';

interface LogOptions {
  via: string;
  follow?: boolean;
}

export interface FollowParts {
  source: LogSource;
  say: (line: string) => void;
  /** Waits between two looks; false ends it. */
  next: () => Promise<boolean>;
  follow: boolean;
}

const LOOK_MS = 1000;
/** Looks in a row without an answer after which it is said. */
const SILENT_LOOKS = 2;

export function registerLogCommand(program: Command): void {
  program.command('log')
    .description('tell what a lock did: starts, updates, the door')
    .requiredOption('--via <way>', 'a development lock\'s console, serial:PORT or tcp:HOST:PORT, or file:PATH of a virtual lock\'s flash')
    .option('-f, --follow', 'go on, and tell what it does and prints; Ctrl-C ends it')
    .action(refusable(async ({ via, follow }: LogOptions) => {
      const source = await openSource(via);
      process.once('SIGINT', () => process.exit(0));
      try {
        const next = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, LOOK_MS, true));
        await tellLog({ source, next, follow: follow ?? false, say: (line) => console.log(line) });
      } finally {
        await source.close();
      }
    }));
}

export async function tellLog({ source, say, next, follow }: FollowParts): Promise<void> {
  const stamped = (line: string): void => say(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
  let first = await source.look(firstLook);
  for (let looks = 0; !first; first = await source.look(firstLook)) {
    if (looks++ === SILENT_LOOKS) throw new Refusal(`${source.name}: the lock does not answer; is it restarting, or is the cable out? Run the command again`);
    await next();
  }
  first.lines.forEach((line) => say(line));
  if (!follow) return;
  say('');
  source.onPrinted((line) => {
    const words = /^[A-Za-z]/.test(line) ? printedInWords(line) : undefined;
    if (words) stamped(words);
  });
  let before = first.now;
  for (let silent = 0; await next();) {
    const reading = before;
    const news = await source.look((state) => newsIn(reading, state));
    if (!news) {
      if (++silent === SILENT_LOOKS) stamped('The lock does not answer: it starts, or has no power.');
      continue;
    }
    silent = 0;
    before = news.now;
    news.lines.forEach(stamped);
  }

  function firstLook(state: Parameters<typeof logLines>[0]): { lines: string[]; now: ReturnType<typeof readingOf> } {
    return { lines: logLines(state, source.name), now: readingOf(state, state.platform) };
  }
}
