/** Turns the levels of the H-bridge into motion, and holds the motor to its rules (design: the mechanical way always works). */
import { bridgeOf } from './door.js';
import type { FlashOperation } from './nor.js';
import type { World } from './world.js';

/** Longest drive without a timer edge, milliseconds. */
const PULSE_LIMIT_MS = 100;

export interface MotorWatch {
  energised(): boolean;
  /** A start: from here on motion needs a new cause. */
  begin(): void;
  /** To be called after each change of pins by the firmware. */
  check(): void;
  checkFlash(operation: FlashOperation): void;
  /** The test has a reason of its own for motion (calibration, say). */
  excuse(): void;
}

export function watchMotor(world: World): MotorWatch {
  const bridge = bridgeOf(world.wiring);
  const { pins, clock } = world;
  const inputs = bridge ? [bridge.in1, bridge.in2] : [];
  let causesAtStart = 0;
  let reported = false;

  const causes = (): number => world.keypad.presses() + world.network.delivered() + world.serial.sent() + world.bluetooth.sent();
  const high = (pin: number): boolean => pins.level(pin) === 1;
  const energised = (): boolean => inputs.some(high);

  function update(): void {
    const [unlock, lock] = inputs.map(high);
    if (unlock && lock) world.violate('bridge-both-high', 'both inputs of the bridge are high');
    world.bolt.drive(unlock === lock ? 0 : lock ? 1 : -1);
    if (energised() && causes() === causesAtStart && !reported) {
      reported = true;
      world.violate('motor-without-cause', 'the motor runs although nobody touched a key or sent a message since the start');
    }
  }
  for (const pin of inputs) pins.observe(pin, update);

  return {
    energised,
    begin() {
      causesAtStart = causes();
      reported = false;
    },
    check() {
      for (const pin of inputs) {
        const edges = pins.edgesOf(pin);
        if (edges.some((edge) => edge.level === 1)) world.violate('motor-unbounded', `a timer will raise pin ${pin} again by itself`);
        if (!high(pin)) continue;
        const boundMs = (edges.find((edge) => edge.level === 0)?.timeMs ?? Infinity) - clock.now();
        if (boundMs > PULSE_LIMIT_MS + 0.5) world.violate('motor-unbounded', `pin ${pin} is high, and no timer lowers it for ${boundMs.toFixed(1)} ms`);
      }
    },
    checkFlash(operation) {
      if (energised()) world.violate('flash-while-motor', `${operation.kind} at 0x${operation.address.toString(16)}`);
    },
    excuse() {
      causesAtStart = -1;
    },
  };
}
