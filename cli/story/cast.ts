/** Who and what a story needs: a maker's key, images signed with it, and a lock as the factory leaves it. */
import { createHash } from 'node:crypto';
import type { Mutation } from '../../scripts/plant.js';
import { createKey, type PrivateKey } from '../image/key-file.js';
import { buildFirmware, signFirmware, type SignedFirmware } from '../virtual/firmware.js';
import { provisionVirtualLock } from '../virtual/lock.js';
import { MASTER_CODE, PIN, RECOVERY_CODE, seconds } from './stage.js';
import type { Teller } from './tell.js';

/** A version whose radio fails after start: genuine, well signed, and bad. */
export const DEAF: Mutation = {
  file: 'firmware/main.ts', find: 'listening = true;', replace: "throw new Error('no buffer for the socket');",
};

/** What the story needs: a key, and images signed with it and with another one. */
export interface Cast {
  publicKey: Uint8Array;
  first: SignedFirmware;
  good: SignedFirmware;
  bad: SignedFirmware;
  next: SignedFirmware;
  /** The same as `next`, signed by somebody else. */
  foreign: SignedFirmware;
}

/** Keys and ids are the same every time, so that each image is signed once. */
const bytes = (name: string, length: number): Uint8Array => new Uint8Array(createHash('sha512').update(`story ${name}`).digest().subarray(0, length));

/** Whoever signs the firmware of the story's lock. */
export const makerKey = (): PrivateKey => createKey(false, bytes('maker', 48));

/** The first chapter: builds and signs. Seconds the first time. */
export async function prepareCast(teller: Teller): Promise<Cast> {
  teller.chapter('From source to a lock');
  const maker = makerKey();
  const other = createKey(false, bytes('stranger', 48));
  teller.say('computer', 'Builds the firmware. The first time this takes some seconds.');
  const builds = {
    first: await buildFirmware({ version: '1.0.0' }),
    good: await buildFirmware({ version: '1.1.0' }),
    bad: await buildFirmware({ version: '1.2.0', mutations: [DEAF] }),
    next: await buildFirmware({ version: '1.3.0' }),
  };
  teller.say('computer', `Built: version 1.0.0 for the chip family "virtual", ${builds.first.length} bytes.`);
  const sign = async (unsigned: Uint8Array, version: string, key: PrivateKey): Promise<SignedFirmware> => {
    const startedMs = performance.now();
    const whose = key === maker ? "the maker's key" : 'the key of somebody else';
    const signed = await signFirmware(unsigned, key, version, () => teller.say('computer', `Signs ${version} with ${whose}, SLH-DSA takes some seconds ...`));
    teller.say('computer', signed.cached ? `Signed ${version} with ${whose} (kept from an earlier run).` : `... signed and verified in ${seconds(performance.now() - startedMs)}.`);
    return signed;
  };
  return {
    publicKey: maker.publicKey,
    first: await sign(builds.first, '1.0.0', maker),
    good: await sign(builds.good, '1.1.0', maker),
    bad: await sign(builds.bad, '1.2.0', maker),
    next: await sign(builds.next, '1.3.0', maker),
    foreign: await sign(builds.next, '1.3.0', other),
  };
}

/** The flash of a production lock with the first version on it, the same every time. */
export async function factoryLock(cast: Pick<Cast, 'publicKey' | 'first'>): Promise<Uint8Array> {
  const lock = await provisionVirtualLock({
    firmware: cast.first, production: true, publicKey: cast.publicKey, masterCode: MASTER_CODE, pin: PIN,
    fixed: { recoveryCode: RECOVERY_CODE, serial: 'DL-story', deviceId: bytes('device', 8), codeSalt: bytes('salt', 16) },
  });
  return lock.bytes;
}
