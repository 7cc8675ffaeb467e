/**
 * A board under the doctor's hands: what its pins read and do, through its console. The motor gets single pulses of a tenth of a second that
 * the chip's own timer ends. On a lock the watchdog stays armed and is fed from here alone: when the doctor goes, the lock restarts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BatteryWiring, BeeperWiring, InputWiring, LightWiring, MatrixWiring, MotorWiring, SensorWiring, WiegandWiring } from '../../boards/wiring.js';
import type { Connection } from '../board/connection.js';
import type { Samples } from './contacts.js';
import { linesOf, type LineReadings } from './matrix.js';
import type { Ends, Goal } from './motor.js';
import type { IdleLines } from './wiegand.js';

export interface Time {
  wait(ms: number): Promise<void>;
}

export const realTime: Time = { wait: (ms) => pause(ms) };

export interface Bench {
  evaluate(expression: string): Promise<unknown>;
  /** Lets time pass, or a person answer, and feeds the watchdog meanwhile. */
  wait(ms: number): Promise<void>;
  during<T>(work: Promise<T>): Promise<T>;
  lines(wiring: MatrixWiring): Promise<LineReadings>;
  /** For each line the others that conduct to it now. */
  joined(wiring: MatrixWiring): Promise<number[]>;
  listen(wiring: WiegandWiring): Promise<IdleLines>;
  /** Bits that arrived since the last call. */
  heard(): Promise<string>;
  samples(input: InputWiring): Promise<Samples>;
  ends(sensors: SensorWiring | undefined): Promise<Ends>;
  /** One pulse, over when it returns; it ends early where the end stop of the goal is reached. Lowest reading of the battery meanwhile. */
  pulse(motor: MotorWiring, goal: Goal, sensors: SensorWiring | undefined, battery: BatteryWiring): Promise<number>;
  motorOff(motor: MotorWiring): Promise<void>;
  /** Mean of several readings, 0..1. */
  battery(wiring: BatteryWiring, enabled?: boolean): Promise<number>;
  /** Erases a page of 4096 bytes and reads the battery right after. */
  batteryAfterErase(wiring: BatteryWiring, address: number): Promise<number>;
  /** Three times on and off; waits until it is over. */
  blink(light: LightWiring): Promise<void>;
  beep(beeper: BeeperWiring): Promise<void>;
}

/** Well inside the 6 s of a lock's watchdog. */
const FEED_MS = 1500;
const BLINK_MS = 300;
const SAMPLES = 16;

/**
 * One global record: the board may be somebody's. `m` sets modes, `r` reads levels as bits, `c` tells which lines conduct, `s` counts highs,
 * `v` reads a battery, `j` drives one motor input for 100 ms and gives the lowest reading, `t` beeps, `w` gives Wiegand bits.
 */
const HELPERS = [
  'dl={b:""}',
  'dl.f=function(x){E.kickWatchdog();return x}',
  'dl.m=function(p,m){p.forEach(function(x){pinMode(x,m)});return 0}',
  'dl.r=function(p){var m=0;p.forEach(function(x,i){if(digitalRead(x))m|=1<<i});return m}',
  'dl.c=function(p){dl.m(p,"input_pullup");var a=(1<<p.length)-1;return p.map(function(x,i){pinMode(x,"opendrain");digitalWrite(x,0);var m=a&~dl.r(p)&~(1<<i);pinMode(x,"input_pullup");return m})}',
  'dl.s=function(p,n){var h=0;for(var i=0;i<n;i++)h+=digitalRead(p)?1:0;return h}',
  'dl.v=function(p,e,l){if(e>=0)digitalWrite(e,l);var s=0;for(var i=0;i<8;i++)s+=analogRead(p);return Math.round(s*12500)/1e5}',
  // The loop outlasts the pulse: see PULSE_GAP_MS of the firmware.
  'dl.j=function(p,g,l,b){var t=getTime()+.106,m=2,v;digitalPulse(p,1,100);while(getTime()<t){v=b<0?1:analogRead(b);if(v<m)m=v;if(g>=0&&digitalRead(g)==l){digitalWrite(p,0);break}}return m}',
  'dl.t=function(p,h,n){analogWrite(p,.5,{freq:h});setTimeout(function(){analogWrite(p,0,{freq:h});digitalWrite(p,0);if(n>1)setTimeout(function(){dl.t(p,h,n-1)},300)},300)}',
  'dl.l=function(p,c){pinMode(p,"input_pullup");setWatch(function(){dl.b+=c},p,{repeat:true,edge:"falling"})}',
  'dl.w=function(){var b=dl.b;dl.b="";return b}',
];

const listOf = (pins: readonly number[]): string => `[${pins.join(',')}]`;

/** Leaves the functions above in the board's memory, until it restarts. */
export async function openBench(board: Connection, time: Time): Promise<Bench> {
  for (const helper of HELPERS) await board.evaluate(`[E.kickWatchdog(),${helper}].length`);

  const evaluate = (expression: string): Promise<unknown> => board.evaluate(`dl.f(${expression})`);
  const number = async (expression: string): Promise<number> => Number(await evaluate(expression));

  async function wait(ms: number): Promise<void> {
    // What is asked next feeds it at the end.
    for (let leftMs = ms; leftMs > 0; leftMs -= FEED_MS) {
      if (leftMs < ms) await evaluate('0');
      await time.wait(Math.min(FEED_MS, leftMs));
    }
  }

  async function during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settled = work.then(() => undefined, () => undefined).then(() => void (done = true));
    // Nobody else asks the board now. What fails here is told when the person has answered: a question cannot be taken back.
    let failure: unknown;
    await Promise.resolve();
    while (!done && failure === undefined) {
      await Promise.race([settled, time.wait(FEED_MS)]);
      if (!done) await evaluate('0').catch((error: unknown) => (failure = error));
    }
    const answer = await work;
    if (failure !== undefined) throw failure as Error;
    return answer;
  }

  async function sample(input: InputWiring): Promise<number> {
    await evaluate(`dl.m([${input.pin}],"${input.pull === undefined ? 'input' : `input_pull${input.pull}`}")`);
    return number(`dl.s(${input.pin},${SAMPLES})`);
  }

  async function endOf(input: InputWiring | undefined): Promise<number> {
    return input ? (await sample(input) * 2 > SAMPLES ? 1 : 0) === input.active ? 1 : 0 : -1;
  }

  async function readBattery({ pin, enable }: BatteryWiring, before: string, enabled = true): Promise<number> {
    await evaluate(`dl.m([${pin!}],"analog")`);
    if (!enable) return number(`[${before},dl.v(${pin!},-1,0)][1]`);
    await evaluate(`dl.m([${enable.pin}],"output")`);
    const off = enable.active ? 0 : 1;
    const reading = await number(`[${before},dl.v(${pin!},${enable.pin},${enabled ? enable.active : off})][1]`);
    await evaluate(`digitalWrite(${enable.pin},${off})`);
    return reading;
  }

  return {
    evaluate, wait, during,
    async lines(wiring) {
      const pins = listOf(linesOf(wiring));
      await evaluate(`dl.m(${pins},"input_pullup")`);
      const pulledUp = await number(`dl.r(${pins})`);
      await evaluate(`dl.m(${pins},"input_pulldown")`);
      const pulledDown = await number(`dl.r(${pins})`);
      return { pulledUp, pulledDown, joined: await evaluate(`dl.c(${pins})`) as number[] };
    },
    joined: async (wiring) => await evaluate(`dl.c(${listOf(linesOf(wiring))})`) as number[],
    async listen({ d0, d1 }) {
      await evaluate(`!dl.l(${d0},"0")`);
      await evaluate(`!dl.l(${d1},"1")`);
      await evaluate('dl.w()');
      return { d0: await number(`dl.s(${d0},${SAMPLES})`) * 2 > SAMPLES, d1: await number(`dl.s(${d1},${SAMPLES})`) * 2 > SAMPLES };
    },
    heard: async () => String(await evaluate('dl.w()')),
    samples: async (input) => ({ high: await sample(input), of: SAMPLES }),
    ends: async (sensors) => ({ locked: await endOf(sensors?.locked), unlocked: await endOf(sensors?.unlocked) }),
    async pulse({ in1, in2 }, goal, sensors, battery) {
      const stop = sensors?.[goal];
      const stopAt = stop && await endOf(stop) === 0 ? stop : undefined;
      const { pin, enable } = battery;
      // Sets the divider up, and leaves its switch off.
      if (pin !== undefined) await readBattery(battery, '0');
      if (enable) await evaluate(`digitalWrite(${enable.pin},${enable.active})`);
      const lowest = await number(`dl.j(${goal === 'unlocked' ? in1 : in2},${stopAt?.pin ?? -1},${stopAt?.active ?? 0},${pin ?? -1})`);
      if (enable) await evaluate(`digitalWrite(${enable.pin},${enable.active ? 0 : 1})`);
      return lowest;
    },
    async motorOff({ in1, in2 }) {
      for (const pin of [in1, in2]) {
        await evaluate(`digitalWrite(${pin},0)`);
        await evaluate(`dl.m([${pin}],"output")`);
      }
    },
    battery: (wiring, enabled) => readBattery(wiring, '0', enabled),
    batteryAfterErase: (wiring, address) => readBattery(wiring, `require("Flash").erasePage(${address})`),
    async blink({ pin, active }) {
      await evaluate(`dl.m([${pin}],"output")`);
      await evaluate(`digitalWrite(${pin},${active ? 0 : 1})`);
      await evaluate(`!digitalPulse(${pin},${active},[300,300,300,300,300])`);
      await wait(5 * BLINK_MS + 100);
    },
    async beep({ pin, hz }) {
      await evaluate(`dl.m([${pin}],"output")`);
      await evaluate(hz ? `!dl.t(${pin},${hz},3)` : `!digitalPulse(${pin},1,[300,300,300,300,300])`);
      await wait(5 * BLINK_MS + 300);
    },
  };
}
