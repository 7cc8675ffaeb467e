/** Which Espruino a board takes, how it gets there and how to tell that it did. Offsets are those of Espruino's own partition table. */
import type { FamilyName } from '../boards/families.js';
import type { Plan } from './board-plan.js';

/** First build of Espruino's master that has what the firmware needs; later ones and releases after 2v29 do too. */
export const ESPRUINO_BUILD = '2v29.277';
const BUILDS_URL = 'https://www.espruino.com/binaries/travis/master/';
const WEB_IDE_URL = 'https://www.espruino.com/ide';

/** Files of the ESP32 build and where they go (targets/esp32/README_flash.txt of Espruino). */
export const ESP32_FILES: readonly (readonly [offset: number, file: string, what: string])[] = [
  [0x1000, 'bootloader.bin', 'the chip\'s second-stage loader'],
  [0x8000, 'partitions_espruino.bin', 'the partition table'],
  [0x10000, 'espruino_esp32.bin', 'Espruino'],
];

const hex = (value: number): string => `0x${value.toString(16)}`;

const SECTIONS: Partial<Record<FamilyName, (plan: Plan) => string>> = { esp32, xiaoble };

export function flashSection(plan: Plan): string {
  const section = SECTIONS[plan.family.name];
  if (!section) throw new Error(`How ${plan.family.title} is flashed is not described: add it to scripts/board-flash.ts.`);
  const before = plan.build.serialAdapter
    ? 'Do this with cells, regulator, reset, flash button and serial header wired, and nothing else. Before the module gets its 3V3, measure it: 3.2 V to 3.4 V.'
    : 'Do this before anything else is connected.';
  return `## Put Espruino on it\n\n${before}\n\n${section(plan)}`;
}

function esp32(plan: Plan): string {
  const bare = plan.build.serialAdapter;
  const files = ESP32_FILES.map(([offset, file]) => `${hex(offset)} ${file}`).join(' ');
  const download = bare
    ? 'Hold the flash button, press and release reset, release the flash button. The chip now waits for firmware, before each of the two commands.'
    : 'The board goes into download mode by itself. If it says "Failed to connect", hold the button BOOT until the dots stop.';
  const link = bare
    ? 'Connect the serial adapter: its RX to TXD0, its TX to RXD0, GND to GND. The adapter must be one for 3.3 V, and its plus stays open: the module is fed by the cells.'
    : 'Connect the board to the computer by its USB socket, and nothing else to the board.';
  return `**Which build.** The file \`espruino_${ESPRUINO_BUILD}_esp32.tgz\`, or one with a higher number, from <${BUILDS_URL}>; or a release after 2v29. Not one for \`esp32c3\` or \`esp32s3\`. `
    + 'Release 2v29 opens a Wi-Fi access point without a password, and it and older ones lose bytes of longer serial messages, so that the lock could not be repaired by wire ([H8](../platform.md#hazards)).\n\n'
    + `1. Unpack it: \`tar -xzf espruino_${ESPRUINO_BUILD}_esp32.tgz\`. In the folder are ${ESP32_FILES.map(([, file]) => `\`${file}\``).join(', ')}.\n`
    + '2. Install esptool 5: `pip install esptool`. (Version 4 is called `esptool.py` and writes `erase_flash`, `write_flash`, `--flash_mode`, `--flash_freq`, `--flash_size`.)\n'
    + `3. ${link} Find the port: \`/dev/ttyUSB0\` or similar on Linux, \`/dev/cu.usbserial-...\` on a Mac, \`COM3\` or similar on Windows.\n`
    + `4. ${download} In the unpacked folder:\n\n`
    + '```\nesptool --chip esp32 --port PORT erase-flash\n'
    + `esptool --chip esp32 --port PORT --baud 460800 write-flash --flash-mode dio --flash-freq 40m --flash-size detect ${files}\n\`\`\`\n\n`
    + `| offset | file | what it is |\n|---|---|---|\n${ESP32_FILES.map(([offset, file, what]) => `| ${hex(offset)} | \`${file}\` | ${what} |\n`).join('')}`
    + `| ${hex(plan.family.geometry.base)} | none | Espruino's Storage, ${plan.family.geometry.pages * 4} KB: where the lock will live |\n\n`
    + '### How to tell that it worked\n\n'
    + '* `write-flash` says "Hash of data verified." three times.\n'
    + `* Press ${bare ? 'reset' : 'EN'}. Open the port in a serial terminal at 115200 baud, 8N1, no flow control, or in the [Web IDE](${WEB_IDE_URL}) in Chrome (set its baud rate to 115200). Press Enter: a \`>\` appears.\n`
    + `* Type \`process.version\`: it answers \`="${ESPRUINO_BUILD}"\` or higher. Type \`process.env.BOARD\`: it answers \`="ESP32"\`.\n`
    + '* No new Wi-Fi network without a password is in the air.\n\n'
    + 'If nothing answers: the port is another one, the terminal has another baud rate, or the flash chip is smaller than 4 MB (`esptool --port PORT flash-id` tells).\n';
}

function xiaoble(): string {
  return `**Which build.** The file \`espruino_${ESPRUINO_BUILD}_xiaoble.uf2\`, or one with a higher number, from <${BUILDS_URL}>; or a release after 2v29. It holds the radio's own firmware (SoftDevice) too and replaces what was there.\n\n`
    + '1. Connect the XIAO to the computer by USB-C, and nothing else to the board. No tool is needed.\n'
    + '2. Press the tiny reset button beside the USB socket twice, within half a second. A drive appears, called `XIAO-SENSE` or `XIAO-BOOT`.\n'
    + '3. Copy the `.uf2` file onto it. The drive goes away by itself, which some computers report as an error.\n\n'
    + '### How to tell that it worked\n\n'
    + '* The red light on the board is lit for a moment after each start.\n'
    + `* Open the [Web IDE](${WEB_IDE_URL}) in Chrome and choose the serial port of the board (or Bluetooth, where it calls itself \`XIAOBLE\` and four digits). Press Enter: a \`>\` appears.\n`
    + `* Type \`process.version\`: it answers \`="${ESPRUINO_BUILD}"\` or higher. Type \`process.env.BOARD\`: it answers \`="XIAOBLE"\`.\n\n`
    + 'If the drive does not appear: press faster, or use another cable; many carry power alone. If nothing answers after copying: press reset twice and copy again.\n\n'
    + 'Later, for repairs by wire, the same socket is used with the cells in. Both regulators then feed 3V3, which neither minds by its data sheet; this was not tried.\n';
}
