/**
 * The door as it ships over real stores, its turns taken one by one and timed. The file that is its flash takes next to no time; what
 * each turn programs is told beside it.
 */
import { openJournal } from '../../../firmware/flash/journal.js';
import { partsOf } from '../../../firmware/flash/open.js';
import { openRecords } from '../../../firmware/flash/records.js';
import { layoutOf, type Geometry } from '../../../firmware/flash/layout.js';
import { addCode, setMaster } from '../../../firmware/lock/codes-table.js';
import { startStretch, stepStretch } from '../../../firmware/lock/codes.js';
import { openDoor } from '../../../firmware/lock/door.js';
import { readSettings } from '../../../firmware/lock/settings.js';
import { openSignals } from '../../../firmware/lock/signals.js';
import { createPlatform } from '../../../firmware/platform/espruino.js';
import type { Wiring } from '../../../boards/wiring.js';

declare const __GEOMETRY__: Geometry;
declare function getTime(): number;
declare function print(line: string): void;
declare const process: { memory(): unknown };

interface Probe {
  wiring: Wiring;
  keys: string;
  rows: number[];
  columns: number[];
  salt: Uint8Array;
  recovery: Uint8Array;
  users: number;
}

const STEP_MS = 20;

/** Gives a function that types keys and prints `TURN <what> <ms> <bytes programmed>` for each turn until the door has been quiet for a while. */
export function startProbe(probe: Probe): (what: string, keys: string) => void {
  const platform = createPlatform();
  const flash = platform.flash;
  const read = flash.read;
  const write = flash.write;
  const levels = new Uint8Array(64);
  let written = 0;
  let nowMs = 60000;
  let down = -1;
  // As on mapped flash, of which a string is made without a copy.
  flash.text = function (address, length) {
    return platform.toWire(read(length, address));
  };
  flash.write = function (data, address) {
    written += data.length;
    write(data, address);
  };
  platform.nowMs = function () {
    return nowMs;
  };
  platform.after = function () {
    return 1;
  };
  platform.cancel = function () {
    return undefined;
  };
  platform.collect = function () {
    return undefined;
  };
  const nothing = function () {
    return undefined;
  };
  platform.pins = {
    mode: nothing, analog: function () { return 0.5; }, tone: nothing, watch: nothing, pulse: nothing,
    write: function (pin, level) {
      levels[pin] = level;
    },
    read: function (pin) {
      const column = probe.columns.indexOf(pin);
      if (column >= 0) return down < 0 || down % 3 !== column || levels[probe.rows[Math.floor(down / 3)]!] ? 1 : 0;
      // The bolt is out, the door closed.
      return pin === 35 ? 0 : 1;
    },
    readAll: function (all) {
      let bits = 0;
      for (let i = 0; i < all.length; i++) bits = bits << 1 | platform.pins.read(all[i]!);
      return bits;
    },
    writeAll: function (all, bits) {
      for (let i = all.length; i--; bits >>= 1) levels[all[i]!] = bits & 1;
    },
  };
  // This family's own store is smaller than those of chips.
  const layout = layoutOf(__GEOMETRY__);
  const journal = openJournal(partsOf(platform, layout, layout.journal));
  const records = openRecords(partsOf(platform, layout, { address: layout.slots[0].address, pages: 12 }));
  journal.format();
  function valueOf(code: string): Uint8Array {
    const stretch = startStretch(platform.sha256, probe.salt, platform.toBytes(code), code.length, probe.wiring.stretch);
    while (!stepStretch(stretch, platform));
    return stretch.value;
  }
  setMaster(platform, records, probe.recovery, valueOf('998877'));
  for (let user = 1; user <= probe.users; user++) addCode(platform, records, probe.recovery, valueOf('' + (5000 + user)), user, 0, 0);
  const door = openDoor({
    platform, wiring: probe.wiring, journal, records,
    identity: { deviceId: probe.salt, codeSalt: probe.salt, recoveryHash: probe.recovery },
    signals: openSignals(platform, probe.wiring.led, probe.wiring.beeper), settings: readSettings(undefined),
    hooks: { openWindow: nothing, restart: nothing, bootable: function () { return true; }, logged: function (entry) { print('LOGGED ' + entry.what + ' ' + entry.user + ' ' + entry.code); } },
  });

  function turn(what: string): void {
    process.memory();
    nowMs += STEP_MS;
    written = 0;
    const from = getTime();
    door.tick();
    print('TURN ' + what + ' ' + (getTime() - from) * 1000 + ' ' + written);
  }
  return function (what, keys) {
    for (let i = 0; i < keys.length; i++) {
      down = probe.keys.indexOf(keys.charAt(i));
      for (let n = 0; n < 4; n++) turn(what);
      down = -1;
      for (let n = 0; n < 4; n++) turn(what);
      if (keys.charAt(i) === '#') for (let n = 0; n < 16; n++) turn(what);
    }
    if (door.status().failures) print('FAILED ' + door.status().failures);
  };
}
