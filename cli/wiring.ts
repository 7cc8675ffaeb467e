/** Wirings on the command line. */
import { BoardError, loadBoard } from '../boards/load.js';
import type { Wiring } from '../boards/wiring.js';
import { Refusal } from './image/refusal.js';

/** A reference wiring or a board file, checked. Refuses what is not there or wrong. */
export async function wiringNamed(name: string): Promise<Wiring> {
  try {
    return await loadBoard(name);
  } catch (error) {
    throw error instanceof BoardError ? new Refusal(error.message) : error;
  }
}
