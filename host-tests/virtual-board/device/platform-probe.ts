/** Uses every part of the platform that needs no pins, prints what it found as one line, and restarts. */
import { createPlatform } from '../../../firmware/platform/espruino.js';
import { randomBytes } from '../../../firmware/platform/random.js';
import { layoutOf, type Geometry } from '../../../firmware/flash/layout.js';

declare const __GEOMETRY__: Geometry;

const platform = createPlatform();
const slot = layoutOf(__GEOMETRY__).slots[0].address;
const flash = platform.flash;
const all = new Uint8Array(256);
for (let n = 0; n < 256; n++) all[n] = n;
const order: string[] = [];

flash.erase(slot);
flash.write('(function(n){return n*2})', slot + 8);
flash.write(new Uint8Array([1, 2, 3, 4]), slot + 64);
const wire = platform.toWire(all);
const same = platform.toWire(all);
all[0] = 99;
const first = randomBytes(10);
const again = randomBytes(10);

// Due in the same pass of the idle loop, timers run in the order they were made; and the number of one that is gone comes back.
platform.after(12, () => order.push('a'));
platform.after(8, () => order.push('b'));
const cancelled = platform.after(5, () => order.push('cancelled'));
platform.cancel(cancelled);
const reused = platform.after(10, () => order.push('c')) === cancelled;
const startedMs = platform.nowMs();
while (platform.nowMs() < startedMs + 20);

platform.after(60, () => {
  platform.log('PROBE ' + JSON.stringify({
    inPlace: (0, eval)(flash.text(slot + 8, 25))(21),
    erased: flash.read(4, slot + 4092)[3],
    kept: flash.read(4, slot + 64).join(),
    sha: platform.toWire(platform.sha256('abc')) === platform.toWire(platform.sha256(platform.toBytes('abc'))),
    shaFirst: platform.sha256(new Uint8Array([97, 98, 99]))[0],
    shaOfFlash: platform.sha256(flash.text(slot, 4096))[0] === platform.sha256(flash.read(4096, slot))[0],
    crc: platform.crc32('123456789'),
    crcBytes: platform.crc32(platform.toBytes('123456789')),
    wireLength: wire.length, wireLast: wire.charCodeAt(255), wireIsACopy: wire.charCodeAt(0) === 0 && wire === same,
    bytesBack: platform.toBytes(wire).join() === platform.toBytes(same).join() && platform.toBytes(wire)[200] === 200,
    randomLength: first && first.length, randomDiffers: !!first && !!again && first.join() !== again.join(),
    cause: platform.startCause(),
    order: order.join(''), reused,
    later: platform.nowMs() >= 60 && platform.nowMs() < 5000,
    room: platform.freeVars() > 500,
  }));
  platform.collect();
  platform.reboot();
});
