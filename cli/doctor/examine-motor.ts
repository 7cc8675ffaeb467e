/** Jogs the motor, with the door open and nobody's fingers near: pulse by pulse, so that whatever happens it stops by itself. */
import type { MotorWiring } from '../../boards/wiring.js';
import { meterOf } from './battery.js';
import { note, type Finding } from './findings.js';
import { diagnoseMotor, placeFor, placeOf, type Ends, type Goal, type MotorReadings, type Throw } from './motor.js';
import type { Visit } from './visit.js';

/** Pulses against an end stop that does not let go: a held motor gets hot. */
const HELD_PULSES = 4;
const PULSE_MS = 100;
/** The motor of a real bolt is slower than its page in pulses, which have gaps. */
const LONGER = 1.3;
const PLACES = ['out', 'in', 'between'] as const;

export interface MotorVisit {
  findings: Finding[];
  /** Lowest battery reading while the motor had current; `held`: it could not move. */
  load?: { reading: number; held: boolean };
}

export async function examineMotor(visit: Visit): Promise<MotorVisit> {
  const { bolt } = visit.wiring;
  if (bolt.type === 'none') return { findings: [note('motor', 'this wiring has none.')] };
  if (bolt.type !== 'motor') return { findings: [note('motor', `this wiring has a ${bolt.type}, which is not run here: open and lock the door with a code.`)] };
  const free = await visit.yes('motor', 'The motor will be run now. Does the door stand open, and are all fingers away from the bolt?');
  if (!free) return { findings: [note('motor', 'not looked at: it is run only with the door open and nobody near the bolt.')] };
  await visit.bench.motorOff(bolt);
  try {
    return await run(visit, bolt);
  } finally {
    await visit.bench.motorOff(bolt).catch(() => {
      // The board is gone. The last pulse was ended by the chip's timer, and the watchdog restarts a lock that nobody feeds.
      visit.say('The motor is off: its last pulse has ended by itself.');
    });
  }
}

async function run(visit: Visit, motor: MotorWiring): Promise<MotorVisit> {
  const { bench, wiring } = visit;
  const said = await visit.choose('motor', 'Look at the bolt: is it out (locked), in (unlocked), or between?', PLACES);
  const start = await bench.ends(wiring.sensors);
  const throws: Throw[] = [];
  let lowest = Infinity;
  for (const goal of (said === 'in' ? ['locked', 'unlocked'] : ['unlocked', 'locked']) as Goal[]) {
    visit.say(`The motor turns: ${goal === 'locked' ? 'locking' : 'unlocking'} ...`);
    const one = await jog(visit, motor, goal, (reading) => (lowest = Math.min(lowest, reading)));
    const arrived = one.ends.at(-1)!;
    if (placeOf(arrived) !== placeFor(goal)) one.said = await visit.choose('motor', 'Where is the bolt now: out, in, or between?', PLACES);
    const before = throws.at(-1)?.said ?? placeOf(one.ends[0]!) ?? said;
    const stood = one.ends.every((each) => sameEnds(each, one.ends[0]!)) && one.said === before;
    if (stood && one.restMv === undefined) one.heard = await visit.yes('motor', 'Did the motor hum or twitch?');
    throws.push(one);
  }
  const readings: MotorReadings = { said, start, throws };
  const unmoved = throws.every((one) => one.ends.every((each) => sameEnds(each, start)) && (one.said ?? said) === said);
  return {
    findings: diagnoseMotor(motor, wiring.sensors, readings),
    ...(lowest < 1 ? { load: { reading: lowest, held: unmoved } } : {}),
  };
}

const sameEnds = (a: Ends, b: Ends): boolean => a.locked === b.locked && a.unlocked === b.unlocked;

async function jog({ bench, wiring }: Visit, motor: MotorWiring, goal: Goal, note: (reading: number) => void): Promise<Throw> {
  const { battery, sensors } = wiring;
  const away = goal === 'locked' ? 'unlocked' : 'locked';
  const measured = battery.chemistry !== 'mains' && battery.pin !== undefined;
  const meter = meterOf(battery);
  const restMv = measured ? meter.mv(await bench.battery(battery)) : -1;
  const ends = [await bench.ends(sensors)];
  const most = Math.ceil(motor.throwMs * LONGER / PULSE_MS);
  let lowest = 1;
  let held = 0;
  let pulses = 0;
  while (pulses < most && held < HELD_PULSES) {
    const before = ends.at(-1)!;
    lowest = Math.min(lowest, await bench.pulse(motor, goal, sensors, battery));
    pulses++;
    const now = await bench.ends(sensors);
    ends.push(now);
    if (now[goal] > 0 && before[goal] < 1 || now[away] > 0 && before[away] === 0) break;
    held = (now[goal] > 0 || now[away] > 0) && sameEnds(now, before) ? held + 1 : 0;
  }
  if (measured) note(lowest);
  return { goal, ends, pulses, ...(measured && restMv > 0 ? { restMv, lowestMv: Math.max(0, meter.mv(lowest)) } : {}) };
}
