/**
 * One run of the firmware, from start to whatever ends it. Natives of a run that has ended throw, whatever the firmware catches:
 * nothing it still does can reach the world.
 */
import type { BoardConsole } from './console.js';
import { PowerCut } from './nor.js';
import { createScheduler, type Scheduler } from './scheduler.js';
import type { World } from './world.js';

/** What a native throws once its run is over. */
export class RunEnded extends Error {}

export interface Session {
  world: World;
  scheduler: Scheduler;
  /** Throws when the run is over; otherwise lets `ms` of simulated time pass and checks again. Every native begins with it. */
  spend(ms: number): void;
  /** Runs a flash access; a power cut in it ends the run. */
  flash<T>(access: () => T): T;
  alive(): boolean;
  armWatchdog(seconds: number, automatic: boolean): void;
  kickWatchdog(): void;
  /** Called by the idle loop. */
  idle(): void;
  /** Lines the firmware printed. */
  printed: string[];
  uncaught: { atMs: number; error: unknown }[];
  /** Console state: once forced to null nothing typed is evaluated. */
  console: { device: unknown; forced: boolean };
  /** Whether the console is on the wire now, and the one that is there then. */
  consoleOnWire: () => boolean;
  wireConsole: BoardConsole | undefined;
  telnet: string;
  /** Handlers of `E.on`, by event. */
  events: Map<string, ((...args: unknown[]) => void)[]>;
  /** The interpreter reports trouble (`MEMORY`, `CALLBACK`, `FIFO_FULL` ...): handlers hear of flags that were not set before. */
  raiseErrorFlag(flag: string): void;
  /** `E.getErrorFlags`: clears them. */
  takeErrorFlags(): string[];
}

const over = new RunEnded('this run of the firmware is over');

export function createSession(world: World): Session {
  const { clock, chip } = world;
  const mine = chip.starts;
  let watchdogMs = 0;
  let watchdogDueMs = Infinity;
  let automatic = false;
  const errorFlags: string[] = [];

  const alive = (): boolean => chip.running && chip.starts === mine;

  function bark(): void {
    if (!alive()) return;
    if (clock.now() < watchdogDueMs) clock.at(watchdogDueMs, bark);
    else chip.end('watchdog');
  }

  const session: Session = {
    world,
    scheduler: createScheduler(clock.now),
    alive,
    spend(ms) {
      if (!alive()) throw over;
      clock.advanceTo(clock.now() + ms);
      if (!alive()) throw over;
    },
    flash(access) {
      if (!alive()) throw over;
      try {
        return access();
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        chip.end('powerCut');
        throw over;
      }
    },
    armWatchdog(seconds, auto) {
      automatic = auto;
      const armed = watchdogMs > 0;
      watchdogMs = Math.max(1, Math.round(seconds)) * 1000;
      watchdogDueMs = clock.now() + watchdogMs;
      if (!armed) clock.at(watchdogDueMs, bark);
    },
    kickWatchdog() {
      if (watchdogMs) watchdogDueMs = clock.now() + watchdogMs;
    },
    idle() {
      if (automatic) session.kickWatchdog();
    },
    printed: [],
    uncaught: [],
    console: { device: 'Serial1', forced: false },
    consoleOnWire: () => false,
    wireConsole: undefined,
    telnet: 'on',
    events: new Map(),
    raiseErrorFlag(flag) {
      if (errorFlags.includes(flag)) return;
      errorFlags.push(flag);
      session.scheduler.queue(() => session.events.get('errorFlag')?.forEach((handler) => handler([flag])));
    },
    takeErrorFlags: () => errorFlags.splice(0),
  };
  return session;
}
