/**
 * Holds the outputs of the bolt to their rules (design: the mechanical way always works): current only within a pulse that the chip's
 * timer ends, never two directions at once, never after a start without a cause, never while flash is written, and never more than a
 * motor bears.
 */
import { isMagnet, outputsOf, type Output } from './actuators.js';
import type { FlashOperation } from './nor.js';
import type { World } from './world.js';

/**
 * Most current at once, milliseconds: 15 s, then an unlock with three tries that was still allowed to begin, and those tries. It cools
 * down in four times the time.
 */
const HOT_MS = 16_200;
const TRIES = 6;
const COOLING = 4;
const LONGEST_HOLD_MS = 30_000;

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
  const { pins, clock } = world;
  const { bolt } = world.wiring;
  const outputs = outputsOf(world.wiring);
  // It holds a door for days, moves nothing, and hangs on the mains.
  const magnet = isMagnet(world.wiring);
  const throwMs = bolt.type === 'none' ? 0 : bolt.type === 'strike' ? LONGEST_HOLD_MS : bolt.throwMs;
  const hotMs = (HOT_MS + TRIES * throwMs) * COOLING;
  let causesAtStart = 0;
  let reported = false;
  let onSinceMs = -1;
  let coldMs = 0;

  const causes = (): number => world.keypad.presses() + world.network.delivered() + world.serial.sent() + world.bluetooth.sent() + world.release.touched();
  const on = ({ pin, active }: Output): boolean => pins.level(pin) === active;
  const energised = (): boolean => outputs.some(on);

  function update(): void {
    if (bolt.type === 'motor' && outputs.every(on)) world.violate('bridge-both-high', 'both inputs of the bridge are high');
    warm();
    if (energised() && causes() === causesAtStart && !reported) {
      reported = true;
      world.violate('motor-without-cause', 'the motor runs although nobody touched a key or sent a message since the start');
    }
  }

  /** Adds up the current there was since the last change. */
  function warm(): void {
    const nowMs = clock.now();
    if (onSinceMs >= 0) coldMs = Math.max(coldMs, onSinceMs) + (nowMs - onSinceMs) * COOLING;
    onSinceMs = energised() ? nowMs : -1;
    if (magnet || coldMs - nowMs <= hotMs) return;
    world.violate('motor-hot', `${Math.round((coldMs - nowMs) / COOLING)} ms of current are more than a motor bears`);
    coldMs = nowMs;
  }
  for (const { pin } of outputs) pins.observe(pin, update);

  return {
    energised,
    begin() {
      causesAtStart = causes();
      reported = false;
    },
    check() {
      for (const output of outputs) {
        const { pin, active, limitMs } = output;
        const edges = pins.edgesOf(pin);
        if (edges.some((edge) => edge.level === active)) world.violate('motor-unbounded', `a timer will switch pin ${pin} on again by itself`);
        if (!on(output)) continue;
        const boundMs = (edges.find((edge) => edge.level !== active)?.timeMs ?? Infinity) - clock.now();
        if (boundMs > limitMs + 0.5) world.violate('motor-unbounded', `pin ${pin} is on, and no timer switches it off for ${boundMs.toFixed(1)} ms`);
      }
    },
    checkFlash(operation) {
      if (energised() && !magnet) world.violate('flash-while-motor', `${operation.kind} at 0x${operation.address.toString(16)}`);
    },
    excuse() {
      causesAtStart = -1;
    },
  };
}
