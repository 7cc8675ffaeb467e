/**
 * Tells what happens to a virtual lock, in plain words: what a person at the door would notice, what its flash says, and what the
 * firmware prints. Everything is observed from outside; the firmware in it is the one that ships.
 */
import { STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { readU32 } from '../../firmware/flash/bytes.js';
import { HEADER_BYTES } from '../../firmware/image/format.js';
import { formatVersion, readVersion } from '../../firmware/image/version.js';
import type { Board } from '../../virtual-board/run.js';
import type { EndCause, World } from '../../virtual-board/world.js';
import { changesIn } from '../flash/reading.js';
import { CAUSES, printedInWords } from '../flash/words.js';
import { createListener, type Held } from './listen.js';
import { readLock } from './reading.js';

export type Topic = 'power' | 'boot' | 'door' | 'keypad' | 'update' | 'fault';

export interface Sentence {
  topic: Topic;
  text: string;
}

/** What runs now, as seen when its program began. */
export type Running = { what: 'bootloader' | 'safe mode' } | { what: 'image'; version: string; slot: 'A' | 'B' };

export interface Watcher {
  /** Give this to `boot`. */
  evaluating(text: string): string;
  /** What runs; undefined while there is no power. */
  running(): Running | undefined;
  /** What happened since the last call. Cheap enough for every few milliseconds. */
  look(board: Board): Sentence[];
  /** What the light says again and again. */
  light(): Held;
}

const ENDS: Partial<Record<EndCause, string>> = {
  powerCut: 'No power. The bolt stays where it is.', deepSleep: 'Asleep.',
};

/** What is shorter is not a program of its own. */
const SHORTEST_PROGRAM = 100;
/** Between two readings of flash. */
const READ_EVERY_MS = 100;

export function createWatcher(world: World): Watcher {
  const listener = createListener(world);
  let launches: Launch[] = [];
  let running: Running | undefined;
  let runsSeen = 0;
  let printedSeen = 0;
  let uncaughtSeen = 0;
  let violationsSeen = 0;
  let endSeen = true;
  let bolt = boltState(world);
  let before = readLock(world);
  let operationsSeen = world.nor.operations;
  let readAtMs = -Infinity;

  function look(board: Board): Sentence[] {
    const told: Sentence[] = [];
    const tell = (topic: Topic, text: string): void => void told.push({ topic, text });
    tellRuns(board, tell);
    tellBolt(tell);
    for (const words of listener.hear(world.clock.now())) tell('keypad', words);
    for (; printedSeen < board.printed.length; printedSeen++) {
      const words = printedInWords(board.printed[printedSeen]!);
      if (words) tell('update', words);
    }
    if (operationsSeen !== world.nor.operations && world.clock.now() - readAtMs >= READ_EVERY_MS) {
      operationsSeen = world.nor.operations;
      readAtMs = world.clock.now();
      const now = readLock(world);
      for (const { topic, text } of changesIn(before, now)) tell(topic, text);
      before = now;
    }
    for (; uncaughtSeen < board.uncaught.length; uncaughtSeen++) tell('fault', `The firmware threw: ${String(board.uncaught[uncaughtSeen]!.error)}`);
    for (; violationsSeen < world.violations.length; violationsSeen++) {
      const { kind, detail } = world.violations[violationsSeen]!;
      tell('fault', `This must never happen: ${kind}, ${detail}`);
    }
    return told;
  }

  function tellRuns(board: Board, tell: (topic: Topic, text: string) => void): void {
    for (; runsSeen < board.runs.length; runsSeen++) {
      if (!endSeen && runsSeen > 0) tellEnd(board.runs[runsSeen - 1]!.ended, tell);
      endSeen = false;
      listener.restart();
      tell('power', CAUSES[board.runs[runsSeen]!.cause]);
    }
    for (const launch of launches) if (launch.what !== 'bootloader') tell('boot', launchInWords(launch));
    launches = [];
    if (endSeen || world.chip.running) return;
    endSeen = true;
    listener.restart();
    running = undefined;
    tellEnd(world.chip.ended, tell);
  }

  function tellEnd(cause: EndCause | undefined, tell: (topic: Topic, text: string) => void): void {
    const words = cause && ENDS[cause];
    if (words) tell('power', words);
  }

  function tellBolt(tell: (topic: Topic, text: string) => void): void {
    const now = boltState(world);
    if (now === bolt || now === 'between') return;
    bolt = now;
    tell('door', now === 'out' ? 'The bolt is out: LOCKED.' : 'The bolt is in: UNLOCKED.');
  }

  return {
    look,
    running: () => (world.chip.running ? running : undefined),
    light: () => listener.light(),
    evaluating(text) {
      // What is launched, and whether on trial, the bootloader has just marked.
      if (text.length < SHORTEST_PROGRAM) return text;
      const now = readLock(world);
      running = programIn(world, text, now.launchedSlot);
      const { trial } = now;
      const onTrial = running.what === 'image' && trial?.version === running.version && trial.slot === running.slot;
      launches.push({ ...running, attempt: onTrial ? trial.attempts : 0 });
      return text;
    },
  };
}

/** `attempt`: 0 where it is not on trial. */
type Launch = Running & { attempt: number };

function launchInWords(launch: Launch): string {
  if (launch.what !== 'image') return 'Safe mode runs: keypad and motor work, nothing else.';
  return `Version ${launch.version} runs from slot ${launch.slot}${launch.attempt ? `, on trial: it has to prove itself (attempt ${launch.attempt} of 3)` : ''}.`;
}

function boltState(world: World): 'out' | 'in' | 'between' {
  return world.bolt.locked() ? 'out' : world.bolt.unlocked() ? 'in' : 'between';
}

/**
 * Which program a text is: the body of an image, or a part of `.boot0`. Two versions built from the same source have the same body;
 * then `launched`, the slot the bootloader marked, decides.
 */
function programIn(world: World, text: string, launched: 0 | 1 | -1): Running {
  const { layout, nor } = world;
  const bytes = Buffer.from(text, 'latin1');
  for (const slot of launched === 1 ? [1, 0] : [0, 1]) {
    const at = layout.slots[slot]!.address - nor.base;
    const header = nor.bytes.subarray(at, at + HEADER_BYTES);
    if (readU32(header, 12) !== bytes.length || bytes.compare(nor.bytes, at + HEADER_BYTES, at + HEADER_BYTES + bytes.length)) continue;
    return { what: 'image', version: formatVersion(readVersion(header, 20)), slot: slot === 1 ? 'B' : 'A' };
  }
  const bootText = Buffer.from(nor.bytes.subarray(STORAGE_HEADER_BYTES, STORAGE_HEADER_BYTES + bytes.length));
  return { what: bytes.equals(bootText) ? 'bootloader' : 'safe mode' };
}
