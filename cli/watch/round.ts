/** One round of the edit-run loop: the lock is asked what it runs, a version above that is built, signed, and put onto it. */
import type { FamilyName } from '../../boards/families.js';
import { compareVersions, formatVersion, parseVersion, type Version } from '../../firmware/image/version.js';
import type { PrivateKey } from '../image/key-file.js';
import { Refusal } from '../image/refusal.js';
import { SmpError } from '../smp/client.js';
import type { Time } from '../smp/link.js';
import type { Connector } from '../smp/way.js';
import { updateImageOf } from '../update/image.js';
import type { Screen, UpdateResult } from '../update/result.js';
import { LOST_LIMIT_MS, runUpdate } from '../update/session.js';
import { openTalk } from '../update/talk.js';
import { signFirmware } from '../virtual/firmware.js';

export interface RoundParts {
  connector: Connector;
  time: Time;
  screen: Screen;
  key: PrivateKey;
  windowWaitMs: number;
  /** Makes the unsigned image of what is saved now. */
  build(family: FamilyName, version: string): Promise<Uint8Array>;
}

/** What went wrong before the lock was asked to take anything: it has been told. */
export type RoundResult = UpdateResult | { done: 'not built' | 'no lock' };

/** Gives what does a round. */
export function createRounds(parts: RoundParts): () => Promise<RoundResult> {
  const { connector, time, screen, key } = parts;

  return async function round() {
    try {
      const talk = await openTalk(connector, time, (text) => screen.say(text));
      const { family, version: running } = await talk.insist((lock) => lock.about(), LOST_LIMIT_MS);
      const rolledBack = await talk.insist((lock) => lock.rollback(), LOST_LIMIT_MS).catch((error: unknown) => {
        // Safe mode does not tell.
        if (error instanceof SmpError && error.rc > 0) return undefined;
        throw error;
      });
      // A lock does not take a version again that it gave up.
      const version = formatVersion(above([parseVersion(running), rolledBack?.version]));
      const image = await make(family as FamilyName, version);
      return image ? await runUpdate({ image: updateImageOf(image, version), ...parts }) : { done: 'not built' };
    } catch (error) {
      screen.stopProgress();
      if (error instanceof SmpError) screen.say(`${connector.name}: ${error.message}. ${connector.causes}`);
      else if (error instanceof Refusal) screen.say(error.message);
      else throw error;
      return { done: 'no lock' };
    }
  };

  async function make(family: FamilyName, version: string): Promise<Uint8Array | undefined> {
    try {
      screen.say(`Building ${version} for ${family} ...`);
      const unsigned = await parts.build(family, version);
      return (await signFirmware(unsigned, key, version, () => screen.say('Signing, this takes some seconds ...'))).file;
    } catch (error) {
      screen.say(`NOT BUILT: ${buildFailure(error)}`);
      return undefined;
    }
  }
}

/** The next patch of the newest of them. */
function above(versions: readonly (Version | undefined)[]): Version {
  let newest: Version = { major: 0, minor: 0, revision: 0, build: 0 };
  for (const each of versions) if (each && compareVersions(each, newest) > 0) newest = each;
  return { ...newest, revision: newest.revision + 1, build: 0 };
}

function buildFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return 'the disk is full; make room and save again.';
  return `${message ?? String(error)}\nMend it and save again.`;
}
