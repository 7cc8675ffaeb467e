/**
 * Key files, JSON. The private one (mode 0600) holds the secret key in hex, or encrypted under a passphrase: scrypt, then AES-256-GCM
 * with the public fields as associated data, so that nobody can turn a dev key into another one. The public one goes to locks.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { slh_dsa_sha2_128s as slhDsa } from '@noble/post-quantum/slh-dsa.js';
import { sha256 } from './build-image.js';
import { readInput, requireFree, writeNew } from './files.js';
import { Refusal } from './refusal.js';

export const ALGORITHM = 'SLH-DSA-SHA2-128s';
const PRIVATE_FORMAT = 'deadlatch private key 1';
const PUBLIC_FORMAT = 'deadlatch public key 1';
const PUBLIC_BYTES = 32;
const SECRET_BYTES = 64;
const SCRYPT = { n: 65536, r: 8, p: 1 };

export interface PublicKey {
  /** First 16 hex digits of SHA-256(public key). */
  keyId: string;
  publicKey: Uint8Array;
  /** For development boards only: signs nothing but images of the channel dev. */
  dev: boolean;
}

export interface PrivateKey extends PublicKey {
  secretKey: Uint8Array;
}

/** Asks for a passphrase when a file needs one. */
export type AskPassphrase = (file: string) => Promise<string>;

export function keyIdOf(publicKey: Uint8Array): string {
  return Buffer.from(sha256(publicKey)).toString('hex').slice(0, 16);
}

/** Makes a key pair. `seed`: 48 bytes, for tests; true random otherwise. */
export function createKey(dev: boolean, seed: Uint8Array = randomBytes(48)): PrivateKey {
  const { publicKey, secretKey } = slhDsa.keygen(seed);
  return { keyId: keyIdOf(publicKey), publicKey, secretKey, dev };
}

/** Where the public key of a private key file goes: `name.key` has `name.pub`. */
export function publicFileOf(file: string): string {
  return file.replace(/\.key$/, '') + '.pub';
}

/** Writes the private key file and, beside it, the public one. Neither may exist. */
export async function writeKeyFiles(file: string, key: PrivateKey, passphrase: string | undefined, created: Date): Promise<string> {
  const publicFile = publicFileOf(file);
  const advice = 'choose another name: a lost key cannot be made again';
  await requireFree(file, advice);
  await requireFree(publicFile, advice);
  const fields = { algorithm: ALGORITHM, keyId: key.keyId, dev: key.dev, publicKey: hex(key.publicKey), created: created.toISOString() };
  const secret = passphrase === undefined ? { secretKey: hex(key.secretKey) } : { encrypted: encrypt(key, passphrase) };
  await writeNew(file, json({ format: PRIVATE_FORMAT, ...fields, ...secret }), 0o600);
  try {
    await writeNew(publicFile, json({ format: PUBLIC_FORMAT, ...fields }));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return publicFile;
}

/** The public half of either kind of key file. */
export async function readPublicKey(file: string): Promise<PublicKey> {
  return publicFields(await readFields(file, 'a key file'), file);
}

export async function readPrivateKey(file: string, ask: AskPassphrase): Promise<PrivateKey> {
  const fields = await readFields(file, 'a private key file');
  if (fields['format'] !== PRIVATE_FORMAT) throw new Refusal(`${file}: format: this is a public key; sign with the private key file beside it`);
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && mode & 0o077) {
    throw new Refusal(`${file}: mode: others can read this private key; run "chmod 600 ${file}"`);
  }
  const key = publicFields(fields, file);
  const secretKey = 'encrypted' in fields ? decrypt(fields['encrypted'], key, await ask(file), file) : bytesIn(fields, 'secretKey', SECRET_BYTES, file);
  if (Buffer.compare(secretKey.subarray(SECRET_BYTES - PUBLIC_BYTES), key.publicKey)) {
    throw new Refusal(`${file}: secretKey: it does not belong to publicKey; restore the file from your backup`);
  }
  return { ...key, secretKey };
}

type Fields = Record<string, unknown>;

async function readFields(file: string, what: string): Promise<Fields> {
  const text = Buffer.from(await readInput(file, what)).toString('utf8');
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    fields = undefined;
  }
  if (!isFields(fields)) throw new Refusal(`${file}: it is no JSON object, so it is no key file; name a file made by "deadlatch new-key"`);
  const format = fields['format'];
  if (format !== PRIVATE_FORMAT && format !== PUBLIC_FORMAT) {
    throw new Refusal(`${file}: format: ${JSON.stringify(format) ?? 'nothing'} is unknown; name a file made by "deadlatch new-key"`);
  }
  return fields;
}

function publicFields(fields: Fields, file: string): PublicKey {
  if (fields['algorithm'] !== ALGORITHM) throw new Refusal(`${file}: algorithm: it is not ${ALGORITHM}; name another key file`);
  if (typeof fields['dev'] !== 'boolean') throw new Refusal(`${file}: dev: it is neither true nor false; restore the file from your backup`);
  const publicKey = bytesIn(fields, 'publicKey', PUBLIC_BYTES, file);
  const keyId = keyIdOf(publicKey);
  if (fields['keyId'] !== keyId) throw new Refusal(`${file}: keyId: it does not belong to publicKey; restore the file from your backup`);
  return { keyId, publicKey, dev: fields['dev'] };
}

interface Encrypted {
  kdf: { name: 'scrypt'; n: number; r: number; p: number; salt: string };
  cipher: 'aes-256-gcm';
  iv: string;
  tag: string;
  data: string;
}

function encrypt(key: PrivateKey, passphrase: string): Encrypted {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', stretch(passphrase, salt, SCRYPT), iv).setAAD(associatedData(key));
  const data = Buffer.concat([cipher.update(key.secretKey), cipher.final()]);
  return { kdf: { name: 'scrypt', ...SCRYPT, salt: hex(salt) }, cipher: 'aes-256-gcm', iv: hex(iv), tag: hex(cipher.getAuthTag()), data: hex(data) };
}

function decrypt(value: unknown, key: PublicKey, passphrase: string, file: string): Uint8Array {
  const fields = isFields(value) ? value : {};
  const kdf = isFields(fields['kdf']) ? fields['kdf'] : {};
  if (kdf['name'] !== 'scrypt' || fields['cipher'] !== 'aes-256-gcm') {
    throw new Refusal(`${file}: encrypted: it is not scrypt with aes-256-gcm; restore the file from your backup`);
  }
  const cost = { n: costIn(kdf, 'n', 1 << 20, file), r: costIn(kdf, 'r', 16, file), p: costIn(kdf, 'p', 4, file) };
  const salt = bytesIn(kdf, 'salt', 16, file);
  const iv = bytesIn(fields, 'iv', 12, file);
  const tag = bytesIn(fields, 'tag', 16, file);
  const data = bytesIn(fields, 'data', SECRET_BYTES, file);
  try {
    const decipher = createDecipheriv('aes-256-gcm', stretch(passphrase, salt, cost), iv).setAAD(associatedData(key)).setAuthTag(tag);
    return new Uint8Array(Buffer.concat([decipher.update(data), decipher.final()]));
  } catch {
    throw new Refusal(`${file}: the passphrase is wrong, or the file was changed; try again or restore the file from your backup`);
  }
}

/** A power of two up to `max`: what a forged file may ask for in memory and time is bounded. */
function costIn(kdf: Fields, name: string, max: number, file: string): number {
  const cost = kdf[name];
  if (typeof cost !== 'number' || !Number.isInteger(cost) || cost < 1 || cost > max || cost & (cost - 1) || (name === 'n' && cost < 2)) {
    throw new Refusal(`${file}: encrypted.kdf.${name}: it is out of bounds; restore the file from your backup`);
  }
  return cost;
}

function stretch(passphrase: string, salt: Uint8Array, cost: { n: number; r: number; p: number }): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, { N: cost.n, r: cost.r, p: cost.p, maxmem: 256 * cost.n * cost.r + 65536 * cost.p });
}

function associatedData(key: PublicKey): Buffer {
  return Buffer.from(`${PRIVATE_FORMAT}|${ALGORITHM}|${hex(key.publicKey)}|${key.dev ? 'dev' : 'release'}`);
}

function bytesIn(fields: Fields, name: string, length: number, file: string): Uint8Array {
  const text = fields[name];
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[0-9a-f]*$/.test(text)) {
    throw new Refusal(`${file}: ${name}: it is not ${length} bytes in hex; restore the file from your backup`);
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
