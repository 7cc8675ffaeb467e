/** What becomes of a version that a lock tries. */
import { errorEntry } from '../../firmware/error-table.js';
import { formatCode } from '../../firmware/errors.js';
import { compareVersions } from '../../firmware/image/version.js';
import type { Time } from '../smp/link.js';
import { plain, reasonInWords } from '../smp/refusal-words.js';
import type { UpdateImage } from './image.js';
import { stateOf, type Screen, type UpdateResult } from './result.js';
import type { Talk } from './talk.js';

/** Three attempts, each with up to two minutes for its checks, and their starts. */
const VERDICT_LIMIT_MS = 480_000;
const LOOK_MS = 1000;
/** A restart that was asked for has happened by then. */
const PENDING_LIMIT_MS = 60_000;

export interface VerdictParts {
  image: UpdateImage;
  talk: Talk;
  time: Time;
  screen: Screen;
}

export async function waitForVerdict(parts: VerdictParts): Promise<UpdateResult> {
  const { image, talk, time, screen } = parts;
  const sinceMs = time.nowMs();
  let told = '';
  const tell = (text: string): void => {
    if (text !== told) screen.say(text);
    told = text;
  };
  for (; time.nowMs() - sinceMs < VERDICT_LIMIT_MS; await talk.pause(LOOK_MS)) {
    const states = await talk.attempt((lock) => lock.list());
    if (!states) {
      tell('The lock does not answer yet. It may be starting, or trying a version that cannot be reached: then it goes back by itself, within seven minutes.');
      continue;
    }
    const ours = stateOf(states, image);
    if (ours?.active && ours.confirmed) {
      screen.say(`APPLIED: version ${image.version} has proved itself and is confirmed.`);
      return { done: 'applied' };
    }
    if (ours?.active) tell(`Version ${image.version} runs, on trial.`);
    else if (!ours?.pending) return gaveUp(parts, states.find((each) => each.active)?.version);
    else if (time.nowMs() - sinceMs > PENDING_LIMIT_MS) {
      screen.say('NOT APPLIED: the lock has not tried the new version. It does so at its next start; with weak cells it waits until they are fresh.');
      return { done: 'not applied' };
    }
  }
  screen.say(`NOT KNOWN: the lock has told nothing for ${VERDICT_LIMIT_MS / 60_000} minutes. Run the command again: it says what became of version ${image.version}.`);
  return { done: 'not applied' };
}

async function gaveUp({ image, talk, screen }: VerdictParts, running: string | undefined): Promise<UpdateResult> {
  const verdict = await talk.attempt((lock) => lock.rollback()).catch(() => undefined);
  const now = running === undefined ? 'The lock is in safe mode: keypad and motor work.' : `Version ${running} runs.`;
  if (!verdict || compareVersions(verdict.version, image.info.version) || Buffer.compare(verdict.imageId, image.imageId)) {
    screen.say(`NOT APPLIED: the lock does not run version ${image.version}, and tells no reason. ${now}`);
    return { done: 'not applied' };
  }
  const door = errorEntry(verdict.reason)?.door;
  screen.say(`ROLLED BACK: version ${image.version}, because of ${reasonInWords(verdict.reason)}`);
  screen.say(`${door ? `${plain(door)} ` : ''}${now} Version ${image.version} is not taken again (${formatCode(verdict.reason)} is in docs/playbook.md).`);
  return { done: 'rolled back', code: verdict.reason };
}
