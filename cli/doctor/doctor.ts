/** `deadlatch doctor`: somebody wired a lock and it does not work. Looks at everything there is, and says what is wrong and what to do. */
import type { ChipFamily } from '../../boards/families.js';
import { packWiring } from '../../boards/record.js';
import type { Wiring } from '../../boards/wiring.js';
import { checkBoard } from '../board/checks.js';
import { connect, NoAnswer, type Connection } from '../board/connection.js';
import { openPort, type Port } from '../board/port.js';
import { Refusal } from '../image/refusal.js';
import { familyOf } from '../provision/lock-flash.js';
import type { Terminal } from '../terminal.js';
import { wiringNamed } from '../wiring.js';
import { openBench, realTime, type Time } from './bench.js';
import { examineKeypad } from './examine-keypad.js';
import { examineMotor, type MotorVisit } from './examine-motor.js';
import { examineBattery, examineBeeper, examineContacts, examineLight } from './examine-rest.js';
import { good, inWords, isWrong, listed, note, PARTS, SKIPPABLE, summary, wrong, type Finding, type Part } from './findings.js';
import { lockOn, takeOutOfService, type LockOnBoard, type StoppedLock } from './lock.js';
import { openVisit, type Visit } from './visit.js';

export interface DoctorOptions {
  via: string;
  wiring?: string;
  skip?: string[];
}

/** What a test puts in place of a port and of time. */
export interface DoctorParts {
  open(via: string): Promise<Port>;
  time: Time;
}

/** A lock that falls asleep again and again while somebody reads is left alone. */
const WAKES = 3;
const LOOK_MS = 1500;

/** Gives what was found. Throws a `Refusal` where nothing can be looked at. */
export async function doctor(options: DoctorOptions, terminal: Terminal, parts: DoctorParts = { open: openPort, time: realTime }): Promise<Finding[]> {
  const skipped = skippedOf(options.skip ?? []);
  const chosen = options.wiring === undefined ? undefined : await wiringNamed(options.wiring);
  const board = await consoleAt(await parts.open(options.via), parts.time);
  const findings: Finding[] = [];
  const found = (more: readonly Finding[]): void => {
    findings.push(...more);
    for (const each of more) terminal.say(inWords(each));
  };
  try {
    found([good('port', `${board.name} answers.`)]);
    const lock = await lockOn(board);
    const wiring = chosen ?? lock?.wiring ?? await wiringAsked(terminal);
    const family = familyOf(wiring);
    found(await examineBuild(board, family, lock));
    if (!findings.some(isWrong)) {
      found(aboutWiring(wiring, lock, chosen !== undefined));
      const stopped = lock && await stopLock(board, lock, terminal, parts.time);
      const visit = openVisit(await openBench(board, parts.time), wiring, terminal);
      await examineWires(visit, lock && { family: lock.family, stopped: stopped! }, skipped, terminal, found).catch(async (error: unknown) => {
        if (!(error instanceof NoAnswer)) await startAgain(board, stopped, terminal);
        throw error;
      });
      await startAgain(board, stopped, terminal);
    }
  } finally {
    await board.close();
  }
  terminal.say(summary(findings, skipped));
  return findings;
}

function skippedOf(names: readonly string[]): Part[] {
  return names.map((name) => {
    const part = SKIPPABLE.find((each) => each === name);
    if (!part) throw new Refusal(`--skip "${name}": there is no such part; take one of ${SKIPPABLE.join(', ')}`);
    return part;
  });
}

async function wiringAsked(terminal: Terminal): Promise<Wiring> {
  return wiringNamed(await terminal.ask('This board is no lock yet. Which wiring has it (a name of docs/boards, or the path of your board file)?', '--wiring NAME'));
}

async function consoleAt(port: Port, time: Time): Promise<Connection> {
  try {
    return await connect(port, undefined, undefined, (ms) => time.wait(ms));
  } catch (error) {
    await port.close();
    if (!(error instanceof NoAnswer)) throw error;
    throw new NoAnswer(`${error.message}; if it is a production lock, it has no console and the doctor cannot look into it`);
  }
}

async function examineBuild(board: Connection, family: ChipFamily, lock: LockOnBoard | undefined): Promise<Finding[]> {
  try {
    await checkBoard(board, family, lock !== undefined);
    return [good('build', `Espruino on this board can carry a lock${lock ? `; it is the lock ${lock.serial}` : ''}.`)];
  } catch (error) {
    if (!(error instanceof Refusal) || error instanceof NoAnswer) throw error;
    return [wrong('build', `${error.message.replace(`${board.name}: `, '')}.`)];
  }
}

function aboutWiring(wiring: Wiring, lock: LockOnBoard | undefined, chosen: boolean): Finding[] {
  if (!lock || !chosen) return [good('wiring', `"${wiring.name}"${lock ? ', as the lock has it in its flash' : ''}.`)];
  if (packWiring(wiring) === packWiring(lock.wiring)) return [good('wiring', `"${wiring.name}", the same as in the lock's flash.`)];
  return [note('wiring', `"${wiring.name}" is looked at; the lock itself was made with another one ("${lock.wiring.name}") and goes on with that until "deadlatch provision" makes it anew.`)];
}

async function stopLock(board: Connection, lock: LockOnBoard, terminal: Terminal, time: Time): Promise<StoppedLock> {
  const question = `The lock ${lock.serial} is taken out of service now: no code opens it until the doctor has finished. Keep a key at hand. Go on? (yes/no)`;
  if (!/^y(es)?$/i.test(await terminal.ask(question, 'its answer at a terminal'))) throw new Refusal(`${board.name}: nothing was changed, the lock works on`);
  await keptAwake(board, lock, terminal);
  terminal.say('The firmware stops. If the doctor is interrupted, the lock starts again by itself within seconds.');
  return takeOutOfService(board, lock, time);
}

/** Whoever took longer to answer than the lock stays awake is told how to go on. */
async function keptAwake(board: Connection, lock: LockOnBoard, terminal: Terminal): Promise<void> {
  for (let left = WAKES; ; left--) {
    try {
      await board.evaluate('1', LOOK_MS);
      return;
    } catch (error) {
      if (!(error instanceof NoAnswer) || !lock.wiring.wakePin || !left) throw error;
      await terminal.ask(`The lock ${lock.serial} has fallen asleep. Press its wake key, and Enter when it has beeped.`, 'somebody at its wake key');
    }
  }
}

/** A restart leaves no pin as the doctor set it. */
async function startAgain(board: Connection, lock: StoppedLock | undefined, terminal: Terminal): Promise<void> {
  await lock?.markRestart();
  terminal.say(lock ? '\nThe lock starts again.' : '\nThe board restarts.');
  await board.restart();
}

async function examineWires(visit: Visit, lock: { family: ChipFamily; stopped: StoppedLock } | undefined, skipped: readonly Part[], terminal: Terminal,
  found: (findings: Finding[]) => void): Promise<void> {
  let load: MotorVisit['load'];
  const examinations: Partial<Record<Part, (visit: Visit) => Promise<Finding[]>>> = {
    keypad: examineKeypad,
    contacts: examineContacts,
    async motor() {
      const { findings, load: measured } = await examineMotor(visit);
      load = measured;
      return findings;
    },
    battery: async () => examineBattery(visit, load, lock && { family: lock.family, calibration: await lock.stopped.calibration() }),
    light: examineLight,
    beeper: examineBeeper,
  };
  const parts = PARTS.filter((part) => examinations[part] && !skipped.includes(part));
  terminal.say(`\nTo be looked at: ${listed(parts)}.`);
  for (const part of parts) {
    terminal.say(`\n${part[0]!.toUpperCase()}${part.slice(1)}`);
    found(await examinations[part]!(visit));
  }
}
