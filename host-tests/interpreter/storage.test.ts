/** The model of Storage against the real one: the same files, the same bytes of flash, the same fate after damage. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { provisionStorage, storageImage } from '../../virtual-board/provision.js';
import { createStorage } from '../../virtual-board/storage.js';
import { flashOf } from '../virtual-board/plain-flash.js';
import { describeWithInterpreter } from './with-interpreter.js';

const { geometry } = FAMILIES.find((family) => family.name === 'linux')!;
const BYTES = geometry.pages * 4096;
const PAGE = 1024;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deadlatch-storage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts Espruino on this flash, types `lines`, ends it with a restart. Returns what it printed and what flash holds then. */
function start(flash: Uint8Array, lines: string): { printed: string; flash: Uint8Array } {
  const file = join(folder, 'espruino.flash');
  writeFileSync(file, flash);
  // Espruino answers an end of input with endless prompts, so it has to end itself; E.reboot() ends the Linux build.
  const run = spawnSync(findEspruino().path!, [], { cwd: folder, input: `${lines}\nE.reboot()\n`, timeout: 10_000, killSignal: 'SIGKILL', maxBuffer: 1e7 });
  if (run.status !== 1) throw new Error(`Espruino ended with ${String(run.status ?? run.signal)}: ${run.stdout.toString('latin1').slice(0, 500)}`);
  return { printed: run.stdout.toString('latin1'), flash: new Uint8Array(readFileSync(file)) };
}

const differences = (a: Uint8Array, b: Uint8Array): number[] => [...a.keys()].filter((at) => a[at] !== b[at]).slice(0, 8);

const BOOT0 = [
  'var s=require("Storage");print("FREE "+s.getFree());print("LIST "+s.list().join());',
  'try{s.write("more","x");print("WROTE")}catch(e){print("WRITE "+e.message)}',
  'try{E.setBootCode("1");print("WROTE")}catch(e){print("BOOTCODE "+e.message)}',
  'print("SLOT "+eval(s.read("deadlatch",4096-32,7)));',
].join('\n');

describeWithInterpreter('Storage as provisioned, on the real interpreter', () => {
  const image = storageImage({ geometry, boot0Text: BOOT0, layoutRecord: Uint8Array.of(1, 2, 3, 4) });
  image.set(Buffer.from('6*7    '), geometry.bootPages * 4096 + 4096);

  it('boots .boot0, is full to the last byte, refuses every further write, and runs code from a slot in place', () => {
    const { printed } = start(image, '');
    expect(printed).toContain('FREE 0');
    expect(printed).toContain('LIST .boot0,deadlatch');
    expect(printed).toContain('WRITE Unable to find or create file');
    expect(printed).toContain('BOOTCODE Unable to find or create file');
    expect(printed).toContain('SLOT 42');
    expect(printed).not.toContain('WROTE');
  });

  it('keeps every byte over restarts and failed writes', () => {
    let { flash } = start(image, '');
    for (let round = 0; round < 3; round++) flash = start(flash, '').flash;
    expect(differences(flash, image)).toEqual([]);
  });

  it('is what provisioning writes into flash page by page', () => {
    const flash = flashOf(geometry.base, BYTES, PAGE, new Uint8Array(BYTES));
    provisionStorage({
      nor: { write: flash.write, erase: (address) => [0, 1, 2, 3].forEach((part) => flash.erase(address + part * PAGE)) },
      geometry, boot0Text: BOOT0, layoutRecord: Uint8Array.of(1, 2, 3, 4),
    });
    expect(differences(flash.content, storageImage({ geometry, boot0Text: BOOT0, layoutRecord: Uint8Array.of(1, 2, 3, 4) }))).toEqual([]);
  });

  it('loses everything once the page of a header is erased and data follow it, in the model as in truth', () => {
    const second = geometry.bootPages * 4096;
    const damaged = image.slice().fill(0xff, second, second + PAGE).fill(0xa5, second + PAGE, second + 2 * PAGE);
    expect(createStorage(flashOf(geometry.base, BYTES, PAGE, damaged.slice())).valid()).toBe(false);
    const after = start(damaged, '');
    expect(after.printed).toContain('Storage is corrupt');
    expect(after.flash.every((byte) => byte === 0xff)).toBe(true);
  });
});

interface Step {
  kind: 'write' | 'erase' | 'compact' | 'bootCode';
  name: number;
  size: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('write', 'write', 'write', 'write', 'erase', 'compact', 'bootCode'),
    name: fc.nat(7),
    size: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 900, max: 3000 }), fc.integer({ min: 20_000, max: 60_000 })),
  }),
  { minLength: 5, maxLength: 40 },
);

/** One step in the text that Espruino evaluates, and the same on the model. Large files are reserved and begun. */
function asText({ kind, name, size }: Step): string {
  if (kind === 'erase') return `s.erase("file${name}")`;
  if (kind === 'compact') return 's.compact()';
  if (kind === 'bootCode') return `E.setBootCode("//${'b'.repeat(size % 90)}",${name % 2 === 1})`;
  return size <= 3000 ? `s.write("file${name}",m("${name}",${size}))` : `s.write("file${name}","begin${name}",0,${size})`;
}

function onModel(storage: ReturnType<typeof createStorage>, { kind, name, size }: Step): void {
  try {
    if (kind === 'erase') storage.erase(`file${name}`);
    else if (kind === 'compact') storage.compact();
    else if (kind === 'bootCode') storage.setBootCode(`//${'b'.repeat(size % 90)}`, name % 2 === 1);
    else if (size <= 3000) storage.write(`file${name}`, String(name).repeat(size));
    else storage.write(`file${name}`, `begin${name}`, 0, size);
  } catch {
    // No room: Espruino throws as well, and what counts is flash.
  }
}

describeWithInterpreter('the model of Storage against the real one', () => {
  it('leaves the same bytes in flash after any sequence of writes, erases and compactions', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const flash = flashOf(geometry.base, BYTES, PAGE);
        const storage = createStorage(flash);
        sequence.forEach((step) => onModel(storage, step));
        const script = [
          'var s=require("Storage");',
          'function m(c,n){return E.toString({data:c,count:n})}',
          ...sequence.map((step) => `try{${asText(step)}}catch(e){}`),
          '"DONE "+s.getFree()',
        ].join('\n');
        const real = start(new Uint8Array(BYTES).fill(0xff), script);
        expect(real.printed).toContain(`DONE ${storage.getFree()}`);
        expect(differences(flash.content, real.flash)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('judges damaged flash as Espruino does at its first start', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.tuple(fc.nat(70), fc.nat(1100), fc.nat(255)), { minLength: 1, maxLength: 4 }), (sequence, damage) => {
        const flash = flashOf(geometry.base, BYTES, PAGE);
        const storage = createStorage(flash);
        sequence.filter(({ kind }) => kind !== 'bootCode').forEach((step) => onModel(storage, step));
        for (const [page, at, value] of damage) flash.content[(page * PAGE + (at < 1024 ? at : at - 1024)) % BYTES] = value;
        const valid = storage.valid();
        const real = start(flash.content.slice(), '');
        expect(real.printed.includes('Storage is corrupt'), 'corrupt').toBe(!valid);
        if (!valid) expect(real.flash.every((byte) => byte === 0xff)).toBe(true);
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});
