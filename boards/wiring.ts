/**
 * The wiring record: what a maker connected to which pin. It is provisioned into the identity pages as JSON text of at most
 * `WIRING_BYTES` bytes, and the bootloader, safe mode and the app read the same text. Pins are Espruino D numbers.
 */
import type { FamilyName } from './families.js';
import type { ResetCause } from '../firmware/platform/types.js';

export const WIRING_BYTES = 1024;

export interface Wiring {
  /** Model designation, shown to people. */
  name: string;
  family: FamilyName;
  /** Hardware revision; an image carries the range it is meant for. */
  hardware: number;
  /** Iterations of code stretching every stored code was made with (`ChipFamily.stretchIterations`). Fixed at provisioning. */
  stretch: number;
  keypad: KeypadWiring;
  bolt: BoltWiring;
  sensors?: SensorWiring;
  led?: LightWiring;
  beeper?: BeeperWiring;
  /** A jumper inside the door; active at start = safe mode, wire open without a code. */
  strap?: InputWiring;
  /** Wakes the chip from deep sleep. */
  wakePin?: InputWiring;
  /** Seconds without a key until it sleeps; 0 = never, left out = 20. */
  awakeS?: number;
  /** What the bolt does without power. Declared for people; a strike that is fail-safe is driven the other way round. */
  onPowerLoss: 'failSecure' | 'failSafe';
  battery: BatteryWiring;
  resetCause?: ResetCauseWiring;
}

export type KeypadWiring = MatrixWiring | WiegandWiring | { type: 'none' };

export interface MatrixWiring {
  type: 'matrix';
  /** Driven low one by one, open drain. At most 4. */
  rows: number[];
  /** Read, pulled up. At most 4. */
  columns: number[];
  /** Row by row, one character a key: `123456789*0#` for 4 rows of 3. Characters other than digits, `*` and `#` do nothing. */
  keys: string;
  /** Lit for a while after each key. */
  backlight?: LightWiring;
}

export interface WiegandWiring {
  type: 'wiegand';
  d0: number;
  d1: number;
  /** Bits a key: 4, or 8 with the inverted key first. Cards of 26 or 34 bits are read beside them. */
  bits: 4 | 8;
  /** Lit for a while after each key. */
  backlight?: LightWiring;
}

export type BoltWiring = MotorWiring | ServoWiring | StrikeWiring | { type: 'none' };

/** A DC motor on an H-bridge whose inputs are active high: in1 high unlocks, in2 high locks, both low = no current. */
export interface MotorWiring {
  type: 'motor';
  in1: number;
  in2: number;
  /** Longest time one throw may take, milliseconds. */
  throwMs: number;
  /** Where the driver tells its current. */
  stall?: StallWiring;
  /** For so many milliseconds of current a throw begins with short pulses that grow: spares gears and cells. */
  softStartMs?: number;
}

/** An ADC pin that sees the motor's current, filtered by a capacitor of some microseconds. */
export interface StallWiring {
  pin: number;
  /** Thousandths of the ADC's full scale: more is a motor that stands. */
  limit: number;
  /** The current at the start of a throw says nothing for so long, milliseconds. */
  ignoreMs: number;
}

/** A hobby servo. It gets its signal only while it turns, and so holds nothing: the bolt has to stay where it is by itself. */
export interface ServoWiring {
  type: 'servo';
  pin: number;
  /** Pulse widths of the two ends, microseconds. */
  lockedUs: number;
  unlockedUs: number;
  /** How long it gets its signal, milliseconds: long enough for one throw. */
  throwMs: number;
  /** Switches its supply. A capacitor behind the switch carries the servo through the gaps of some milliseconds. */
  enable?: LightWiring;
}

/**
 * An electric strike, or a magnet. With `onPowerLoss: 'failSecure'` current releases the door; with 'failSafe' current holds it, all the
 * time, and only mains can do that.
 */
export interface StrikeWiring {
  type: 'strike';
  pin: number;
  /** Level that means current. */
  active: 0 | 1;
}

export interface SensorWiring {
  /** End stop: the bolt is fully out. */
  locked?: InputWiring;
  /** End stop: the bolt is fully in. */
  unlocked?: InputWiring;
  /** The door is closed. */
  door?: InputWiring;
  /** A button inside that opens, whatever mode the lock is in. */
  release?: InputWiring;
  /** A button inside that switches privacy on and off. */
  privacy?: InputWiring;
  /** The outer part has been taken off. */
  front?: InputWiring;
}

export interface InputWiring {
  pin: number;
  /** Level that means "yes". */
  active: 0 | 1;
  /** The chip's own pull; leave out where there is a resistor. */
  pull?: 'up' | 'down';
}

/** An output and its level that means "on". */
export interface LightWiring {
  pin: number;
  active: 0 | 1;
}

export interface BeeperWiring {
  pin: number;
  /** Tone of a passive beeper; 0 = it makes its own tone while the pin is high. */
  hz: number;
}

/** Cells and how their voltage is read. */
export interface CellsWiring {
  chemistry: '4xAA' | '4xNiMH' | 'li1';
  /** ADC pin behind the divider. */
  pin?: number;
  /** Battery millivolts at the ADC's full scale: full scale at the pin x divider ratio. */
  fullScaleMv?: number;
  /** A pin that must be driven to its active level while the divider is read. */
  enable?: LightWiring;
  /** Own floors instead of the chemistry's. */
  floors?: BatteryFloors;
}

export interface BatteryWiring extends Omit<CellsWiring, 'chemistry'> {
  chemistry: CellsWiring['chemistry'] | 'mains';
  /** Cells that take over when the mains fail. */
  backup?: CellsWiring;
  /** The mains are there. Without it they count as there: the cells behind them are watched and warned of, and refuse nothing. */
  present?: InputWiring;
}

/** Millivolts. */
export interface BatteryFloors {
  /** At rest: refuse below. */
  refuseMv: number;
  /** At rest: below this a loaded reading decides. */
  loadTestMv: number;
  /** Under load: pause below. */
  loadedMv: number;
}

/** The chip's reset-cause register: `(peek32(register) & mask)` looked up in `causes` (decimal text -> cause). */
export interface ResetCauseWiring {
  register: number;
  mask: number;
  causes: Record<string, ResetCause>;
}
