/** Motor, bolt and end stops judged by short jogs in both directions and by what a person sees. */
import type { MotorWiring, SensorWiring } from '../../boards/wiring.js';
import { good, note, wrong, type Finding } from './findings.js';

/** End stops: 1 = reached, 0 = not, -1 = not wired. */
export interface Ends {
  locked: number;
  unlocked: number;
}

/** Where a person sees the bolt: `out` = locked, `in` = unlocked. */
export type Place = 'out' | 'in' | 'between';

export type Goal = 'locked' | 'unlocked';

/** Pulses in one direction. */
export interface Throw {
  goal: Goal;
  /** The end stops before it and after each pulse. */
  ends: readonly Ends[];
  pulses: number;
  /** Lowest battery millivolts while the motor had current, and right before; none where they cannot be read. */
  lowestMv?: number;
  restMv?: number;
  /** Where a person saw the bolt afterwards; asked where the end stops do not tell. */
  said?: Place;
  /** The motor hummed or twitched; asked where nothing moved and nothing was measured. */
  heard?: boolean;
}

export interface MotorReadings {
  /** Where a person sees the bolt before anything moves. */
  said: Place;
  start: Ends;
  throws: readonly Throw[];
}

/** A motor that draws current pulls the cells down by more than this. */
const SAG_MV = 100;

export const placeOf = ({ locked, unlocked }: Ends): Place | undefined =>
  locked > 0 === unlocked > 0 ? undefined : locked > 0 ? 'out' : 'in';
export const placeFor = (goal: Goal): Place => (goal === 'locked' ? 'out' : 'in');
const same = (a: Ends, b: Ends): boolean => a.locked === b.locked && a.unlocked === b.unlocked;
const pulls = ({ lowestMv, restMv, heard }: Throw): boolean => (lowestMv === undefined || restMv === undefined ? heard === true : restMv - lowestMv > SAG_MV);

export function diagnoseMotor(wiring: MotorWiring, sensors: SensorWiring | undefined, readings: MotorReadings): Finding[] {
  const { throws } = readings;
  const moved = throws.map((one, index) => one.ends.some((ends) => !same(ends, one.ends[0]!))
    || one.said !== undefined && one.said !== placeBefore(readings, index));
  if (!moved.includes(true)) return [still(wiring, readings), ...endsBefore(sensors, readings, false)];

  const stops = endsBefore(sensors, readings, true);
  const swappedEnds = stops.some(({ text }) => text.includes('swapped'));
  const findings = [...stops];
  const wrongWay = throws.some((one, index) => moved[index] && wentTo(one, swappedEnds) === placeFor(other(one.goal)));
  if (wrongWay) {
    findings.push(wrong('motor', `the motor turns the wrong way: exchange its two wires at the driver (OUT1 and OUT2), or write in1: ${wiring.in2}, in2: ${wiring.in1} into the board file.`));
  } else if (!stops.some(({ level }) => level === 'wrong')) {
    throws.forEach((one, index) => findings.push(...arrival(wiring, sensors, one, moved[index]!)));
  }
  return findings.some(({ level }) => level === 'wrong') ? findings : [...findings, good('motor', 'the bolt went both ways and arrived.')];
}

const other = (goal: Goal): Goal => (goal === 'locked' ? 'unlocked' : 'locked');

function placeBefore({ said, throws }: MotorReadings, index: number): Place {
  return index === 0 ? said : throws[index - 1]!.said ?? placeOf(throws[index - 1]!.ends.at(-1)!) ?? 'between';
}

/** Where a throw took the bolt: a person's word counts, then the end stops. */
function wentTo({ ends, said }: Throw, swappedEnds: boolean): Place | undefined {
  if (said !== undefined) return said === 'between' ? undefined : said;
  const place = placeOf(ends.at(-1)!);
  return place && swappedEnds ? (place === 'out' ? 'in' : 'out') : place;
}

/** What the end stops said before anything moved, held against where the bolt was. */
function endsBefore(sensors: SensorWiring | undefined, { said, start, throws }: MotorReadings, moved: boolean): Finding[] {
  if (!sensors || said === 'between' && !(start.locked > 0 || start.unlocked > 0)) return [];
  const [there, away] = said === 'out' ? (['locked', 'unlocked'] as const) : (['unlocked', 'locked'] as const);
  if (said === 'between') return [start.locked > 0 ? stuckOn(sensors, 'locked') : stuckOn(sensors, 'unlocked')];
  if (start[there] === 0 && start[away] > 0) {
    const between = throws.flatMap(({ ends }) => ends).some(({ locked, unlocked }) => locked > 0 && unlocked > 0);
    if (moved && between) {
      return [wrong('motor', `both end stops are the wrong way round: they say yes where the bolt is not; take the other contact of each switch, or change "active" of both in the board file.`)];
    }
    return [wrong('motor', `the end stops are swapped: with the bolt ${said} it is "${away}" (D${sensors[away]!.pin}) that says yes; exchange the wires on D${sensors.locked!.pin} and D${sensors.unlocked!.pin}.`)];
  }
  if (start[away] > 0) return [stuckOn(sensors, away)];
  if (start[there] === 0) return [silent(sensors, there, `the bolt is ${said}`)];
  return [];
}

function stuckOn(sensors: SensorWiring, which: Goal): Finding {
  const input = sensors[which]!;
  return wrong('motor', `end stop "${which}" (D${input.pin}) says yes while the bolt is elsewhere: its wire is joined to ${input.active ? '3V3' : 'GND'}, or its lever is stuck.`);
}

function silent(sensors: SensorWiring, which: Goal, when: string): Finding {
  const input = sensors[which]!;
  return wrong('motor', `end stop "${which}" (D${input.pin}) does not say yes although ${when}: its wire or the one to ${input.active ? '3V3' : 'GND'} is open, or the bolt does not reach its lever.`);
}

/** Nothing moved in either direction. */
function still(wiring: MotorWiring, { said, throws }: MotorReadings): Finding {
  const pulling = throws.filter(pulls);
  if (pulling.length === 0) {
    return wrong('motor', `the motor gets no current: check the driver's supply (VM) and GND, the wires D${wiring.in1} to IN1 and D${wiring.in2} to IN2, the driver's sleep or enable pin, and the two wires of the motor.`);
  }
  // Against the end where the bolt stands nothing can move.
  if (pulling.length < throws.length && pulling.every(({ goal }) => placeFor(goal) === said)) return openInput(wiring, throws.find((one) => !pulls(one))!.goal);
  return wrong('motor', 'the motor pulls and the bolt does not move: it is jammed. Move it by hand; if it goes hard, free it; if it goes easily, look at the coupling between motor and bolt.');
}

function openInput(wiring: MotorWiring, goal: Goal): Finding {
  const [pin, input] = goal === 'unlocked' ? [wiring.in1, 'IN1'] : [wiring.in2, 'IN2'];
  return wrong('motor', `towards "${goal}" the motor gets no current, the other way it does: the wire from D${pin} to ${input} of the driver is open.`);
}

/** One throw that went the right way. */
function arrival(wiring: MotorWiring, sensors: SensorWiring | undefined, one: Throw, moved: boolean): Finding[] {
  const { goal, ends, said, pulses } = one;
  const last = ends.at(-1)!;
  if (last[goal] > 0) return [];
  if (!moved) return [pulls(one) ? wrong('motor', `towards "${goal}" the motor pulls and the bolt does not move: something holds it on that way.`) : openInput(wiring, goal)];
  if (said === placeFor(goal)) return last[goal] < 0 ? [] : [silent(sensors!, goal, `the bolt is ${said}`)];
  const took = `${pulses * 100} ms of current`;
  return last[goal] < 0 && said === undefined ? [note('motor', `nobody and nothing tells whether the bolt arrived at "${goal}".`)]
    : [wrong('motor', `the bolt sets off towards "${goal}" and does not arrive within ${took}: something is in its way, the door presses on it, or it needs longer than throwMs: ${wiring.throwMs} in the board file.`)];
}
