/**
 * ESP32-equivalent time: how much slower an ESP32 is than the interpreter on this machine. Four small loops were timed on an
 * Espruino build for ESP32 in an emulator (250 MIPS); their ratio to the same loops here are the factors. No hardware was involved.
 */
import { runScript } from './script.js';

export interface Factors {
  /** Multiply the time of JavaScript by this. */
  javascript: number;
  /** Multiply the time of native SHA-256 by this. */
  hashing: number;
  /** What was measured here, milliseconds: empty loop, calls, Uint8Array.set, SHA-256. */
  hereMs: [number, number, number, number];
}

/** Milliseconds of the four loops on the emulated ESP32, in the order of `hereMs`. */
const ESP32_MS = [777, 424, 71, 110];
const ROUNDS = 5;

// Variables at the top level, as in the runs on the ESP32. Hashing fragments the list of free variables; process.memory() mends it.
const SCRIPT = `
var i,t,f=function(a){return a;},u=new Uint8Array(102),d=new Uint8Array(16),crypto=require("crypto"),r=[];
for(i=0;i<20000;i++);
t=getTime();for(i=0;i<20000;i++);r.push(getTime()-t);
for(i=0;i<5000;i++)f(i);
t=getTime();for(i=0;i<5000;i++)f(i);r.push(getTime()-t);
for(i=0;i<500;i++)u.set(d,i%80);
t=getTime();for(i=0;i<500;i++)u.set(d,i%80);r.push(getTime()-t);
for(i=0;i<500;i++){crypto.SHA256(u);if(i%130==129)process.memory();}
t=getTime();for(i=0;i<500;i++){crypto.SHA256(u);if(i%130==129)process.memory();}r.push(getTime()-t);
print("CALIBRATION "+JSON.stringify(r));
`;

/** Measures the factors of the interpreter in use: the fastest of a few rounds counts, as whatever else runs here only adds time. */
export async function calibrate(): Promise<Factors> {
  const best = ESP32_MS.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    (await measureOnce()).forEach((ms, loop) => {
      best[loop] = Math.min(best[loop]!, ms);
    });
  }
  const ratios = best.map((ms, loop) => ESP32_MS[loop]! / ms);
  return {
    javascript: round1((ratios[0]! + ratios[1]! + ratios[2]!) / 3),
    hashing: round1(ratios[3]!),
    hereMs: best.map((ms) => Math.round(ms * 100) / 100) as Factors['hereMs'],
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
