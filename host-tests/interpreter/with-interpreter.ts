import { describe } from 'vitest';
import { findEspruino } from '../../virtual-board/interpreter/find.js';

const { missing } = findEspruino();

/** `describe` for what needs the real interpreter. Where there is none the tests are skipped, and their title says why. */
export function describeWithInterpreter(title: string, tests: () => void): void {
  if (missing) describe.skip(`${title} [skipped: ${missing}]`, tests);
  else describe(title, tests);
}
