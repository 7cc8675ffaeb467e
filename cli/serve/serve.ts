/** A virtual lock that stays: its world in step with the clock on the wall, its keypad in the terminal, its radio on a UDP port. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SingleBar } from 'cli-progress';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';
import type { Wiring } from '../../boards/wiring.js';
import { wiring as lockWiring } from '../virtual/lock.js';
import { createWatcher, type Topic } from '../virtual/watch.js';
import { openBoardHome } from './blank-board.js';
import { bridge, openPort } from './bridge.js';
import { claimFolder } from './claim.js';
import { keepInFile } from './flash-file.js';
import { createHands, HELP, type Hands } from '../virtual/hands.js';
import { openHome, type Task } from './home.js';
import { introduceBoard, introduceLock, type Ports } from './introduce.js';
import { keepPace } from './pace.js';
import { createScreen, type Screen } from './screen.js';
import { connectWire, openWire } from './wire.js';

export interface ServeOptions extends Ports {
  folder: string;
  fresh?: boolean;
  key?: string;
  /** Times as fast as the clock on the wall. */
  speed: number;
  /** Wiring of a board without a lock, instead of a ready lock. */
  board?: string;
}

const TOPICS: Record<Topic, string> = { power: 'power', boot: 'boot', door: 'door', keypad: 'door', update: 'update', fault: 'FAULT' };
const TASKS = 5;

/** Runs until somebody quits; gives the exit code. Throws a `Refusal` where it cannot start. */
export async function serve(options: ServeOptions): Promise<number> {
  const screen = createScreen((text) => void process.stdout.write(text), () => new Date());
  const socket = await openPort(options.port);
  let release: (() => Promise<void>) | undefined;
  let unplug: (() => void) | undefined;
  try {
    const server = await openWire(options.wire);
    unplug = () => void server.close();
    release = await claimFolder(options.folder);
    const { wiring, flash, flashFile } = await flashOf(options, screen);

    const world = createWorld({ seed: randomInt(0x7fffffff), wiring, flash, link: { latencyMs: [0, 1] } });
    const file = keepInFile(world, flashFile);
    const watcher = createWatcher(world);
    const board = boot(world, { evaluating: watcher.evaluating });
    const pace = keepPace(board, options.speed, () => {
      file.flush();
      for (const { topic, text } of watcher.look(board)) screen.line(TOPICS[topic], text);
    });
    bridge(socket, world, pace.hurry);
    unplug = connectWire(server, world, pace.hurry, () => screen.line('wire', 'A second program asked for the wire, which one has already.'));
    await untilQuit(board, screen);
    pace.stop();
    file.close();
    screen.plain(`Stopped. For the lock this is a power cut; its flash is in ${flashFile}.`);
    return 0;
  } finally {
    socket.close();
    unplug?.();
    await release?.();
  }
}

/** The flash to run: a lock's, or that of a board still to become one. Says what it is. */
async function flashOf(options: ServeOptions, screen: Screen): Promise<{ wiring: Wiring; flash: Uint8Array; flashFile: string }> {
  const fresh = options.fresh ?? false;
  if (options.board !== undefined) {
    const home = await openBoardHome(options.board, options.folder, fresh);
    screen.plain(introduceBoard(home, options.board, options));
    return home;
  }
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const progress = showTasks(screen);
  const home = await openHome({ folder: options.folder, fresh, version, ...(options.key ? { key: options.key } : {}) }, progress.task)
    .finally(progress.stop);
  screen.plain(introduceLock(home, options));
  for (const note of home.notes) screen.line('note', note);
  return { wiring: lockWiring, flash: home.flash, flashFile: home.flashFile };
}

/** A bar over the tasks on a terminal, lines elsewhere. */
function showTasks(screen: Screen): { task: Task; stop(): void } {
  const bar = process.stdout.isTTY
    ? new SingleBar({ format: '[{bar}] {words}', barsize: 20, barCompleteChar: '#', barIncompleteChar: '.', clearOnComplete: true, hideCursor: true })
    : undefined;
  let started = false;
  return {
    async task(words, work) {
      if (!bar) screen.plain(`${words} ...`);
      else if (!started) bar.start(TASKS, 0, { words });
      else bar.update({ words });
      started = true;
      // Signing does not let go of the processor: draw first.
      bar?.render();
      await new Promise((resolve) => setImmediate(resolve));
      const result = await work();
      bar?.increment();
      return result;
    },
    stop() {
      bar?.stop();
    },
  };
}

/** Takes keys from a terminal, or lines from a pipe, until somebody quits. */
async function untilQuit(board: Board, screen: Screen): Promise<void> {
  const hands = createHands(board);
  const { stdin } = process;
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    if (stdin.isTTY) {
      stdin.setRawMode(true);
      stdin.setEncoding('utf8');
      stdin.on('data', (text: string) => {
        for (const key of text) onKey(key, hands, screen, resolve);
      });
      stdin.resume();
    } else {
      // At the end of the input the lock goes on.
      createInterface({ input: stdin }).on('line', (line) => onLine(line.trim(), hands, screen, resolve));
    }
  });
  if (stdin.isTTY) stdin.setRawMode(false);
  stdin.pause();
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

function onKey(key: string, hands: Hands, screen: Screen, quit: () => void): void {
  if (key === 'q' || key === CTRL_C || key === CTRL_D) return quit();
  if (/[0-9*#]/.test(key)) {
    screen.key(key);
    hands.type(key);
    return;
  }
  if (key === 'h' || key === '?') return HELP.forEach((line) => screen.plain(`  ${line}`));
  const done = hands.act(key.toLowerCase());
  if (done) screen.line('you', done);
  else if (key > ' ') screen.line('you', `There is nothing on ${key}: h is for help.`);
}

function onLine(line: string, hands: Hands, screen: Screen, quit: () => void): void {
  const command = line.toLowerCase();
  if (!command) return;
  if (command === 'q' || command === 'quit') return quit();
  if (/^[0-9*#\s]+$/.test(command)) {
    const keys = command.replace(/\s/g, '');
    screen.line('you', `You type ${keys}`);
    hands.type(keys);
    return;
  }
  if (command === 'h' || command === 'help') return HELP.forEach((text) => screen.plain(`  ${text}`));
  screen.line('you', hands.act(command) ?? `"${line}" is neither keys nor a command; help tells what there is.`);
}
