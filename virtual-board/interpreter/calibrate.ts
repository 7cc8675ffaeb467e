/**
 * ESP32-equivalent time: how much slower an ESP32 is than the interpreter on this machine. Four small loops were timed on an
 * Espruino build for ESP32 in an emulator (250 MIPS); their ratios to the same loops here are the factors. No hardware was involved.
 * How the loops are run here is in docs/platform.md, "ESP32-equivalent time".
 */
import { runScript } from './script.js';

export interface Factors {
  /** Multiply the time of JavaScript by this: mean of the first three ratios. */
  javascript: number;
  /** Multiply the time of native SHA-256, and the call of it, by this: the fourth ratio. */
  hashing: number;
  /** A pass of the idle loop here, from the end of a turn to the beginning of one that is due already, and setting its timer. */
  idlePassMs: number;
  /** What was measured here, milliseconds: empty loop, calls, Uint8Array.set, SHA-256. */
  hereMs: [number, number, number, number];
}

/** Milliseconds of the four loops on the emulated ESP32, in the order of `hereMs`. */
const ESP32_MS = [777, 424, 71, 110];
/** Interpreters started one after another, and repetitions in each. */
const PROCESSES = 5;
const REPETITIONS = 60;
/** In one piece of the last loop, 4 ms. */
const TURNS = 20;

/**
 * Variables at the top level, as in the runs on the ESP32. Each loop is timed in short pieces, a tenth of it, a fifth or a quarter: whatever
 * else runs here leaves at least one of them alone. Memory is collected before each piece, outside the measured time, because hashing
 * fragments the list of free variables and would otherwise take longer and longer.
 *
 * Then turns that set a timer and are busy until it is due: what is left, without the same in a loop, is the pass of the idle loop.
 */
const SCRIPT = `
var i,t,n,r=[1e9,1e9,1e9,1e9],f=function(a){return a;},u=new Uint8Array(102),d=new Uint8Array(16),crypto=require("crypto");
function least(row,s){if(s<r[row])r[row]=s;}
for(n=0;n<${REPETITIONS};n++){
process.memory();t=getTime();for(i=0;i<2000;i++);least(0,(getTime()-t)*10);
process.memory();t=getTime();for(i=0;i<500;i++)f(i);least(1,(getTime()-t)*10);
process.memory();t=getTime();for(i=0;i<100;i++)u.set(d,i%80);least(2,(getTime()-t)*5);
process.memory();t=getTime();for(i=0;i<125;i++)crypto.SHA256(u);least(3,(getTime()-t)*4);
}
r.push(1e9,1e9);
function spin(){t=getTime()+2e-4;while(getTime()<t);}
function turn(){if(i++<${TURNS}){setTimeout(turn,0);spin();}else{least(4,(getTime()-n)/${TURNS});pieces();}}
function pieces(){
if(f++==${REPETITIONS})return print("CALIBRATION "+JSON.stringify(r));
n=getTime();for(i=0;i<${TURNS};i++)spin();least(5,(getTime()-n)/${TURNS});
i=0;n=getTime();turn();
}
f=0;pieces();
`;

let factors: Promise<Factors> | undefined;

/** The factors of the interpreter in use, measured once in a process: all figures printed together have the same ones. About 3 s. */
export function calibrate(): Promise<Factors> {
  factors ??= measure();
  return factors;
}

async function measure(): Promise<Factors> {
  const best: number[] = [];
  for (let run = 0; run < PROCESSES; run++) {
    (await measureOnce()).forEach((ms, loop) => {
      best[loop] = Math.min(best[loop] ?? Infinity, ms);
    });
  }
  const ratios = ESP32_MS.map((ms, loop) => ms / best[loop]!);
  const [turnMs, spinMs] = best.slice(ESP32_MS.length);
  return {
    javascript: round1((ratios[0]! + ratios[1]! + ratios[2]!) / 3),
    hashing: round1(ratios[3]!),
    idlePassMs: Math.round((turnMs! - spinMs!) * 10_000) / 10_000,
    hereMs: best.slice(0, 4).map((ms) => Math.round(ms * 100) / 100) as Factors['hereMs'],
  };
}

async function measureOnce(): Promise<number[]> {
  const output = await runScript(SCRIPT);
  const line = /CALIBRATION (\[.*\])/.exec(output);
  if (!line) throw new Error(`the calibration printed nothing to read:\n${output}`);
  return (JSON.parse(line[1]!) as number[]).map((seconds) => seconds * 1000);
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
