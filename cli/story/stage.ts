/** Where the story plays: one virtual lock, one person at its keypad, one phone. */
import type { ErrorEntry } from '../../firmware/error-table.js';
import { formatCode } from '../../firmware/errors.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld, type World } from '../../virtual-board/world.js';
import type { SmpError } from '../smp/client.js';
import { plain } from '../smp/refusal-words.js';
import type { TransferResult } from '../smp/transfer.js';
import { ACCEPTED } from '../../firmware/lock/signals.js';
import { openClient, type Answer, type VirtualClient } from '../virtual/client.js';
import type { SignedFirmware } from '../virtual/firmware.js';
import { wiring } from '../virtual/lock.js';
import { beepsInWords, type Held } from '../virtual/listen.js';
import { keepTyping, openWindow as openUpdateWindow } from '../virtual/person.js';
import { readLock, type Reading } from '../virtual/reading.js';
import { createWatcher, type Running, type Topic, type Watcher } from '../virtual/watch.js';
import type { Bar, Teller, Where } from './tell.js';

export const PIN = '2580';
export const WRONG_PIN = '1470';
export const MASTER_CODE = '734829';
export const RECOVERY_CODE = '112233445566';
export const FRESH_CELLS = { openCircuitMv: 6000, internalMilliohm: 800 };

/** How long anything at the door may take, and how long while a bad version uses up its attempts. */
export const DOOR_LIMIT_MS = 5000;

export interface Stage {
  teller: Teller;
  world: World;
  board: Board;
  client: VirtualClient;
  /** Lets time pass, and tells what happens meanwhile. True when `until` came true. */
  pass(ms: number, until?: () => boolean): boolean;
  /** Types the PIN until the door is open, then locks it again. */
  openAndLock(when: string, limitMs?: number): void;
  openWindow(): void;
  /** Uploads with a bar. `stopAt`: share of the file at which `stop` is called. */
  upload(firmware: SignedFirmware, stopAt?: number, stop?: () => void): Answer<TransferResult>;
  /** Asks for the trial and restarts the lock. */
  tryOut(firmware: SignedFirmware): void;
  /** The lock refuses with this code: says so, with its sentence and what to do next. */
  refused(what: string, failure: SmpError | undefined, code: number): void;
  runs(version: string): boolean;
  running(): Running | undefined;
  /** What the light says again and again. */
  light(): Held;
  reading(): Reading;
}

/** Sentences that say once more what a step says. */
const REPEATS = /^(Log: |Upload: \d|the light )/;
const ACCEPTED_WORDS = beepsInWords(ACCEPTED, 0);
const PLACES: Record<Topic, Where> = { power: 'lock', boot: 'lock', door: 'door', keypad: 'door', update: 'lock', fault: 'lock' };
/** Between two looks at the lock. */
const LOOK_MS = 50;

export function openStage(teller: Teller, flash: Uint8Array, seed: number): Stage {
  const world = createWorld({ seed, wiring, flash });
  const watcher: Watcher = createWatcher(world);
  const board = boot(world, { evaluating: watcher.evaluating });
  const client = openClient(board, (until, limitMs) => pass(limitMs, until));
  const { clock } = world;

  function tell(): void {
    for (const { topic, text } of watcher.look(board)) {
      if (!REPEATS.test(text) && text !== ACCEPTED_WORDS) teller.say(PLACES[topic], text);
      if (topic === 'fault') teller.step(text, false);
    }
  }

  function pass(ms: number, until: () => boolean = () => false): boolean {
    const end = clock.now() + ms;
    while (clock.now() < end && !until()) {
      const next = Math.min(end, clock.now() + LOOK_MS);
      if (!board.pump(next)) clock.advanceTo(next);
      tell();
    }
    return until();
  }

  function inFlash(): Reading {
    tell();
    return readLock(world);
  }

  return {
    teller, world, board, client, pass,
    openAndLock(when, limitMs = DOOR_LIMIT_MS) {
      const tookMs = keepTyping(board, `${PIN}#`, world.bolt.unlocked, limitMs);
      pass(3000);
      teller.step(`${when}: the PIN opens the door${tookMs === undefined ? '' : `, ${seconds(tookMs)} after the first key`}`, tookMs !== undefined);
      world.keypad.press('#');
      teller.step('one touch of # locks it again', pass(4000, world.bolt.locked));
      pass(3000);
    },
    openWindow() {
      teller.say('door', 'Somebody who knows the master code types it and #, then 8#.');
      openUpdateWindow(board, MASTER_CODE);
      teller.step('the update window is open', pass(6000, () => watcher.light() === 'window'));
    },
    upload(firmware, stopAt = 2, stop = () => undefined) {
      const { file, version } = firmware;
      teller.say('phone', `Uploads version ${version}, ${file.length} bytes.`);
      let bar: Bar | undefined;
      let stopped = false;
      const answer = client.upload(file, {
        onProgress(sent, total) {
          if (stopped) return;
          bar ??= teller.bar(total);
          bar.update(sent);
          if (sent < stopAt * total) return;
          stopped = true;
          stop();
        },
      });
      bar?.stop();
      tell();
      return answer;
    },
    tryOut({ version, hash }) {
      const { failure } = client.test(hash);
      tell();
      teller.step(`phone asks for a trial of ${version}: the lock checks every page and the signature, and agrees`, !failure);
      const restarted = client.restart();
      teller.step('phone restarts the lock', !restarted.failure);
    },
    refused(what, failure, code) {
      const entry: ErrorEntry | undefined = failure?.entry;
      teller.step(`${what}: refused with ${formatCode(code)}`, entry?.code === code);
      if (entry) teller.say('phone', `"${capital(entry.title)}. ${plain(entry.door)} ${plain(entry.next)}"`);
    },
    runs(version) {
      const now = watcher.running();
      return now?.what === 'image' && now.version === version;
    },
    running: watcher.running,
    light: watcher.light,
    reading: inFlash,
  };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
