/** Runs the shipped verifier on the real interpreter, and measures it there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONG_STEP, SHORT_STEP } from '../../firmware/image/slh-dsa.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { calibrate, type Factors } from '../../virtual-board/interpreter/calibrate.js';
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
  /** On this machine, each step the best of several runs of the same verification: what else runs here disturbs no step in all of them. */
  ms: Record<Place, number>;
  longestStepMs: Record<Place, number>;
  /** Of the steps that an app takes, where verifier and signature are plain strings. */
  longestShortStepMs: number;
  /** As many hashes in a bare loop, memory collected every 130: what no verifier on this interpreter can beat. */
  bareMs: number;
  /** JsVars over base: after the start, and the most at any hash, without what looking at them needs. */
  startedVars: number;
  peakVars: number;
  factors: Factors;
  /** `ms.plain` and `longestStepMs.plain` times the JavaScript factor. */
  esp32Ms: number;
  esp32LongestStepMs: number;
}

const RUNS = 12;

/** Names of one letter are the verifier's own: it is declared at the root, like an image. */
const HELPERS = `
function bytes(hex){var u=new Uint8Array(hex.length/2);for(var i=0;i<u.length;i++)u[i]=parseInt(hex.substr(2*i,2),16);return u;}
var S=require("Storage"),memory=process.memory,probe={};
function verdictOf(p,key,message,signature){var v=p.startVerify(E.toString(key),E.toString(message),signature,p.tools),r;do r=v.step(${SHORT_STEP});while(!r);return r;}
`;

/** Scripts run one after the other over the same flash; gives the last one's answer, printed as "ANSWER " and JSON. */
function runScripts(scripts: string[]): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'deadlatch-signature-'));
  let printed = '';
  try {
    for (const script of scripts) {
      writeFileSync(join(folder, 'script.js'), `${HELPERS}${script}\nE.reboot();`, 'latin1');
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

const bundle = (): Promise<string> => bundleDevice('host-tests/interpreter/device/signature-probe.ts', { program: true });
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const store = (code: string, signature: Uint8Array): string =>
  `S.eraseAll();S.write("verifier",${JSON.stringify(code)});S.write("signature",atob("${Buffer.from(signature).toString('base64')}"));`;

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
eval(S.read("verifier"))(probe);var key=bytes("${hex(publicKey)}"),message=bytes("${hex(message)}"),whole=S.read("signature");
print("ANSWER "+JSON.stringify([verdictOf(probe,key,message,""),verdictOf(probe,key,message,whole.substr(1)),verdictOf(probe,key,message,whole+"x"),
  verdictOf(probe,key.slice(1),message,whole)]));`]) as number[];
}

/** The figures of one genuine signature, with the calibration. */
export async function signatureFigures(): Promise<SignatureFigures> {
  const { publicKey, message, signature } = signedMessageFixture(1);
  const code = await bundle();
  const measured = runScripts([store(code, signature), `
var key=E.toString(bytes("${hex(publicKey)}")),message=E.toString(bytes("${hex(message)}")),plain={},flash=S.read("signature");
function once(p,s,most,least){
  memory();
  var t=getTime(),v=p.startVerify(key,message,s,p.tools),r,n=0;
  do{r=v.step(most);t=(getTime()-t)*1000;if(!(t>least[n]))least[n]=t;n++;t=getTime();}while(!r);
  return r;
}
function best(p,s,most){
  var least=[],o={};
  for(var i=0;i<${RUNS};i++)o.verdict=once(p,s,most,least);
  o.steps=least.length;o.ms=E.sum(least);o.longestStepMs=least.reduce(function(a,b){return a>b?a:b;});
  return o;
}
var answer={};
eval(E.toString(E.toUint8Array(S.read("verifier"))))(plain);
answer.plain=best(plain,E.toString(E.toUint8Array(flash)),${LONG_STEP});
answer.shortStepMs=best(plain,E.toString(E.toUint8Array(flash)),${SHORT_STEP}).longestStepMs;
eval(S.read("verifier"))(probe);
answer.flash=best(probe,flash,${LONG_STEP});
plain=0;
var lent=probe.tools,base,used;
function counted(f){return function(x){answer.hashes++;used=memory(false).usage-base;if(used>answer.peakVars)answer.peakVars=used;return f(x);};}
var tools={sha256:counted(lent.sha256),hash:counted(lent.hash),text:lent.text,bytesOf:lent.bytesOf,digits:lent.digits,sum:lent.sum,collect:lent.collect};
var verifying,verdict,nothing=counted(function(){}),own;
answer.hashes=answer.peakVars=answer.startedVars=0;
base=memory().usage;nothing();own=answer.peakVars;
answer.hashes=answer.peakVars=0;
base=memory().usage;
verifying=probe.startVerify(key,message,flash,tools);
answer.startedVars=memory().usage-base;
do verdict=verifying.step(${LONG_STEP});while(!verdict);
answer.peakVars-=own;
answer.blockMs=(function(hash,leaf,left,set,n,i,t,least){
  set=left.set.bind(left);
  for(n=0;n<40;n++){t=getTime();memory();for(i=0;i<130;set(hash(leaf)))leaf[85]=i++;t=(getTime()-t)*1000;if(!(t>least))least=t;}
  return least;
})(lent.hash,used=new Uint8Array(102),used.subarray(86));
print("ANSWER "+JSON.stringify(answer));`]) as { flash: Once; plain: Once; shortStepMs: number; blockMs: number; hashes: number; startedVars: number; peakVars: number };
  const factors = await calibrate();
  return {
    bytes: code.length, verdict: measured.flash.verdict, steps: measured.flash.steps, hashes: measured.hashes,
    ms: { flash: measured.flash.ms, plain: measured.plain.ms },
    longestStepMs: { flash: measured.flash.longestStepMs, plain: measured.plain.longestStepMs },
    longestShortStepMs: measured.shortStepMs,
    bareMs: (measured.blockMs * measured.hashes) / 130,
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
