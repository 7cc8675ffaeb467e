/** What is rehearsed: an update that goes wrong in every way a person at the door should have seen once. */
import { errorEntry } from '../../firmware/error-table.js';
import { BATTERY_LOW, HEALTH_RADIO, ROLLED_BACK_BEFORE, formatCode, type ErrorCode } from '../../firmware/errors.js';
import { errorPattern } from '../../firmware/lock/signals.js';
import { formatVersion } from '../../firmware/image/version.js';
import { plain } from '../smp/refusal-words.js';
import type { SmpError } from '../smp/client.js';
import { DOOR_LIMIT_MS, type Stage } from '../story/stage.js';
import type { SignedFirmware } from '../virtual/firmware.js';
import { check, LeftOut, type Ground } from './ground.js';
import { ask, listed, refusable, send } from './phone.js';

export interface Chapter {
  title: string;
  play(ground: Ground, nowMs: () => number): Promise<void>;
}

/** A start, and two minutes for the lock's own checks. */
const TRIAL_LIMIT_MS = 150_000;
/** Three attempts, each with its start. */
const ROLLBACK_LIMIT_MS = 480_000;
const TOUCH_MS = 4000;
const KEY_HELP = 'Press * to clear and type it again. If nothing beeps at all, the lock has no power.';
const STUCK_HELP = 'Look at the bolt and its motor; "deadlatch doctor" finds out what is wrong.';

async function openAndLock(ground: Ground, when: string): Promise<void> {
  const { pin } = ground.codes;
  await ground.act(`Type the PIN and #: ${pin}#`, { keys: `${pin}#`, until: ({ world }) => world.bolt.unlocked() });
  await ground.see({
    what: `${when}: one long beep, and the bolt goes in within five seconds: the door is open`, holds: ({ world }) => world.bolt.unlocked(), withinMs: DOOR_LIMIT_MS,
    otherwise: 'Type the PIN again, slowly. Two ticks mean: wait, I am starting. Half a minute is the longest it takes.',
  });
  await ground.act('Touch # alone', { keys: '#', until: ({ world }) => world.bolt.locked() });
  await ground.see({ what: 'the bolt goes out: the door is locked', holds: ({ world }) => world.bolt.locked(), withinMs: TOUCH_MS, otherwise: STUCK_HELP });
}

async function openWindow(ground: Ground): Promise<void> {
  const { masterCode } = ground.codes;
  await ground.act(`Open the update window. First the master code and #: ${masterCode}#`, { keys: `${masterCode}#` });
  await ground.see({ what: 'long, short: the menu', holds: (_, heard) => heard === 'ls', otherwise: KEY_HELP });
  await ground.act('Then 8 and #: 8#', { keys: '8#' });
  await ground.see({
    what: 'one long beep; from now on the light ticks twice every two seconds, for ten minutes', holds: (stage) => stage.light() === 'window', withinMs: 6000,
    otherwise: 'Half a minute after the master code the menu closes: begin again with it.',
  });
}

function refused(ground: Ground, what: string, failure: SmpError | undefined, code: ErrorCode): void {
  const said = failure?.entry?.code === code ? '' : failure ? ` (it said: ${failure.message})` : ' (it was taken)';
  check(ground, `${what}: the lock refuses it, ${formatCode(code)}${said}`, 'Look up what it said in docs/playbook.md; if it took what it should refuse, tell whoever built the lock.', said === '');
  explain(ground, code);
}

/** The sentence of the playbook, and how the code would sound. */
function explain({ teller }: Ground, code: ErrorCode): void {
  const entry = errorEntry(code)!;
  const words: Record<string, string> = { k: 'tick', s: 'short', l: 'long', '-': 'pause' };
  teller.say('phone', `${formatCode(code)}, ${entry.title}. ${plain(entry.door)} ${plain(entry.next)}`);
  teller.say('you', `In docs/playbook.md: ${entry.name}. Beeped, the code would be: ${[...errorPattern(code)].map((each) => words[each]).join(' ')}.`);
}

async function tryOut(ground: Ground, { hash, version }: SignedFirmware): Promise<void> {
  const { talk } = ground;
  const tested = await ask(ground, (lock) => lock.test(hash));
  check(ground, `the lock checks every page of ${version} and its signature, and agrees to try it`, `It said: ${tested.failure?.message ?? ''}. Send the file once more.`, !tested.failure);
  // Once: the answer may get lost in the restart.
  const restarted = refusable(talk.commands.restart());
  await ground.drive(restarted);
  const { failure } = await restarted;
  check(ground, 'the lock restarts into it', `It said: ${failure?.message ?? ''}. Open the window again and repeat.`, !failure || failure.rc < 0);
  await ground.see({
    what: 'within half a minute it is there again: one touch of * gives one tick, not two', holds: (stage) => stage.runs(version), withinMs: 30_000,
    otherwise: 'Wait for one minute more. No power, no tick: look at the cells.',
  });
}

const theDoor: Chapter = {
  title: 'The door, before anything else',
  async play(ground) {
    ground.teller.say('you', 'This is what works at every moment of what follows. If it ever does not, use the key and tell whoever built the lock.');
    await openAndLock(ground, 'at rest');
  },
};

const powerFails: Chapter = {
  title: 'Power fails in the middle of an update',
  async play(ground) {
    await openWindow(ground);
    const { failure } = await send(ground, ground.images.good, 0.6, async () => {
      await ground.act('NOW, while it sends: pull the battery (b)', { letter: 'b' });
    });
    check(ground, 'the phone hears nothing any more', 'The lock had power all the time: were those all of its cells?', failure !== undefined && failure.rc < 0);
    await ground.see({
      what: 'no light, no sound, and the bolt stays where it was', holds: ({ world }) => !world.chip.running && world.bolt.locked(), withinMs: 30_000,
      otherwise: 'A bolt that moves when power goes is held by a spring, or was moved by hand.',
    });
    await ground.act('Put the battery back (b)', { letter: 'b' });
    await openAndLock(ground, 'right after the power came back');
    await ground.see({
      what: `the old version ${ground.images.running} runs, untouched`, holds: (stage) => stage.runs(ground.images.running), withinMs: 10_000,
      otherwise: 'Wait for half a minute; it goes back by itself.',
    });
  },
};

const goesOn: Chapter = {
  title: 'The update goes on where it was',
  async play(ground) {
    ground.teller.say('you', 'A restart closes the update window. What had arrived is kept.');
    await openWindow(ground);
    const { failure, resumedAt } = await send(ground, ground.images.good);
    check(ground, 'all of it is there', `The lock said: ${failure?.message ?? ''}. Open the window and send it again: nothing is lost.`, !failure);
    check(ground, `it went on at ${Math.round(resumedAt * 100)} %, not at the beginning`, 'It began anew, which is allowed and only takes longer: another file was sent before, or nothing had arrived.', resumedAt > 0.3);
  },
};

const trial: Chapter = {
  title: 'The new version proves itself',
  async play(ground, nowMs) {
    const { good } = ground.images;
    await tryOut(ground, good);
    const active = await listed(ground, ([first]) => first?.version === good.version && first.active, TRIAL_LIMIT_MS, nowMs);
    check(ground, `${good.version} runs, on trial`, 'Wait for two minutes more; if the old version runs, the playbook explains the reason that "deadlatch update" tells.', active);
    await openAndLock(ground, 'under a version on trial');
    const confirmed = await listed(ground, ([first]) => first?.version === good.version && first.confirmed, TRIAL_LIMIT_MS, nowMs);
    check(ground, 'it has checked keypad, motor, sensors, battery, records and radio, and is confirmed', 'One of its checks does not pass; it will go back by itself and say which.', confirmed);
  },
};

const goesBack: Chapter = {
  title: 'A bad version goes back by itself',
  async play(ground, nowMs) {
    const { good, bad } = ground.images;
    if (!await ground.wants(`Version ${bad.version} is genuine, and a mistake in it leaves the radio dead. The lock tries it three times, some seven minutes in all, and the door works meanwhile.`)) throw new LeftOut();
    await openWindow(ground);
    const { failure } = await send(ground, bad);
    check(ground, 'all of it is there', `The lock said: ${failure?.message ?? ''}. Open the window and send it again.`, !failure);
    await tryOut(ground, bad);
    await openAndLock(ground, 'while the bad version runs');
    const back = await listed(ground, ([first]) => first?.version === good.version && first.active, ROLLBACK_LIMIT_MS, nowMs);
    check(ground, `three attempts later ${good.version} runs again, and nobody did anything`, 'Wait for ten minutes; then power off, 30 seconds, power on.', back);
    const { reply } = await ask(ground, (lock) => lock.rollback());
    check(ground, `the lock says which version went back and why: ${reply ? `${formatVersion(reply.version)}, ${formatCode(reply.reason)}` : 'nothing'}`, 'An older firmware does not tell; "deadlatch flash" reads it out of a dump.',
      reply !== undefined && formatVersion(reply.version) === bad.version && reply.reason === HEALTH_RADIO);
    explain(ground, HEALTH_RADIO);
    await openAndLock(ground, 'back on the old version');
    await openWindow(ground);
    const again = await ask(ground, (lock) => lock.test(bad.hash));
    refused(ground, `a second trial of ${bad.version}`, again.failure, ROLLED_BACK_BEFORE);
  },
};

const weakCells: Chapter = {
  title: 'Weak cells',
  async play(ground) {
    if (!await ground.wants('For this you need cells that are almost empty (4.5 to 4.7 V), or a bench supply in their place.')) throw new LeftOut();
    await ground.act('Change to weak cells (w)', { letter: 'w' });
    const { failure } = await send(ground, ground.images.next);
    refused(ground, `version ${ground.images.next.version}`, failure, BATTERY_LOW);
    await openAndLock(ground, 'on weak cells');
    ground.teller.say('you', 'Short, long after opening means: fit fresh cells soon.');
    await ground.act('Change to fresh cells (w)', { letter: 'w' });
    await openAndLock(ground, 'on fresh cells');
  },
};

const inSafeMode = (stage: Stage): boolean => stage.light() === 'safe mode';

const safeMode: Chapter = {
  title: 'Safe mode, and the recovery code',
  async play(ground) {
    const { recoveryCode, newMasterCode } = ground.codes;
    if (!await ground.wants('The recovery code sets a new master code here: have both ready to be written down.')) throw new LeftOut();
    await ground.act('Press reset (or power off for 30 seconds and on), and hold * and # for six seconds (s)', { letter: 's' });
    await ground.see({
      what: 'the light ticks three times every two seconds: safe mode', holds: inSafeMode, withinMs: 20_000,
      otherwise: 'Hold both keys from the moment the power comes; a keypad of two wires wants *#*# within ten seconds instead.',
    });
    await openAndLock(ground, 'in safe mode');
    ground.teller.say('you', 'Suppose now that the master code is lost.');
    await ground.act(`Type the recovery code and #: ${recoveryCode}#`, { keys: `${recoveryCode}#` });
    await ground.see({
      what: 'one long beep and the door opens; then long, short, short: type a new code', holds: ({ world }, heard) => world.bolt.unlocked() && heard === 'llss', withinMs: DOOR_LIMIT_MS,
      otherwise: 'Type it again, slowly; it has twelve digits. After some wrong codes the keypad takes none for a while (short, short, long).',
    });
    await ground.act(`Type a new master code and #: ${newMasterCode}#`, { keys: `${newMasterCode}#` });
    await ground.see({ what: 'long, short, short, short: the same again', holds: (_, heard) => heard === 'lsss', otherwise: KEY_HELP });
    await ground.act(`The same again: ${newMasterCode}#`, { keys: `${newMasterCode}#` });
    await ground.see({ what: 'one long beep: it is set', holds: (_, heard) => heard === 'l', otherwise: 'The two differed: type the new one twice more.' });
    await ground.act('Touch # alone', { keys: '#', until: ({ world }) => world.bolt.locked() });
    await ground.see({ what: 'the door is locked', holds: ({ world }) => world.bolt.locked(), withinMs: TOUCH_MS, otherwise: STUCK_HELP });
    await ground.act('Leave safe mode: press reset, or power off and on, without keys (r)', { letter: 'r' });
    await ground.see({ what: 'the light no longer ticks: the firmware runs again', holds: (stage) => stage.runs(ground.images.good.version), withinMs: 20_000, otherwise: 'Open the strap inside the door, if it has one, and restart once more.' });
    await ground.act(`Try the new master code: ${newMasterCode}#`, { keys: `${newMasterCode}#` });
    await ground.see({ what: 'long, short: the menu opens to the new master code', holds: (_, heard) => heard === 'ls', otherwise: KEY_HELP });
    await ground.act('Leave the menu: *', { keys: '*' });
    await openAndLock(ground, 'at the end');
  },
};

export const CHAPTERS: readonly Chapter[] = [theDoor, powerFails, goesOn, trial, goesBack, weakCells, safeMode];
