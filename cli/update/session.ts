/**
 * An update from the file to the lock's verdict: offered, sent, tried, restarted, waited for. The lock decides; a client that goes away at any
 * point leaves it working, and the next run goes on where this one stopped.
 */
import { ALREADY_RUNNING, formatCode, IMAGE_TOO_LARGE, NO_WINDOW, UNSUPPORTED, VERSION_NOT_NEWER, WRONG_FAMILY, WRONG_HARDWARE, type ErrorCode } from '../../firmware/errors.js';
import { compareVersions, parseVersion } from '../../firmware/image/version.js';
import { BUSY, SmpError } from '../smp/client.js';
import type { About, Commands } from '../smp/commands.js';
import type { Time } from '../smp/link.js';
import { failureLines, refusalLines } from '../smp/refusal-words.js';
import type { Connector } from '../smp/way.js';
import type { UpdateImage } from './image.js';
import { createMeter } from './meter.js';
import { stateOf, type Screen, type UpdateResult } from './result.js';
import { openTalk } from './talk.js';
import { waitForVerdict } from './verdict.js';

export interface UpdateParts {
  image: UpdateImage;
  connector: Connector;
  time: Time;
  screen: Screen;
  /** How long somebody has for opening the update window; 0: it has to be open. */
  windowWaitMs: number;
}

/** Silence after which an update is left for another run. */
export const LOST_LIMIT_MS = 120_000;
const WINDOW_LOOK_MS = 2000;
const WINDOW_KEYS = 'At the lock\'s keypad: master code, #, then 8#. That opens the update window for ten minutes.';
const BUSY_TRIES = 20;
const BUSY_PAUSE_MS = 500;

/** Throws a `Refusal` where there is no way to the lock, and an `SmpError` where it went silent for good. */
export async function runUpdate({ image, connector, time, screen, windowWaitMs }: UpdateParts): Promise<UpdateResult> {
  const talk = await openTalk(connector, time, (text) => screen.say(text));
  const about = await talk.insist((lock) => lock.about(), LOST_LIMIT_MS);
  const slotBytes = await talk.insist((lock) => lock.slotBytes(), LOST_LIMIT_MS);
  screen.say(`The lock at ${connector.name}: ${about.family}, hardware revision ${about.hardware}, version ${about.version}.`);
  screen.say(`The file: ${image.family}, version ${image.version}, ${image.bytes.length} of ${slotBytes} bytes that a slot has, signed with key ${image.keyId}.`);

  const refuse = (code: ErrorCode, reason?: string): UpdateResult => {
    screen.stopProgress();
    for (const line of refusalLines(code, reason)) screen.say(line);
    return { done: 'refused', code };
  };
  const states = await talk.insist((lock) => lock.list(), LOST_LIMIT_MS);
  const ours = stateOf(states, image);
  if (ours?.active && ours.confirmed) {
    screen.say(`Version ${image.version} runs already, and it is this very build: nothing to do.`);
    return { done: 'running' };
  }
  if (!ours?.active && !ours?.pending) {
    const misfit = misfitOf(image, about, slotBytes, states.some((each) => each.active));
    if (misfit) return refuse(...misfit);
  }
  try {
    if (!ours?.active) {
      if (!ours?.pending) await send();
      screen.say('The lock restarts into the new version, which has to prove itself.');
      await granted((lock) => restart(lock));
    }
  } catch (error) {
    screen.stopProgress();
    if (!(error instanceof SmpError) || error.rc < 0) throw error;
    for (const line of failureLines(error)) screen.say(line);
    return { done: 'refused', ...(error.entry && { code: error.entry.code }) };
  }
  return waitForVerdict({ image, talk, time, screen });

  async function send(): Promise<void> {
    screen.say('Offering it: the lock judges it and verifies its signature before it erases anything.');
    // Safe mode takes no offers; the same checks then come before the trial.
    await granted((lock) => lock.offer(image.offer, { frameBytes: talk.frameBytes })).catch((error: unknown) => {
      if (!(error instanceof SmpError) || error.entry?.code !== UNSUPPORTED) throw error;
    });
    const meter = createMeter(time, (done, all, words) => screen.progress(done, all, `${image.version}: ${words}`));
    let paused = false;
    const { chunks, resumedAt } = await granted((lock) => lock.upload(image.bytes, {
      frameBytes: talk.frameBytes,
      onProgress(sent, total) {
        paused = false;
        meter.progress(sent, total);
      },
      onBusy(failure) {
        if (paused) return;
        paused = true;
        screen.stopProgress();
        const [what, ...advice] = failureLines(failure);
        screen.say(`The lock pauses: ${what}. ${advice.join(' ')}`);
      },
    }));
    screen.stopProgress();
    if (resumedAt) screen.say(`It went on at byte ${resumedAt}, where it had stopped.`);
    screen.say(`Sent: ${image.bytes.length - resumedAt} bytes${chunks ? `, ${meter.summary()}` : ''}.`);
    screen.say('The lock verifies all of it once more ...');
    await granted((lock) => lock.test(image.info.hash));
  }

  /** What needs the update window: asks for it to be opened where it is not, and waits while the door goes first. */
  async function granted<T>(ask: (commands: Commands) => Promise<T>): Promise<T> {
    const sinceMs = time.nowMs();
    let busy = 0;
    for (let asked = false; ;) {
      try {
        return await talk.insist(ask, LOST_LIMIT_MS);
      } catch (error) {
        if (!(error instanceof SmpError)) throw error;
        if (error.entry?.code === NO_WINDOW && time.nowMs() - sinceMs < windowWaitMs) {
          screen.stopProgress();
          if (!asked) screen.say(`${WINDOW_KEYS} Waiting for it, ${minutes(windowWaitMs)} at most ...`);
          asked = true;
          await talk.pause(WINDOW_LOOK_MS);
        } else if (error.rc === BUSY && busy++ < BUSY_TRIES) await talk.pause(BUSY_PAUSE_MS);
        else throw error;
      }
    }
  }
}

/** An answer that gets lost leaves the question whether it restarts: the verdict tells. */
async function restart(lock: Commands): Promise<void> {
  await lock.restart().catch((error: unknown) => {
    if (!(error instanceof SmpError) || error.rc >= 0) throw error;
  });
}

/** What the lock would refuse whatever window is open, with what it needs and what it has. `runs`: an image runs, so that it is not safe mode. */
function misfitOf({ info, family, version, bytes }: UpdateImage, about: About, slotBytes: number, runs: boolean): [ErrorCode, string] | undefined {
  if (family !== about.family) return [WRONG_FAMILY, `${formatCode(WRONG_FAMILY)}: the file is for ${family}, and the lock is ${about.family}.`];
  if (about.hardware < info.hardwareMin || about.hardware > info.hardwareMax) {
    return [WRONG_HARDWARE, `${formatCode(WRONG_HARDWARE)}: the file is for hardware revisions ${info.hardwareMin} to ${info.hardwareMax}, and the lock has ${about.hardware}.`];
  }
  if (bytes.length > slotBytes) return [IMAGE_TOO_LARGE, `${formatCode(IMAGE_TOO_LARGE)}: the file has ${bytes.length} bytes, and a slot ${slotBytes}.`];
  const running = runs && parseVersion(about.version);
  if (!running || compareVersions(info.version, running) > 0) return undefined;
  if (compareVersions(info.version, running) === 0) return [ALREADY_RUNNING, `${formatCode(ALREADY_RUNNING)}: another build of version ${version} runs; build this one with a higher number.`];
  return [VERSION_NOT_NEWER, `${formatCode(VERSION_NOT_NEWER)}: the file is version ${version}, and the lock runs ${about.version}.`];
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}
