/** The bundled lock on a real Espruino, where there is one: same codes, same door, and what it costs in variables. */
import { beforeAll, expect, it } from 'vitest';
import { LOG_FIRST } from '../../firmware/flash/keys.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { APP } from '../../scripts/memory-plan.js';
import { LOG_UNLOCK, UNLOCKED } from '../../firmware/lock/states.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { describeWithInterpreter } from '../interpreter/with-interpreter.js';
import { COLUMNS, KEYS, MASTER_CODE, RECOVERY, ROWS, World, wiring } from './world.js';

interface Report {
  vars: { bare: number; loaded: number; open: number; peak: number; after: number };
  status: { lockState: number; failures: number; wrongCodes: number };
  windows: number;
  bolt: number;
  beeps: number;
  log: number[];
}

/** What stands in for the chip: plain variables for pins, and stores in RAM. `keys` are typed one after the other. */
function script(bundle: string, world: World, typed: string): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const records = [...world.flash.values].filter(([key]) => key < LOG_FIRST).map(([key, bytes]) => [key, hex(bytes)]);
  return `
var fix = ${JSON.stringify({ rows: ROWS, columns: COLUMNS, keys: KEYS, wiring: wiring(), recovery: hex(world.recoveryHash()), salt: hex(world.salt), records, typed })};
function bytes(hex) { var b = new Uint8Array(hex.length / 2); for (var i = 0; i < b.length; i++) b[i] = parseInt(hex.substr(i * 2, 2), 16); return b; }
var levels = new Uint8Array(48), down = -1, bolt = 0, force = 0, forceSince = 0, beeps = 0, windows = 0, t0 = getTime();
function now() { return (getTime() - t0) * 1000; }
function step() { var ms = now(); bolt += force * (ms - forceSince) / 400; bolt = bolt < 0 ? 0 : bolt > 1 ? 1 : bolt; forceSince = ms; }
function drive(pin, level) { step(); levels[pin] = level; force = levels[23] - levels[2]; if (pin === 14 && level) beeps++; }
var pins = {
  mode: function () {}, write: drive, analog: function () { return NaN; }, tone: function () {}, watch: function () {},
  pulse: function (pin, level, ms) { drive(pin, level); setTimeout(function () { drive(pin, 0); }, ms); },
  read: function (pin) {
    var column = fix.columns.indexOf(pin);
    if (column >= 0) return down < 0 || down % 3 !== column || levels[fix.rows[Math.floor(down / 3)]] ? 1 : 0;
    step();
    return pin === 35 ? (bolt <= 0 ? 0 : 1) : pin === 36 ? (bolt >= 1 ? 0 : 1) : 1;
  },
  readAll: function (all) { return all.reduce(function (bits, pin) { return bits << 1 | pins.read(pin); }, 0); },
  writeAll: function (all, bits) { for (var i = all.length; i--; bits >>= 1) drive(all[i], bits & 1); }
};
var peak = 0;
var crypto = require('crypto');
var platform = {
  nowMs: now, pins: pins, sha256: function (d) { return new Uint8Array(crypto.SHA256(d)); }, digest: crypto.SHA256,
  after: function (ms, turn) { return setTimeout(turn, ms); },
  cancel: function (id) { clearTimeout(id); },
  toWire: function (b) { return E.toString('', b); }, toBytes: function (w) { return E.toUint8Array(w); },
  startCause: function () { return 'powerOn'; }, collect: function () { process.memory(); },
  log: function (line) { print('LOG ' + line); }
};
var stored = {}, tries, log = [];
fix.records.forEach(function (r) { stored[r[0]] = bytes(r[1]); });
var records = { get: function (key) { return stored[key]; }, set: function (key, b) { if (key >= 256) log.push(b[12]); stored[key] = b; return 0; } };
var journal = {
  read: function () { return tries && tries.payload; },
  append: function (kind, payload) { tries = { payload: payload, marks: [] }; return 0; },
  mark: function (kind, index, value) { tries.marks[index] = value; return 0; },
  markAt: function (kind, index) { return index < tries.marks.length ? tries.marks[index] : -1; },
  firstUnused: function () { return tries.marks.length; }
};
function used() { return process.memory().usage; }
require('Storage').write('lock', ${JSON.stringify(bundle)});
var vars = { bare: used() }, probe = {};
eval(require('Storage').read('lock'))(probe);
vars.loaded = used();
var signals = probe.openSignals(platform, fix.wiring.led, fix.wiring.beeper);
var door = probe.openDoor({
  platform: platform, wiring: fix.wiring, journal: journal, records: records,
  identity: { codeSalt: bytes(fix.salt), recoveryHash: bytes(fix.recovery) }, signals: signals, settings: probe.readSettings(), hooks: { openWindow: function () { windows++; } }
});
vars.open = used();
var at = 0;
function press() {
  if (at >= fix.typed.length) { setTimeout(done, 1500); return; }
  var key = fix.typed.charAt(at++);
  if (key !== ' ') { down = fix.keys.indexOf(key); setTimeout(function () { down = -1; }, 80); }
  setTimeout(press, key === ' ' ? 1000 : 160);
}
function sample() { var u = process.memory(false).usage; if (u > peak) peak = u; setTimeout(sample, 7); }
function done() {
  vars.after = used();
  vars.peak = peak;
  print('RESULT ' + JSON.stringify({ vars: vars, status: door.status(), windows: windows, bolt: bolt, beeps: beeps, log: log }));
  quit();
}
sample();
setTimeout(press, 100);
`;
}

async function run(text: string): Promise<Report> {
  const output = await runScript(text, { timeoutMs: 60_000 });
  const line = output.split(/\r?\n/).find((each) => each.includes('RESULT '));
  if (!line || output.includes('LOG ')) throw new Error(output.slice(-2000));
  return JSON.parse(line.slice(line.indexOf('RESULT ') + 7)) as Report;
}

describeWithInterpreter('the lock on a real Espruino', () => {
  let bundle: string;
  beforeAll(async () => {
    // The door's part of what the app makes late, as it ships.
    const late = APP.late.filter((name) => /^(act|openTries|openStrike|openBattery|openWiegand|lightKeys)\b/.test(name));
    bundle = await bundleDevice('host-tests/lock/device/lock-probe.ts', { parameter: 'probe', late });
  });

  it('a hundred users, a wrong code, the master code and the window cost few variables', async () => {
    const world = World.provisioned((w) => { for (let i = 2; i <= 100; i++) w.addUser(String(5000 + i), i); });
    const report = await run(script(`(${bundle})`, world, `5555# ${MASTER_CODE}# 8# 5100#  `));
    expect(report.status).toMatchObject({ lockState: UNLOCKED, failures: 0, wrongCodes: 0 });
    expect(report.bolt).toBe(1);
    expect(report.windows).toBe(1);
    expect(report.log).toContain(LOG_UNLOCK);
    const { bare, loaded, open } = report.vars;
    console.log(`lock on Espruino: ${bundle.length} bytes; ${loaded - bare} variables when evaluated, ${open - loaded} more for an open door`);
    expect(open - bare).toBeLessThan(900);
    expect(bundle.length).toBeLessThan(32_000);
  });

  it('the recovery code opens', async () => {
    const report = await run(script(`(${bundle})`, World.provisioned(), `${RECOVERY}#  `));
    expect(report.status).toMatchObject({ lockState: UNLOCKED, failures: 0 });
  });
});
