/** Uses every part of a lock through the real Platform, and says what it sees: to test the harness, not the firmware. */
import { openKeypad } from '../../../firmware/lock/keypad.js';
import { randomBytes } from '../../../firmware/platform/random.js';
import { createPlatform } from '../../../firmware/platform/espruino.js';
import { openUdp } from '../../../firmware/platform/udp.js';

const platform = createPlatform();
const pins = platform.pins;
const keypad = openKeypad(pins, platform.nowMs, { type: 'matrix', rows: [18, 19, 21, 22], columns: [25, 26, 27], keys: '123456789*0#' });
const page = 0x10000000 + 40 * 4096;
let hung = false;

platform.armWatchdog(2);
pins.mode(2, 'input_pullup');
pins.mode(3, 'input_pullup');
pins.mode(13, 'input_pullup');
pins.mode(4, 'output');
pins.watch(13, function (level) {
  platform.log('strap ' + level);
});
platform.log('starts ' + countStart() + ' random ' + (randomBytes(4) !== undefined) + ' cause ' + platform.startCause());

openUdp(1337, function (datagram, answer) {
  answer(datagram + '!');
});
turn();

function turn(): void {
  if (hung) for (;;);
  platform.after(20, turn);
  platform.feedWatchdog();
  const key = keypad.poll();
  if (key) act(key);
}

function act(key: string): void {
  platform.log('key ' + key);
  if (key === '1') throwBolt(16, 3, 6);
  if (key === '2') throwBolt(17, 2, 6);
  if (key === '3') platform.log('battery ' + Math.floor(pins.analog(0) * 7200 + 0.5));
  if (key === '4') pins.write(4, 1);
  if (key === '5') pins.tone(23, 2700);
  if (key === '6') platform.reboot();
  if (key === '7') hung = true;
  if (key === '8') throw new Error('on purpose');
}

/** Pulses until the end stop is reached, or for at most `left` pulses. */
function throwBolt(pin: number, stop: number, left: number): void {
  if (pins.read(stop) === 0 || !left) {
    platform.log('stopped ' + (left ? 'at the end' : 'by time'));
    return;
  }
  pins.pulse(pin, 1, 50);
  platform.after(60, function () {
    throwBolt(pin, stop, left - 1);
  });
}

/** Counts starts in flash, one programmed byte each. */
function countStart(): number {
  const marks = platform.flash.read(64, page);
  let count = 0;
  while (marks[count * 4] === 0) count++;
  platform.flash.write(new Uint8Array(4), page + count * 4);
  return count;
}
