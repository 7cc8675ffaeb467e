/** Questions, progress and the last page, on a terminal or in a log. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { Refusal } from './image/refusal.js';

export interface Terminal {
  /** A line that was typed, a secret without showing it. Refuses where nobody can type: `option` says what to give instead. */
  ask(question: string, option: string, hidden?: 'hidden'): Promise<string>;
  /** Whether somebody is there to ask. */
  readonly asks: boolean;
  say(text: string): void;
  progress(done: number, all: number, words: string): void;
  stopProgress(): void;
}

export function createTerminal(): Terminal {
  const { stdin, stdout } = process;
  const asks = stdin.isTTY === true && stdout.isTTY === true;
  let bar: SingleBar | undefined;
  let tenths = -1;
  return {
    asks,
    async ask(question, option, hidden) {
      if (!asks) throw new Refusal(`there is no terminal to ask at: ${question.trim()} Give ${option}`);
      return hidden ? await typed(`${question.trim()} `, true) : (await typed(`${question.trim()} `, false)).trim();
    },
    say: (text) => void stdout.write(`${text}\n`),
    progress(done, all, words) {
      if (stdout.isTTY) {
        if (!bar) {
          bar = new SingleBar({ format: '[{bar}] {percentage}% {words}', barsize: 30, barCompleteChar: '#', barIncompleteChar: '.', clearOnComplete: true, hideCursor: true });
          bar.start(all, done, { words });
        } else bar.update(done, { words });
        return;
      }
      const now = Math.floor(done * 10 / all);
      if (now !== tenths) stdout.write(`${words}: ${now * 10} %\n`);
      tenths = now;
    },
    stopProgress() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function typed(question: string, hidden: boolean): Promise<string> {
  const { stdin, stdout } = process;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: hidden ? silent : stdout, terminal: true });
  // Only now: the terminal itself echoes until somebody reads from it.
  if (hidden) stdout.write(question);
  return new Promise<string>((resolve, reject) => {
    reader.on('close', () => reject(new Refusal('nothing more was typed; run the command again')));
    reader.question(hidden ? '' : question).then(resolve, reject);
  }).finally(() => {
    reader.close();
    if (hidden) stdout.write('\n');
  });
}
