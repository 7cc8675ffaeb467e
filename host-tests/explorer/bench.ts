/** A lock on the explorer's bench: powered on with some flash, watched, and used as a person and a client use it. */
import { openClient } from '../../cli/virtual/client.js';
import { createWorld, type World } from '../../virtual-board/world.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { MASTER_CODE, type ImageName, type Lab, type LabImage } from './lab.js';
import { confirmedIn, readState, trialIn, type FlashState } from './oracle.js';
import { openWindow } from '../../cli/virtual/person.js';
import type { CutFlash } from './recording.js';
import { STORAGE_HEADER_BYTES } from '../../firmware/flash/layout.js';

export interface Bench {
  lab: Lab;
  world: World;
  board: Board;
  /** Every program after `.boot0`, in the order they were started: an image's name, or what else it was. */
  ran: Ran[];
  state(): FlashState;
}

export type Ran = ImageName | 'safe mode';

/** Creates a world around `flash` and powers it on. `before`: called with the world before that. */
export function powerOn(lab: Lab, flash: Uint8Array | CutFlash, seed: number, before: (world: World) => void = () => undefined): Bench {
  const { bytes, weak, bad } = flash instanceof Uint8Array ? { bytes: flash, weak: [], bad: new Map<number, 'program' | 'erase'>() } : flash;
  const world = createWorld({ seed, wiring: lab.wiring, flash: bytes });
  // The same flash may have run with another bootloader before: with or without a planted fault.
  world.nor.bytes.set(Buffer.from(lab.boot0, 'latin1'), STORAGE_HEADER_BYTES);
  for (const page of weak) world.nor.weak.add(page);
  for (const [page, how] of bad) world.nor.bad.set(page, how);
  before(world);
  const ran: Ran[] = [];
  const names = programsOf(lab);
  const board = boot(world, {
    evaluating(text) {
      const name = names.get(text);
      if (name !== 'boot') ran.push(name ?? 'safe mode');
      return lab.planted.get(text) ?? text;
    },
  });
  return { lab, world, board, ran, state: () => readState(world.nor.bytes) };
}

const programs = new WeakMap<Lab, Map<string, ImageName | 'boot'>>();

function programsOf(lab: Lab): Map<string, ImageName | 'boot'> {
  let names = programs.get(lab);
  if (!names) {
    names = new Map<string, ImageName | 'boot'>(Object.values(lab.images).map((image) => [image.body, image.name]));
    names.set(lab.boot0, 'boot');
    programs.set(lab, names);
  }
  return names;
}

/** Opens the update window at the keypad. */
export function openUpdateWindow(bench: Bench, masterCodes: readonly string[] = [MASTER_CODE]): void {
  if (!masterCodes.some((code) => openWindow(bench.board, code))) throw new Error('the master code does not open the update window');
}

/** Uploads an image, with the window open. */
export function upload(bench: Bench, image: LabImage): void {
  const client = openClient(bench.board);
  const { failure } = client.upload(image.file);
  client.close();
  if (failure) throw new Error(`upload of ${image.name}: ${failure.message}`);
}

/** Asks for a test of an uploaded image, with the window open. */
export function test(bench: Bench, image: LabImage): void {
  const client = openClient(bench.board);
  const { failure } = client.test(image.hash);
  client.close();
  if (failure) throw new Error(`test of ${image.name}: ${failure.message}`);
}

export function restart(bench: Bench): void {
  const runs = bench.board.runs.length;
  const client = openClient(bench.board);
  const { failure } = client.restart();
  client.close();
  if (failure) throw new Error(`restart: ${failure.message}`);
  if (!bench.board.pump(() => bench.board.runs.length > runs, 10_000)) throw new Error('the lock does not restart');
}

/** Lets time pass until the flash says so. Looks once a simulated second. */
export function waitFor(bench: Bench, what: string, reached: (state: FlashState) => boolean, limitMs: number): void {
  const { board, world } = bench;
  const untilMs = world.clock.now() + limitMs;
  while (!reached(bench.state())) {
    if (world.clock.now() >= untilMs) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    board.run(500);
  }
}

export const isConfirmed = (image: LabImage) => (state: FlashState): boolean => confirmedIn(state)?.imageId === image.id;

/**
 * What an owner does to get `image` onto the lock, whatever state it is in: waits for a trial to end, opens the window, uploads (which
 * goes on where an earlier upload stopped), tests, restarts, waits.
 */
export function install(bench: Bench, image: LabImage, masterCodes?: readonly string[]): void {
  let trouble = '';
  for (let round = 0; round < 4; round++) {
    try {
      waitFor(bench, 'the trial that was running', (state) => !trialIn(state), 420_000);
      if (isConfirmed(image)(bench.state())) return;
      openUpdateWindow(bench, masterCodes);
      upload(bench, image);
      test(bench, image);
      restart(bench);
      waitFor(bench, `confirmation of ${image.name}`, isConfirmed(image), 180_000);
      return;
    } catch (error) {
      trouble += ` ${error instanceof Error ? error.message : String(error)};`;
      bench.board.run(5000);
    }
  }
  throw new Error(`${image.name} cannot be installed:${trouble}`);
}
