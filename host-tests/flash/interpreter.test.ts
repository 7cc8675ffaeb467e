/** The same steps in Node and on the real interpreter give the same answers and the same bytes in flash. */
import { expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { storageImage } from '../../virtual-board/provision.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { layoutOf } from '../../firmware/flash/layout.js';
import { freeBytesOf, keysOf, removeRecord, wipeRecords } from '../../firmware/flash/record-chores.js';
import { openRecords } from '../../firmware/flash/records.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { createNor } from '../../virtual-board/nor.js';
import { createRandom } from '../../virtual-board/random.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { crc32 } from './support.js';

const family = FAMILIES.find(({ name }) => name === 'linux')!;
const layout = layoutOf(family.geometry);
/** The journal where it belongs; records in a slot, which is larger than the store of this family. */
const SPANS = { journal: layout.journal, records: { address: layout.slots[0].address, pages: 10 }, spare: layout.spare };

/** Runs on both sides, so it is written for the smaller one. */
const DRIVER = `(function(probe, steps, now) {
  var spans = ${JSON.stringify(SPANS)};
  var j = { flash: probe.flash, crc32: probe.crc32, span: spans.journal, spare: spans.spare };
  var r = { flash: probe.flash, crc32: probe.crc32, span: spans.records, spare: spans.spare };
  var journal = probe.openJournal(j), records = probe.openRecords(r), answers = [], longest = 0;
  function sum(bytes) { return bytes ? probe.crc32(bytes) : -1; }
  answers.push([journal.valid, journal.format(), journal.valid]);
  steps.forEach(function (s) {
    var bytes = new Uint8Array(s[2]), code = 0, t;
    for (var i = 0; i < bytes.length; i++) bytes[i] = s[3] + i * 5;
    t = now();
    if (s[0] === 0) code = journal.append(s[1], bytes, s[4]);
    if (s[0] === 1) code = journal.mark(s[1], s[4], s[3] * 257);
    if (s[0] === 2) code = records.set(s[1], bytes);
    if (s[0] === 3) code = probe.removeRecord(records, s[1]);
    if (s[0] === 4) { journal = probe.openJournal(j); records = probe.openRecords(r); }
    if (s[0] === 5) code = probe.wipeRecords(records, [1, 3, 300]);
    t = now() - t;
    if (t > longest) longest = t;
    if (s[0] < 2) answers.push([code, journal.sequenceOf(s[1]), journal.firstUnused(s[1]), journal.markAt(s[1], s[4]), sum(journal.read(s[1]))]);
    else answers.push([code, probe.freeBytesOf(records), probe.keysOf(records).length, sum(records.get(s[1]))]);
  });
  return { answers: answers, longest: longest };
})`;

interface Result {
  answers: unknown[];
  longest: number;
}

function steps(seed: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: 260 }, () => {
    const what = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4][random.int(15)]!;
    const inLog = random.int(3) > 0;
    return what < 2
      ? [what, 1 + random.int(12), random.int(85), random.int(256), random.int(12)]
      : [random.int(60) ? what : 5, inLog ? 0x100 + random.int(40) : 1 + random.int(8), inLog ? 16 : random.int(1025), random.int(256), 0];
  });
}

describeWithInterpreter('journal and record store on Espruino', () => {
  it('answers and writes what they answer and write in Node', async () => {
    const list = steps(7);
    const nor = createNor({ base: family.geometry.base, pages: family.geometry.pages });
    const run = (0, eval)(DRIVER) as (probe: unknown, list: number[][], now: () => number) => Result;
    const here = run({ flash: nor.port, crc32, openJournal, openRecords, freeBytesOf, keysOf, removeRecord, wipeRecords }, list, () => performance.now());
    const pages = [SPANS.journal, SPANS.records].flatMap(({ address, pages: count }) => Array.from({ length: count }, (_, page) => address + page * 4096));
    const sums = pages.map((address) => crc32(nor.port.read(4096, address)));

    const bundle = await bundleDevice('host-tests/flash/device/flash-probe.ts', {
      parameter: 'probe',
      define: { __FAMILY__: JSON.stringify(family.name), __MAPPED_FLASH__: String(family.mappedFlash), __GEOMETRY__: JSON.stringify(family.geometry) },
    });
    const flash = storageImage({ geometry: family.geometry, boot0Text: `/*${`(${bundle})`.replaceAll('*/', '* /')}*/` });
    const output = await runScript(`
var before = process.memory().usage, probe = {};
eval(require('Storage').read('.boot0', 2, ${bundle.length + 2}))(probe);
var code = process.memory().usage - before;
var result = eval(require('fs').readFileSync('driver.js'))(probe, ${JSON.stringify(list)}, function () { return getTime() * 1000; });
result.sums = ${JSON.stringify(pages)}.map(function (page) { return E.CRC32(require('Flash').read(4096, page)); });
result.vars = code;
print('RESULT ' + JSON.stringify(result));
`, { timeoutMs: 60_000, files: { 'espruino.flash': flash, 'driver.js': DRIVER } });
    const line = /RESULT (\{.*\})/.exec(output);
    expect(line, output.slice(0, 2000)).not.toBeNull();
    const there = JSON.parse(line![1]!) as Result & { sums: number[]; vars: number };
    expect(there.answers).toEqual(here.answers);
    expect(there.sums).toEqual(sums);
    console.info(`bundle ${bundle.length} bytes, ${there.vars} JsVars of code; longest step ${there.longest.toFixed(2)} ms here`);
  });
});
