/** What a wiring means to the prelude: which pins are the parts that it plays. */
import type { Wiring } from '../../boards/wiring.js';
import type { BoltSettings } from './device/protocol.js';

/** The switch of a key: between its row and its column. */
export function switchOf({ keypad }: Wiring, key: string): [number, number] {
  const index = keypad.type === 'matrix' ? keypad.keys.indexOf(key) : -1;
  if (keypad.type !== 'matrix' || index < 0) throw new Error(`the keypad has no key ${key}`);
  return [keypad.rows[Math.floor(index / keypad.columns.length)]!, keypad.columns[index % keypad.columns.length]!];
}

/** Outputs a person sees or hears, and the motor's. */
export function reportedPins({ led, beeper, bolt }: Wiring): number[] {
  const pins = [led?.pin, beeper?.pin, ...(bolt.type === 'motor' ? [bolt.in1, bolt.in2] : [])];
  return pins.filter((pin) => pin !== undefined);
}

export function boltOf({ bolt, sensors }: Wiring, travelMs: number): { bolt?: BoltSettings } {
  if (bolt.type !== 'motor' || !sensors?.locked || !sensors.unlocked) return {};
  return { bolt: { in1: bolt.in1, in2: bolt.in2, travelMs, locked: sensors.locked, unlocked: sensors.unlocked } };
}
