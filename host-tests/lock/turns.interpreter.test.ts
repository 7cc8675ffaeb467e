/** How long the longest turns of the door are on an ESP32 while somebody programs a lock with a hundred users. */
import { beforeAll, expect, it } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED } from '../../firmware/lock/states.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { APP } from '../../scripts/memory-plan.js';
import { calibrate } from '../../virtual-board/interpreter/calibrate.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { storageImage } from '../../virtual-board/provision.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { COLUMNS, KEYS, MASTER_CODE, ROWS, wiring } from './world.js';

const family = FAMILIES.find((one) => one.name === 'linux')!;
const USERS = 100;
const CYCLES = 8;
/** 50 is the aim, and 57 to 75 are measured: this holds what there is, on machines that do other work as well. */
const LONGEST_TURN_MS = 120;

/** What is typed in one cycle, after which the lock is as before. Each begins with the menu open. */
const ITEMS: readonly (readonly [what: string, keys: string])[] = [
  ['open', `${MASTER_CODE}#`],
  ['add', '3##7001#7001#'],
  ['give', '3#102#7002#7002#'],
  ['replace', '3#50#7003#7003#'],
  ['kind', '5#50#6#'],
  ['renew', '5#50#7#'],
  ['enable', '5#50#0#'],
  ['restore', '3#50#5050#5050#'],
  ['remove', '4#101#101#'],
  ['remove', '4#102#102#'],
  ['mode', '6#0#'],
  ['setting', '7#1#30#'],
  ['close', '**'],
];

describeWithInterpreter('Programming at the keypad of a lock with a hundred users', () => {
  let turns: Map<string, number>;
  let logged: string[];
  beforeAll(async () => {
    const define = { __FAMILY__: JSON.stringify(family.name), __FAMILY_ID__: String(family.id), __MAPPED_FLASH__: String(family.mappedFlash), __GEOMETRY__: JSON.stringify(family.geometry) };
    const late = APP.late.filter((name) => /^(act|openTries|openStrike|openWiegand|lightKeys|loadChanges|openWriter)\b/.test(name));
    const text = await bundleDevice('host-tests/lock/device/turns-probe.ts', { program: true, define, late });
    if (text.includes('*/')) throw new Error('the probe ends the comment that it lies in');
    const flash = storageImage({ geometry: family.geometry, boot0Text: `/*${text}*/` });
    const output = await runScript(`
var start=eval(E.toString(E.toUint8Array(require("Storage").read(".boot0",2,${text.length}))));
var fill=function(n,v){var b=new Uint8Array(n);b.fill(v);return b;};
var type=start({wiring:${JSON.stringify({ ...wiring(), stretch: 96 })},keys:"${KEYS}",rows:${JSON.stringify(ROWS)},columns:${JSON.stringify(COLUMNS)},salt:fill(16,3),recovery:fill(32,5),users:${USERS}});
var items=${JSON.stringify(ITEMS)};
for(var cycle=0;cycle<${CYCLES};cycle++){print("CYCLE");items.forEach(function(item){type(item[0],item[1]);});}
quit();
`, { files: { 'espruino.flash': flash }, timeoutMs: 120_000 });
    if (output.includes('FAILED') || !output.includes('TURN')) throw new Error(output.slice(0, 3000));
    const cycles = output.split('CYCLE').slice(1).map((cycle) => [...cycle.matchAll(/TURN (\S+) (\S+)/g)].map(([, what, ms]) => ({ what: what!, ms: Number(ms) })));
    logged = [...output.split('CYCLE')[1]!.matchAll(/LOGGED (.*)/g)].map(([, words]) => words!.trim());
    const { javascript } = await calibrate();
    turns = new Map();
    // The same turns in each cycle; whatever else this machine does only adds to them.
    for (const [index, { what }] of cycles[0]!.entries()) {
      const least = Math.min(...cycles.map((cycle) => cycle[index]!.ms)) * javascript;
      turns.set(what, Math.max(turns.get(what) ?? 0, least));
    }
  }, 180_000);

  it('does what was typed', () => {
    const count = (what: number) => logged.filter((line) => line.startsWith(`${what} `)).length;
    expect([LOG_USER_ADDED, LOG_USER_MODIFIED, LOG_USER_CLEARED].map(count)).toEqual([2, 5, 2]);
  });

  it('takes no turn much longer than today', () => {
    const shown = [...turns].map(([what, ms]) => `${what} ${Math.round(ms)}`).join(', ');
    console.log(`longest turns, ESP32-equivalent ms: ${shown}`);
    for (const [what, ms] of turns) expect(ms, what).toBeLessThan(LONGEST_TURN_MS);
  });
});
