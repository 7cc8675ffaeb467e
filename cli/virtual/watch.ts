/**
 * Tells what happens to a virtual lock, in plain words: what a person at the door would notice, what its flash says, and what the
 * firmware prints. Everything is observed from outside; the firmware in it is the one that ships.
 */
import { formatCode } from '../../firmware/errors.js';
import { STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';
import { readU32 } from '../../firmware/flash/bytes.js';
import { HEADER_BYTES } from '../../firmware/image/format.js';
import { formatVersion, readVersion } from '../../firmware/image/version.js';
import type { LogEntry } from '../../firmware/lock/access-log.js';
import {
  LOG_FORCED_USER, LOG_JAMMED, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU, LOG_REFUSED, LOG_UNLOCK, LOG_WINDOW, LOG_WRONG_CODE_LIMIT,
  MASTER_USER, RECOVERY_USER, SOURCE_KEYPAD, SOURCE_MANUAL,
} from '../../firmware/lock/states.js';
import type { ResetCause } from '../../firmware/platform/types.js';
import { ABORTED, DEGRADED, FELL_BACK, REBUILT, SAFE_MODE, type Verdict } from '../../firmware/update/boot-state.js';
import type { Board } from '../../virtual-board/run.js';
import type { EndCause, World } from '../../virtual-board/world.js';
import { reasonInWords } from '../smp/refusal-words.js';
import { createListener, type Held } from './listen.js';
import { readLock, type Reading } from './reading.js';

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

const CAUSES: Record<ResetCause, string> = {
  powerOn: 'Power is on.', pin: 'Reset button.', software: 'Restart.', watchdog: 'The watchdog restarted the chip: the firmware hung.',
  brownOut: 'The voltage fell too low and the chip reset itself.', deepSleep: 'Awake again.', unknown: 'Start.',
};

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
    for (; printedSeen < board.printed.length; printedSeen++) tellPrinted(board.printed[printedSeen]!, tell);
    if (operationsSeen !== world.nor.operations && world.clock.now() - readAtMs >= READ_EVERY_MS) {
      operationsSeen = world.nor.operations;
      readAtMs = world.clock.now();
      const now = readLock(world);
      tellFlash(before, now, tell);
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

const PRINTED: Record<string, string> = {
  'start OTA': 'Upload begins.',
  'OTA finished': 'Upload complete, and it is the file that was announced.',
  'OTA failed: digest': 'Upload complete, but it is not the file that was announced.',
  'OTA aborted: battery': 'Upload given up: the battery stayed low.',
  'offer accepted': 'Offer accepted: its signature is genuine.',
  'trial set': 'The new version is genuine. It is tried at the next restart.',
};

function tellPrinted(line: string, tell: (topic: Topic, text: string) => void): void {
  // Confirmation is told from flash, where it counts.
  if (line.startsWith('complete:')) return;
  tell('update', PRINTED[line] ?? `The lock says: ${line}`);
}

/** What changed from one reading to the next. */
function tellFlash(before: Reading, now: Reading, tell: (topic: Topic, text: string) => void): void {
  if (now.upload && (now.upload.done !== before.upload?.done || now.upload.bytes !== before.upload.bytes) && now.upload.done > 0) {
    const percent = Math.floor((now.upload.done / now.upload.pages) * 100);
    const last = before.upload && before.upload.bytes === now.upload.bytes ? Math.floor((before.upload.done / before.upload.pages) * 100) : 0;
    if (Math.floor(percent / 10) !== Math.floor(last / 10)) tell('update', `Upload: ${percent} % is in flash.`);
  }
  if (now.confirmed && (now.confirmed.version !== before.confirmed?.version || now.confirmed.slot !== before.confirmed.slot)) {
    tell('update', before.known ? `Version ${now.confirmed.version} has proved itself: CONFIRMED.` : `First start: version ${now.confirmed.version} was verified in full.`);
  }
  if (now.rollback && now.rollback.sequence !== before.rollback?.sequence) {
    tell('update', `ROLLED BACK: version ${formatVersion(now.rollback.version)}, because of ${reasonInWords(now.rollback.reason)}`);
  }
  if (now.verdict && now.verdict.sequence !== before.verdict?.sequence) {
    const words = verdictInWords(now.verdict);
    if (words) tell('boot', words);
  }
  const from = Math.max(before.logSequence, now.logSequence - 16);
  for (let sequence = from + 1; sequence <= now.logSequence; sequence++) {
    const entry = now.logEntry(sequence);
    if (entry) tell('door', logInWords(entry));
  }
}

function verdictInWords(verdict: Verdict): string | undefined {
  const because = `because of ${reasonInWords(verdict.reason)}`;
  if (verdict.result === FELL_BACK) return `Fell back to version ${formatVersion(verdict.version)}, ${because}`;
  if (verdict.result === DEGRADED) return `Keypad only, radios off, ${because}`;
  if (verdict.result === SAFE_MODE) return `Safe mode, ${because}`;
  if (verdict.result === ABORTED) return `Update given up, ${because}`;
  return verdict.result === REBUILT ? undefined : `Verdict ${verdict.result}, ${because}`;
}

function logInWords(entry: LogEntry): string {
  const who = entry.user === MASTER_USER ? 'the master code' : entry.user === RECOVERY_USER ? 'the recovery code' : `the PIN of user ${entry.user}`;
  const by = entry.source === SOURCE_KEYPAD ? (entry.user ? who : 'the # key') : entry.source === SOURCE_MANUAL ? 'hand' : 'radio';
  switch (entry.what) {
    case LOG_LOCK: return `Log: locked by ${by}.`;
    case LOG_UNLOCK: return `Log: opened by ${by}.`;
    case LOG_FORCED_USER: return `Log: opened by ${by}, under duress.`;
    case LOG_JAMMED: return `Log: ${reasonInWords(entry.code)}`;
    case LOG_WRONG_CODE_LIMIT: return 'Log: too many wrong codes; the keypad takes none for a while.';
    case LOG_REFUSED: return 'Log: a wrong code.';
    case LOG_MENU: return 'Log: the master code opened the menu.';
    case LOG_WINDOW: return 'Log: the update window was opened, for ten minutes.';
    case LOG_MASTER_CHANGED: return 'Log: there is a new master code.';
    default: return `Log: ${formatCode(entry.what)}`;
  }
}
