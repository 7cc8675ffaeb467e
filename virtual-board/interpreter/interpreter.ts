/**
 * A lock on the real interpreter: Espruino for Linux in a folder of its own, started on a flash file the way a device starts. It runs
 * in real time. When the firmware restarts the chip the process ends, and is started again on the same flash; killing it is a power cut.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Wiring } from '../../boards/wiring.js';
import type { CharacterStream } from '../../cli/smp/link.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import type { BoltState, Command, Report, Settings } from './device/protocol.js';
import { endProcess } from './end-process.js';
import { findEspruino } from './find.js';
import { openOutbox } from './outbox.js';
import { openWire } from './wire.js';
import { boltOf, reportedPins, switchOf } from './wired-parts.js';

/** TCP port of the console of Espruino for Linux, started with `--telnet` (targets/linux/main.c). */
export const CONSOLE_PORT = 2323;
/** The port that the firmware serves SMP on. */
const SMP_PORT = 1337;
const START_TIMEOUT_MS = 15_000;
/** Starts in a row without a sign of life after which the flash is hopeless. */
const MOST_FAILED_STARTS = 5;

export interface InterpreterOptions {
  /** All of Storage, 256 KB: what `espruino.flash` holds at first. Its `.boot0` begins with `PRELUDE`. */
  flash: Uint8Array;
  /** Which pin is what. */
  wiring: Wiring;
  /** Battery voltage at first. */
  batteryMv?: number;
  /** Time of the motor from one end stop to the other. */
  travelMs?: number;
  /** A development board's console is on `CONSOLE_PORT` of 127.0.0.1. One interpreter at a time: the port is fixed. */
  console?: boolean;
  /** Let flash block for this long; without it, it takes the time of a file. */
  flashTimes?: Settings['flash'];
  /** For the interpreter's process. */
  environment?: Record<string, string>;
}

export interface Interpreter {
  /** Everything the lock reported, since the first start. */
  readonly reports: readonly Report[];
  /** Starts so far, those after a restart by the firmware or the watchdog included. */
  readonly starts: number;
  /** Starts that the watchdog caused. */
  readonly watchdogStarts: number;
  /** Port on 127.0.0.1 that reaches the lock's SMP port. */
  readonly smpPort: number;
  /** The other end of its serial port. It stays when the lock restarts; what is under way then is lost. */
  readonly wire: CharacterStream;
  readonly bolt: BoltState;
  /** Switches the power on, and waits until the interpreter runs. */
  powerOn(): Promise<void>;
  /** Takes the power away at this instant. */
  powerOff(): Promise<void>;
  /** Switches off for good and removes the folder. */
  close(): Promise<void>;
  /** What is in flash now. */
  readFlash(): Promise<Uint8Array>;
  /** Types at the keypad; returns when every key was pressed, seen and released, or when the lock restarted meanwhile. */
  type(keys: string, timeoutMs?: number): Promise<void>;
  /** Holds these keys down together; an empty text releases them. */
  hold(keys: string): void;
  /** Holds a pin at a level from outside; null lets go. */
  setLevel(pin: number, level: 0 | 1 | null): void;
  setBattery(mv: number): void;
  jamBolt(jammed: boolean): void;
  /** Evaluates an expression on the lock: JSON comes back. */
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** The first report that fits, from `from` (an index into `reports`) on. Fails with what was reported instead. */
  waitFor(what: string, fits: (report: Report) => boolean, options?: { timeoutMs?: number; from?: number }): Promise<Report>;
}

/**
 * Goes in front of the bootloader in `.boot0` (`buildBootloader({ family: 'linux', prelude: PRELUDE })`). The prelude itself is a file
 * beside the flash: with it, the bootloader would not fit.
 */
export const PRELUDE = 'eval(require("fs").readFileSync("prelude.js"));\n';

/** Prepares a lock, switched off. */
export async function createInterpreter(options: InterpreterOptions): Promise<Interpreter> {
  const { path, missing } = findEspruino();
  if (!path) throw new Error(missing);
  const program = path;
  const { wiring } = options;
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-lock-'));
  await writeFile(join(folder, 'espruino.flash'), options.flash);
  await writeFile(join(folder, 'prelude.js'), await bundleDevice('virtual-board/interpreter/device/prelude.ts'));
  const socket = await openSocket();
  const smpPort = await freePort();
  const outbox = openOutbox((command) => socket.send(Buffer.from(JSON.stringify(command), 'latin1'), lockPort, '127.0.0.1'));
  const wire = openWire(tell);

  const reports: Report[] = [];
  const arrived = new EventEmitter().setMaxListeners(0);
  const world: Settings = {
    port: socket.address().port, console: options.console ?? false, report: reportedPins(wiring), switches: [], levels: {}, analog: {}, boltMs: 0,
    jammed: false, ports: { [SMP_PORT]: smpPort }, seed: 1, ...boltOf(wiring, options.travelMs ?? 300),
    ...(options.flashTimes && { flash: options.flashTimes }),
  };
  let child: ChildProcess | undefined;
  let lockPort: number | undefined;
  let starts = 0;
  let failedStarts = 0;
  let watchdogStarts = 0;
  let bolt: BoltState = 'locked';
  let watchdogMs = 0;
  let watchdog: NodeJS.Timeout | undefined;
  let requests = 0;
  let output = '';
  let wanted = false;

  // Without its input Espruino for Linux runs at full speed for ever: it must not outlive the test.
  const endChild = (): void => void child?.kill('SIGKILL');
  process.on('exit', endChild);

  if (wiring.battery.pin !== undefined) setBattery(options.batteryMv ?? 6000);
  const { strap, sensors } = wiring;
  for (const input of [strap, sensors?.release, sensors?.privacy, sensors?.front]) if (input) world.levels[input.pin] = input.active ? 0 : 1;
  // The door is closed: into an open one no lock throws its bolt.
  if (sensors?.door) world.levels[sensors.door.pin] = sensors.door.active;

  socket.on('message', (message, from) => {
    if (!child) return;
    const report = JSON.parse(message.toString('latin1')) as Report;
    if (report[0] === 'hello') {
      lockPort = from.port;
      failedStarts = 0;
    } else if (from.port !== lockPort) return;
    if (report[0] === 'taken') return outbox.taken();
    note(report);
    reports.push(report);
    arrived.emit('report');
  });

  /** What outlives a restart, and the watchdog, which has to bite when the interpreter hangs. */
  function note(report: Report): void {
    if (report[0] === 'bolt') {
      bolt = report[1];
      world.boltMs = report[2];
    }
    if (report[0] === 'wire') wire.take(report[1]);
    if (report[0] === 'watchdog') watchdogMs = report[1] * 1000;
    if (report[0] !== 'watchdog' && report[0] !== 'kick') return;
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      watchdogStarts++;
      child?.kill('SIGKILL');
    }, watchdogMs);
  }

  async function start(): Promise<void> {
    world.seed = (Math.imul(starts + 1, 0x9e3779b1) >>> 1) | 1;
    await writeFile(join(folder, 'prelude.json'), JSON.stringify(world));
    lockPort = undefined;
    outbox.clear();
    starts++;
    failedStarts++;
    const started = spawn(program, world.console ? ['--telnet'] : [], {
      cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.environment },
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (data: Buffer) => {
        output = (output + data.toString('latin1')).slice(-4000);
      });
    }
    started.on('close', () => ended(started));
    started.on('error', () => ended(started));
  }

  /** The chip restarts as long as the power is on. */
  function ended(which: ChildProcess): void {
    if (child !== which) return;
    child = undefined;
    clearTimeout(watchdog);
    arrived.emit('report');
    if (wanted && failedStarts < MOST_FAILED_STARTS) start().catch((error: unknown) => arrived.emit('error', error));
  }

  /** A lock that does not run hears nothing; what it has to know at its start is in `world`. */
  function tell(command: Command): void {
    if (lockPort !== undefined) outbox.tell(command);
  }

  function setBattery(mv: number): void {
    const { pin, fullScaleMv } = wiring.battery;
    if (pin === undefined || !fullScaleMv) throw new Error(`${wiring.name} has no battery`);
    world.analog[pin] = mv / fullScaleMv;
    tell(['analog', pin, mv / fullScaleMv]);
  }

  function waitFor(what: string, fits: (report: Report) => boolean, { timeoutMs = 10_000, from = reports.length } = {}): Promise<Report> {
    let next = from;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        for (; next < reports.length; next++) if (fits(reports[next]!)) return finish(() => resolve(reports[next]!));
        if (wanted && !child && failedStarts >= MOST_FAILED_STARTS) finish(() => reject(failure(what, 'the interpreter ended before it said hello', from)));
      };
      const timer = setTimeout(() => finish(() => reject(failure(what, `nothing came within ${timeoutMs} ms`, from))), timeoutMs);
      const finish = (how: () => void): void => {
        clearTimeout(timer);
        arrived.off('report', look);
        how();
      };
      arrived.on('report', look);
      look();
    });
  }

  function failure(what: string, why: string, from: number): Error {
    const last = reports.slice(from).filter((report) => report[0] !== 'kick').slice(-30).map((report) => JSON.stringify(report)).join('\n  ');
    return new Error(`waiting for ${what}: ${why}.\nReported instead:\n  ${last || '(nothing)'}\nPrinted last:\n${output.slice(-1500)}`);
  }

  async function powerOff(): Promise<void> {
    wanted = false;
    clearTimeout(watchdog);
    const ending = child;
    child = undefined;
    await endProcess(ending);
  }

  return {
    reports,
    get starts() {
      return starts;
    },
    get watchdogStarts() {
      return watchdogStarts;
    },
    get bolt() {
      return bolt;
    },
    smpPort,
    wire,
    async powerOn() {
      if (child) throw new Error('the power is on already');
      wanted = true;
      failedStarts = 0;
      const from = reports.length;
      await start();
      await waitFor('the first sign of life', (report) => report[0] === 'hello', { timeoutMs: START_TIMEOUT_MS, from });
    },
    powerOff,
    async close() {
      await powerOff();
      wire.close();
      process.off('exit', endChild);
      socket.close();
      await rm(folder, { recursive: true, force: true });
    },
    readFlash: async () => new Uint8Array(await readFile(join(folder, 'espruino.flash'))),
    async type(keys, timeoutMs = 15_000) {
      const from = reports.length;
      tell(['type', [...keys].map((key) => switchOf(wiring, key))]);
      await waitFor(`the keys ${keys} to be read`, (report) => report[0] === 'typed' || report[0] === 'hello', { timeoutMs, from });
    },
    hold(keys) {
      world.switches = [...keys].map((key) => switchOf(wiring, key));
      tell(['switches', world.switches]);
    },
    setLevel(pin, level) {
      if (level === null) delete world.levels[pin];
      else world.levels[pin] = level;
      tell(['level', pin, level]);
    },
    setBattery,
    jamBolt(jammed) {
      world.jammed = jammed;
      tell(['jam', jammed]);
    },
    async evaluate(expression, timeoutMs = 10_000) {
      const id = ++requests;
      const from = reports.length;
      tell(['evaluate', id, expression]);
      const answer = await waitFor(`the value of ${expression}`, (report) => report[0] === 'value' && report[1] === id, { timeoutMs, from });
      if (answer[2]) throw new Error(`${expression}: ${String(answer[3])}`);
      return answer[3];
    },
    waitFor,
  };
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return socket;
}

async function freePort(): Promise<number> {
  const socket = await openSocket();
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return port;
}
