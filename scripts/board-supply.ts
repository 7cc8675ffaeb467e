/** Supply, battery divider and what a bare module needs to start. */
import type { BatteryWiring } from '../boards/wiring.js';
import { branch, free, GND, resistor, resistors, V33, wired } from './board-parts.js';
import type { Context, Element, End, Part, Wire } from './board-plan.js';

export const PACK: End = { net: 'PACK+' };

export interface Divider {
  /** Ohms, from the pack to the pin and from the pin to GND. */
  upper: number;
  lower: number;
  /** Nanofarads at the pin; 0 = none. */
  capacitor: number;
}

/** A divider that is always connected may be slow and must draw little; one that is switched on is read at once. */
const STEADY_OHMS = 100_000;
const SWITCHED_OHMS = 10_000;
const STEADY_NF = 100;

/** Resistors that put `fullScaleMv` of the battery at the ADC's full scale. */
export function dividerOf(battery: BatteryWiring, adcFullScaleMv: number): Divider | undefined {
  if (battery.pin === undefined || battery.fullScaleMv === undefined) return undefined;
  const lower = battery.enable ? SWITCHED_OHMS : STEADY_OHMS;
  const upper = Math.round(lower * (battery.fullScaleMv / adcFullScaleMv - 1) / 100) * 100;
  return { upper, lower, capacitor: battery.enable ? 0 : STEADY_NF };
}

const kiloOhms = (ohms: number): string => `${ohms / 1000} kΩ`;

export function batteryParts({ wiring: { battery }, family, pad }: Context): Part[] {
  const divider = dividerOf(battery, family.adcFullScaleMv);
  if (!divider || battery.pin === undefined) return [];
  const upper = resistor(kiloOhms(divider.upper));
  const lower = resistor(kiloOhms(divider.lower));
  const measure: Wire = {
    pad: pad(battery.pin), signal: 'battery voltage', short: 'battery', to: 'middle of the battery divider',
    level: `analog input; full scale at ${battery.fullScaleMv} mV of the pack`,
    why: family.name === 'xiaoble' ? 'Has an ADC; the divider keeps it below 3.3 V with fresh cells.' : 'Its ADC works beside the radios; the divider keeps it below full scale with fresh cells.',
  };
  const items = [resistors(upper.text), resistors(lower.text)];
  if (!battery.enable) {
    const capacitor: Element = { kind: 'capacitor', text: `${divider.capacitor} nF` };
    return [{
      title: 'Battery divider', notes: [], rows: [wired(measure, [upper], PACK), branch([lower], GND), branch([capacitor], GND)],
      items: [...items, { count: 1, part: `ceramic capacitor ${divider.capacitor} nF` }],
    }];
  }
  if (!battery.enable.active) throw new Error('A divider that is connected by a low level is not drawn: use a pin that is active high.');
  const enable: Wire = {
    pad: pad(battery.enable.pin), signal: 'divider on', short: 'divider on', to: 'gate of Q2, which switches Q1',
    level: 'output; high connects the divider; 100 kΩ to GND', why: 'The resistor keeps the divider off until the firmware runs.',
  };
  const q1gate: End = { point: 'Q1 gate' };
  return [{
    title: 'Battery divider with switch',
    notes: ['Q1 P-channel, Q2 N-channel MOSFET;', 'D drain, S source'],
    rows: [
      wired(measure, [upper, { kind: 'transistor', text: 'D Q1 S' }], PACK), branch([lower], GND),
      wired(enable, [], { point: 'Q2 gate' }), branch([resistor('100 kΩ')], GND),
      free(q1gate, [{ kind: 'transistor', text: 'D Q2 S' }], GND), free(q1gate, [resistor('100 kΩ')], PACK),
    ],
    items: [
      ...items, resistors('100 kΩ', 2), { count: 1, part: 'P-channel MOSFET that switches fully at 3 V, 12 V or more (Q1; for example AO3401)' },
      { count: 1, part: 'N-channel MOSFET that switches fully at 3 V (Q2; for example AO3400 or 2N7002)' },
    ],
  }];
}

const CELLS: Record<BatteryWiring['chemistry'], string> = { '4xAA': '4 x AA', '4xNiMH': '4 x NiMH', li1: '1 x Li-ion', mains: '' };
const HOLDERS: Record<BatteryWiring['chemistry'], string> = {
  '4xAA': 'holder with four AA cells, alkaline', '4xNiMH': 'holder with four AA cells, NiMH', li1: 'protected Li-ion cell in a holder', mains: '',
};

export function supplyParts(context: Context): Part[] {
  const { wiring, build } = context;
  const parts: Part[] = [];
  if (wiring.battery.chemistry !== 'mains') {
    parts.push({
      title: 'Cells', notes: [], rows: [free(PACK, [{ kind: 'cells', text: CELLS[wiring.battery.chemistry] }], GND)],
      items: [{ count: 1, part: HOLDERS[wiring.battery.chemistry] }],
    });
  } else if (wiring.bolt.type === 'motor' || wiring.bolt.type === 'servo') {
    parts.push({
      title: 'Supply, 5 V', notes: [`for board and ${wiring.bolt.type}, see the page`], rows: [free({ net: '5V' }, [{ kind: 'block', text: '5 V, 2 A' }], GND)],
      items: [{ count: 1, part: 'supply 5 V, 2 A or more: a USB charger with a USB socket on a small board, or a plug-in supply' }],
    });
  }
  if (build.regulator) {
    parts.push({
      title: 'Regulator', notes: [],
      rows: [
        free({ terminal: 'IN' }, [], PACK), free({ terminal: 'GND' }, [], GND), free({ terminal: 'OUT' }, [], V33),
        free(PACK, [{ kind: 'capacitor', text: '10 µF' }], GND), free(V33, [{ kind: 'capacitor', text: '10 µF' }], GND),
      ],
      items: [{ count: 1, part: build.regulator.part }, { count: 2, part: 'ceramic capacitor 10 µF, 16 V' }],
    });
  }
  if (build.serialAdapter) parts.push(...serialParts(context));
  return parts;
}

/** A bare ESP32 module: its boot circuit, and the way in by wire. */
function serialParts({ carrier, pad }: Context): Part[] {
  const en = carrier.left.concat(carrier.right).find((each) => each.printed === 'EN')!;
  const why = 'Kept free for this: it is how the chip is flashed and repaired by wire.';
  return [
    {
      title: 'Reset', notes: ['restarts the chip'],
      rows: [
        wired({ pad: en, signal: 'reset', short: 'reset', to: '10 kΩ to 3V3, 1 µF and a button to GND', level: 'high: the chip runs', why: 'The resistor lets it start by itself, the capacitor makes it wait for the supply.' },
          [resistor('10 kΩ')], V33),
        branch([{ kind: 'capacitor', text: '1 µF' }], GND), branch([{ kind: 'switch', text: 'button' }], GND),
      ],
      items: [resistors('10 kΩ'), { count: 1, part: 'ceramic capacitor 1 µF' }, { count: 2, part: 'small push button (reset, flash), inside the door' }],
    },
    {
      title: 'Flash button', notes: ['held during reset: takes firmware'],
      rows: [wired({
        pad: pad(0), signal: 'flash button', short: 'flash', to: 'a button to GND', level: 'chip\'s own pull-up; low at reset: it takes new firmware',
        why: 'Nothing else is on it. The button must be inside the door: whoever presses it owns the chip.',
      }, [{ kind: 'switch', text: 'button' }], GND)],
      items: [],
    },
    {
      title: 'Serial header', notes: ['to a USB adapter for 3.3 V;', 'its + stays open'],
      rows: [
        wired({ pad: pad(1), signal: 'serial out', short: 'serial out', to: 'RX of the adapter', level: '115200 baud, 3.3 V', why }, [], { terminal: 'RX of adapter' }),
        wired({ pad: pad(3), signal: 'serial in', short: 'serial in', to: 'TX of the adapter', level: '115200 baud, 3.3 V', why }, [], { terminal: 'TX of adapter' }),
        free({ terminal: 'GND of adapter' }, [], GND),
      ],
      items: [{ count: 1, part: 'USB serial adapter for 3.3 V, with a 3-pin header inside the door' }],
    },
  ];
}
