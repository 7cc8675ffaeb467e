/** Boards that cannot carry a lock: each refused with its sentence, before anything is written. */
import { FAMILIES } from '../../boards/families.js';
import { checkBoard } from '../../cli/board/checks.js';
import { connect } from '../../cli/board/connection.js';
import { fakeBoard, type FakeOptions } from '../provision/fake-board.js';
import type { Step } from './hour.js';

const ESP32 = FAMILIES.find(({ name }) => name === 'esp32')!;
const PEERS: [string, Partial<FakeOptions>, RegExp][] = [
  ['a build that loses what is behind the first 64 of 200 bytes', { lineBytes: 64 }, /loses bytes of longer messages.*; flash /],
  ['a build without SHA-256', { hashless: true }, /no SHA-256 of its own.*; flash /],
  ['a board of another family', { board: 'ESP32C3_IDF4' }, /for the board ESP32C3_IDF4, and the wiring is for .*, or flash /],
];

export async function refusePeers(): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [command, options, sentence] of PEERS) {
    const board = fakeBoard({ pages: ESP32.geometry.pages, ...options });
    const said = await connect(board.start(), 1, 500).then((peer) => checkBoard(peer, ESP32)).then(() => 'nothing', (error: unknown) => (error as Error).message);
    const failed = !sentence.test(said) ? `it said: ${said}` : board.nor.operations ? 'its flash was changed' : undefined;
    steps.push(failed === undefined ? { command } : { command, failed });
  }
  return steps;
}
