/** Plays the chapters, each whatever became of the one before, and sums up. */
import { StepFailed } from '../story/tell.js';
import { CHAPTERS } from './chapters.js';
import { Differed, Ended, LeftOut, type Ground } from './ground.js';

export interface Result {
  title: string;
  outcome: 'passed' | 'differed' | 'left out';
  /** What was not so, and what to do. */
  what?: string;
  otherwise?: string;
}

/** `nowMs`: the lock's time. */
export async function playDrill(ground: Ground, nowMs: () => number): Promise<Result[]> {
  const { teller } = ground;
  const results: Result[] = [];
  let ended = false;
  for (const { title, play } of CHAPTERS) {
    if (!ended) {
      teller.chapter(title);
      try {
        await play(ground, nowMs);
        results.push({ title, outcome: 'passed' });
        continue;
      } catch (error) {
        if (error instanceof Differed || error instanceof StepFailed) {
          const otherwise = error instanceof Differed ? error.otherwise : 'Note what was said before it, and tell whoever built the lock.';
          if (error instanceof Differed) teller.differed(error.message);
          teller.say('you', `What to do: ${otherwise}`);
          results.push({ title, outcome: 'differed', what: error.message, otherwise });
          continue;
        }
        if (!(error instanceof LeftOut) && !(error instanceof Ended)) throw error;
        ended = error instanceof Ended;
      }
    }
    results.push({ title, outcome: 'left out' });
  }
  return results;
}

const OUTCOMES: Record<Result['outcome'], string> = { passed: 'passed  ', differed: 'DIFFERED', 'left out': 'left out' };

const KEEP = [
  'Taking the cells out for 30 seconds is safe at every moment, in the middle of an update, too.',
  'A PIN and # opens: within five seconds of any moment, within half a minute while a bad version uses up its attempts. Two ticks: wait.',
  'An update that stopped goes on where it was: open the window again (master code and #, then 8#) and send the same file.',
  'A version that is bad goes back by itself, in some seven minutes, and is not taken again.',
  'On weak cells the door opens and updates are refused. Fresh cells first, then everything else.',
  'Safe mode: * and # held for three seconds from power-on. The recovery code opens, and sets a new master code.',
  'Every code the lock shows is explained in docs/playbook.md. Keep the recovery code and a key where this door does not lock them away.',
];

/** The page to keep. `where`: which lock; `when`: day and time. */
export function summary(results: readonly Result[], where: string, when: string): string {
  return [
    '', `Drill of ${when}, ${where}`, '',
    ...results.map(({ title, outcome, what, otherwise }, index) => `  ${OUTCOMES[outcome]}  ${index + 1}. ${title}${what === undefined ? '' : `\n            not so: ${what}\n            do: ${otherwise ?? ''}`}`),
    '', 'What to remember:', ...KEEP.map((each) => `  * ${each}`), '',
  ].join('\n');
}
