/** Commands that cannot do what was asked say so in one sentence. */
import { Refusal } from './image/refusal.js';

/** Prints a refusal as its one sentence and ends with 1; anything else is a fault of ours and shows its trace. */
export function refusable<Arguments extends unknown[]>(action: (...given: Arguments) => Promise<void>): (...given: Arguments) => Promise<void> {
  return async (...given) => {
    try {
      await action(...given);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      console.error(`deadlatch: ${error.message}`);
      process.exitCode = 1;
    }
  };
}
