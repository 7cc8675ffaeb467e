/** From the levels of the bolt's outputs to what moves: an H-bridge, a servo that understands pulse widths, a strike or a magnet. */
import type { MotorWiring, ServoWiring, StrikeWiring, Wiring } from '../boards/wiring.js';
import { LOAD_MA } from './battery.js';
import type { Level } from './pins.js';
import type { World } from './world.js';

/** An output that gives current to the bolt. */
export interface Output {
  pin: number;
  active: Level;
  /** Longest time it may be on without the timer ending it, milliseconds. */
  limitMs: number;
}

const PULSE_LIMIT_MS = 100;
/** A servo's signal: longer is none. */
const SIGNAL_LIMIT_MS = 3;
/** A servo turns on for so long without a signal, and runs so long from the capacitor at its supply. */
const SERVO_FORGETS_MS = 60;
const CAPACITOR_MS = 30;
/** A coil with a diode across it holds on for so long. */
const COIL_MS = 25;

export function outputsOf({ bolt }: Wiring): Output[] {
  if (bolt.type === 'motor') return [bolt.in1, bolt.in2].map((pin) => ({ pin, active: 1, limitMs: PULSE_LIMIT_MS }));
  if (bolt.type === 'strike') return [{ pin: bolt.pin, active: bolt.active, limitMs: PULSE_LIMIT_MS }];
  if (bolt.type === 'none') return [];
  return [{ pin: bolt.pin, active: 1, limitMs: SIGNAL_LIMIT_MS }, ...(bolt.enable ? [{ ...bolt.enable, limitMs: PULSE_LIMIT_MS }] : [])];
}

/** A door held by current: whatever takes the current away opens it. */
export function isMagnet({ bolt, onPowerLoss }: Wiring): boolean {
  return bolt.type === 'strike' && onPowerLoss === 'failSafe';
}

export function connectBolt(world: World): void {
  const { bolt } = world.wiring;
  if (bolt.type === 'motor') connectBridge(world, bolt);
  else if (bolt.type === 'servo') connectServo(world, bolt);
  else if (bolt.type === 'strike') connectStrike(world, bolt);
}

function connectBridge({ pins, bolt }: World, { in1, in2 }: MotorWiring): void {
  const update = (): void => {
    const unlocks = pins.level(in1) === 1;
    const locks = pins.level(in2) === 1;
    bolt.drive(unlocks === locks ? 0 : locks ? 1 : -1);
  };
  pins.observe(in1, update);
  pins.observe(in2, update);
}

function connectServo({ pins, bolt, clock }: World, { pin, lockedUs, unlockedUs, enable }: ServoWiring): void {
  let raisedMs = 0;
  let forgets = 0;
  let suppliedMs = enable ? -Infinity : Infinity;
  if (enable) {
    pins.observe(enable.pin, (level) => {
      suppliedMs = level === enable.active ? Infinity : Math.min(suppliedMs, clock.now() + CAPACITOR_MS);
    });
  }
  pins.observe(pin, (level) => {
    if (level === 1) {
      raisedMs = clock.now();
      return;
    }
    const us = (clock.now() - raisedMs) * 1000;
    if (us < 400 || us > 2600 || clock.now() > suppliedMs) return;
    const target = Math.min(1, Math.max(0, (us - unlockedUs) / (lockedUs - unlockedUs)));
    bolt.drive(target > bolt.position() + 0.02 ? 1 : target < bolt.position() - 0.02 ? -1 : 0);
    clock.cancel(forgets);
    forgets = clock.after(SERVO_FORGETS_MS, () => bolt.drive(0));
  });
}

function connectStrike({ pins, bolt, clock, battery, wiring }: World, { pin, active }: StrikeWiring): void {
  const held = isMagnet(wiring);
  let fades = 0;
  const pull = (on: boolean): void => bolt.push(on === held ? 1 : 0);
  pins.observe(pin, (level) => {
    const on = level === active;
    battery.load('strike', on ? LOAD_MA.strike : 0);
    clock.cancel(fades);
    if (on) pull(true);
    else fades = clock.after(COIL_MS, () => pull(false));
  });
  pull(false);
}
