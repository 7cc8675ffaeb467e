/** How a story is told: chapters, lines, bars, and steps that have to hold. */
import { SingleBar } from 'cli-progress';

/** A step did not hold. The message is what was expected. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

export interface Teller {
  chapter(title: string): void;
  /** Something that happened: at the `door`, in the lock (`lock`), on the `phone`, or on this computer; or that `you` are to do. */
  say(where: Where, text: string): void;
  /** Ends the story where `holds` is false. */
  step(text: string, holds: boolean): void;
  /** Something was not as it should be, and the rest goes on. */
  differed(text: string): void;
  /** Steps that held so far. */
  steps(): number;
  bar(total: number): Bar;
}

export type Where = 'computer' | 'lock' | 'door' | 'phone' | 'you';

export interface Bar {
  update(value: number): void;
  stop(): void;
}

export interface TellerOptions {
  print(line: string): void;
  /** Draws bars; elsewhere nothing is drawn and the lines tell all. */
  terminal: boolean;
}

const INDENT = '  ';

export function createTeller({ print, terminal }: TellerOptions): Teller {
  let chapters = 0;
  let steps = 0;
  /** What is said while a bar is drawn comes after it. */
  let waiting: string[] | undefined;
  const put = (line: string): void => (waiting ? void waiting.push(line) : print(line));
  return {
    chapter(title) {
      put(`\n${++chapters}. ${title}`);
    },
    say: (where, text) => put(`${INDENT}${where.padEnd(9)}${text}`),
    step(text, holds) {
      if (!holds) {
        put(`${INDENT}FAILED   ${text}`);
        throw new StepFailed(text);
      }
      steps++;
      put(`${INDENT}ok       ${text}`);
    },
    differed: (text) => put(`${INDENT}DIFFERED ${text}`),
    steps: () => steps,
    bar(total) {
      if (!terminal) return { update: () => undefined, stop: () => undefined };
      const bar = new SingleBar({ format: `${INDENT}phone    [{bar}] {percentage} %  {value} of {total} bytes`, barsize: 40, barCompleteChar: '#', barIncompleteChar: '.' });
      bar.start(total, 0);
      waiting = [];
      return {
        update: (value) => bar.update(value),
        stop() {
          bar.stop();
          waiting?.forEach(print);
          waiting = undefined;
        },
      };
    },
  };
}
