/**
 * Runs the shipped bundles, unmodified, on the virtual board: Espruino's start (Storage check, `.boot0` from flash), turns of
 * JavaScript in simulated time, and every way a run can end and the next one begin.
 */
import * as vm from 'node:vm';
import { parse } from 'acorn';
import type { ResetCause } from '../firmware/platform/types.js';
import { untokenise } from '../scripts/untokenise.js';
import { COST_MS, storageOf } from './api-flash.js';
import { createConsole } from './console.js';
import { createApi } from './espruino-api.js';
import type { CutPlan } from './nor.js';
import { RunEnded, createSession, type Session } from './session.js';
import type { EndCause, World } from './world.js';

export interface PowerOnOptions {
  cause?: ResetCause;
  /** A power cut planned for this start; `at` counts as `world.nor.operations` does. */
  cut?: CutPlan;
}

export interface BootOptions extends PowerOnOptions {
  /** After a restart or brown-out start again by itself (the default), as a board does. */
  restart?: boolean;
  /** Sees each program as it lies in flash before it runs (`.boot0`, an image's body, safe mode), and gives the one to run: how tests plant faults. */
  evaluating?: (text: string) => string;
}

export interface Board {
  world: World;
  /** This run of the firmware (or the last one). */
  session: Session;
  /** How the last run ended; undefined while the firmware runs. */
  ended(): EndCause | undefined;
  /** Every run so far: how it began and, if it has, how it ended. */
  runs: { cause: ResetCause; atMs: number; ended?: EndCause }[];
  /** Everything thrown out of turns, over all runs. */
  uncaught: { atMs: number; error: unknown }[];
  /** Everything printed, over all runs. */
  printed: string[];
  powerOn(options?: PowerOnOptions): void;
  /** Power fails now, between two operations. */
  powerCut(): void;
  /** The reset button. */
  pressReset(): void;
  /**
   * Lets time pass until `until`: a time in world milliseconds, or a condition (looked at after each turn and event). True when that
   * was reached; false when `limitMs` passed before, or power failed and nothing in the world brings it back.
   */
  pump(until: number | (() => boolean), limitMs?: number): boolean;
  /** `pump` for that many milliseconds from now. */
  run(ms: number): boolean;
}

/** Powers the board on. */
export function boot(world: World, options: BootOptions = {}): Board {
  const { clock, chip, nor } = world;
  const storage = storageOf(world);
  const board: Board = {
    world,
    session: createSession(world),
    ended: () => (chip.running ? undefined : chip.ended),
    runs: [],
    uncaught: [],
    printed: [],
    powerOn,
    powerCut: () => finish('powerCut'),
    pressReset: () => finish('pin'),
    pump,
    run: (ms) => pump(clock.now() + ms),
  };

  function finish(cause: EndCause): void {
    chip.end(cause);
    noteEnd();
  }

  function noteEnd(): void {
    const run = board.runs.at(-1);
    if (run && !chip.running) run.ended ??= chip.ended;
  }

  /** Runs one turn; what it throws is noted, as Espruino prints "Uncaught" and goes on. */
  function turn(act: () => void, session: Session): void {
    try {
      act();
      session.spend(COST_MS.turn);
    } catch (error) {
      if (!(error instanceof RunEnded)) {
        const caught = { atMs: clock.now(), error };
        session.uncaught.push(caught);
        board.uncaught.push(caught);
        session.wireConsole?.print(`Uncaught ${String(error)}`);
      }
    }
    noteEnd();
  }

  function powerOn({ cause = 'powerOn', cut }: PowerOnOptions = {}): void {
    if (chip.running) finish('powerCut');
    if (cause === 'powerOn' || cause === 'brownOut') nor.powerOn();
    else Object.assign(nor, { off: false, cut: undefined });
    if (cut) nor.cut = cut;
    chip.begin(cause);
    board.runs.push({ cause, atMs: clock.now() });
    const session = createSession(world);
    session.printed = board.printed;
    board.session = session;
    turn(() => {
      world.motor.check();
      session.spend(world.bootMs);
      if (!storage.valid()) {
        world.violate('storage-erased', 'the Storage check failed: Espruino erased all of Storage');
        session.flash(() => storage.eraseAll());
      }
      const files = storage.list();
      if (files.includes('.varimg')) world.violate('boot-image', '.varimg exists: it would run before .boot0');
      runBootFiles(session, files);
    }, session);
  }

  function runBootFiles(session: Session, files: readonly string[]): void {
    const compiledText = (text: string): unknown => compile(text, api.names)(...api.values);
    const evaluate = (text: string): unknown => compiledText(options.evaluating ? options.evaluating(text) : text);
    const api = createApi(session, storage, evaluate, compiledText);
    session.wireConsole = createConsole(session, api.globals, (act) => turn(act, session), world.serial.write);
    const power = chip.resetCause === 'powerOn' || chip.resetCause === 'brownOut';
    for (const name of [...(power ? ['.bootPowerOn'] : []), '.boot0', '.boot1', '.boot2', '.boot3', '.bootrst', '.bootcde']) {
      const text = files.includes(name) ? storage.read(name) : undefined;
      if (text !== undefined) turn(() => void compiledText(bootProgram(options.evaluating ? options.evaluating(text) : text)), session);
    }
  }

  function pump(until: number | (() => boolean), limitMs = 3_600_000): boolean {
    const deadline = typeof until === 'number' ? until : clock.now() + limitMs;
    const reached = typeof until === 'number' ? () => false : until;
    for (;;) {
      if (reached()) return true;
      if (clock.now() >= deadline) return typeof until === 'number';
      if (!chip.running) {
        if (!wake(deadline)) return false;
        continue;
      }
      const { session } = board;
      const next = session.scheduler.take();
      if (next) {
        turn(next, session);
        continue;
      }
      session.idle();
      clock.advanceTo(Math.max(clock.now(), Math.min(deadline, clock.nextAt(), session.scheduler.nextAt())));
      noteEnd();
    }
  }

  /** While the chip is off: starts it again if what ended the run says so. False: nothing will. */
  function wake(deadline: number): boolean {
    if (options.restart === false) return false;
    if (world.battery.mv() < world.battery.brownOutMv) {
      // Cells recover from a load without an event of their own.
      const recovering = clock.now() - chip.endedMs < 2000 ? clock.now() + 50 : Infinity;
      clock.advanceTo(Math.min(deadline, clock.nextAt(), recovering));
      return true;
    }
    if (chip.cellsOut) powerOn();
    else if (chip.ended === 'deepSleep') return sleepOn(deadline);
    else if (chip.ended === 'powerCut' || chip.ended === undefined) return false;
    else powerOn({ cause: chip.ended });
    return true;
  }

  function sleepOn(deadline: number): boolean {
    const wakeAt = chip.wakeAt;
    if (!wakeAt) return false;
    const pinWakes = wakeAt.pin !== undefined && world.pins.level(wakeAt.pin.pin) === wakeAt.pin.level;
    if (!pinWakes && clock.now() < wakeAt.timeMs) {
      const next = Math.min(clock.nextAt(), wakeAt.timeMs);
      if (next === Infinity) return false;
      clock.advanceTo(Math.min(deadline, next));
      return true;
    }
    chip.wakeCause = pinWakes ? 2 : 4;
    powerOn({ cause: 'deepSleep' });
    return true;
  }

  powerOn(options);
  return board;
}

/** A bootloader's `eval` of a part of its own file. */
const EVALUATED_PART = /eval\(require\("Storage"\)\.read\("\.boot0", *(\d+), *(\d+)\)\)/g;

const bootPrograms = new Map<string, string>();

/**
 * What Espruino evaluates of a `.boot0`: the text up to the first NUL, which its lexer takes for the end (src/jslex.c, `jslGetNextToken`).
 * Parts that this text evaluates where it stands are put in their places: V8 would compile them anew at each of tens of thousands of starts.
 */
function bootProgram(file: string): string {
  let program = bootPrograms.get(file);
  if (program === undefined) {
    program = file.split('\0', 1)[0]!;
    while (program.search(EVALUATED_PART) >= 0) {
      program = program.replace(EVALUATED_PART, (_, offset: string, length: string) => file.substr(Number(offset), Number(length)));
    }
    if (bootPrograms.size > 64) bootPrograms.clear();
    bootPrograms.set(file, program);
  }
  return program;
}

const compiled = new Map<string, (...values: unknown[]) => unknown>();

/**
 * Code from flash, in words or in Espruino's tokens, as a function of the API, which gives what its last statement comes to, as `eval` does.
 * Compiled once per text: an explorer starts the same bundles tens of thousands of times.
 */
function compile(text: string, names: readonly string[]): (...values: unknown[]) => unknown {
  let code = compiled.get(text);
  if (!code) {
    // What stands in front keeps a leading directive from being one: it would make `eval` an illegal parameter. Espruino knows none.
    code = vm.compileFunction(`;${withReturn(untokenise(text))}`, [...names], { filename: 'flash' }) as (...values: unknown[]) => unknown;
    if (compiled.size > 256) compiled.clear();
    compiled.set(text, code);
  }
  return code;
}

function withReturn(text: string): string {
  const start = lastExpression(text);
  return start === undefined ? text : `${text.slice(0, start)}\nreturn ${text.slice(start)}`;
}

/** Where the last statement begins, if it is an expression; undefined for a text that V8 will refuse, too. */
function lastExpression(text: string): number | undefined {
  try {
    // What stands in front keeps a text from being a directive.
    const last = parse(`;${text}`, { ecmaVersion: 'latest', allowReturnOutsideFunction: true }).body.at(-1)!;
    return last.type === 'ExpressionStatement' ? last.start - 1 : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
