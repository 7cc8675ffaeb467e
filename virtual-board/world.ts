/**
 * Everything around the chip, seeded: time, flash, battery, bolt, keys, light, beeper, contacts and links. The same options and
 * the same calls give the same history. What must never happen is watched all the time and collected in `violations`.
 */
import { FAMILIES, type ChipFamily } from '../boards/families.js';
import type { BatteryWiring, Wiring } from '../boards/wiring.js';
import { layoutOf, type Layout, type Span } from '../firmware/flash/layout.js';
import type { ResetCause } from '../firmware/platform/types.js';
import { connectBolt } from './actuators.js';
import { createBattery, LOAD_MA, type Battery, type BatteryOptions } from './battery.js';
import { createBolt, type Bolt, type BoltOptions } from './bolt.js';
import { createClock, type Clock } from './clock.js';
import { createContact, createKeypad, recordSignal, type Contact, type Keypad, type Signal } from './door.js';
import { createStream, createNetwork, type LinkFaults, type Network, type Stream } from './links.js';
import { createNor, type FlashOperation, type Nor } from './nor.js';
import { createPins, type Pins } from './pins.js';
import { createRandom, type Random } from './random.js';
import { watchMotor, type MotorWatch } from './motor-watch.js';

export type { Signal } from './door.js';

export interface WorldOptions {
  seed: number;
  wiring: Wiring;
  /** Content of all of Storage (`storageImage`, or `world.nor.bytes` of another world). Without it flash is erased. */
  flash?: Uint8Array;
  /** A flash model to go on with, instead of `flash`. */
  nor?: Nor;
  battery?: Partial<BatteryOptions>;
  bolt?: Partial<BoltOptions>;
  /** Battery millivolts below which the chip resets (2.8 V at the chip behind a regulator). */
  brownOutMv?: number;
  link?: Partial<LinkFaults>;
  /** Milliseconds from power to the first statement of `.boot0`. */
  bootMs?: number;
  startMs?: number;
}

export type Violation = { kind: ViolationKind; atMs: number; detail: string };
export type ViolationKind =
  | 'flash-while-motor' | 'motor-unbounded' | 'bridge-both-high' | 'motor-without-cause' | 'motor-hot'
  | 'storage-write' | 'storage-erased' | 'flash-outside' | 'pins-fight' | 'boot-image' | 'forbidden-call';

const MAY_BY_HAND: readonly ViolationKind[] = ['storage-write', 'flash-outside', 'forbidden-call'];

/** Why a run of the firmware ended. */
export type EndCause = 'powerCut' | 'software' | 'watchdog' | 'brownOut' | 'deepSleep' | 'pin';

export interface Chip {
  running: boolean;
  /** Starts so far: 1 during the first. */
  starts: number;
  /** Time of this start (power, not the first statement). */
  startedMs: number;
  resetCause: ResetCause;
  /** How the last run ended; undefined while it runs. */
  ended: EndCause | undefined;
  /** When it ended. */
  endedMs: number;
  /** What woke it from deep sleep, as `ESP32.getWakeupCause()` gives it; 0 = it was not asleep. */
  wakeCause: number;
  /** In deep sleep: what wakes it. */
  wakeAt: { timeMs: number; pin?: { pin: number; level: 0 | 1 } } | undefined;
  /** The cells have been out since the last start. */
  cellsOut: boolean;
  begin(cause: ResetCause): void;
  end(cause: EndCause): void;
}

export interface World {
  options: WorldOptions;
  seed: number;
  random: Random;
  wiring: Wiring;
  family: ChipFamily;
  layout: Layout;
  clock: Clock;
  nor: Nor;
  pins: Pins;
  battery: Battery;
  bolt: Bolt;
  keypad: Keypad;
  door: Contact;
  /** The buttons inside, and the contact of the outer part. */
  release: Contact;
  privacy: Contact;
  front: Contact;
  strap: Contact;
  wake: Contact;
  led: Signal[];
  beeper: Signal[];
  network: Network;
  /** The wire (Serial1). */
  serial: Stream;
  /** Nordic UART service. */
  bluetooth: Stream;
  chip: Chip;
  motor: MotorWatch;
  violations: Violation[];
  violate(kind: ViolationKind, detail: string): void;
  /** Somebody at the console does what happens now: what only firmware must not do to flash is no violation then. */
  byHand: boolean;
  /** Regions that may not be written at the moment, besides Storage headers, `.boot0` and identity. */
  protect: Span[];
  /** Called before each flash operation of the running firmware. */
  onFlash: ((operation: FlashOperation) => void) | undefined;
  bootMs: number;
}

export const ERASE_MS = 45;
export const PROGRAM_MS = 0.5;

/** What supplies a lock, when new. */
export const CELLS: Record<BatteryWiring['chemistry'], BatteryOptions> = {
  '4xAA': { openCircuitMv: 6000, internalMilliohm: 800 },
  '4xNiMH': { openCircuitMv: 5200, internalMilliohm: 300 },
  li1: { openCircuitMv: 4000, internalMilliohm: 200 },
  mains: { openCircuitMv: 5000, internalMilliohm: 50 },
};

export function createWorld(options: WorldOptions): World {
  const { seed, wiring } = options;
  const family = FAMILIES.find((one) => one.name === wiring.family);
  if (!family) throw new Error(`There is no chip family ${wiring.family}.`);
  const random = createRandom(seed);
  const clock = createClock(options.startMs ?? 0);
  const noise = random.fork();
  const nor = options.nor ?? createNor({ base: family.geometry.base, pages: family.geometry.pages, random: random.fork() });
  if (options.flash) nor.bytes.set(options.flash);
  const violations: Violation[] = [];
  const violate = (kind: ViolationKind, detail: string): void => {
    if (!world.byHand || !MAY_BY_HAND.includes(kind)) violations.push({ kind, atMs: clock.now(), detail });
  };

  const pins = createPins({
    clock, random: noise.next, inputOnly: family.inputOnlyPins, bootPullUps: family.bootPullUpPins,
    fight: (members) => violate('pins-fight', `pins ${members.join(', ')} hold opposite levels`),
  });
  const chip = createChip();
  const battery = createBattery({ ...CELLS[wiring.battery.chemistry], ...options.battery }, options.brownOutMv ?? 3050, (mv) => {
    if (!battery.present()) chip.cellsOut = true;
    if (chip.running && mv < battery.brownOutMv) chip.end(battery.present() ? 'brownOut' : 'powerCut');
  }, clock.now);
  const bolt = createBolt(
    { position: options.bolt?.position ?? 1, travelMs: options.bolt?.travelMs ?? ('throwMs' in wiring.bolt ? wiring.bolt.throwMs * 0.6 : 600) },
    { clock, supplyMv: battery.mv, load: (ma) => battery.load('motor', ma), changed: showBolt },
  );
  const keypad = createKeypad(wiring.keypad, clock, pins);
  const locked = createContact(wiring.sensors?.locked, pins, bolt.locked());
  const unlocked = createContact(wiring.sensors?.unlocked, pins, bolt.unlocked());

  function showBolt(): void {
    locked.set(bolt.locked());
    unlocked.set(bolt.unlocked());
  }

  function createChip(): Chip {
    const one: Chip = {
      running: false, starts: 0, startedMs: 0, resetCause: 'powerOn', ended: 'powerCut', endedMs: 0, wakeCause: 0, wakeAt: undefined, cellsOut: false,
      begin(cause) {
        Object.assign(one, { running: true, starts: one.starts + 1, startedMs: clock.now(), resetCause: cause, ended: undefined, cellsOut: false });
        if (cause !== 'deepSleep') one.wakeCause = 0;
        pins.reset();
        world.motor.begin();
        battery.load('chip', LOAD_MA.chip);
      },
      end(cause) {
        if (!one.running) return;
        one.running = false;
        one.ended = cause;
        one.endedMs = clock.now();
        pins.powerOff();
        for (const name of ['chip', 'radio', 'flash']) battery.load(name, 0);
        world.network.reset();
        world.serial.listener = undefined;
        world.bluetooth.listener = undefined;
      },
    };
    return one;
  }

  nor.onOperation = (operation) => {
    if (!chip.running) return;
    world.onFlash?.(operation);
    world.motor.checkFlash(operation);
    const writable = operation.address >= world.layout.journal.address
      && !world.protect.some((span) => operation.address >= span.address && operation.address < span.address + span.pages * 4096);
    if (!writable) violate('flash-outside', `${operation.kind} at 0x${operation.address.toString(16)}`);
    battery.load('flash', LOAD_MA.flash);
    clock.advanceTo(clock.now() + (operation.kind === 'erase' ? ERASE_MS : (PROGRAM_MS * operation.length) / 256));
    battery.load('flash', 0);
    // Power or a reset came in between: a reset lets the flash chip finish, a power loss does not.
    if (!chip.running) nor.cut = { at: nor.operations - 1, how: chip.ended === 'watchdog' || chip.ended === 'pin' ? 'after' : 'torn', random: noise };
  };

  const world: World = {
    options, seed, random, wiring, family, layout: layoutOf(family.geometry), clock, nor, pins, battery, bolt, keypad, chip, violations, violate,
    door: createContact(wiring.sensors?.door, pins, true),
    release: createContact(wiring.sensors?.release, pins, false),
    privacy: createContact(wiring.sensors?.privacy, pins, false),
    front: createContact(wiring.sensors?.front, pins, false),
    strap: createContact(wiring.strap, pins, false),
    wake: createContact(wiring.wakePin, pins, false),
    led: recordSignal(wiring.led?.pin, wiring.led?.active ?? 1, clock, pins),
    beeper: recordSignal(wiring.beeper?.pin, 1, clock, pins),
    network: createNetwork(clock, random.fork().next),
    serial: createStream(clock, 0.087),
    bluetooth: createStream(clock, 0.2),
    motor: undefined as never,
    byHand: false,
    protect: [],
    onFlash: undefined,
    bootMs: options.bootMs ?? 1250,
  };
  connectBolt(world);
  world.motor = watchMotor(world);
  Object.assign(world.network.faults, options.link);
  return world;
}

/** Motor current at the ADC's full scale. */
export const STALL_FULL_MA = 1500;

/** What `analogRead` gives: the motor's current; the battery behind its divider, with a little noise; NaN on a pin without ADC. */
export function readAdc(world: World, pin: number): number {
  if (!world.family.adcPins.includes(pin)) return NaN;
  const { battery, bolt, wiring } = world;
  if (wiring.bolt.type === 'motor' && wiring.bolt.stall?.pin === pin) return Math.min(4095 / 4096, bolt.currentMa() / STALL_FULL_MA);
  if (wiring.battery.pin !== pin) return world.pins.level(pin) === 1 ? 4095 / 4096 : 0;
  const { enable } = wiring.battery;
  const enabled = !enable || world.pins.level(enable.pin) === enable.active;
  const share = enabled ? battery.mv() / (wiring.battery.fullScaleMv ?? 1) : 1;
  const counts = Math.round(share * 4096 + (world.random.next() - 0.5) * 4);
  return Math.min(4095, Math.max(0, counts)) / 4096;
}
