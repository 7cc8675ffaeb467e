/** A bolt driver of the firmware on the virtual board's pins, actuators and watch, without the rest of a door. */
import { wiring as virtualLock } from '../../boards/reference/virtual.js';
import type { BoltWiring, SensorWiring, Wiring } from '../../boards/wiring.js';
import { openBolt, setUpInput, type Bolt } from '../../firmware/lock/bolt.js';
import type { Pins } from '../../firmware/platform/types.js';
import type { BoltOptions } from '../../virtual-board/bolt.js';
import { createWorld, readAdc, type World } from '../../virtual-board/world.js';

export const MOTOR: BoltWiring = { type: 'motor', in1: 16, in2: 17, throwMs: 1500 };
/** The virtual motor runs at 250 mA and stands at 900 of 1500. */
export const STALLING: BoltWiring = { ...MOTOR, stall: { pin: 36, limit: 400, ignoreMs: 60 } };
export const SERVO: BoltWiring = { type: 'servo', pin: 16, lockedUs: 1900, unlockedUs: 1100, throwMs: 900, enable: { pin: 17, active: 1 } };
export const STRIKE: BoltWiring = { type: 'strike', pin: 16, active: 1 };
export const BOTH_STOPS: SensorWiring = virtualLock.sensors!;
const IDLE_MS = 50;

export interface BenchOptions {
  bolt: BoltWiring;
  sensors?: SensorWiring;
  onPowerLoss?: Wiring['onPowerLoss'];
  settings?: Uint8Array;
  start?: Partial<BoltOptions>;
  /** A fault in what the driver is given. */
  plant?: (pins: Pins, world: World) => Pins;
}

export class Bench {
  readonly world: World;
  bolt!: Bolt;
  private readonly options: BenchOptions;
  private dueAtMs = 0;
  private startedMs = 0;

  constructor(options: BenchOptions) {
    this.options = options;
    const { bolt, sensors = {}, onPowerLoss = 'failSecure' } = options;
    this.world = createWorld({
      seed: 1, wiring: { ...virtualLock, bolt, sensors, onPowerLoss, battery: { chemistry: 'mains' } }, bolt: { travelMs: 500, ...options.start },
    });
    this.restart();
  }

  /** The chip starts, again. */
  restart(): void {
    const { world, options } = this;
    if (world.chip.running) world.chip.end('software');
    world.chip.begin('software');
    this.startedMs = world.clock.now();
    const { bolt, sensors, onPowerLoss } = world.wiring;
    const pins = this.pins();
    setUpInput(pins, sensors?.door);
    this.bolt = openBolt(options.plant?.(pins, world) ?? pins, () => world.clock.now() - this.startedMs, bolt, sensors, onPowerLoss, options.settings);
    world.motor.check();
    this.dueAtMs = world.clock.now() + IDLE_MS;
  }

  private pins(): Pins {
    const { pins, motor } = this.world;
    const checked = <T>(result: T): T => {
      motor.check();
      return result;
    };
    return {
      mode: (pin, mode) => checked(pins.mode(pin, mode)),
      write: (pin, level) => checked(pins.write(pin, level)),
      pulse: (pin, level, ms) => checked(pins.pulse(pin, level, ms)),
      read: (pin) => pins.read(pin),
      readAll: () => 0,
      writeAll: () => undefined,
      analog: (pin) => readAdc(this.world, pin),
      tone: () => undefined,
      watch: () => undefined,
    };
  }

  /** Somebody asks for it. */
  move(goal: number): void {
    this.world.motor.excuse();
    this.bolt.move(goal);
    this.bolt.tick();
    this.dueAtMs = this.world.clock.now();
  }

  /** Time passes; each turn of the interpreter comes up to `lateMs` late, and takes no time. */
  pass(ms: number, lateMs: () => number = () => 0): void {
    const { clock } = this.world;
    const endMs = clock.now() + ms;
    for (;;) {
      const nextMs = Math.max(clock.now(), this.dueAtMs);
      if (nextMs >= endMs) return clock.advanceTo(endMs);
      clock.advanceTo(nextMs);
      this.bolt.tick();
      this.world.motor.check();
      this.dueAtMs = clock.now() + Math.max(1, Math.ceil(this.bolt.dueMs() || IDLE_MS)) + lateMs();
    }
  }

  /** The interpreter does nothing for so long; hardware goes on. */
  hang(ms: number): void {
    this.world.clock.advanceTo(this.world.clock.now() + ms);
  }

  kinds(): string[] {
    return [...new Set(this.world.violations.map(({ kind }) => kind))];
  }
}
