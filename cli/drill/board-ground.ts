/** A drill at a real lock: the person does it and says what they see; what the lock tells over its wire or network is checked. */
import type { FamilyName } from '../../boards/families.js';
import { FAMILIES } from '../../boards/families.js';
import { formatVersion, parseVersion, type Version } from '../../firmware/image/version.js';
import { Refusal } from '../image/refusal.js';
import type { PrivateKey } from '../image/key-file.js';
import type { Time } from '../smp/link.js';
import type { Connector } from '../smp/way.js';
import { DEAF } from '../story/cast.js';
import type { Teller } from '../story/tell.js';
import type { Terminal } from '../terminal.js';
import { openTalk } from '../update/talk.js';
import { buildFirmware, signFirmware, type SignedFirmware } from '../virtual/firmware.js';
import { Differed, Ended, LeftOut, type Ground } from './ground.js';

export interface BoardParts {
  teller: Teller;
  terminal: Pick<Terminal, 'ask'>;
  connector: Connector;
  time: Time;
  /** Whoever signs this lock's firmware. */
  key: PrivateKey;
}

const LOOK_MS = 100;
const NAMES = { pin: 'your PIN', masterCode: 'your master code', recoveryCode: 'your recovery code', newMasterCode: 'a new master code' };
const START = 'This lock is going to be updated twice and loses its power on purpose. Is its door open, a key at hand, and nobody waiting for it? (yes/no)';

/** Refuses in one sentence where the lock or its key will not do. */
export async function boardGround({ teller, terminal, connector, time, key }: BoardParts): Promise<{ ground: Ground; nowMs: () => number }> {
  const type = (question: string): Promise<string> => terminal.ask(question, '--auto, which plays the drill on the virtual lock by itself');

  async function yes(question: string): Promise<boolean> {
    for (;;) {
      const typed = (await type(question)).toLowerCase();
      if (typed === 'q' || typed === 'quit') throw new Ended();
      if (typed === 'skip') throw new LeftOut();
      if (/^(y|yes|n|no)$/.test(typed)) return typed.startsWith('y');
    }
  }

  if (!await yes(START)) throw new Refusal(`${connector.name}: nothing was changed; begin when the door stands open and a key is at hand`);
  const talk = await openTalk(connector, time, (text) => teller.say('phone', text));
  const about = await talk.commands.about();
  const family = FAMILIES.find(({ name }) => name === about.family)?.name;
  const running = parseVersion(about.version);
  if (!family || !running) throw new Refusal(`${connector.name}: it says that it is a "${about.family}" with version "${about.version}", and nothing can be built for that`);
  teller.say('computer', `A ${family} with version ${about.version}. Builds and signs three newer ones; each takes some seconds.`);
  const made = (above: number, bad = false): Promise<SignedFirmware> => build(family, versionAbove(running, above), key, bad);

  const ground: Ground = {
    teller, talk, codes: NAMES,
    images: { running: about.version, good: await made(1), bad: await made(2, true), next: await made(3) },
    async act(what) {
      // Letters are for the virtual lock, and a code is in its owner's head.
      const told = what.replace(/ \([bwsr]\)$/, '').replace(/: (your|a new) [A-Za-z ]+#$/, '');
      const typed = (await type(`  you      ${told}. Enter when it is done:`)).toLowerCase();
      if (typed === 'q' || typed === 'quit') throw new Ended();
      if (typed === 'skip') throw new LeftOut();
    },
    async see({ what, otherwise }) {
      if (!await yes(`  you      Is it so: ${what}? (yes/no)`)) throw new Differed(what, otherwise);
      teller.step(what, true);
    },
    wants: (question) => yes(`  you      ${question} Rehearse it? (yes/no)`),
    async drive(work, until = () => false) {
      let settled = false;
      const end = work.then(() => undefined, () => undefined).then(() => void (settled = true));
      while (!settled && !until()) await Promise.race([end, new Promise<void>((resolve) => void time.after(LOOK_MS, resolve))]);
    },
  };
  return { ground, nowMs: time.nowMs };
}

function versionAbove({ major, minor }: Version, above: number): string {
  return formatVersion({ major, minor: minor + above, revision: 0, build: 0 });
}

async function build(family: FamilyName, version: string, key: PrivateKey, bad: boolean): Promise<SignedFirmware> {
  const image = await buildFirmware({ family, version, ...(key.dev ? { about: { channel: 'dev' as const } } : {}), ...(bad ? { mutations: [DEAF] } : {}) });
  return signFirmware(image, key, version);
}
