/** What the timed world is told, and what it says: lines that begin with `LATENCY`, then one JSON array. */

export type Phase = 'idle' | 'upload' | 'erase' | 'verify' | 'compaction' | 'wake';

export interface TimedSettings {
  phase: Phase;
  seed: number;
  /** PINs typed; fewer where the phase ends before. */
  entries: number;
  /** An ESP32's time over this machine's, for JavaScript. */
  factor: number;
  /** ESP32 milliseconds of a pass of the idle loop, between any two turns. */
  idlePassMs: number;
  /** Of a page of 1 KB, and of 256 bytes. */
  eraseMs: number;
  write256Ms: number;
  /** Of any call that reads or writes flash. */
  callMs: number;
  /** A chip's variables over those here: what a collection takes goes with them. */
  collectShare: number;
  /** Free on a chip before `.boot0`. */
  freeVars: number;
  pins: { in1: number; in2: number };
  /** Key -> row and column. */
  keys: Record<string, [number, number]>;
  masterCode: string;
  /** Iterations of stretching. */
  iterations: number;
  /** PINs of the users are the numbers from this one on. */
  firstPin: number;
  users: number;
  /** Where the file `deadlatch` begins, which its reader counts from; and the bootloader's. */
  fileAt: number;
  bootAt: number;
  /** What is uploaded again and again: it lies here, and its version is raised on the way. */
  imageAt: number;
  imageBytes: number;
  /** Erases from here to there are those that presses are placed around. */
  watchedFrom: number;
  watchedTo: number;
  /** SHA-256 in TLV 0x10 of the image to verify, one byte a character. */
  hash: string;
  /** Where in `.boot0` its own text is, and how much of it; it begins with its start, which reads and evaluates the program. */
  startAt: number;
  bootBytes: number;
  startBytes: number;
}

/** From a press to its answer, and how much of it was JavaScript; equivalent milliseconds. */
export type Sample = [ms: number, javascriptMs: number];
/** Digits to their beeps; the PIN's `#` to the motor; `#` alone to the motor, and to its beep. */
export type EntryLine = ['entry', beeps: Sample[], submit: Sample, alone: Sample, aloneBeep: Sample];
/**
 * The longest turn without flash, its flash, erases of pages, keys nobody saw; since the first press. What stretching a code takes by itself. And of the
 * time since the start, how much belonged to other processes.
 */
export type EndLine = ['end', longestTurnMs: number, flashMs: number, erases: number, lost: number, stretchMs: number, othersShare: number];
/** From the first statement of `.boot0` to the beep. */
export type WakeLine = ['wake', ready: Sample, othersShare: number];
export type FailedLine = ['failed', words: string];
export type TimedLine = EntryLine | EndLine | WakeLine | FailedLine;
