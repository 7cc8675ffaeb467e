/** The life of an update, from source to confirmed, with everything going wrong that can. On the virtual board, in simulated time. */
import {
  BAD_IMAGE_DIGEST, BATTERY_LOW, HEALTH_RADIO, NO_WINDOW, ROLLED_BACK_BEFORE, UNKNOWN_KEY,
} from '../../firmware/errors.js';
import { PAGE_BYTES } from '../../firmware/flash/layout.js';
import { ROLLED_BACK } from '../../firmware/update/boot-state.js';
import type { SignedFirmware } from '../virtual/firmware.js';
import { enter, keepTyping } from '../virtual/person.js';
import { reasonInWords } from '../smp/refusal-words.js';
import { factoryLock, type Cast } from './cast.js';
import { DOOR_LIMIT_MS, FRESH_CELLS, openStage, PIN, seconds, WRONG_PIN, type Stage } from './stage.js';
import type { Teller } from './tell.js';

export interface StoryOptions {
  seed: number;
  teller: Teller;
  cast: Cast;
}

/** Plays it. Throws `StepFailed` at the first step that does not hold. */
export async function playStory({ seed, teller, cast }: StoryOptions): Promise<void> {
  const flash = await factoryLock(cast);
  teller.step(`the factory writes bootloader, identity, codes and version 1.0.0: ${flash.length / 1024} KB of flash`, flash.length > 0);

  const stage = openStage(teller, flash, seed);
  firstStart(stage);
  theDoor(stage);
  interrupted(stage, cast.good);
  resumed(stage, cast.good);
  trial(stage, cast.good);
  rollback(stage, cast.bad);
  weakCells(stage, cast.next);
  damaged(stage, cast.next);
  stranger(stage, cast.foreign);
  teller.chapter('In the end');
  teller.step('nothing wrote outside its place, and no flash was written while the motor ran', stage.world.violations.length === 0);
  teller.step('nothing was thrown that nobody caught', stage.board.uncaught.length === 0);
  stage.openAndLock('at the end');
}

function firstStart(stage: Stage): void {
  const { teller, world } = stage;
  teller.chapter('The first start');
  teller.step('the bootloader verifies version 1.0.0 in full and runs it', stage.pass(10_000, () => stage.runs('1.0.0')));
  teller.say('lock', `${seconds(world.clock.now())} after the cells went in.`);
  stage.pass(2000);
  teller.step('flash: 1.0.0 is the confirmed version, in slot A', stage.reading().confirmed?.version === '1.0.0');
}

function theDoor(stage: Stage): void {
  const { teller, board, world, client } = stage;
  teller.chapter('The door');
  teller.say('door', `Somebody types ${PIN} and #.`);
  stage.openAndLock('at rest');
  teller.say('door', `Somebody tries ${WRONG_PIN} and #.`);
  enter(board, `${WRONG_PIN}#`);
  stage.pass(2000);
  teller.step('a wrong PIN leaves it locked', world.bolt.locked());
  stage.refused('a restart over the radio, with no update window open', client.restart().failure, NO_WINDOW);
}

function interrupted(stage: Stage, good: SignedFirmware): void {
  const { teller, world, board } = stage;
  teller.chapter('An update, and the power fails');
  stage.refused('an upload without the update window', stage.upload(good).failure, NO_WINDOW);
  stage.openWindow();
  const { failure } = stage.upload(good, 0.61, () => {
    // In the middle of the next write.
    world.onFlash = (operation) => {
      if (operation.kind !== 'program') return;
      world.onFlash = undefined;
      world.battery.pull();
    };
  });
  teller.step('past 61 % the cells fall out, in the middle of a write; the phone sees no answer', failure !== undefined && !world.chip.running);
  stage.pass(10_000);
  const upload = stage.reading().upload;
  const kept = upload ? upload.done / upload.pages : 0;
  teller.step(`flash: ${upload?.done} of ${upload?.pages} pages are kept, 1.0.0 is untouched`, kept > 0.5 && kept < 0.65);

  teller.say('door', 'The cells go back in, and somebody types the PIN at once.');
  const backMs = world.clock.now();
  world.battery.replace(FRESH_CELLS);
  const tookMs = keepTyping(board, `${PIN}#`, world.bolt.unlocked, DOOR_LIMIT_MS);
  stage.pass(2000);
  teller.step(`the old version runs, and the door is open ${seconds(tookMs ?? world.clock.now() - backMs)} after the power came back`, tookMs !== undefined && stage.runs('1.0.0'));
  world.keypad.press('#');
  teller.step('one touch of # locks it again', stage.pass(4000, world.bolt.locked));
  stage.pass(1500);
}

function resumed(stage: Stage, good: SignedFirmware): void {
  const { teller } = stage;
  teller.chapter('The upload goes on');
  teller.say('lock', 'A restart closes the update window: it has to be opened again.');
  stage.openWindow();
  const { failure, reply } = stage.upload(good);
  teller.step('the upload is complete', !failure && reply.match === true);
  const share = (reply?.resumedAt ?? 0) / good.file.length;
  teller.step(`it went on at ${Math.round(share * 100)} %, not at the beginning`, share > 0.5);
  stage.openAndLock('with the upload complete');
}

function trial(stage: Stage, good: SignedFirmware): void {
  const { teller, client } = stage;
  teller.chapter('The trial');
  stage.tryOut(good);
  teller.step('1.1.0 runs, on trial', stage.pass(15_000, () => stage.runs('1.1.0')));
  teller.step('it checks keypad, motor, sensors, battery, records and radio, and confirms itself', stage.pass(130_000, () => stage.reading().confirmed?.version === '1.1.0'));
  stage.openAndLock('under the new version');
  const listed = client.list().reply ?? [];
  teller.step('phone lists: 1.1.0 active and confirmed, 1.0.0 in the other slot',
    listed[0]?.version === '1.1.0' && listed[0].active && listed[0].confirmed && listed[1]?.version === '1.0.0');
}

function rollback(stage: Stage, bad: SignedFirmware): void {
  const { teller, world, client } = stage;
  teller.chapter('A bad version');
  teller.say('computer', 'Version 1.2.0 is genuine, but a mistake in it leaves the radio dead.');
  stage.openWindow();
  teller.step('uploaded', !stage.upload(bad).failure);
  stage.tryOut(bad);
  for (let attempt = 1; attempt <= 3; attempt++) {
    teller.step(`attempt ${attempt}: 1.2.0 runs`, stage.pass(15_000, () => stage.runs('1.2.0')));
    stage.openAndLock('with a dead radio');
    const starts = world.chip.starts;
    teller.step('the radio check does not pass in two minutes: restart', stage.pass(130_000, () => world.chip.starts > starts));
  }
  stage.pass(8000, () => stage.runs('1.1.0'));
  stage.pass(1000);
  const { rollback: ended, confirmed } = stage.reading();
  teller.step('three attempts are used up: 1.1.0 runs again', stage.runs('1.1.0') && confirmed?.version === '1.1.0');
  teller.step(`flash says why: ${reasonInWords(HEALTH_RADIO)}`, ended?.reason === HEALTH_RADIO && ended.result === ROLLED_BACK);
  stage.openAndLock('back on the old version');
  teller.step('the lock remembers', stage.reading().history().at(-1)?.reason === HEALTH_RADIO);
  stage.openWindow();
  teller.step('the lock still has every page of 1.2.0, nothing is written', !stage.upload(bad).failure);
  stage.refused('a second trial of 1.2.0', client.test(bad.hash).failure, ROLLED_BACK_BEFORE);
}

function weakCells(stage: Stage, next: SignedFirmware): void {
  const { teller, world } = stage;
  teller.chapter('Weak cells');
  world.battery.set({ openCircuitMv: 4600, internalMilliohm: 1000 });
  teller.say('lock', `The cells are almost empty: ${(world.battery.mv() / 1000).toFixed(2)} V.`);
  stage.refused('version 1.3.0', stage.upload(next).failure, BATTERY_LOW);
  stage.openAndLock('on weak cells');
  world.battery.set(FRESH_CELLS);
  teller.say('lock', `Fresh cells: ${(world.battery.mv() / 1000).toFixed(2)} V.`);
}

function damaged(stage: Stage, next: SignedFirmware): void {
  const { teller, client } = stage;
  teller.chapter('A damaged file');
  const file = next.file.slice();
  file[3 * PAGE_BYTES + 77]! ^= 4;
  teller.say('computer', 'One bit of the file of 1.3.0 flips on its way.');
  stage.openWindow();
  teller.step('the phone knows no better and uploads it', !stage.upload({ ...next, file }).failure);
  stage.refused('a trial of it', client.test(next.hash).failure, BAD_IMAGE_DIGEST);
  teller.step('no trial is set', stage.reading().trial === undefined);
}

function stranger(stage: Stage, foreign: SignedFirmware): void {
  const { teller, client } = stage;
  teller.chapter('Somebody else');
  teller.say('computer', 'A stranger signs a 1.3.0 with a key of their own.');
  stage.openWindow();
  teller.step('the bytes go up', !stage.upload(foreign).failure);
  stage.refused('a trial of it', client.test(foreign.hash).failure, UNKNOWN_KEY);
  teller.step('no trial is set, 1.1.0 runs', stage.reading().trial === undefined && stage.runs('1.1.0'));
}
