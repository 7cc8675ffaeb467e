/** A terminal at which somebody sits who was told what to type: each answer goes to the question that its pattern fits, in this order. */
import type { Terminal } from '../../cli/terminal.js';

export type Answer = [question: RegExp, typed: string | (() => string)];

export interface ScriptedTerminal extends Terminal {
  /** Everything that was shown, questions included. */
  text: string;
  /** Questions whose answers are not shown. */
  hidden: string[];
  /** Answers nobody asked for yet. */
  left(): number;
}

/** `asks` false: a pipe; then any question fails. `onProgress` may throw nothing and pull a cable. */
export function scriptedTerminal(answers: Answer[] = [], asks = true, onProgress: (done: number) => void = () => undefined): ScriptedTerminal {
  const left = [...answers];
  const self: ScriptedTerminal = {
    text: '', hidden: [], asks,
    left: () => left.length,
    async ask(question, option, hidden) {
      if (!asks) throw new Error(`asked on a pipe: ${question} (${option})`);
      self.text += `${question}\n`;
      if (hidden) self.hidden.push(question);
      const [pattern, typed] = left.shift() ?? [/(?!)/, ''];
      if (!pattern.test(question)) throw new Error(`asked: ${question}\nexpected: ${pattern}`);
      return typeof typed === 'string' ? typed : typed();
    },
    say: (text) => void (self.text += `${text}\n`),
    progress: onProgress,
    stopProgress: () => undefined,
  };
  return self;
}
