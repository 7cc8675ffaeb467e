/**
 * From unknown JSON to a `Wiring`: every field present, of its type and within its bounds, and no field that nobody reads.
 * Whether the pins make sense is `check.ts`.
 */
import { FAMILIES } from './families.js';
import type { Wiring } from './wiring.js';

/** Adds one sentence to `problems` for each thing wrong with the value found at `where`. */
type Shape = (value: unknown, where: string, problems: string[]) => void;

const RESET_CAUSES = ['powerOn', 'pin', 'software', 'watchdog', 'brownOut', 'deepSleep', 'unknown'];

const pin = whole(0, 47);
const level = oneOf([0, 1]);
const input = record({ pin, active: level }, { pull: oneOf(['up', 'down']) });
const output = record({ pin, active: level });
const millivolts = whole(1, 30000);
const throwMs = whole(50, 10000);
/** What every hobby servo understands lies between 1000 and 2000; many go further. */
const servoUs = whole(500, 2500);

const CHEMISTRIES = ['4xAA', '4xNiMH', 'li1'];
const divider = {
  pin, fullScaleMv: millivolts, enable: output,
  floors: record({ refuseMv: millivolts, loadTestMv: millivolts, loadedMv: millivolts }),
};

const wiringShape = record(
  {
    name: text(32),
    family: oneOf(FAMILIES.map((family) => family.name)),
    hardware: whole(0, 65535),
    stretch: whole(1, 1000000),
    keypad: byType({
      none: record({ type: oneOf(['none']) }),
      matrix: record({ type: oneOf(['matrix']), rows: list(pin, 4), columns: list(pin, 4), keys: text(16) }, { backlight: output }),
      wiegand: record({ type: oneOf(['wiegand']), d0: pin, d1: pin, bits: oneOf([4, 8]) }, { backlight: output }),
    }),
    bolt: byType({
      none: record({ type: oneOf(['none']) }),
      motor: record({ type: oneOf(['motor']), in1: pin, in2: pin, throwMs }, {
        stall: record({ pin, limit: whole(1, 999), ignoreMs: whole(0, 1000) }),
        softStartMs: whole(1, 1000),
      }),
      servo: record({ type: oneOf(['servo']), pin, lockedUs: servoUs, unlockedUs: servoUs, throwMs }, { enable: output }),
      strike: record({ type: oneOf(['strike']), pin, active: level }),
    }),
    onPowerLoss: oneOf(['failSecure', 'failSafe']),
    battery: record({ chemistry: oneOf([...CHEMISTRIES, 'mains']) }, {
      ...divider, backup: record({ chemistry: oneOf(CHEMISTRIES) }, divider), present: input,
    }),
  },
  {
    sensors: record({}, { locked: input, unlocked: input, door: input, release: input, privacy: input, front: input }),
    led: output,
    beeper: record({ pin, hz: whole(0, 20000) }),
    strap: input,
    wakePin: input,
    awakeS: whole(0, 3600),
    resetCause: record({ register: whole(0, 0xffffffff), mask: whole(1, 0xffffffff), causes: dictionary(oneOf(RESET_CAUSES), 32) }),
  },
);

/** The wiring that `value` holds, or undefined and one sentence for everything that is missing, unknown or out of bounds. */
export function readWiring(value: unknown): { wiring?: Wiring; problems: string[] } {
  const problems: string[] = [];
  wiringShape(value, '', problems);
  return problems.length ? { problems } : { wiring: value as Wiring, problems };
}

function record(required: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape {
  return (value, where, problems) => {
    if (!isRecord(value)) {
      problems.push(`${where || 'The board'} must be a record, not ${describe(value)}.`);
      return;
    }
    const shapes = new Map(Object.entries({ ...optional, ...required }));
    for (const [name, field] of Object.entries(value)) {
      const shape = shapes.get(name);
      if (!shape) problems.push(`${path(where, name)} is not a field that exists; known here: ${[...shapes.keys()].join(', ')}.`);
      else if (field !== undefined) shape(field, path(where, name), problems);
    }
    for (const name of Object.keys(required)) if (value[name] === undefined) problems.push(`${path(where, name)} is missing.`);
  };
}

function byType(shapes: Record<string, Shape>): Shape {
  return (value, where, problems) => {
    const type = isRecord(value) && typeof value.type === 'string' ? value.type : undefined;
    const shape = type !== undefined && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    if (shape) shape(value, where, problems);
    else problems.push(`${where}.type must be one of ${Object.keys(shapes).join(', ')}.`);
  };
}

function dictionary(shape: Shape, most: number): Shape {
  return (value, where, problems) => {
    if (!isRecord(value)) {
      problems.push(`${where} must be a record, not ${describe(value)}.`);
      return;
    }
    const entries = Object.entries(value);
    if (entries.length > most) problems.push(`${where} has ${entries.length} entries, at most ${most} are allowed.`);
    for (const [key, entry] of entries) {
      if (!/^\d{1,10}$/.test(key)) problems.push(`${where}: the key "${key}" must be a decimal number.`);
      shape(entry, path(where, key), problems);
    }
  };
}

function list(shape: Shape, most: number): Shape {
  return (value, where, problems) => {
    if (!Array.isArray(value) || value.length < 1 || value.length > most) problems.push(`${where} must be a list of 1 to ${most} pins.`);
    else value.forEach((each, index) => shape(each, `${where}[${index}]`, problems));
  };
}

function whole(least: number, most: number): Shape {
  return (value, where, problems) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      problems.push(`${where} must be a whole number from ${least} to ${most}, not ${describe(value)}.`);
    }
  };
}

function text(most: number): Shape {
  return (value, where, problems) => {
    if (typeof value !== 'string' || value.length < 1 || value.length > most || /[^\x20-\x7e]/.test(value)) {
      problems.push(`${where} must be 1 to ${most} printable ASCII characters, not ${describe(value)}.`);
    }
  };
}

function oneOf(values: (string | number)[]): Shape {
  return (value, where, problems) => {
    if (!values.some((each) => each === value)) problems.push(`${where} must be one of ${values.join(', ')}, not ${describe(value)}.`);
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function path(where: string, name: string): string {
  return where ? `${where}.${name}` : name;
}

function describe(value: unknown): string {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}...` : shown;
}
