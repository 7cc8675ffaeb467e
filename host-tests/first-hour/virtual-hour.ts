/**
 * The guide on the virtual board: the commands as they are written, in processes of their own. Only ports are others, and a serial port is the
 * virtual board's wire. In parts that do not need each other, so that they can be run side by side.
 */
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REFERENCE } from '../../boards/reference/index.js';
import { runScript } from '../cli/commands.js';
import { patient, visit } from '../doctor/patient.js';
import type { Runs } from './hour.js';
import { expectText, openStage, outputOf, SERIAL, type Stage } from './stage.js';

/** What is saved while `deadlatch watch` looks. */
const SAVED = fileURLToPath(new URL('../../boards/reference/bench.ts', import.meta.url));

/** Each makes what runs its commands, on a stage of its own. */
export const PARTS: Record<string, (stage: Stage) => Runs> = { 'a ready lock': readyLock, 'a board to be made a lock': ownBoard, 'a lock for a door': forADoor, 'a list of boards': listOfBoards };

/** All commands that are run; nothing is done before one of them is called. */
export const COMMANDS = Object.values(PARTS).flatMap((part) => Object.keys(part({} as Stage)));

/** Runs one part, and clears away behind it. */
export async function onStage<T>(part: string, use: (runs: Runs) => Promise<T>): Promise<T> {
  const stage = await openStage();
  try {
    return await use(PARTS[part]!(stage));
  } finally {
    await stage.close();
  }
}

function build(stage: Stage, command: string): Runs {
  return { [command]: async () => expectText(await stage.type(command), /not signed yet/) };
}

function sign(stage: Stage, command: string): Runs {
  return { [command]: async () => expectText(await stage.type(command), /signed\.img/) };
}

function update(stage: Stage, command: string, version: string): Runs {
  return {
    [command]: async () => {
      await stage.openWindow();
      expectText(await stage.type(command), new RegExp(`version ${version.replaceAll('.', '\\.')} .*confirmed|confirmed`, 'i'));
      await stage.served().until(`Version ${version} has proved itself: CONFIRMED.`);
      await stage.opens();
    },
  };
}

function readyLock(stage: Stage): Runs {
  const verify = 'npx deadlatch verify lock.signed.img --key .deadlatch/dev.pub';
  const newKey = 'npx deadlatch new-key maker.key --passphrase';
  return {
    'npm start': async () => {
      await stage.serve();
      stage.learn(await stage.served().until(/runs from slot A\./));
      await stage.opens();
    },
    'npm run story': async () => expectText(outputOf(await runScript('scripts/story.ts', [])), /Every step held/),
    'npm run drill': async () => expectText(outputOf(await runScript('scripts/drill.ts', ['--auto'])), /passed|held/i),
    ...build(stage, 'npx deadlatch build 1.1.0 --channel dev -o lock.img'),
    ...sign(stage, 'npx deadlatch sign lock.img --key .deadlatch/dev.key'),
    [verify]: async () => expectText(await stage.type(verify), /genuine/i),
    ...update(stage, 'npx deadlatch update lock.signed.img --via udp:127.0.0.1', '1.1.0'),
    [newKey]: async () => {
      await stage.type(newKey);
      expectText(await readFile(join(stage.folder, 'maker.key'), 'utf8'), /scrypt/);
    },
  };
}

function ownBoard(stage: Stage): Runs {
  const provision = `npx deadlatch provision --via ${SERIAL} --wiring esp32-devkit`;
  const log = `npx deadlatch log --via ${SERIAL}`;
  const watch = `npx deadlatch watch --via ${SERIAL}`;
  return {
    // In simulated time, with somebody who presses the keys and watches the bolt.
    [`npx deadlatch doctor --via ${SERIAL} --wiring esp32-devkit`]: async () => {
      const { wrong, said } = await visit(patient({}, REFERENCE['esp32-devkit']), { wiring: 'esp32-devkit' });
      if (wrong.length) throw new Error(wrong.join('; '));
      expectText(said, /Nothing is wrong/);
    },
    'npm start -- --board esp32-devkit': async () => {
      await stage.serve('--board', 'esp32-devkit');
      await stage.served().until(/Power is on\./);
    },
    [provision]: async () => {
      stage.learn(await stage.type(provision));
      await stage.served().until(/runs from slot A\./);
      await stage.opens();
    },
    ...build(stage, 'npx deadlatch build 1.2.0 --family esp32 --channel dev -o door.img'),
    ...sign(stage, 'npx deadlatch sign door.img --key .deadlatch/dev.key'),
    ...update(stage, `npx deadlatch update door.signed.img --via ${SERIAL}`, '1.2.0'),
    [log]: async () => {
      // The lock is what it became, also after its power was away.
      await stage.serve('--board', 'esp32-devkit');
      await stage.served().until(/Version 1\.2\.0 runs from slot B\./);
      expectText(await stage.type(log), /1\.2\.0/);
    },
    [watch]: async () => {
      const watching = stage.start(watch);
      await watching.until('Watching');
      await stage.openWindow();
      // A save that changes nothing but the time is a save.
      const now = new Date();
      await utimes(SAVED, now, now);
      await watching.until(/1\.2\.1/);
      await stage.served().until('Version 1.2.1 has proved itself: CONFIRMED.');
      if (await watching.end() !== 0) throw new Error('Ctrl-C did not end it well');
    },
  };
}

function forADoor(stage: Stage): Runs {
  const provision = `npx deadlatch provision --via ${SERIAL} --wiring esp32-devkit --production --key maker.key`;
  return {
    [provision]: async () => {
      await stage.type('npx deadlatch new-key maker.key --passphrase');
      await stage.serve('--board', 'esp32-devkit');
      await stage.served().until(/Power is on\./);
      stage.learn(await stage.type(provision, '--yes'));
      await stage.served().until(/runs from slot A\./);
      await stage.opens();
    },
  };
}

/** The list has one board: a virtual one cannot be unplugged and another one plugged in. */
function listOfBoards(stage: Stage): Runs {
  const provision = `npx deadlatch provision --via ${SERIAL} --batch boards.csv`;
  return {
    [provision]: async () => {
      await writeFile(join(stage.folder, 'boards.csv'), 'serial,wiring,pin\nDL-0001,esp32-devkit,2468\n');
      await stage.serve('--board', 'esp32-devkit');
      await stage.served().until(/Power is on\./);
      const told = await stage.type(provision, '--yes');
      await stage.served().until(/runs from slot A\./);
      stage.learn(`${told}\nPIN 2468\nmaster code 0`);
      await stage.opens();
      const files = (await readdir(stage.folder)).join(' ');
      expectText(files, /boards.*\.svg/);
      expectText(files, /boards.*codes.*\.csv/);
    },
  };
}
