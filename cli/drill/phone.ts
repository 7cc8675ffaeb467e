/** The phone of a drill: it sends updates and looks at what the lock lists. */
import type { Commands, ImageState } from '../smp/commands.js';
import { SmpError } from '../smp/client.js';
import type { TransferResult } from '../smp/transfer.js';
import type { Bar } from '../story/tell.js';
import type { SignedFirmware } from '../virtual/firmware.js';
import type { Ground } from './ground.js';

export interface Sent {
  failure?: SmpError;
  /** Share of the file that the lock had already. */
  resumedAt: number;
}

const LOOK_MS = 1000;
/** A lock starts within half a minute, whatever happened to it. */
const SILENCE_MS = 60_000;

/** Uploads a file. `atShare` of it `happens` is called, while the upload is under way. */
export async function send(ground: Ground, { file, version }: SignedFirmware, atShare = 2,
  happens: () => Promise<void> = () => Promise.resolve()): Promise<Sent> {
  const { talk, teller } = ground;
  teller.say('phone', `Sends version ${version}, ${file.length} bytes.`);
  let bar: Bar | undefined;
  let reached = false;
  const upload = (commands: Commands): Promise<TransferResult> => commands.upload(file, {
    frameBytes: talk.frameBytes,
    onProgress(sent, total) {
      if (reached) return;
      bar ??= teller.bar(total);
      bar.update(sent);
      reached = sent >= atShare * total;
    },
  });
  // One that is to be interrupted is not begun again behind the person's back.
  const work = refusable(atShare < 1 ? upload(talk.commands) : talk.insist(upload, SILENCE_MS));
  await ground.drive(work, () => reached);
  bar?.stop();
  if (reached) await happens();
  await ground.drive(work);
  const { failure, reply } = await work;
  return { ...(failure && { failure }), resumedAt: (reply?.resumedAt ?? 0) / file.length };
}

/** What the lock refuses comes as an answer. */
export async function refusable<T>(work: Promise<T>): Promise<{ failure?: SmpError; reply?: T }> {
  try {
    return { reply: await work };
  } catch (error) {
    if (error instanceof SmpError) return { failure: error };
    throw error;
  }
}

/** Asks something, again where no answer comes, and lets time pass until one does. What is asked must bear being asked twice. */
export async function ask<T>(ground: Ground, question: (commands: Commands) => Promise<T>): Promise<{ failure?: SmpError; reply?: T }> {
  const answer = refusable(ground.talk.insist(question, SILENCE_MS));
  await ground.drive(answer);
  return answer;
}

/** Asks for the list of images until it is as wanted. A lock that restarts, or whose radio is dead, does not answer. */
export async function listed(ground: Ground, wanted: (images: ImageState[]) => boolean, limitMs: number, nowMs: () => number): Promise<boolean> {
  const { talk } = ground;
  for (const startMs = nowMs(); nowMs() - startMs < limitMs;) {
    const work = talk.attempt((commands) => commands.list());
    await ground.drive(work);
    const images = await work;
    if (images && wanted(images)) return true;
    await ground.drive(talk.pause(LOOK_MS));
  }
  return false;
}
