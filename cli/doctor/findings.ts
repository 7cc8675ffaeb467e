/** What the doctor found: sentences for somebody with a screwdriver. */

/** Parts of a lock, in the order in which they are looked at; what `--skip` takes, but for the first three. */
export const PARTS = ['port', 'build', 'wiring', 'keypad', 'contacts', 'motor', 'battery', 'light', 'beeper'] as const;
export type Part = (typeof PARTS)[number];
export const SKIPPABLE: readonly Part[] = PARTS.slice(3);

export interface Finding {
  part: Part;
  /** `note`: nothing to be repaired, and worth knowing. */
  level: 'good' | 'note' | 'wrong';
  /** What is wrong, which pin and wire, what to do. */
  text: string;
}

export const good = (part: Part, text: string): Finding => ({ part, level: 'good', text });
export const note = (part: Part, text: string): Finding => ({ part, level: 'note', text });
export const wrong = (part: Part, text: string): Finding => ({ part, level: 'wrong', text });

export const isWrong = ({ level }: Finding): boolean => level === 'wrong';

/** `1`, `1 and 2`, `1, 2 and 3`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)!}`;
}

export const volts = (mv: number): string => `${(mv / 1000).toFixed(2)} V`;

const HEADS: Record<Finding['level'], string> = { good: 'ok     ', note: 'note   ', wrong: 'WRONG  ' };

export const inWords = ({ level, text }: Finding): string => `  ${HEADS[level]}${text}`;

/** The last page: what to repair, and what was not looked at. */
export function summary(findings: readonly Finding[], skipped: readonly Part[]): string {
  const faults = findings.filter(isWrong);
  const looked = PARTS.filter((part) => findings.some((each) => each.part === part));
  return [
    '',
    faults.length ? `${faults.length === 1 ? 'One thing is' : `${faults.length} things are`} wrong:` : `Nothing is wrong with what was looked at: ${listed(looked)}.`,
    ...faults.map(({ part, text }, index) => `  ${index + 1}. ${part}: ${text}`),
    ...(skipped.length ? [`Not looked at: ${listed(skipped)}.`] : []),
    ...(faults.length ? ['Take the power away before you change a wire, repair the first one first, then run the doctor again: one fault often looks like two.'] : []),
  ].join('\n');
}
