/**
 * The chip's pins and the copper between them. A pin has a mode, an output register and a queue of timer edges; outside it may be
 * driven hard, pulled by a resistor, or joined to other pins by closed switches (a keypad). What a pin reads follows from all
 * pins it is joined to, so two closed keys in one row are as ambiguous here as on a desk.
 */
import type { Clock } from './clock.js';

export type PinMode = 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'opendrain' | 'analog';
export type Level = 0 | 1;

export interface Pins {
  mode(pin: number, mode: PinMode | 'auto'): void;
  modeOf(pin: number): PinMode;
  /** digitalWrite: sets the register, and makes the pin an output unless a mode was chosen explicitly. */
  write(pin: number, level: Level): void;
  /** digitalPulse as jswrap_io.c has it: while timer edges are queued for the pin, only a later edge is added to them. */
  pulse(pin: number, level: Level, times: number | readonly number[]): void;
  /** digitalRead: a floating pin reads noise. */
  read(pin: number): Level;
  tone(pin: number, hz: number): void;
  toneOf(pin: number): number;
  /** Timer edges that are queued for the pin, in order. */
  edgesOf(pin: number): readonly { timeMs: number; level: Level }[];
  /** Every pin as after a reset of the chip; timer edges are gone. */
  reset(): void;
  /** The chip has no power: no pin drives or pulls. */
  powerOff(): void;

  /** From outside: a hard level, or nothing. */
  drive(pin: number, level: Level | undefined): void;
  /** From outside: a resistor, stronger than the chip's own. */
  pull(pin: number, level: Level | undefined): void;
  join(a: number, b: number): void;
  part(a: number, b: number): void;
  /** The level on the copper, undefined when nothing holds it. */
  level(pin: number): Level | undefined;
  /** Calls back at every change of `level(pin)`: for ever, or (the firmware's own watches) until the chip resets. */
  observe(pin: number, changed: (level: Level | undefined) => void, untilReset?: boolean): void;
}

export interface PinOptions {
  clock: Clock;
  /** 0..1, seeded: what a floating pin reads. */
  random: () => number;
  inputOnly: readonly number[];
  bootPullUps: readonly number[];
  /** Two hard levels meet. */
  fight(pins: number[]): void;
}

interface PinState {
  mode: PinMode;
  manual: boolean;
  out: Level;
  hz: number;
  edges: { timeMs: number; level: Level; id: number }[];
  driven: Level | undefined;
  pulled: Level | undefined;
  joined: number[];
}

export function createPins(options: PinOptions): Pins {
  const states: PinState[] = [];
  let observers: { pin: number; level: Level | undefined; changed: (level: Level | undefined) => void; untilReset: boolean }[] = [];
  let joints = 0;

  function state(pin: number): PinState {
    if (!Number.isInteger(pin) || pin < 0 || pin > 63) throw new Error('Invalid pin');
    return states[pin] ??= { mode: 'input', manual: false, out: 0, hz: 0, edges: [], driven: undefined, pulled: undefined, joined: [] };
  }

  /** Everything joined to the pin by closed switches, the pin included. */
  function net(pin: number): number[] {
    const members = [pin];
    for (let index = 0; index < members.length; index++) {
      for (const other of state(members[index]!).joined) if (!members.includes(other)) members.push(other);
    }
    return members;
  }

  function level(pin: number): Level | undefined {
    const members = joints ? net(pin) : [pin];
    let hard: Level | undefined;
    let resistor: Level | undefined;
    let internal: Level | undefined;
    let clash = false;
    for (const member of members) {
      const one = state(member);
      const output = options.inputOnly.includes(member) ? undefined
        : one.mode === 'output' ? one.out : one.mode === 'opendrain' && one.out === 0 ? 0 : undefined;
      for (const strong of [output, one.driven]) {
        if (strong === undefined) continue;
        if (hard !== undefined && hard !== strong) clash = true;
        hard = hard === 0 ? 0 : strong;
      }
      if (one.pulled !== undefined) resistor = resistor === 0 ? 0 : one.pulled;
      if (options.inputOnly.includes(member)) continue;
      if (one.mode === 'input_pulldown') internal = 0;
      else if (one.mode === 'input_pullup' && internal === undefined) internal = 1;
    }
    if (clash) options.fight(members);
    return hard ?? resistor ?? internal;
  }

  /** Tells who looks on. Without a pin, or with closed switches, every observed pin may have changed. */
  function settle(pin?: number): void {
    for (const observer of observers) {
      if (pin !== undefined && joints === 0 && observer.pin !== pin) continue;
      const now = level(observer.pin);
      if (now === observer.level) continue;
      observer.level = now;
      observer.changed(now);
    }
  }

  function setMode(pin: number, mode: PinMode): void {
    state(pin).mode = mode;
    settle(pin);
  }

  function queueEdge(pin: number, timeMs: number, level: Level): void {
    const one = state(pin);
    const id = options.clock.at(timeMs, () => {
      one.edges.shift();
      one.out = level;
      settle(pin);
    });
    one.edges.push({ timeMs, level, id });
  }

  function output(pin: number, level: Level): void {
    const one = state(pin);
    one.out = level;
    one.hz = 0;
    if (!one.manual) one.mode = 'output';
    settle(pin);
  }

  function forget(one: PinState): void {
    for (const edge of one.edges) options.clock.cancel(edge.id);
    one.edges = [];
    one.mode = 'input';
    one.manual = false;
    one.out = 0;
    one.hz = 0;
  }

  return {
    mode(pin, mode) {
      const one = state(pin);
      one.manual = mode !== 'auto';
      setMode(pin, mode === 'auto' ? 'input' : mode);
    },
    modeOf: (pin) => state(pin).mode,
    write: output,
    pulse(pin, level, times) {
      const one = state(pin);
      let timeMs = options.clock.now();
      if (one.edges.length) timeMs = one.edges[one.edges.length - 1]!.timeMs;
      else output(pin, level);
      let value = level;
      for (const ms of typeof times === 'number' ? [times] : times) {
        timeMs += ms;
        value = value ? 0 : 1;
        if (ms > 0) queueEdge(pin, timeMs, value);
      }
    },
    read(pin) {
      const one = state(pin);
      if (!one.manual && one.mode !== 'input') setMode(pin, 'input');
      return level(pin) ?? (options.random() < 0.5 ? 0 : 1);
    },
    tone(pin, hz) {
      const one = state(pin);
      if (!one.manual) one.mode = 'output';
      one.hz = hz;
      one.out = hz ? 1 : 0;
      settle(pin);
    },
    toneOf: (pin) => state(pin).hz,
    edgesOf: (pin) => state(pin).edges,
    reset() {
      observers = observers.filter((observer) => !observer.untilReset);
      states.forEach(forget);
      for (const pin of options.bootPullUps) state(pin).mode = 'input_pullup';
      settle();
    },
    powerOff() {
      observers = observers.filter((observer) => !observer.untilReset);
      states.forEach(forget);
      settle();
    },
    drive(pin, level) {
      state(pin).driven = level;
      settle(pin);
    },
    pull(pin, level) {
      state(pin).pulled = level;
      settle(pin);
    },
    join(a, b) {
      state(a).joined.push(b);
      state(b).joined.push(a);
      joints++;
      settle();
    },
    part(a, b) {
      const at = state(a).joined.indexOf(b);
      if (at < 0) return;
      state(a).joined.splice(at, 1);
      state(b).joined.splice(state(b).joined.indexOf(a), 1);
      joints--;
      settle();
    },
    level,
    observe(pin, changed, untilReset = false) {
      observers.push({ pin, level: level(pin), changed, untilReset });
    },
  };
}
