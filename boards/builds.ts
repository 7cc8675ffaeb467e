/**
 * What a reference wiring is built with: the board, its supply, and what that draws. Figures are from data sheets or calculated from
 * them, as said for each; nothing was measured. Pages for makers are made from this; nothing on the lock reads it.
 */
import type { CarrierName } from './carriers.js';

export interface Draw {
  what: string;
  /** Milliamperes from the supply. */
  mA: number;
  source: 'data sheet' | 'calculated';
}

export interface Regulator {
  /** What it must be able to do, and one that can. */
  part: string;
}

export interface Build {
  /** Name of the reference wiring: of its page, too. */
  name: string;
  carrier: CarrierName;
  /** One or two sentences. */
  purpose: string;
  /** Chip and board as the firmware runs today, cells and parts of the wiring left out. */
  running: readonly Draw[];
  /** The same in deep sleep, where the firmware enters it. */
  asleep?: readonly Draw[];
  /** Between cells and 3V3; none where the board has its own. */
  regulator?: Regulator;
  /** The board has no USB serial chip: an adapter and the chip's boot circuit are wired. */
  serialAdapter: boolean;
}

const ESP32_RADIO: Draw = { what: 'ESP32 awake with a radio on (short peaks of 240 mA and more)', mA: 100, source: 'data sheet' };

const DEVKIT_RUNNING: readonly Draw[] = [
  ESP32_RADIO,
  { what: 'USB serial chip of the board (CP2102N)', mA: 10, source: 'data sheet' },
  { what: 'regulator of the board (AMS1117), for itself', mA: 5, source: 'data sheet' },
  { what: 'power LED of the board', mA: 1.5, source: 'calculated' },
];

export const BUILDS: readonly Build[] = [
  {
    name: 'esp32-devkit',
    carrier: 'esp32-devkitc',
    purpose: 'A door with a 5 V supply beside it. The easiest one to build, and the one to begin with: everything plugs into a breadboard, and the board has its own USB socket.',
    running: DEVKIT_RUNNING,
    serialAdapter: false,
  },
  {
    name: 'esp32-servo',
    carrier: 'esp32-devkitc',
    purpose: 'A latch or a thumb-turn moved by a hobby servo, with a 5 V supply beside it. Nothing has to be built into the door, and the servo lets itself be turned by hand as long as it has no current.',
    running: DEVKIT_RUNNING,
    serialAdapter: false,
  },
  {
    name: 'esp32-strike',
    carrier: 'esp32-devkitc',
    purpose: 'A door with an electric strike in its frame: the strike lets go for some seconds, and the door locks by falling shut. No motor, no end stops; a 12 V supply feeds the strike.',
    running: DEVKIT_RUNNING,
    serialAdapter: false,
  },
  {
    name: 'esp32-4xaa',
    carrier: 'esp32-wroom',
    purpose: 'The wiring for an ESP32 on four AA cells, with a key that wakes it. It sleeps deeply between uses, deaf to everything but that key: read the part on power before you buy anything.',
    running: [ESP32_RADIO, { what: 'regulator (HT7833), for itself', mA: 0.004, source: 'data sheet' }],
    asleep: [
      { what: 'ESP32 in deep sleep, woken by a pin: its data sheet says 0.01 with nothing but the timer, 0.15 with all that can run then', mA: 0.15, source: 'data sheet' },
      { what: 'regulator (HT7833), for itself', mA: 0.004, source: 'data sheet' },
      { what: 'motor driver asleep (DRV8212), at most', mA: 0.001, source: 'data sheet' },
    ],
    regulator: {
      part: '3.3 V regulator for at least 500 mA, 7 V or more at its input, less than 0.01 mA for itself and less than 0.6 V lost at 500 mA (for example HT7833)',
    },
    serialAdapter: true,
  },
  {
    name: 'xiao-wiegand',
    carrier: 'xiao-nrf52840',
    purpose: 'A door without a supply: four AA cells and a chip that sleeps while it advertises over Bluetooth. The board has 11 pins and all are used, which is why the keypad is one with two wires. The firmware does not speak Bluetooth yet: today this lock is updated through its USB socket.',
    running: [
      { what: 'nRF52840 asleep, advertising now and then', mA: 0.03, source: 'calculated' },
      { what: 'regulator (MCP1702), for itself', mA: 0.002, source: 'data sheet' },
      { what: 'motor driver asleep (DRV8212), at most', mA: 0.001, source: 'data sheet' },
    ],
    regulator: {
      part: '3.3 V regulator for at least 200 mA, 7 V or more at its input and less than 0.01 mA for itself (for example MCP1702-3302E)',
    },
    serialAdapter: false,
  },
  {
    name: 'bench',
    carrier: 'esp32-devkitc',
    purpose: 'A bare board on a desk, to try updates on a real chip before there is a door. It has no keypad, no motor and no light.',
    running: DEVKIT_RUNNING,
    serialAdapter: false,
  },
];
