/**
 * Does this wiring work on this chip? Each problem is one sentence: what is wrong, and why it matters. A wiring without problems
 * may be provisioned.
 */
import { FAMILIES, type ChipFamily } from './families.js';
import { recordBytes } from './record.js';
import { WIRING_BYTES, type BatteryWiring, type BoltWiring, type CellsWiring, type InputWiring, type KeypadWiring, type Wiring } from './wiring.js';
import { layoutOf, PAGE_BYTES } from '../firmware/flash/layout.js';

/** What a pin is used for. */
interface Use {
  /** The field of the wiring, as a person writes it. */
  where: string;
  pin: number;
  drives: boolean;
  /** The chip's own pull is switched on. */
  pulls: boolean;
  /** Something outside holds the line at a level of its own, at reset too. */
  held: boolean;
}

/** Highest voltage of fresh cells, millivolts, and what is safe for any floor. Data-sheet figures. */
const FRESH_MV: Record<CellsWiring['chemistry'], number> = { '4xAA': 6500, '4xNiMH': 5800, li1: 4250 };

/** Fewest iterations that still slow down guessing from a stolen chip; most that keep a person waiting less than about a second. */
const STRETCH_LEAST = 100;
const STRETCH_MOST_TIMES = 4;

/** Two pulse widths that a servo tells apart. */
const SERVO_LEAST_US = 100;

/** All that is wrong with `wiring`, one sentence each. Empty: it may be provisioned. */
export function checkWiring(wiring: Wiring, family = familyOf(wiring)): string[] {
  const uses = usesOf(wiring);
  return [
    ...checkFlash(family),
    ...checkPins(uses, family),
    ...checkBolt(wiring, family),
    ...checkKeypad(wiring.keypad),
    ...checkBattery(wiring.battery, family),
    ...checkWake(wiring, family),
    ...checkRest(wiring, family),
  ];
}

/** Whether the regions of flash fit into the chip's Storage and leave what the firmware relies on. */
export function checkFlash(family: ChipFamily): string[] {
  const problems: string[] = [];
  const geometry = family.geometry;
  const end = geometry.base + geometry.pages * PAGE_BYTES;
  const layout = layoutOf(geometry);
  layout.slots.forEach((slot, index) => {
    const name = index === 0 ? 'A' : 'B';
    if (slot.pages < 1) problems.push(`Slot ${name} has no pages: there is nowhere to put an image.`);
    if (slot.address + slot.pages * PAGE_BYTES > end) {
      const over = (slot.address + slot.pages * PAGE_BYTES - end) / PAGE_BYTES;
      problems.push(`Slot ${name} ends ${over} pages outside Storage: writing it would overwrite what lies behind.`);
    }
  });
  if (geometry.base % PAGE_BYTES) problems.push(`Storage begins at ${hex(geometry.base)}, which is not the start of a page: erasing a page would hit its neighbour.`);
  if (geometry.bootPages < 1) problems.push('.boot0 has no pages: there is nothing to start from.');
  if (geometry.identityPages < 2) problems.push('Identity needs 2 pages, one for each of its copies.');
  if (geometry.journalPages < 2) problems.push('The journal needs 2 pages: one is written while the other holds.');
  if (geometry.recordPages < 2) problems.push('The record store needs at least 2 pages: one is written while the others hold.');
  if (geometry.offerPages < 3) problems.push('The offer needs 3 pages: a signature alone takes almost 2.');
  if (layout.spare.pages < 2 && !problems.length) problems.push('Storage leaves fewer than 2 spare pages: a failing journal or record page could not be replaced.');
  return problems;
}

function checkPins(uses: Use[], family: ChipFamily): string[] {
  const problems: string[] = [];
  const usedBy = new Map<number, Use>();
  for (const use of uses) {
    const { pin, where } = use;
    const other = usedBy.get(pin);
    if (other) problems.push(`D${pin} is used twice, as ${other.where} and as ${where}: one of them must move.`);
    usedBy.set(pin, use);
    if (!family.pins.includes(pin)) problems.push(`${where} is on D${pin}, which cannot be used on ${family.title}: choose one of ${pinList(family.pins)}.`);
    if (!family.inputOnlyPins.includes(pin)) continue;
    if (use.drives) problems.push(`${where} is on D${pin}, which can only be read: an output there would do nothing.`);
    else if (use.pulls) problems.push(`${where} is on D${pin}, which has no pull resistor of its own: an open line would float.`);
  }
  if (usedBy.size > family.pins.length) {
    problems.push(`${usedBy.size} pins are needed, ${family.title} has ${family.pins.length}: a Wiegand keypad needs 2 where a matrix needs 7.`);
  }
  for (const { pin, where, held } of uses) {
    if (held && family.strappingPins.includes(pin)) {
      problems.push(`${where} is on D${pin}, whose level at reset chooses how the chip starts: held at that moment, the lock would not start.`);
    }
  }
  return problems;
}

function checkBolt(wiring: Wiring, family: ChipFamily): string[] {
  const { bolt, battery, onPowerLoss } = wiring;
  const problems: string[] = [];
  for (const { where, pin, active, what } of drivesOf(bolt)) {
    if (active && family.bootPullUpPins.includes(pin)) {
      problems.push(`${where} is on D${pin}, which Espruino pulls up while it starts: the ${what} would see a weak high and may move the bolt.`);
    } else if (family.strappingPins.includes(pin)) {
      problems.push(`${where} is on D${pin}, whose level at reset chooses how the chip starts: the ${what} would change it, or be moved by it.`);
    }
  }
  if (bolt.type === 'motor') {
    const { stall, softStartMs, throwMs } = bolt;
    if (stall && !family.adcPins.includes(stall.pin)) {
      const choice = family.adcPins.length ? `choose one of ${pinList(family.adcPins)}` : 'leave bolt.stall out';
      problems.push(`bolt.stall.pin is D${stall.pin}, which has no ADC on ${family.title}: ${choice}.`);
    }
    if (stall && stall.ignoreMs >= throwMs) problems.push(`bolt.stall.ignoreMs is ${stall.ignoreMs}, a whole throw takes ${throwMs} ms: its current would never be looked at.`);
    if (softStartMs !== undefined && softStartMs >= throwMs) problems.push(`bolt.softStartMs is ${softStartMs}, a whole throw takes ${throwMs} ms: the motor would never get its full current.`);
  } else if (bolt.type === 'servo' && Math.abs(bolt.lockedUs - bolt.unlockedUs) < SERVO_LEAST_US) {
    problems.push(`bolt.lockedUs and bolt.unlockedUs are less than ${SERVO_LEAST_US} apart: the servo would hardly turn.`);
  } else if (bolt.type === 'strike' && onPowerLoss === 'failSafe' && battery.chemistry !== 'mains') {
    problems.push(`bolt is a strike that is fail-safe: current holds the door all the time, which empties ${battery.chemistry} cells within days; use mains, or a strike that is fail-secure.`);
  }
  return problems;
}

/** Outputs that give current to the bolt. */
function drivesOf(bolt: BoltWiring): { where: string; pin: number; active: 0 | 1; what: string }[] {
  if (bolt.type === 'motor') return (['in1', 'in2'] as const).map((name) => ({ where: `bolt.${name}`, pin: bolt[name], active: 1, what: 'motor driver' }));
  if (bolt.type === 'strike') return [{ where: 'bolt.pin', pin: bolt.pin, active: bolt.active, what: 'strike\'s switch' }];
  if (bolt.type === 'none') return [];
  const { pin, enable } = bolt;
  return [{ where: 'bolt.pin', pin, active: 1, what: 'servo' }, ...(enable ? [{ where: 'bolt.enable.pin', ...enable, what: 'servo\'s switch' }] : [])];
}

function checkKeypad(keypad: KeypadWiring): string[] {
  if (keypad.type !== 'matrix') return [];
  const problems: string[] = [];
  const count = keypad.rows.length * keypad.columns.length;
  if (keypad.keys.length !== count) {
    problems.push(`keypad.keys names ${keypad.keys.length} keys, ${keypad.rows.length} rows of ${keypad.columns.length} columns have ${count}.`);
  }
  const missing = [...'0123456789*#'].filter((key) => !keypad.keys.includes(key));
  if (missing.length) problems.push(`keypad.keys has no ${missing.join(' ')}: codes need every digit, # to end them and * to clear them.`);
  const twice = [...'0123456789*#'].filter((key) => keypad.keys.split(key).length > 2);
  if (twice.length) problems.push(`keypad.keys names ${twice.join(' ')} more than once: each key has one place.`);
  return problems;
}

function checkBattery(battery: BatteryWiring, family: ChipFamily): string[] {
  const { chemistry, backup, present } = battery;
  if (chemistry !== 'mains') {
    const field = (['backup', 'present'] as const).find((name) => battery[name] !== undefined);
    const stray = field ? [`battery.${field} is given, but there are no mains to back up: leave it out, or write chemistry: mains.`] : [];
    return stray.concat(checkCells({ ...battery, chemistry }, 'battery', family));
  }
  const field = (['pin', 'fullScaleMv', 'enable', 'floors'] as const).find((name) => battery[name] !== undefined);
  const problems = field ? [`battery.${field} is given, but mains has no voltage gate: leave it out, or name the chemistry.`] : [];
  if (present && !backup) problems.push('battery.present is given without battery.backup: when the mains are away, nothing is left that could read it.');
  return backup ? problems.concat(checkCells(backup, 'battery.backup', family)) : problems;
}

function checkCells(cells: CellsWiring, where: string, family: ChipFamily): string[] {
  if (!family.adcPins.length) return [`${family.title} has no ADC pins in Espruino, so its battery cannot be measured: only mains will do.`];
  const problems: string[] = [];
  if (cells.pin === undefined) problems.push(`${where}.pin is missing: without it nobody knows whether ${cells.chemistry} cells last through an update.`);
  else if (!family.adcPins.includes(cells.pin)) {
    problems.push(`${where}.pin is D${cells.pin}, which has no ADC on ${family.title}: choose one of ${pinList(family.adcPins)}.`);
  }
  const fresh = FRESH_MV[cells.chemistry];
  if (cells.fullScaleMv === undefined) problems.push(`${where}.fullScaleMv is missing: the battery's millivolts at which the ADC reads 1.`);
  else if (cells.fullScaleMv < fresh) {
    problems.push(`${where}.fullScaleMv is ${cells.fullScaleMv}, fresh ${cells.chemistry} cells have ${fresh} mV: the ADC pin would see more than it can bear.`);
  } else if (cells.fullScaleMv < family.adcFullScaleMv) {
    problems.push(`${where}.fullScaleMv is ${cells.fullScaleMv}, less than the ${family.adcFullScaleMv} mV at the pin: a divider cannot do that.`);
  }
  return problems.concat(checkFloors(cells, where));
}

function checkFloors({ floors, chemistry }: CellsWiring, where: string): string[] {
  if (!floors) return [];
  const problems: string[] = [];
  if (floors.refuseMv >= floors.loadTestMv) {
    problems.push(`${where}.floors are out of order: refuseMv ${floors.refuseMv} must be below loadTestMv ${floors.loadTestMv}, or no reading is ever tested under load.`);
  }
  if (floors.loadedMv >= floors.loadTestMv) {
    problems.push(`${where}.floors are out of order: loadedMv ${floors.loadedMv} must be below loadTestMv ${floors.loadTestMv}, because load lowers the voltage.`);
  }
  if (floors.loadTestMv > FRESH_MV[chemistry]) {
    problems.push(`${where}.floors.loadTestMv is ${floors.loadTestMv}, above the ${FRESH_MV[chemistry]} mV of fresh ${chemistry} cells.`);
  }
  return problems;
}

function checkWake({ wakePin, awakeS, battery }: Wiring, family: ChipFamily): string[] {
  if (!wakePin && awakeS !== undefined) return ['awakeS is given without wakePin: nothing puts this lock to sleep.'];
  if (!family.wakePins) return wakePin ? [`wakePin is given, but ${family.title} sleeps without one: leave it out.`] : [];
  if (!wakePin) {
    if (battery.chemistry === 'mains') return [];
    return [`wakePin is missing: on ${battery.chemistry} cells ${family.title} has to deep-sleep, and nothing else could wake it at a key press.`];
  }
  const problems: string[] = [];
  if (!family.wakePins.includes(wakePin.pin)) {
    problems.push(`wakePin is D${wakePin.pin}, which cannot wake ${family.title}: choose one of ${pinList(family.wakePins)}.`);
  }
  if (wakePin.pull) problems.push('wakePin.pull is given, but the chip\'s own pull is off in deep sleep: use a resistor and leave pull out.');
  return problems;
}

function checkRest(wiring: Wiring, family: ChipFamily): string[] {
  const problems: string[] = [];
  const most = family.stretchIterations * STRETCH_MOST_TIMES;
  if (wiring.stretch < STRETCH_LEAST || wiring.stretch > most) {
    problems.push(`stretch is ${wiring.stretch}: below ${STRETCH_LEAST} codes are guessed too fast, above ${most} the door waits too long.`);
  }
  const bytes = recordBytes(wiring);
  if (bytes > WIRING_BYTES) problems.push(`The wiring takes ${bytes} bytes as a record, its place in flash holds ${WIRING_BYTES}: shorten it.`);
  return problems;
}

/** Every pin of the wiring, in the order of its fields. A wake pin on a Wiegand line is one use: the reader wakes the lock. */
function usesOf(wiring: Wiring): Use[] {
  const { keypad, bolt, sensors, led, beeper, strap, wakePin, battery } = wiring;
  const uses: Use[] = [];
  const drive = (where: string, pin: number): unknown => uses.push({ where, pin, drives: true, pulls: false, held: false });
  const read = (where: string, pin: number, pulls: boolean, held: boolean): unknown => uses.push({ where, pin, drives: false, pulls, held });
  const sense = (where: string, input: InputWiring | undefined): unknown => input && read(where, input.pin, input.pull !== undefined, true);
  if (keypad.type === 'matrix') {
    keypad.rows.forEach((pin, index) => drive(`keypad.rows[${index}]`, pin));
    keypad.columns.forEach((pin, index) => read(`keypad.columns[${index}]`, pin, true, false));
  } else if (keypad.type === 'wiegand') {
    read('keypad.d0', keypad.d0, true, true);
    read('keypad.d1', keypad.d1, true, true);
  }
  if (keypad.type !== 'none' && keypad.backlight) drive('keypad.backlight', keypad.backlight.pin);
  for (const { where, pin } of drivesOf(bolt)) drive(where, pin);
  if (bolt.type === 'motor' && bolt.stall) read('bolt.stall.pin', bolt.stall.pin, false, true);
  sense('sensors.locked', sensors?.locked);
  sense('sensors.unlocked', sensors?.unlocked);
  sense('sensors.door', sensors?.door);
  sense('sensors.release', sensors?.release);
  sense('sensors.privacy', sensors?.privacy);
  sense('sensors.front', sensors?.front);
  if (led) drive('led', led.pin);
  if (beeper) drive('beeper', beeper.pin);
  sense('strap', strap);
  if (keypad.type !== 'wiegand' || (wakePin?.pin !== keypad.d0 && wakePin?.pin !== keypad.d1)) sense('wakePin', wakePin);
  const cells = (where: string, { pin, enable }: { pin?: number; enable?: { pin: number } }): void => {
    if (pin !== undefined) read(`${where}.pin`, pin, false, true);
    if (enable) drive(`${where}.enable`, enable.pin);
  };
  cells('battery', battery);
  if (battery.backup) cells('battery.backup', battery.backup);
  sense('battery.present', battery.present);
  return uses;
}

function familyOf(wiring: Wiring): ChipFamily {
  return FAMILIES.find((family) => family.name === wiring.family)!;
}

function pinList(pins: readonly number[]): string {
  return pins.map((pin) => `D${pin}`).join(', ');
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
