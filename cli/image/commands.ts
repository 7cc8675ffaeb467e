/** The commands new-key, sign, inspect and verify. */
import type { Command } from 'commander';
import { readdir, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { formatVersion } from '../../firmware/image/version.js';
import { refusable } from '../refusable.js';
import { readInput, requireFree, writeNew } from './files.js';
import { inspectImage, inspectionText, programOf } from './inspect-image.js';
import { createKey, readPrivateKey, readPublicKey, writeKeyFiles, type PublicKey } from './key-file.js';
import { familyName } from './names.js';
import { askNewPassphrase, askPassphrase, PASSPHRASE_VARIABLE } from './passphrase.js';
import { Refusal } from './refusal.js';
import { appendRelease } from './releases.js';
import { checkBeforeSigning, signImage } from './sign-image.js';
import { verifyImage } from './verify-image.js';

export function registerImageCommands(program: Command): void {
  program.command('new-key')
    .description('make a signing key, and the public key that goes into locks')
    .argument('[file]', 'private key file (deadlatch.key, or deadlatch-dev.key with --dev)')
    .option('--dev', 'a key for development boards: it signs channel dev only')
    .option('--passphrase', `encrypt it: asks, or takes ${PASSPHRASE_VARIABLE}`)
    .action(refusable(newKey));

  program.command('sign')
    .description('sign an image and record that in releases.jsonl')
    .argument('<image>', 'unsigned image')
    .requiredOption('-k, --key <file>', 'private key file')
    .option('-o, --output <file>', 'signed image (<image> with .signed before its ending)')
    .option('--purpose <text>', 'what the release is for (default: its release type)')
    .option('--releases <file>', 'where signatures are recorded', 'releases.jsonl')
    .action(refusable(sign));

  program.command('inspect')
    .description('say what an image says about itself')
    .argument('<image>')
    .option('--json', 'for scripts')
    .option('--program', 'print the program in it instead, in words')
    .action(refusable(inspect));

  program.command('verify')
    .description('check an image as a lock would, offline, and say which key signed it')
    .argument('<image>')
    .option('-k, --key <file>', 'key file, once for each (every .pub file here)', (file: string, before: string[] = []) => [...before, file])
    .action(refusable(verify));
}

async function newKey(file: string | undefined, options: { dev?: boolean; passphrase?: boolean }): Promise<void> {
  const dev = options.dev ?? false;
  const name = file ?? (dev ? 'deadlatch-dev.key' : 'deadlatch.key');
  await requireFree(name, 'choose another name: a lost key cannot be made again');
  const secured = options.passphrase ?? process.env[PASSPHRASE_VARIABLE] !== undefined;
  const passphrase = secured ? await askNewPassphrase(name) : undefined;
  const key = createKey(dev);
  const publicFile = await writeKeyFiles(name, key, passphrase, new Date());
  console.log(`${name}: private ${dev ? 'dev ' : ''}key ${key.keyId}${secured ? ', encrypted' : ', not encrypted'}. Keep a copy offline: without it no lock can be updated.`);
  console.log(`${publicFile}: public key, for provisioning and verifying.`);
}

async function sign(file: string, options: { key: string; output?: string; purpose?: string; releases: string }): Promise<void> {
  const output = options.output ?? signedName(file);
  await requireFree(output, 'choose another name with --output');
  const image = await readInput(file, 'an image');
  checkBeforeSigning(image, await readPublicKey(options.key), file);
  const key = await readPrivateKey(options.key, askPassphrase);
  console.error(`Signing ${file} with key ${key.keyId}, this takes some seconds...`);
  const signed = signImage(image, key, file);
  const about = inspectImage(signed, file);
  await writeNew(output, signed);
  try {
    await appendRelease(options.releases, {
      version: about.version, digest: about.digest, purpose: options.purpose ?? about.releaseType, keyId: key.keyId, date: new Date().toISOString(),
      family: about.family, channel: about.channel, securityCounter: about.securityCounter,
    });
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  }
  console.log(`${output}: version ${about.version} for ${about.family}, signed by key ${key.keyId}, recorded in ${options.releases}`);
}

async function inspect(file: string, options: { json?: boolean; program?: boolean }): Promise<void> {
  const image = await readInput(file, 'an image');
  if (options.program) return console.log(programOf(image, file));
  const about = inspectImage(image, file);
  console.log(options.json ? JSON.stringify(about, undefined, 2) : inspectionText(about, file));
}

async function verify(file: string, options: { key?: string[] }): Promise<void> {
  const image = await readInput(file, 'an image');
  const files = options.key ?? (await readdir('.')).filter((name) => name.endsWith('.pub')).sort();
  if (!files.length) throw new Refusal('--key: there is no .pub file here; name the public key file of the maker');
  const keys: (PublicKey & { file: string })[] = [];
  for (const name of files) keys.push({ ...await readPublicKey(name), file: name });
  const { info, key } = verifyImage(image, keys, file);
  console.log(`${file}: genuine. Version ${formatVersion(info.version)} for ${familyName(info.family)}, signed by ${key.dev ? 'dev ' : ''}key ${key.keyId} (${key.file})`);
}

function signedName(file: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.signed${ending}`;
}
