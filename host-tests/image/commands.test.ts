import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildImage, sha256 } from '../../cli/image/build-image.js';
import { registerImageCommands } from '../../cli/image/commands.js';
import { writeKeyFiles } from '../../cli/image/key-file.js';
import { signedImage, testKey, unsignedImage } from './fixture.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const write = (name: string, content: Uint8Array | string): string => (writeFileSync(at(name), content), at(name));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deadlatch-image-'));
  vi.stubEnv('DEADLATCH_PASSPHRASE', undefined);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

interface Run {
  exit: number;
  out: string;
  notes: string;
}

/** Runs one command line in this process. */
async function run(...words: string[]): Promise<Run> {
  const out: string[] = [];
  const notes: string[] = [];
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line)),
    vi.spyOn(console, 'error').mockImplementation((line: string) => void notes.push(line)),
  ];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    const program = new Command().exitOverride();
    registerImageCommands(program);
    await program.parseAsync(words, { from: 'user' });
    return { exit: Number(process.exitCode), out: out.join('\n'), notes: notes.join('\n') };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs a command that must end with 1, one sentence, and no file changed. */
async function refusal(...words: string[]): Promise<string> {
  const contents = (): string => JSON.stringify(readdirSync(folder).sort().map((name) => [name, readFileSync(at(name), 'latin1')]));
  const before = contents();
  const { exit, out, notes } = await run(...words);
  expect({ exit, out }).toEqual({ exit: 1, out: '' });
  expect(notes).toMatch(/^deadlatch: [^\n]+$/);
  expect(contents()).toBe(before);
  return notes.slice('deadlatch: '.length).replaceAll(`${folder}/`, '');
}

const keyFiles = async (name: string, number: number, dev = false, passphrase?: string): Promise<string> => {
  await writeKeyFiles(at(name), testKey(number, dev), passphrase, new Date(0));
  return at(name);
};

describe('new-key', () => {
  test('writes a private file nobody else can read, and a public one without the secret', async () => {
    const { exit, out } = await run('new-key', at('maker.key'));
    expect(exit).toBe(0);
    const secret = JSON.parse(readFileSync(at('maker.key'), 'utf8')) as Record<string, unknown>;
    const open = JSON.parse(readFileSync(at('maker.pub'), 'utf8')) as Record<string, unknown>;
    expect(statSync(at('maker.key')).mode & 0o777).toBe(0o600);
    expect(open).toMatchObject({ keyId: secret['keyId'], publicKey: secret['publicKey'], dev: false });
    expect(Object.keys(open)).not.toContain('secretKey');
    expect(out).toContain(`key ${String(open['keyId'])}, not encrypted`);
  });

  test('never overwrites a key, private or public', async () => {
    await keyFiles('maker.key', 1);
    expect(await refusal('new-key', at('maker.key'))).toBe('maker.key: exists already and is not overwritten; choose another name: a lost key cannot be made again');
    rmSync(at('maker.key'));
    expect(await refusal('new-key', at('maker.key'))).toMatch(/^maker\.pub: exists already/);
  });

  test('refuses a folder that is not there', async () => {
    expect(await refusal('new-key', at('no/where.key'))).toBe('no/where.key: cannot write: it does not exist; choose another name or folder');
  });

  test('encrypts under a passphrase, which signing then needs', async () => {
    vi.stubEnv('DEADLATCH_PASSPHRASE', 'correct horse');
    expect((await run('new-key', at('maker.key'))).out).toContain(', encrypted.');
    expect(readFileSync(at('maker.key'), 'utf8')).not.toContain('secretKey');
    const image = write('app.bin', unsignedImage(100));
    vi.stubEnv('DEADLATCH_PASSPHRASE', 'wrong');
    expect(await refusal('sign', image, '--key', at('maker.key'))).toMatch(/^maker\.key: the passphrase is wrong/);
    vi.stubEnv('DEADLATCH_PASSPHRASE', undefined);
    expect(await refusal('sign', image, '--key', at('maker.key'))).toBe('maker.key: it needs a passphrase and there is no terminal to ask at; set DEADLATCH_PASSPHRASE');
    vi.stubEnv('DEADLATCH_PASSPHRASE', '');
    expect(await refusal('new-key', at('other.key'), '--passphrase')).toMatch(/^other\.key: an empty passphrase protects nothing/);
  });

  test('with --dev makes a key that signs channel dev only, and an encrypted file cannot be relabelled', async () => {
    vi.stubEnv('DEADLATCH_PASSPHRASE', 'correct horse');
    await run('new-key', at('bench.key'), '--dev');
    const image = write('app.bin', unsignedImage(100));
    expect(await refusal('sign', image, '--key', at('bench.key'))).toMatch(/^app\.bin: channel: key [0-9a-f]{16} is a dev key and signs only channel dev, not stable;/);
    writeFileSync(at('bench.key'), readFileSync(at('bench.key'), 'utf8').replace('"dev": true', '"dev": false'));
    expect(await refusal('sign', image, '--key', at('bench.key'))).toMatch(/^bench\.key: the passphrase is wrong, or the file was changed/);
  });
});

describe('sign, then verify and inspect', () => {
  test('go together, and releases.jsonl tells what was signed', { timeout: 120_000 }, async () => {
    const key = await keyFiles('maker.key', 1, false, 'secret');
    const image = write('app.bin', unsignedImage(5000, { releaseType: 'security' }));
    vi.stubEnv('DEADLATCH_PASSPHRASE', 'secret');
    const signing = await run('sign', image, '--key', key, '--releases', at('releases.jsonl'), '--purpose', 'closes the window hole');
    expect(signing).toMatchObject({ exit: 0, notes: `Signing ${image} with key ${testKey(1).keyId}, this takes some seconds...` });

    const verified = await run('verify', at('app.signed.bin'), '--key', at('maker.pub'));
    expect(verified.out).toBe(`${at('app.signed.bin')}: genuine. Version 1.2.3 for virtual, signed by key ${testKey(1).keyId} (${at('maker.pub')})`);

    const about = JSON.parse((await run('inspect', at('app.signed.bin'), '--json')).out) as Record<string, unknown>;
    expect(about).toMatchObject({
      version: '1.2.3', family: 'virtual', hardware: { from: 1, to: 3 }, channel: 'stable', releaseType: 'security', securityCounter: 7, keyChange: null,
      signed: true, signedBy: testKey(1).keyId, bytes: { body: 5000, pages: 2 },
    });
    const lines = readFileSync(at('releases.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([{
      version: '1.2.3', digest: about['digest'], purpose: 'closes the window hole', keyId: testKey(1).keyId, date: expect.any(String) as string, family: 'virtual',
      channel: 'stable', securityCounter: 7,
    }]);
    expect(await refusal('sign', image, '--key', key)).toMatch(/^app\.signed\.bin: exists already/);
    expect(await refusal('sign', at('app.signed.bin'), '--key', key)).toMatch(/^app\.signed\.bin: it is signed already/);
  });

  test('inspect --program prints the program in words, and nothing a terminal would take for more than text', async () => {
    const image = (body: string): Uint8Array => buildImage(body, { family: 'virtual', version: '1.2.3', counter: 1 });
    expect((await run('inspect', write('tokens.bin', image('(\xaa(a){\xaba\x8a0})')), '--program')).out.trim()).toBe('(function(a){return a==0})');
    expect((await run('inspect', write('words.bin', image('(function(a){return a})')), '--program')).out.trim()).toBe('(function(a){return a})');
    const body = '(function(a){return"0"})';
    const forged = image(body);
    forged[32 + body.indexOf('0')] = 27;
    const covered = forged.length - 40;
    forged.set(sha256(forged.subarray(0, 32 + body.length)), covered - 32);
    forged.set(sha256(forged.subarray(0, covered)), covered + 8);
    expect(await refusal('inspect', write('forged.bin', forged), '--program')).toBe('forged.bin: body: byte 27 at 20 is no program\'s; it was not built with "deadlatch build"');
  });

  test('inspect says in words what is in an unsigned image', async () => {
    const keyChange = { epoch: 2, key: testKey(2).publicKey };
    const { out } = await run('inspect', write('app.bin', unsignedImage(100, { channel: 'beta', keyChange, minVersion: '1.1.0' })));
    expect(out).toContain('version           1.2.3 (feature, channel beta)');
    expect(out).toContain('for               virtual, hardware revisions: 1 to 3');
    expect(out).toContain(`key change        epoch 2 to key ${testKey(2).keyId}`);
    expect(out).toContain('installed 1.1.0');
    expect(out).toContain('signature         none');
  });

  test('nothing stays behind when the release cannot be recorded', { timeout: 120_000 }, async () => {
    const key = await keyFiles('maker.key', 1);
    const image = write('app.bin', unsignedImage(100));
    const { exit, notes } = await run('sign', image, '--key', key, '--releases', at('no/releases.jsonl'));
    expect({ exit, last: notes.split('\n').at(-1) }).toEqual({
      exit: 1, last: `deadlatch: ${at('no/releases.jsonl')}: cannot record the signature: it does not exist; name a writable file with --releases`,
    });
    expect(existsSync(at('app.signed.bin'))).toBe(false);
  });
});

describe('bad images are refused in one sentence', () => {
  const good = unsignedImage(5000);
  const changed = (bytes: Uint8Array, offset: number): Uint8Array => bytes.map((byte, i) => (i === offset ? byte ^ 1 : byte));
  test.each<[string, Uint8Array | string, string]>([
    ['text', 'hello', 'app.bin: header: this is no image of this project; make one with "deadlatch build"'],
    ['blank flash', new Uint8Array(500).fill(255), 'app.bin: header: the file is blank flash; make an image with "deadlatch build"'],
    ['a changed body', changed(good, 4500), 'app.bin: page 1: its bytes differ from the page list; build or copy the image again'],
    ['a changed counter', changed(good, 32 + 5000 + 8), 'app.bin: TLV 0x10: the digest is not that of the image; build or copy the image again'],
    ['a changed TLV', changed(good, 32 + 5000 + 4), 'app.bin: TLVs: a field is missing, repeated, out of place or has a wrong length; build the image again'],
    ['half an image', good.slice(0, 2000), 'app.bin: size: the file ends before the image does; copy it again'],
  ])('%s', async (_, bytes, sentence) => {
    expect(await refusal('inspect', write('app.bin', bytes))).toBe(sentence);
  });

  test('a file that is not there, and one with bytes at its end', async () => {
    expect(await refusal('inspect', at('app.bin'))).toBe('app.bin: cannot read an image: it does not exist; name an existing file');
    const signed = signedImage(good, testKey(1));
    const long = write('long.bin', Buffer.concat([signed, Buffer.alloc(3)]));
    expect(await refusal('verify', long, '--key', at('x.pub'))).toMatch(/^x\.pub: cannot read a key file/);
    expect(await refusal('inspect', long)).toBe('long.bin: size: 3 bytes follow the end of the image; remove them or copy it again');
  }, 120_000);

  test('verify tells an unknown key, a wrong signature and an unsigned image apart', async () => {
    const signed = signedImage(good, testKey(1));
    await keyFiles('maker.key', 1);
    await keyFiles('other.key', 2);
    const id = testKey(1).keyId;
    expect(await refusal('verify', write('a.bin', signed), '-k', at('other.pub'))).toBe(`a.bin: key: it is signed by ${id}, which is none of the 1 given; name the right public key file`);
    expect(await refusal('verify', write('b.bin', changed(signed, signed.length - 9)), '-k', at('other.pub'), '-k', at('maker.pub')))
      .toBe(`b.bin: signature: it was not made by key ${id} for this image; do not use the file`);
    expect(await refusal('verify', write('c.bin', good), '-k', at('maker.pub'))).toBe('c.bin: it is not signed; run "deadlatch sign" first');
  }, 120_000);
});

describe('bad key files are refused in one sentence', () => {
  const edit = (change: (fields: Record<string, unknown>) => void): void => {
    const fields = JSON.parse(readFileSync(at('maker.key'), 'utf8')) as Record<string, unknown>;
    change(fields);
    writeFileSync(at('maker.key'), JSON.stringify(fields));
  };
  const cases: [string, () => void, string][] = [
    ['a public key', () => writeFileSync(at('maker.key'), readFileSync(at('maker.pub'))), 'format: this is a public key; sign with the private key file beside it'],
    ['no JSON', () => writeFileSync(at('maker.key'), 'key'), 'it is no JSON object, so it is no key file; name a file made by "deadlatch new-key"'],
    ['another format', () => edit((fields) => { fields['format'] = 'pem'; }), 'format: "pem" is unknown; name a file made by "deadlatch new-key"'],
    ['another algorithm', () => edit((fields) => { fields['algorithm'] = 'Ed25519'; }), 'algorithm: it is not SLH-DSA-SHA2-128s; name another key file'],
    ['a short public key', () => edit((fields) => { fields['publicKey'] = 'ab'; }), 'publicKey: it is not 32 bytes in hex; restore the file from your backup'],
    ['a foreign key id', () => edit((fields) => { fields['keyId'] = '0123456789abcdef'; }), 'keyId: it does not belong to publicKey; restore the file from your backup'],
    ['no dev mark', () => edit((fields) => { delete fields['dev']; }), 'dev: it is neither true nor false; restore the file from your backup'],
    ['a foreign secret', () => edit((fields) => { fields['secretKey'] = 'ab'.repeat(64); }), 'secretKey: it does not belong to publicKey; restore the file from your backup'],
    ['forged costs', () => edit((fields) => {
      fields['encrypted'] = { kdf: { name: 'scrypt', n: 2 ** 40, r: 8, p: 1 }, cipher: 'aes-256-gcm' };
    }), 'encrypted.kdf.n: it is out of bounds; restore the file from your backup'],
  ];
  test.each(cases)('%s', async (_, spoil, sentence) => {
    vi.stubEnv('DEADLATCH_PASSPHRASE', 'secret');
    await keyFiles('maker.key', 1);
    spoil();
    expect(await refusal('sign', write('app.bin', unsignedImage(100)), '--key', at('maker.key'))).toBe(`maker.key: ${sentence}`);
  });

  test('one that others can read', async () => {
    await keyFiles('maker.key', 1);
    chmodSync(at('maker.key'), 0o644);
    expect(await refusal('sign', write('app.bin', unsignedImage(100)), '--key', at('maker.key'))).toMatch(/^maker\.key: mode: others can read this private key; run "chmod 600 /);
  });
});
