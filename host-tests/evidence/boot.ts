/**
 * How long the boot decision takes, in ESP32-equivalent time, and what it leaves of the memory. Measured on the real interpreter from
 * the first statement of `.boot0` to the call that evaluates what was chosen; that evaluation itself does not count.
 *
 *   ESP32-equivalent = (all - flash - texts - hashing - clocks - waits) x JavaScript factor + hashing there + flash + waits there
 *
 * `flash`: erases and writes, which block for the real part's time, and reads; each read and write is given another 0.18 ms, an ESP32's
 * own time for the call. `hashing`: the time inside SHA-256 of image and messages, in whose place an emulated ESP32's goes (16 ms for 64 KB at
 * once, 20 ms page by page).
 * The short hashes of the signature, a third of its time, are counted as JavaScript: as hashing they would add 2 % where the factors are 23 and 25.
 * `clocks`: what the measuring adds, see below.
 * `waits`: what a timer was set to, 0.1 ms for each turn, goes by the clock, on every chip. Chips that are slower notice up to a pass of the
 * idle loop later that it is over (docs/platform.md).
 * The fastest of several runs counts: whatever else this machine does only adds. Where it is busy for longer than that, the times say nothing.
 *
 * What is not as on an ESP32, and what is done about it:
 * - Its flash is mapped: code, signature and records are read like RAM. Espruino for Linux opens its flash file for every few bytes, so
 *   they are copied to RAM, and the time of copying (`texts`) counts as a call's 0.18 ms. Only the pages stay where they are; hashing them is timed by itself.
 * - Pins, watchdog and reset cause are native there. Here the prelude stands in for them, in JavaScript and with a datagram for each call; in
 *   its place come native functions that do nothing, at the cost of a native call. So it is with
 *   the console, whose moving is printed here, and with the telnet server, which this build looks for in Storage.
 * - A clock around a native function is a JavaScript function. After each run every clock is called around a function that does nothing,
 *   and for each call that much is taken off (`clocks`), less what the same call takes without a clock.
 * - The decision runs its steps until some milliseconds have passed. Its clock runs faster by the JavaScript factor, so that it ends its turns
 *   where an ESP32 would.
 */
import { buildApp } from '../../scripts/build-firmware.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { familyOf } from '../../cli/provision/lock-flash.js';
import { SIGNATURE_BYTES } from '../../firmware/image/format.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { calibrate, type Factors } from '../../virtual-board/interpreter/calibrate.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { PRELUDE, type Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import type { Progress } from './index.js';
import { interpreterVars } from '../interpreter/interpreter-vars.js';
import { linuxFirmware, linuxLock, wiring } from '../interpreter/locks.js';

export interface BootFigures {
  /** Bytes of the minified bootloader without safe mode, and of the app; as built for the ESP32. */
  bootloaderBytes: number;
  appBytes: number;
  /** First start: the image verified in full with its signature, the journal written. */
  coldMs: number;
  /** A start with a seal: pages hashed, no signature. */
  warmMs: number;
  /** Both slots empty: to safe mode. */
  emptyBootMs: number;
  /** Turns of a cold start; and what it would be if waiting between them took longer on a slower chip, as JavaScript does. */
  coldTurns: number;
  coldWaitsScaledMs: number;
  /** JsVars left of the pool of this interpreter, 16383, once the app runs; and those in use. Without the prelude's. */
  varsLeft: number;
  usedVars: number;
  factors: Factors;
}

const RUNS = 12;
/** Of a page of 4 KB, which this build erases as four; data-sheet figures. */
const FLASH_TIMES = { eraseMs: 45 / 4, write256Ms: 0.5 };
/** `Flash.read(32)` and `Flash.write(256)` on the emulated ESP32. */
const CALL_MS = 0.18;
/** SHA-256 on the emulated ESP32: of 16 pages 20 ms, of the same 64 KB at once 16 ms; so much for a call, and for a byte. */
const HASH_CALL_MS = (20 - 16) / 15;
const HASH_MS_PER_BYTE = (16 - HASH_CALL_MS) / 65536;

/** Milliseconds; see at the top. */
interface Run {
  allMs: number;
  flashMs: number;
  /** Copying text to RAM. */
  textMs: number;
  /** Reads, texts and writes. */
  calls: number;
  hashMs: number;
  hashCalls: number;
  hashedBytes: number;
  /** What the clocks themselves took. */
  clocksMs: number;
  /** What timers were set to, and how many there were. */
  waitsMs: number;
  turns: number;
  safeMode: boolean;
}

/** Measures all of it; half a minute. */
export async function boot(progress: Progress = () => undefined): Promise<BootFigures | { skipped: string }> {
  const { missing } = findEspruino();
  if (missing) return { skipped: missing };
  progress(0, 'building');
  const bootloader = await buildBootloader({ family: 'esp32' });
  const app = await buildApp({ family: 'esp32', version: '1.0.0' });
  const firmware = await linuxFirmware('1.0.0');
  progress(0.2, 'calibrating');
  const factors = await calibrate();
  const cold: number[] = [];
  const warm: number[] = [];
  const empty: number[] = [];
  const scaled: number[] = [];
  let coldTurns = 0;
  for (let run = 0; run < RUNS; run++) {
    progress(0.3 + (0.6 * run) / RUNS, 'starts with and without a seal, and with nothing to run');
    const [coldRun, warmRun] = await startTwice(firmware.file, factors.javascript);
    const [emptyRun] = await startTwice(new Uint8Array(0), factors.javascript);
    if (coldRun.safeMode || warmRun.safeMode || !emptyRun.safeMode) throw new Error('the bootloader did not start what it should have');
    cold.push(equivalent(coldRun, factors));
    scaled.push(equivalent({ ...coldRun, waitsMs: 0, turns: 0 }, factors));
    coldTurns = coldRun.turns;
    warm.push(equivalent(warmRun, factors));
    empty.push(equivalent(emptyRun, factors));
  }
  progress(0.9, 'memory');
  const { free, usage } = await afterLaunch(firmware);
  return {
    bootloaderBytes: bootloader.bootBytes, appBytes: app.length,
    coldMs: Math.round(Math.min(...cold)), warmMs: Math.round(Math.min(...warm)), emptyBootMs: Math.round(Math.min(...empty)),
    coldTurns, coldWaitsScaledMs: Math.round(Math.min(...scaled)),
    varsLeft: free, usedVars: usage, factors,
  };
}

function equivalent(run: Run, factors: Factors): number {
  const javascriptMs = run.allMs - run.flashMs - run.textMs - run.hashMs - run.clocksMs - run.waitsMs;
  return (javascriptMs + run.turns * factors.idlePassMs) * factors.javascript + run.hashCalls * HASH_CALL_MS + run.hashedBytes * HASH_MS_PER_BYTE
    + run.flashMs + run.calls * CALL_MS + run.waitsMs;
}

/**
 * In front of the bootloader, in the same file, with `if(0)` before it: copies the bootloader and the signature to RAM, puts clocks
 * around flash and the hashing of pages, and evaluates the bootloader in a turn of its own. It ends where an image is evaluated. Evaluated
 * as a text, so that the clocks themselves lie in RAM too.
 *
 * `mTimed(k, f)` gives a clocked `f`; sums and counts: 0 reads and writes, 1 erases, 2 texts, 3 pages, 4 nothing. Short hashes, calls of
 * `require` and of `getTime` are only counted.
 */
function clocks(signatureAt: number, startAt: number, startBytes: number, safeModeAt: number, factor: number): string {
  const { base, bootPages } = familyOf(wiring).geometry;
  const fileAt = base + bootPages * 4096 + 32;
  return `eval(${JSON.stringify(`
var mFlash=require("Flash"),mStorage=require("Storage"),mSha=require("crypto").SHA256,mRequire=require,mTimer=setTimeout,mTime=getTime,mSums=[0,0,0,0,0],mCalls=[0,0,0,0,0],
mHashes=0,mRequires=0,mTimes=0,mTimers=0,mWaits=0,mBytes=0,mSafe=false,mBegun,mNothing=Boolean,
mBoot=E.toString(E.toUint8Array(mStorage.read(".boot0",${startAt},${startBytes}))),mSignature=E.toString(mFlash.read(${SIGNATURE_BYTES},${signatureAt}));
function mText(n,o,l){if(n==".boot0"&&o==${safeModeAt})mSafe=true;return l==${SIGNATURE_BYTES}?mSignature:l>20000?mStorage.read(n,o,l):E.toString(mFlash.read(l,(n==".boot0"?${base + 32}:${fileAt})+o))}
function mTimed(k,f){return function(a,b,c){var t=mTime(),r=f(a,b,c);mSums[k]+=mTime()-t;mCalls[k]++;return r}}
var mPages=mTimed(3,mSha),mParts={Flash:{read:mTimed(0,mFlash.read),write:mTimed(0,mFlash.write),erasePage:mTimed(1,mFlash.erasePage)},Storage:{read:mTimed(2,mText)},TelnetServer:{setOptions:mNothing},
crypto:{SHA256:function(d){if(typeof d=="string"){mBytes+=d.length;return mPages(d)}mHashes++;return mSha(d)}}};
require=function(n){return n=="crypto"&&mRequires++?mRequire(n):mParts[n]||mRequire(n)};
"pinMode digitalWrite digitalPulse digitalRead analogRead analogWrite setWatch peek32".split(" ").forEach(function(n){global[n]=mNothing});
E.enableWatchdog=E.kickWatchdog=E.setConsole=mNothing;global.getTime=function(){mTimes++;return mTime()*${factor}};
function mOnce(f,a){for(var i=0,t=mTime();i<100;i++)f(a);return(mTime()-t)/100}
function mLoop(f,a){for(var i=0,best=1,t;i<5;i++){t=mOnce(f,a);if(t<best)best=t}return best}
function mEnd(){var all=mTime()-mBegun,mt=mTimers,w=mWaits,n=mLoop(mNothing,1),c=mCalls[0]+mCalls[1]+mCalls[2]+mCalls[3],h=mHashes,q=mRequires+3,g=mTimes,u=new Uint8Array(99),b=mBytes;
var cost=c*(mLoop(mTimed(4,mNothing),1)-2*n)+h*(mLoop(mParts.crypto.SHA256,u)-mLoop(mSha,u))+q*(mLoop(require,"Flash")-n)+g*(mLoop(getTime,1)-mLoop(mTime,1))+mt*(mLoop(mTurn(mNothing),1)-n);
print("BOOT "+JSON.stringify({allMs:1e3*all,flashMs:1e3*(mSums[0]+mSums[1]),textMs:1e3*mSums[2],calls:mCalls[0]+mCalls[2],hashMs:1e3*mSums[3],hashCalls:mCalls[3],hashedBytes:b,clocksMs:1e3*cost,waitsMs:w,turns:mt,safeMode:mSafe}))}
function mTurn(s){return function(f,t){mTimers++;mWaits+=t>.1?t:.1;return s(typeof f=="string"?mEnd:f,t)}}
global.setTimeout=mTurn(mTimer);
mTimer("process.memory();mBegun=mTime();eval(mBoot)",9);`)});
if(0)`;
}

/** The text of a `.boot0` that clocks itself. There is no room for safe mode besides, and it is not evaluated here: another text is in its place. */
async function clockedBoot(signatureAt: number, factor: number): Promise<string> {
  const at = (PRELUDE + clocks(signatureAt, 10_000, 10_000, 10_000, factor)).length;
  const { text, startBytes, safeMode } = await buildBootloader({
    family: 'linux', define: { __MAPPED_FLASH__: 'true' }, prelude: ' '.repeat(at), safeModeEntry: 'host-tests/explorer/device/crashing.ts',
  });
  return (PRELUDE + clocks(signatureAt, at, startBytes, safeMode.offset, factor)).padEnd(at) + text.slice(at);
}

/** The first start on fresh flash, and the one after it. */
async function startTwice(image: Uint8Array, factor: number): Promise<[Run, Run]> {
  const signatureAt = layoutOf(familyOf(wiring).geometry).slots[0].address + Math.max(image.length - SIGNATURE_BYTES, 0);
  const firmware = { file: image, version: '1.0.0', hash: new Uint8Array(0), cached: true };
  const lock = await linuxLock(firmware, { boot0Text: await clockedBoot(signatureAt, factor), flashTimes: FLASH_TIMES });
  try {
    return [await clocked(lock), await clocked(lock)];
  } finally {
    await lock.close();
  }
}

async function clocked(lock: Interpreter): Promise<Run> {
  const from = lock.reports.length;
  await lock.powerOn();
  const said = await lock.waitFor('the clocks', (report) => report[0] === 'log' && report[1].startsWith('BOOT '), { timeoutMs: 20_000, from });
  await lock.powerOff();
  return JSON.parse(String(said[1]).slice(5)) as Run;
}

/** What `process.memory()` says a second after the app was launched; what the prelude takes is taken off. */
async function afterLaunch(firmware: Awaited<ReturnType<typeof linuxFirmware>>): Promise<{ free: number; usage: number }> {
  const lock = await linuxLock(firmware);
  try {
    await lock.powerOn();
    let kicks = 0;
    const motor = (wiring.bolt as { in1: number }).in1;
    await lock.waitFor('the door', (report) => report[0] === 'out' && report[1] === motor, { timeoutMs: 20_000, from: 0 });
    await lock.waitFor('some turns', (report) => report[0] === 'kick' && ++kicks === 2, { timeoutMs: 20_000 });
    const prelude = (await interpreterVars()).preludeVars;
    const { free, usage } = await lock.evaluate('process.memory()') as { free: number; usage: number };
    return { free: free + prelude, usage: usage - prelude };
  } finally {
    await lock.close();
  }
}
