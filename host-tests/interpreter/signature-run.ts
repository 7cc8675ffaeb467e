/** Runs the shipped verifier on the real interpreter, and measures it there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDevice } from '../../scripts/build-firmware.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { signedMessageFixture } from '../image/fixture.js';

/** Where verifier and signature are: flash strings as on a board with SPI flash, or plain strings, read as fast as mapped flash is. */
export type Place = 'flash' | 'plain';

export interface SignatureFigures {
  /** Bytes of the minified verifier with its tools. */
  bytes: number;
  /** 1: accepted. */
  verdict: number;
  steps: number;
  hashes: number;
  /** Best of several runs on this machine. */
  ms: Record<Place, number>;
  longestStepMs: Record<Place, number>;
  /** JsVars over base: after the start, and the most that was seen in a run. */
  startedVars: number;
  peakVars: number;
  /** Emulated ESP32 over this machine: mean of the three JavaScript rows, and the hashing row. */
  factors: { javascript: number; hashing: number };
  /** `ms.plain` and `longestStepMs.plain` times the JavaScript factor. */
  esp32Ms: number;
  esp32LongestStepMs: number;
}

const RUNS = 5;

const HELPERS = `
function bytes(hex){var u=new Uint8Array(hex.length/2);for(var i=0;i<u.length;i++)u[i]=parseInt(hex.substr(2*i,2),16);return u;}
var S=require("Storage"),memory=process.memory,probe={};
function verdictOf(p,key,message,signature){var v=p.startVerify(key,message,signature,p.tools),r;do r=v.step();while(!r);return r;}
`;

/** Scripts run one after the other over the same flash; gives the last one's answer, printed as "ANSWER " and JSON. */
function runScripts(scripts: string[]): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'deadlatch-signature-'));
  let printed = '';
  try {
    for (const script of scripts) {
      writeFileSync(join(folder, 'script.js'), `${HELPERS}${script}\nE.reboot();`);
      const run = spawnSync(findEspruino().path!, ['script.js'], { cwd: folder, timeout: 60_000, killSignal: 'SIGKILL', maxBuffer: 1e7 });
      printed = run.stdout.toString('latin1');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const answer = /^ANSWER (.*)$/m.exec(printed);
  if (!answer) throw new Error(`Espruino gave no answer: ${printed.slice(0, 1000)}`);
  return JSON.parse(answer[1]!);
}

const bundle = (): Promise<string> => bundleDevice('host-tests/interpreter/device/signature-probe.ts', { parameter: 'probe' });
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const store = (code: string, signature: Uint8Array): string =>
  `S.eraseAll();S.write("verifier",${JSON.stringify(`(${code})`)});S.write("signature",atob("${Buffer.from(signature).toString('base64')}"));`;

/** Verdicts of the interpreter, each with one bit of signature, message or key changed; the last one with none. */
export async function verdictsOnInterpreter(flips: { part: 'signature' | 'message' | 'key'; bit: number }[]): Promise<number[]> {
  const { publicKey, message, signature } = signedMessageFixture(1);
  return runScripts([store(await bundle(), signature), `
eval(S.read("verifier"))(probe);
var parts={key:bytes("${hex(publicKey)}"),message:bytes("${hex(message)}"),signature:E.toUint8Array(S.read("signature"))};
function flip(f){parts[f.part][f.bit>>3]^=1<<(f.bit&7);}
function verdict(){return verdictOf(probe,parts.key,parts.message,E.toString(parts.signature));}
var verdicts=${JSON.stringify(flips)}.map(function(f){flip(f);var r=verdict();flip(f);return r;});
verdicts.push(verdict());
print("ANSWER "+JSON.stringify(verdicts));`]) as number[];
}

/** Verdicts on wrong lengths: an empty signature, one byte short, one byte long, and a key of 31 bytes. */
export async function lengthVerdictsOnInterpreter(): Promise<number[]> {
  const { publicKey, message, signature } = signedMessageFixture(1);
  return runScripts([store(await bundle(), signature), `
eval(S.read("verifier"))(probe);var key=bytes("${hex(publicKey)}"),message=bytes("${hex(message)}"),s=S.read("signature");
print("ANSWER "+JSON.stringify([verdictOf(probe,key,message,""),verdictOf(probe,key,message,s.substr(1)),verdictOf(probe,key,message,s+"x"),
  verdictOf(probe,key.slice(1),message,s)]));`]) as number[];
}

/** The figures of one genuine signature, with the calibration measured in the same run. */
export async function signatureFigures(): Promise<SignatureFigures> {
  const { publicKey, message, signature } = signedMessageFixture(1);
  const code = await bundle();
  const measured = runScripts([store(code, signature), `
var key=bytes("${hex(publicKey)}"),message=bytes("${hex(message)}"),plain={},flash=S.read("signature");
eval(S.read("verifier"))(probe);
eval(E.toString(E.toUint8Array(S.read("verifier"))))(plain);
function once(p,s){
  memory();
  var start=getTime(),v=p.startVerify(key,message,s,p.tools),r,t,o={steps:0,longestStepMs:0};
  do{t=getTime();r=v.step();t=(getTime()-t)*1000;o.steps++;if(t>o.longestStepMs)o.longestStepMs=t;}while(!r);
  o.ms=(getTime()-start)*1000;o.verdict=r;
  return o;
}
function best(p,s){
  var b=once(p,s);
  for(var i=1;i<${RUNS};i++){var o=once(p,s);if(o.ms<b.ms)b.ms=o.ms;if(o.longestStepMs<b.longestStepMs)b.longestStepMs=o.longestStepMs;}
  return b;
}
var answer={flash:best(probe,flash),plain:best(plain,E.toString(E.toUint8Array(flash)))};
var t=probe.tools,base,u;
answer.hashes=0;answer.peakVars=0;
function counted(f){return function(x){answer.hashes++;u=memory(false).usage-base;if(u>answer.peakVars)answer.peakVars=u;return f(x);};}
var tools={sha256:counted(t.sha256),hash:counted(t.hash),bytesOf:t.bytesOf,digits:t.digits,sum:t.sum,collect:t.collect};
var v,r;
base=memory().usage;
v=probe.startVerify(key,message,flash,tools);
answer.startedVars=memory().usage-base;
do r=v.step();while(!r);
print("ANSWER "+JSON.stringify(answer));`]) as { flash: Once; plain: Once; hashes: number; startedVars: number; peakVars: number };
  const factors = calibration();
  return {
    bytes: code.length, verdict: measured.flash.verdict, steps: measured.flash.steps, hashes: measured.hashes,
    ms: { flash: measured.flash.ms, plain: measured.plain.ms },
    longestStepMs: { flash: measured.flash.longestStepMs, plain: measured.plain.longestStepMs },
    startedVars: measured.startedVars, peakVars: measured.peakVars, factors,
    esp32Ms: measured.plain.ms * factors.javascript, esp32LongestStepMs: measured.plain.longestStepMs * factors.javascript,
  };
}

interface Once {
  steps: number;
  ms: number;
  longestStepMs: number;
  verdict: number;
}

/** Four small programs whose times on an emulated ESP32 are known (777, 424, 71 and 110 ms); best of three runs each. */
function calibration(): SignatureFigures['factors'] {
  const rows = runScripts([`
var i,k,j,n,f=function(a){return a;},u=new Uint8Array(102),d=new Uint8Array(16),crypto=require("crypto"),best=[1e9,1e9,1e9,1e9];
function keep(row,ms){if(ms<best[row])best[row]=ms;}
for(k=0;k<4;k++){
  memory();n=getTime();for(i=0;i<20000;i++);keep(0,(getTime()-n)*1000);
  memory();n=getTime();for(i=0;i<5000;i++)f(i);keep(1,(getTime()-n)*1000);
  memory();n=getTime();for(i=0;i<500;i++)u.set(d,i%80);keep(2,(getTime()-n)*1000);
  var sum=0;for(j=0;j<4;j++){memory();n=getTime();for(i=0;i<125;i++)crypto.SHA256(u);sum+=getTime()-n;}keep(3,sum*1000);
}
print("ANSWER "+JSON.stringify(best));`]) as [number, number, number, number];
  return { javascript: (777 / rows[0] + 424 / rows[1] + 71 / rows[2]) / 3, hashing: 110 / rows[3] };
}
