/** Files and command lines of any content: one sentence that names the file and what to do, never a trace, and nothing written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadBoard } from '../../boards/load.js';
import { readLock } from '../../cli/flash/read-lock.js';
import { inspectImage } from '../../cli/image/inspect-image.js';
import { readPrivateKey, readPublicKey, writeKeyFiles } from '../../cli/image/key-file.js';
import { Refusal } from '../../cli/image/refusal.js';
import { verifyImage } from '../../cli/image/verify-image.js';
import { createProgram } from '../../cli/program.js';
import { testKey } from '../image/fixture.js';
import { imageOf, makerKey } from '../update/images.js';
import { homeFlash, repeatable } from './lock.js';

const FILE = 'files.test.ts';
let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deadlatch-files-'));
  await writeKeyFiles(at('maker.key'), testKey(1), undefined, new Date(0));
  await writeKeyFiles(at('locked.key'), testKey(2), 'secret', new Date(0));
  await homeFlash();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** One sentence (or none), about this file. Anything else that is thrown is a fault of ours. */
function refusal(name: string, act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return sentenceOf(error, name);
  }
}

async function laterRefusal(name: string, act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return sentenceOf(error, name);
  }
}

function sentenceOf(error: unknown, name: string): string {
  if (!(error instanceof Refusal)) throw error;
  expect(error.message).toMatch(/^[^\n]+$/);
  expect(error.message).toContain(name);
  expect(error.message).not.toMatch(/undefined|\[object|NaN/);
  return error.message;
}

/** Bytes with some changed, cut or added. */
const change = fc.record({ edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), cut: fc.option(fc.nat()), tail: fc.uint8Array({ maxLength: 8 }) });
type Change = { edits: [number, number][]; cut: number | null; tail: Uint8Array };

function changed(bytes: Uint8Array, { edits, cut, tail }: Change, head = bytes.length): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [place, value] of edits) copy[place & 1 ? place % bytes.length : place % head] = value;
  return Uint8Array.from([...copy.subarray(0, cut === null ? undefined : cut % bytes.length), ...tail]);
}

describe('an image file', () => {
  it('that is not the very one that was signed is refused by inspect or verify', () => {
    const { file } = imageOf();
    const keys = [{ publicKey: makerKey.publicKey, keyId: '', dev: false, file: 'maker.pub' }];
    const original = Buffer.from(file);
    fc.assert(fc.property(change, (how) => {
      const bytes = changed(file, how, 200);
      const inspected = refusal('lock.img', () => inspectImage(bytes, 'lock.img'));
      const verified = refusal('lock.img', () => verifyImage(bytes, keys, 'lock.img'));
      expect(verified === undefined).toBe(original.equals(bytes));
      if (verified === undefined) expect(inspected).toBeUndefined();
    }), repeatable(250, FILE));
  });

  it('of any bytes is refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      expect(refusal('lock.img', () => inspectImage(bytes, 'lock.img'))).toBeDefined();
    }), repeatable(200, FILE));
  });
});

describe('a key file', () => {
  it.each(['maker.key', 'maker.pub', 'locked.key'])('like %s, damaged in any way, is refused or still says the same', async (name) => {
    const bytes = readFileSync(at(name));
    const whole = await readPublicKey(at(name));
    await fc.assert(fc.asyncProperty(change, async (how) => {
      writeFileSync(at('damaged'), changed(bytes, how), { mode: 0o600 });
      await laterRefusal('damaged', async () => expect((await readPublicKey(at('damaged'))).keyId).toBe(whole.keyId));
      if (name !== 'locked.key') await laterRefusal('damaged', () => readPrivateKey(at('damaged'), () => Promise.reject(new Refusal('damaged: no passphrase'))));
    }), repeatable(120, FILE));
  });

  it('of any JSON is refused', async () => {
    await fc.assert(fc.asyncProperty(fc.json(), async (text) => {
      writeFileSync(at('any'), text, { mode: 0o600 });
      expect(await laterRefusal('any', () => readPublicKey(at('any')))).toBeDefined();
    }), repeatable(100, FILE));
  });
});

describe('a dump of a lock', () => {
  it('damaged in any way is read as far as it goes, or refused', async () => {
    const flash = await homeFlash();
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(64 * 4096), fc.nat(255), fc.nat(300)), { maxLength: 12 }), fc.option(fc.nat(flash.length), { freq: 8 }), (edits, cut) => {
      const bytes = flash.slice(0, cut ?? flash.length);
      for (const [place, value, length] of edits) bytes.fill(value, Math.min(place, bytes.length), Math.min(place + length, bytes.length));
      refusal('dump.bin', () => readLock(bytes, 'dump.bin'));
    }), repeatable(150, FILE));
  });
});

describe('a board file', () => {
  it('of any bytes is refused in one sentence', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
      writeFileSync(at('board.json'), text);
      await expect(loadBoard(at('board.json'))).rejects.toThrow(/^[^\n]*board\.json[^\n]*$/);
    }), repeatable(60, FILE));
  });
});

describe('a command line', () => {
  const WORDS = ['inspect', 'verify', 'sign', 'new-key', 'flash', 'help', '--key', '-k', '-o', '--json', '--dev', '--purpose', '--releases', '--port', '--', '-', '', '0', '../..', 'nothing.img'];

  it('of any words ends with 0 or 1 and never with a trace; a refusal is one sentence and leaves no file', async () => {
    const contents = (): string => readdirSync(folder).sort().map((name) => `${name} ${statSync(at(name)).size}`).join();
    const before = contents();
    const start = process.cwd();
    vi.stubEnv('DEADLATCH_PASSPHRASE', undefined);
    process.chdir(folder);
    try {
      await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 12 })), { minLength: 1, maxLength: 5 }), async (words) => {
        // A key made on request is no refusal.
        fc.pre(words[0] !== 'new-key' && words[0] !== 'serve' && words[0] !== 'build');
        const { exit, errors } = await run(words);
        expect([0, 1]).toContain(exit);
        if (exit === 1) expect(errors.trim()).toMatch(/^(deadlatch: [^\n]+|Usage: [\s\S]+)$/);
        expect(contents()).toBe(before);
      }), repeatable(300, FILE));
    } finally {
      process.chdir(start);
      vi.unstubAllEnvs();
    }
  });
});

/** One command line in this process. */
async function run(words: string[]): Promise<{ exit: number; errors: string }> {
  const errors: string[] = [];
  const note = (text: unknown): boolean => errors.push(String(text)) > 0;
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(() => undefined), vi.spyOn(console, 'error').mockImplementation(note),
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true), vi.spyOn(process.stderr, 'write').mockImplementation(note),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const program = createProgram().exitOverride();
    for (const command of program.commands) command.exitOverride();
    await program.parseAsync(words, { from: 'user' });
    return { exit: Number(process.exitCode), errors: errors.join('') };
  } catch (error) {
    if (error instanceof CommanderError) return { exit: error.exitCode, errors: errors.join('') };
    throw error;
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}
