/** One visit of the doctor: the board, the person beside it, and what is connected. */
import type { Wiring } from '../../boards/wiring.js';
import type { Terminal } from '../terminal.js';
import type { Bench } from './bench.js';
import type { Part } from './findings.js';

export interface Visit {
  bench: Bench;
  wiring: Wiring;
  say(text: string): void;
  /** A line that was typed. `part`: what to skip where nobody can type. */
  ask(part: Part, question: string): Promise<string>;
  yes(part: Part, question: string): Promise<boolean>;
  /** One of `answers`, by its first letter. */
  choose<Answer extends string>(part: Part, question: string, answers: readonly Answer[]): Promise<Answer>;
}

export function openVisit(bench: Bench, wiring: Wiring, terminal: Terminal): Visit {
  const ask = (part: Part, question: string): Promise<string> => bench.during(terminal.ask(question, `--skip ${part}`));

  async function choose<Answer extends string>(part: Part, question: string, answers: readonly Answer[]): Promise<Answer> {
    for (;;) {
      const typed = (await ask(part, `${question} (${answers.join('/')})`)).toLowerCase();
      const found = typed && answers.filter((each) => each.startsWith(typed));
      if (found && found.length === 1) return found[0]!;
      terminal.say(`Please type ${answers.map((each) => each[0]).join(' or ')}.`);
    }
  }

  return {
    bench, wiring, ask, choose,
    say: (text) => terminal.say(text),
    yes: async (part, question) => await choose(part, question, ['yes', 'no']) === 'yes',
  };
}
