/**
 * The guide on a real Espruino: an empty one becomes a lock over its console's TCP port, opens, and gets a second version over that port and over
 * UDP. What needs a chip's pins or another chip family is run on the virtual board alone.
 */
import { join } from 'node:path';
import { provision } from '../../cli/provision/provision.js';
import { CONSOLE_PORT, createInterpreter, PRELUDE, type Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { takeConsolePort } from '../interpreter/console-port.js';
import { boltMoved, startUp } from '../interpreter/lock-waits.js';
import { wiring } from '../interpreter/locks.js';
import { telnetBoard } from '../provision/telnet-board.js';
import type { Runs } from './hour.js';
import { silent } from './silent.js';
import { expectText, openStage, SERIAL, type Stage } from './stage.js';

const VIA = `tcp:127.0.0.1:${CONSOLE_PORT}`;
const CODES = { master: '86420', pin: '1357' };

/** Why the other commands of the guide are not run there. */
export const ELSEWHERE: [RegExp, string][] = [
  [/^npm (start|run)/, 'runs the virtual board'], [/verify|new-key/, 'talks to no lock'], [/doctor/, 'needs pins, which Espruino for Linux has not'],
  [/--batch|--production/, 'ends with a console that is shut, or needs other boards'], [/udp:127\.0\.0\.1$/, 'the virtual lock\'s; UDP is run with the second version'],
  [/lock\.(signed\.)?img/, 'for the virtual lock'], [/watch/, 'builds, signs and updates as the commands before it'],
];

/** Takes the interpreter's console port while `use` runs. */
export async function onInterpreter<T>(use: (runs: Runs) => Promise<T>): Promise<T> {
  const release = await takeConsolePort();
  const stage = await openStage();
  let lock: Interpreter | undefined;
  try {
    return await use(runsOn(stage, (made) => {
      lock = made;
    }));
  } finally {
    await lock?.close();
    await stage.close();
    await release();
  }
}

function runsOn(stage: Stage, made: (lock: Interpreter) => void): Runs {
  let lock: Interpreter | undefined;
  const build = 'npx deadlatch build 1.2.0 --family esp32 --channel dev -o door.img';
  const sign = 'npx deadlatch sign door.img --key .deadlatch/dev.key';
  const update = `npx deadlatch update door.signed.img --via ${SERIAL}`;
  const log = `npx deadlatch log --via ${SERIAL}`;
  /** The same command for this chip and this port. */
  const here = (command: string): string => command.replace('--family esp32', '--family linux').replace(SERIAL, VIA);
  return {
    [`npx deadlatch provision --via ${SERIAL} --wiring esp32-devkit`]: async () => {
      const board = telnetBoard(stage.folder);
      await board.powerOn();
      try {
        await provision({ via: VIA, wiring: 'linux', ...CODES, folder: join(stage.folder, '.deadlatch'), prelude: PRELUDE }, silent());
      } finally {
        await board.powerOff();
      }
      lock = await createInterpreter({ flash: await board.flash(), wiring, console: true });
      made(lock);
      await startUp(lock);
      await boltMoved(lock, 'unlocked', `${CODES.pin}#`);
      await boltMoved(lock, 'locked', '#');
    },
    [build]: async () => expectText(await stage.type(here(build)), /not signed yet/),
    [sign]: async () => expectText(await stage.type(sign), /signed\.img/),
    [update]: async () => {
      await lock!.type(`${CODES.master}#8#`);
      expectText(await stage.type(here(update)), /1\.2\.0/);
      // What runs already is no work, by the other way in.
      expectText(await stage.type(`npx deadlatch update door.signed.img --via udp:127.0.0.1:${lock!.smpPort}`), /runs .*already|already runs/i);
      await boltMoved(lock!, 'unlocked', `${CODES.pin}#`);
    },
    [log]: async () => expectText(await stage.type(here(log)), /1\.2\.0/),
  };
}
