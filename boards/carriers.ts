/**
 * Boards as they are bought: which pads they have, in the order and with the names in which a person sees them. Sources: Espressif's
 * user guide of the ESP32-DevKitC V4 (headers J2, J3) and data sheet of the ESP32-WROOM-32E (pad table); Seeed's pin map of the XIAO
 * nRF52840. Pages and pictures for makers are made from this; nothing on the lock reads it.
 */
import type { FamilyName } from './families.js';

/** Points that are joined wherever they are named. */
export type Net = 'GND' | '3V3' | '5V' | 'PACK+';

export interface Pad {
  /** As printed, or as the data sheet calls it. */
  printed: string;
  /** Espruino's D number. */
  pin?: number;
  net?: Net;
  /** Pads of a bare module are counted, not printed. */
  number?: number;
}

export interface Carrier {
  title: string;
  family: FamilyName;
  /** From top to bottom as drawn. */
  left: readonly Pad[];
  right: readonly Pad[];
  /** From left to right; a bare module has pads on three sides. */
  bottom: readonly Pad[];
  /** What lies at the upper and at the lower end of the drawing. */
  upper: string;
  lower: string;
  /** What to look at when buying, one sentence each. */
  buying: readonly string[];
}

const gnd: Pad = { printed: 'GND', net: 'GND' };

function io(prefix: string, pin: number): Pad {
  return { printed: prefix + pin, pin };
}

function numbered(pad: Pad, number: number): Pad {
  return { printed: pad.printed, pin: pad.pin, net: pad.net, number };
}

/** Pads without a use on a lock: flash chip, console, reset. */
function other(printed: string): Pad {
  return { printed };
}

const DEVKITC: Carrier = {
  title: 'ESP32-DevKitC V4',
  family: 'esp32',
  left: [
    { printed: '3V3', net: '3V3' }, other('EN'), { printed: 'VP', pin: 36 }, { printed: 'VN', pin: 39 },
    io('', 34), io('', 35), io('', 32), io('', 33), io('', 25), io('', 26), io('', 27), io('', 14), io('', 12), gnd, io('', 13),
    other('D2'), other('D3'), other('CMD'), { printed: '5V', net: '5V' },
  ],
  right: [
    gnd, io('', 23), io('', 22), other('TX'), other('RX'), io('', 21), gnd, io('', 19), io('', 18), io('', 5), io('', 17), io('', 16),
    io('', 4), io('', 0), io('', 2), io('', 15), other('D1'), other('D0'), other('CLK'),
  ],
  bottom: [],
  upper: 'antenna',
  lower: 'USB',
  buying: [
    'An ESP32-DevKitC V4 with a WROOM module and at least 4 MB of flash. A WROVER module uses 16 and 17 itself and will not do.',
    'Other DevKits carry the same names in another order: go by the names, not by the places.',
    'The pads printed D0 to D3, CMD and CLK belong to the flash chip. They are not Espruino\'s D0 to D3; leave them open.',
  ],
};

const WROOM_LEFT: readonly Pad[] = [
  gnd, { printed: '3V3', net: '3V3' }, other('EN'), { printed: 'VP', pin: 36 }, { printed: 'VN', pin: 39 }, io('IO', 34), io('IO', 35),
  io('IO', 32), io('IO', 33), io('IO', 25), io('IO', 26), io('IO', 27), io('IO', 14), io('IO', 12),
];
const WROOM_BOTTOM: readonly Pad[] = [
  gnd, io('IO', 13), other('NC'), other('NC'), other('NC'), other('NC'), other('NC'), other('NC'), io('IO', 15), io('IO', 2),
];
const WROOM_RIGHT: readonly Pad[] = [
  gnd, io('IO', 23), io('IO', 22), { printed: 'TXD0', pin: 1 }, { printed: 'RXD0', pin: 3 }, io('IO', 21), other('NC'), io('IO', 19),
  io('IO', 18), io('IO', 5), io('IO', 17), io('IO', 16), io('IO', 4), io('IO', 0),
];

const WROOM: Carrier = {
  title: 'ESP32-WROOM-32E module',
  family: 'esp32',
  left: WROOM_LEFT.map((pad, index) => numbered(pad, index + 1)),
  bottom: WROOM_BOTTOM.map((pad, index) => numbered(pad, index + 15)),
  right: WROOM_RIGHT.map((pad, index) => numbered(pad, 38 - index)),
  upper: 'antenna',
  lower: '',
  buying: [
    'A bare ESP32-WROOM-32E module with at least 4 MB of flash, soldered to an adapter plate. A WROVER module uses IO16 and IO17 itself and will not do.',
    'The pads of a module carry no names. They are counted: pad 1 is at the upper left with the antenna at the top, and the count runs down, along the bottom and up.',
    'On an adapter plate go by the names of the pads: plates bring them out in different orders. Where the plate has the resistor and the capacitor at EN already, leave yours out.',
  ],
};

const XIAO: Carrier = {
  title: 'Seeed XIAO nRF52840',
  family: 'xiaoble',
  left: [io('D', 0), io('D', 1), io('D', 2), io('D', 3), io('D', 4), io('D', 5), io('D', 6)],
  right: [other('5V'), gnd, { printed: '3V3', net: '3V3' }, io('D', 10), io('D', 9), io('D', 8), io('D', 7)],
  bottom: [],
  upper: 'USB-C',
  lower: '',
  buying: [
    'A XIAO nRF52840; the Sense variant has the same pins. Other XIAO boards look alike and have other chips.',
    'The names stand on the back. From above, with the USB socket at the top, D0 to D6 run down the left side and 5V, GND, 3V3, D10 to D7 down the right.',
  ],
};

export type CarrierName = 'esp32-devkitc' | 'esp32-wroom' | 'xiao-nrf52840';

export const CARRIERS: Record<CarrierName, Carrier> = {
  'esp32-devkitc': DEVKITC,
  'esp32-wroom': WROOM,
  'xiao-nrf52840': XIAO,
};

/** The pad that is Espruino's pin D`pin`. Throws where the board does not bring it out. */
export function padOf(carrier: Carrier, pin: number): Pad {
  const pads = carrier.left.concat(carrier.right, carrier.bottom);
  for (let i = 0; i < pads.length; i++) if (pads[i]!.pin === pin) return pads[i]!;
  throw new Error('D' + pin + ' is not brought out by the ' + carrier.title + '.');
}
