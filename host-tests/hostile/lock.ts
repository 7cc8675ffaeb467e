/**
 * A lock as somebody has it at home, running the bundles that ship on the virtual board, for tests that attack it: provisioned,
 * started, healthy for a minute, and with nothing left to write by itself.
 */
import type { RunDetails } from 'fast-check';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { provisionVirtualLock, wiring } from '../../cli/virtual/lock.js';
import { keepTyping, openWindow } from '../../cli/virtual/person.js';
import { readLock, type Reading } from '../../cli/virtual/reading.js';
import { PAGE_BYTES, type Span } from '../../firmware/flash/layout.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld, type World } from '../../virtual-board/world.js';
import { replyOf, requestOf, type RequestOptions } from '../smp/frames.js';
import { makerKey } from '../update/images.js';

export const PIN = '2580';
export const WRONG_PIN = '1470';
export const MASTER_CODE = '734829';
export const RECOVERY_CODE = '112233445566';
/** What the lock runs. */
export const VERSION = '1.0.0';
/** Within this long of any instant a PIN opens the door (design rule 4), the keys it takes to type it included. */
export const DOOR_LIMIT_MS = 5000;
/** The app counts itself healthy after a minute; by then everything is written that a start writes. */
const QUIET_MS = 70_000;

export interface Attacked {
  board: Board;
  world: World;
  /** Sends a datagram and lets `ms` pass: what came back since. */
  send(frame: string, ms?: number): string[];
  /** One request, and the body of its answer. Version 0 of the protocol unless asked otherwise: refusals carry the lock's own code. */
  ask(group: number, command: number, body: Record<string, unknown>, options?: RequestOptions): Record<string, unknown>;
  /** Master code and 8 at the keypad. */
  openWindow(): void;
  flash(): Buffer;
  reading(): Reading;
}

let factory: Promise<Uint8Array> | undefined;
let atHome: Promise<Uint8Array> | undefined;

/** Flash as the factory leaves it. */
export function factoryFlash(): Promise<Uint8Array> {
  factory ??= makeFactoryFlash();
  return factory;
}

async function makeFactoryFlash(): Promise<Uint8Array> {
  const key = { ...makerKey, keyId: '', dev: false };
  const firmware = await signFirmware(await buildFirmware({ version: VERSION }), key, VERSION);
  const { bytes } = await provisionVirtualLock({
    firmware, production: true, publicKey: makerKey.publicKey, masterCode: MASTER_CODE, pin: PIN,
    fixed: { recoveryCode: RECOVERY_CODE, serial: 'DL-attacked', deviceId: new Uint8Array(8).fill(0xd1), codeSalt: new Uint8Array(16).fill(0x5a) },
  });
  return bytes;
}

/** Flash of a lock that has run for a while. */
export function homeFlash(): Promise<Uint8Array> {
  atHome ??= factoryFlash().then((flash) => {
    const { board, world } = attack(flash, 1);
    board.run(QUIET_MS);
    return world.nor.bytes.slice();
  });
  return atHome;
}

/** Powers a lock on. `before`: called with its world before that. */
export function attack(flash: Uint8Array, seed: number, before: (world: World) => void = () => undefined): Attacked {
  const world = createWorld({ seed, wiring, flash });
  before(world);
  const board = boot(world);
  const client = world.network.client();
  let sequence = 0;

  function send(frame: string, ms = 60): string[] {
    const from = client.received.length;
    client.send(frame);
    board.run(ms);
    return client.received.slice(from);
  }

  return {
    board, world, send,
    ask(group, command, body, options = {}) {
      sequence = (sequence + 1) & 255;
      const from = client.received.length;
      client.send(requestOf(group, command, body, { version: 0, sequence, ...options }));
      board.pump(() => client.received.length > from, 60_000);
      const reply = client.received[from];
      if (reply === undefined) throw new Error('the lock does not answer');
      return replyOf(reply).body;
    },
    openWindow() {
      if (!openWindow(board, MASTER_CODE)) throw new Error('the master code does not open the update window');
    },
    flash: () => Buffer.from(world.nor.bytes),
    reading: () => readLock(world),
  };
}

/** A lock that has nothing more to write by itself. */
export async function attackQuiet(seed: number): Promise<Attacked> {
  const attacked = attack(await homeFlash(), seed);
  attacked.board.run(QUIET_MS);
  return attacked;
}

/** Milliseconds until the PIN has opened the door; undefined where it does not. */
export function opensWithPin(board: Board, limitMs = DOOR_LIMIT_MS): number | undefined {
  return keepTyping(board, `${PIN}#`, board.world.bolt.unlocked, limitMs);
}

/** The bytes of a region. */
export function regionOf(attacked: Attacked, span: Span): Buffer {
  const from = span.address - attacked.world.nor.base;
  return attacked.flash().subarray(from, from + span.pages * PAGE_BYTES);
}

/** What must hold whatever was sent: no exception, no restart, nothing that must never happen, and the server answers. */
export function isUnharmed(attacked: Attacked, restarts = 0): void {
  const { board, world } = attacked;
  const problems = [
    ...board.uncaught.map(({ error }) => `uncaught: ${String(error)}`),
    ...world.violations.map(({ kind, detail }) => `${kind}: ${detail}`),
    ...(board.runs.length === 1 + restarts ? [] : [`${board.runs.length - 1} restarts, not ${restarts}`]),
  ];
  if (problems.length) throw new Error(problems.join('; '));
  if (world.chip.running && attacked.ask(0, 0, { d: 'alive' })['r'] !== 'alive') throw new Error('the lock does not echo');
}

/** Number a property starts from: `HOSTILE_SEED` repeats a failure. */
export function seedOf(): number {
  const given = process.env['HOSTILE_SEED'];
  return given ? Number(given) : 20_251;
}

/** `fast-check` parameters, with the one command that repeats a failure in its report. */
export function repeatable<T>(numRuns: number, file: string): { numRuns: number; seed: number; reporter: (details: RunDetails<T>) => void } {
  return {
    numRuns, seed: seedOf(),
    reporter(details) {
      if (!details.failed) return;
      const failure = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
      throw new Error(`${failure}\nwith ${JSON.stringify(details.counterexample)?.slice(0, 2000)}\nThe same again: HOSTILE_SEED=${details.seed} npx vitest run host-tests/hostile/${file}`);
    },
  };
}
