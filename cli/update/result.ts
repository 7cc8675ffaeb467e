/** What an update comes to, and where it is told. */
import type { ErrorCode } from '../../firmware/errors.js';
import type { ImageState } from '../smp/commands.js';
import type { Terminal } from '../terminal.js';
import type { UpdateImage } from './image.js';

export type Screen = Pick<Terminal, 'say' | 'progress' | 'stopProgress'>;

/** `running`: this very image ran already. */
export type UpdateResult = { done: 'applied' | 'running' } | { done: 'refused' | 'rolled back' | 'not applied'; code?: ErrorCode };

/** The image among those that the lock lists. */
export function stateOf(states: readonly ImageState[], image: UpdateImage): ImageState | undefined {
  return states.find((each) => Buffer.compare(each.hash, image.info.hash) === 0);
}
