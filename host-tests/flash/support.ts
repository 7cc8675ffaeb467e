/** What the flash tests share: a chip with a small layout, and property runs that say how to repeat them. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { PAGE_BYTES, type Span } from '../../firmware/flash/layout.js';
import { createNor, PowerCut, type Nor } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';

export const BASE = 0x320000;

export function crc32(data: Uint8Array | string): number {
  return zlibCrc32(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
}

export interface Chip {
  nor: Nor;
  journal: Span;
  records: Span;
  spare: Span;
}

/** Journal 2 pages, `recordPages` pages of records, two spare pages behind a gap. */
export function createChip(seed: number, recordPages = 16): Chip {
  const nor = createNor({ base: BASE, pages: recordPages + 8, random: createRandom(seed) });
  limitReads(nor);
  return {
    nor,
    journal: { address: BASE + PAGE_BYTES, pages: 2 },
    records: { address: BASE + 3 * PAGE_BYTES, pages: recordPages },
    spare: { address: BASE + (recordPages + 5) * PAGE_BYTES, pages: 3 },
  };
}

/** A cut some operations ahead. */
export interface Cut {
  ahead: number;
  how: 'before' | 'torn' | 'after';
  seed: number;
}

export function cutArbitrary(most: number): fc.Arbitrary<Cut | undefined> {
  return fc.option(
    fc.record({ ahead: fc.nat(most), how: fc.constantFrom('before' as const, 'torn' as const, 'after' as const), seed: fc.nat() }),
    { nil: undefined, freq: 2 },
  );
}

/** Runs `action` with a cut ahead. True: power failed in it (and is on again). */
export function withCut(nor: Nor, cut: Cut | undefined, action: () => void): boolean {
  nor.cut = cut && { at: nor.operations + cut.ahead, how: cut.how, random: createRandom(cut.seed) };
  try {
    action();
    nor.cut = undefined;
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    nor.powerOn();
    return true;
  }
}

/** A fast-check run. `REPEAT=seed:path` repeats one case; a failure prints that line. */
export function holds<T extends unknown[]>(property: fc.IProperty<T>, runs: number, file: string): void {
  const [seed, path] = (process.env['REPEAT'] ?? '').split('/');
  const result = fc.check(property, { numRuns: Number(process.env['RUNS'] ?? runs), ...(seed ? { seed: Number(seed), path: path ?? '' } : {}) });
  if (!result.failed) return;
  const report = fc.defaultReportMessage(result) ?? 'failed';
  const cause = result.errorInstance instanceof Error ? result.errorInstance.stack : '';
  throw new Error(`${report}\n${cause}\n\nTo repeat: REPEAT=${result.seed}/${result.counterexamplePath} npx vitest run host-tests/flash/${file}\n`);
}

/** No test reads this often: an endless loop becomes a failure that can be repeated. */
function limitReads(nor: Nor): void {
  const read = nor.port.read;
  let left = 3_000_000;
  nor.port.read = (length, address) => {
    if (left-- < 0) throw new Error('endless loop');
    return read(length, address);
  };
}
