/** An offer and an upload on the real interpreter: the same code, its memory and its longest turn. */
import { expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { storageImage } from '../../virtual-board/provision.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { replyOf, requestOf } from '../smp/frames.js';
import { imageOf, makerKey, sha256 } from './images.js';

const family = FAMILIES.find((one) => one.name === 'linux')!;
const image = imageOf({ family: family.id });
const base64 = (data: Uint8Array | string): string => JSON.stringify(Buffer.from(data as string, 'latin1').toString('base64'));
const bytes = (data: Uint8Array): string => `E.toUint8Array(atob(${JSON.stringify(Buffer.from(data).toString('base64'))}))`;

interface Answer {
  replies: string[];
  turnsMs: number[];
  serverVars: number;
  peakVars: number;
  framingMs: number;
  slot: string;
  log: string[];
  /** Milliseconds of the first two rows of the calibration, on this machine in this run. */
  loopMs: number;
  callMs: number;
}

/** Of JavaScript, ESP32-equivalent, page erases left out. */
const LONGEST_TURN_MS = 50;

/** The same on the emulated ESP32: 20,000 turns of an empty loop, 5,000 calls of an empty function. */
const ESP32_LOOP_MS = 777;
const ESP32_CALL_MS = 424;

/** Sends the frames one after the other, each when the one before was answered. */
async function run(frames: string[]): Promise<Answer> {
  const define = {
    __FAMILY__: JSON.stringify(family.name), __FAMILY_ID__: String(family.id), __MAPPED_FLASH__: String(family.mappedFlash),
    __GEOMETRY__: JSON.stringify(family.geometry), __VERSION__: '"1.0.0"',
  };
  const text = await bundleDevice('host-tests/update/device/server-probe.ts', { parameter: 'probe', define });
  const flash = storageImage({ geometry: family.geometry, boot0Text: `/*${`(${text})`.replaceAll('*/', '* /')}*/` });
  const installed = imageOf({ family: family.id, version: '1.0.0', bodyBytes: 5000 });
  const slots = layoutOf(family.geometry).slots;
  flash.set(installed.file, slots[0].address - family.geometry.base);
  const script = `
var S=require("Storage"),probe={log:[],turnsMs:[],peakVars:0,publicKey:${bytes(makerKey.publicKey)},imageId:${bytes(installed.imageId)}};
eval(E.toString(E.toUint8Array(S.read(".boot0",2,${text.length + 2}))))(probe);
var i,t,loopMs=1e9,callMs=1e9,f=function(a){return a;};
for(var k=0;k<15;k++){
  t=getTime();for(i=0;i<20000;i++);t=(getTime()-t)*1000;if(t<loopMs)loopMs=t;
  t=getTime();for(i=0;i<5000;i++)f(i);t=(getTime()-t)*1000;if(t<callMs)callMs=t;
}
var frames=[${frames.map(base64).join(',')}],replies=[],next=0;
function send(){
  if(next>=frames.length)return done();
  var frame=atob(frames[next]);frames[next]="";next++;
  probe.measured(function(){probe.server.receive(frame,function(reply){replies.push(btoa(reply));setTimeout(send,1);});});
}
function done(){
  print("ANSWER "+JSON.stringify({loopMs:loopMs,callMs:callMs,replies:replies,turnsMs:probe.turnsMs,serverVars:probe.serverVars,peakVars:probe.peakVars,log:probe.log,
    framingMs:probe.framingMs(atob(replies[replies.length-1])),
    slot:btoa(E.toString(require("Flash").read(${image.file.length},${slots[1].address})))}));
}
setTimeout(send,1);
`;
  const output = await runScript(script, { files: { 'espruino.flash': flash } });
  const answer = /ANSWER (.*)$/m.exec(output);
  if (!answer) throw new Error(`no answer:\n${output.slice(0, 3000)}`);
  return JSON.parse(answer[1]!) as Answer;
}

describeWithInterpreter('the SMP server on the real interpreter', () => {
  it('takes an offer and an upload and keeps its turns short', async () => {
    const frames: string[] = [];
    for (let off = 0; off < image.offer.length; off += 1000) {
      frames.push(requestOf(64, 1, { off, data: image.offer.slice(off, off + 1000), ...(off ? {} : { len: image.offer.length }) }));
    }
    for (let off = 0; off < image.file.length; off += 1400) {
      const first = off ? {} : { len: image.file.length, sha: sha256(image.file) };
      frames.push(requestOf(1, 1, { off, data: image.file.slice(off, off + 1400), ...first }));
    }
    frames.push(requestOf(1, 0, { hash: image.hash }), requestOf(1, 0, {}, { operation: 0 }));
    const runs = [await run(frames), await run(frames), await run(frames)];
    const answer = runs[0]!;
    const replies = answer.replies.map((reply) => replyOf(Buffer.from(reply, 'base64').toString('latin1')).body);
    // The same turns each time; whatever else this machine does only adds to them.
    const least = (of: (each: Answer) => number): number => Math.min(...runs.map(of));
    const factor = (ESP32_LOOP_MS / least((each) => each.loopMs) + ESP32_CALL_MS / least((each) => each.callMs)) / 2;
    const turns = answer.turnsMs.map((_, turn) => least((each) => each.turnsMs[turn]!) * factor);
    // A busy machine interrupts some turn in all three runs: a few may look long.
    const long = turns.filter((ms) => ms > LONGEST_TURN_MS);
    expect(long.length, `turns longer than ${LONGEST_TURN_MS} ms: ${long.map(Math.round).join(', ')} of ${turns.length}`).toBeLessThan(turns.length / 25);
    expect(least((each) => each.framingMs) * factor).toBeLessThan(LONGEST_TURN_MS);
    expect(replies[Math.ceil(image.offer.length / 1000) - 1]).toEqual({ off: image.offer.length });
    expect(replies[replies.length - 3]).toEqual({ off: image.file.length, match: true });
    expect(replies[replies.length - 1]!['images']).toMatchObject([{ slot: 0, active: true }, { slot: 1, pending: true, version: '2.0.0' }]);
    expect(Buffer.from(answer.slot, 'base64').equals(image.file)).toBe(true);
    expect(answer.log).toEqual(['offer accepted', 'start OTA', 'OTA finished', 'trial set']);
  }, 60_000);
});
