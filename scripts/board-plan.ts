/**
 * From a wiring to what is wired: parts, each a few rows of a circuit between pads of the board and named points. Table, shopping list and
 * picture of a board's page are all made from this plan, so they cannot disagree.
 */
import type { Build } from '../boards/builds.js';
import { CARRIERS, padOf, type Carrier, type Net, type Pad } from '../boards/carriers.js';
import { FAMILIES, type ChipFamily } from '../boards/families.js';
import type { Wiring } from '../boards/wiring.js';
import { batteryParts, supplyParts } from './board-supply.js';
import { boltParts } from './board-bolt.js';
import { keypadParts, sensorParts, signalParts } from './board-parts.js';

/** Something a current goes through on its way from a pad. */
export interface Element {
  kind: 'resistor' | 'capacitor' | 'led' | 'switch' | 'piezo' | 'motor' | 'cells' | 'block' | 'transistor';
  /** Of a transistor: the leg towards the pad, its name, the leg away from it. */
  text: string;
}

/** Where a row ends: a point that is joined everywhere, a point inside this part, or a terminal of a bought part. */
export type End = { net: Net } | { point: string } | { terminal: string };

/** The connection of a pad, as the table tells it. */
export interface Wire {
  pad: Pad;
  signal: string;
  /** A word or two beside the pad in the picture. */
  short: string;
  to: string;
  level: string;
  why: string;
}

export interface Row {
  /** A row begins at a pad, branches off from the row above, or stands for itself. */
  from: { wire: Wire } | { branch: true } | { end: End };
  elements: readonly Element[];
  to: End;
}

export interface Item {
  count: number;
  part: string;
}

export interface Part {
  title: string;
  /** Short lines under the title. */
  notes: readonly string[];
  rows: readonly Row[];
  items: readonly Item[];
}

export interface Plan {
  build: Build;
  wiring: Wiring;
  family: ChipFamily;
  carrier: Carrier;
  /** Those with wires to pads, and those that hang on named points alone. */
  parts: readonly Part[];
}

/** What every maker of parts needs to know. */
export interface Context {
  wiring: Wiring;
  family: ChipFamily;
  carrier: Carrier;
  build: Build;
  pad(pin: number): Pad;
}

export function planOf(build: Build, wiring: Wiring): Plan {
  const carrier = CARRIERS[build.carrier];
  const family = FAMILIES.find((each) => each.name === wiring.family);
  if (!family || family.name !== carrier.family) throw new Error(`${build.name}: the wiring is for ${wiring.family}, the board is a ${carrier.family}.`);
  const context: Context = { wiring, family, carrier, build, pad: (pin) => padOf(carrier, pin) };
  const parts = [
    ...keypadParts(context), ...boltParts(context), ...sensorParts(context), ...signalParts(context), ...batteryParts(context),
    ...supplyParts(context),
  ];
  return { build, wiring, family, carrier, parts };
}

export function wiresOf(plan: Plan): Wire[] {
  return plan.parts.flatMap(wiresOfPart);
}

export function wiresOfPart(part: Part): Wire[] {
  return part.rows.flatMap((row) => ('wire' in row.from ? [row.from.wire] : []));
}

/** Everything to buy; what several parts need is one line. */
export function shoppingList(plan: Plan): Item[] {
  const list = new Map<string, number>([[plan.carrier.title, 1]]);
  for (const { items } of plan.parts) for (const { part, count } of items) list.set(part, (list.get(part) ?? 0) + count);
  return [...list].map(([part, count]) => ({ part, count }));
}
