/** What the door never does, by name; docs/design.md says each in a sentence. */
export const INVARIANTS = [
  'unlocked without a cause', 'locked without a cause', 'cause not logged', 'logged without a cause', 'log out of order', 'log entry lost',
  'locked into an open door', 'moved on empty cells', 'energised too long', 'energised after a restart', 'both inputs driven', 'flash written while energised', 'pulse too long',
  'key lost', 'right code refused', 'not let out', 'lock-out cut short', 'tries forgotten', 'compared before it was marked',
  'code kept in memory', 'code readable in flash', 'opened for somebody refused', 'opened before it was used up',
  'expired code came back', 'daily look left out', 'master changed without a right code', 'changed without a cause', 'asked for and not done', 'turn failed',
] as const;

export type Invariant = (typeof INVARIANTS)[number];

export interface Violation {
  seed: number;
  /** Events so far, the one that showed it included. */
  event: number;
  invariant: Invariant;
  words: string;
  /** What happened before, oldest first. */
  story: string[];
}
