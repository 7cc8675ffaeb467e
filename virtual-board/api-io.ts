/** Espruino's pins, watches, byte streams, UDP, Wi-Fi and a stub of Bluetooth, over the world. */
import { COST_MS, bytesOf, textOf } from './api-flash.js';
import type { LockSocket, Stream } from './links.js';
import type { PinMode } from './pins.js';
import type { Session } from './session.js';
import { readAdc } from './world.js';

type Callback = (...args: unknown[]) => void;
const MODES: readonly string[] = ['input', 'input_pullup', 'input_pulldown', 'output', 'opendrain', 'analog', 'auto'];

/** A pin as Espruino gives it: a number that prints as `D5`. */
export class EspruinoPin {
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
  valueOf(): number {
    return this.number;
  }
  toString(): string {
    return `D${this.number}`;
  }
}

export function pinNumber(pin: unknown): number {
  if (typeof pin === 'number') return pin;
  if (pin instanceof EspruinoPin) return pin.number;
  if (typeof pin === 'string' && pin[0] === 'D' && pin.length > 1) return Number(pin.substring(1));
  throw new Error('Invalid pin');
}

export function pinFunctions(session: Session): Record<string, unknown> {
  const { world, spend } = session;
  const { pins, motor } = world;
  let lastWatch = 0;
  const watches = new Set<number>();

  /** Every native on pins costs a call, and leaves the motor checked. */
  function on<T>(pin: unknown, act: (pin: number) => T): T {
    spend(COST_MS.call);
    const result = act(pinNumber(pin));
    motor.check();
    return result;
  }

  return {
    Pin: function (pin: unknown) {
      return new EspruinoPin(pinNumber(pin));
    },
    pinMode: (pin: unknown, mode: unknown) => on(pin, (one) => {
      if (mode !== undefined && !MODES.includes(String(mode))) throw new Error('Unknown pin mode');
      pins.mode(one, (mode ?? 'auto') as PinMode | 'auto');
    }),
    getPinMode: (pin: unknown) => on(pin, pins.modeOf),
    digitalWrite: (pin: unknown, level: unknown) => {
      if (!Array.isArray(pin)) return on(pin, (one) => pins.write(one, level ? 1 : 0));
      spend(COST_MS.call);
      for (const [at, one] of pin.toReversed().entries()) pins.write(pinNumber(one), Number(level) >> at & 1 ? 1 : 0);
      motor.check();
    },
    digitalRead: (pin: unknown) => {
      if (!Array.isArray(pin)) return on(pin, pins.read);
      spend(COST_MS.call);
      return pin.reduce<number>((levels, one) => levels << 1 | pins.read(pinNumber(one)), 0);
    },
    digitalPulse: (pin: unknown, level: unknown, times: number | number[]) => on(pin, (one) => {
      if (times === 0) spend(Math.max(0, (pins.edgesOf(one).at(-1)?.timeMs ?? 0) - world.clock.now()));
      else pins.pulse(one, level ? 1 : 0, times);
    }),
    analogRead: (pin: unknown) => on(pin, (one) => readAdc(world, one)),
    analogWrite: (pin: unknown, value: number, options?: { freq?: number }) => on(pin, (one) => {
      pins.tone(one, value > 0 && value < 1 ? options?.freq ?? 50 : 0);
      if (value >= 1) pins.write(one, 1);
    }),
    setWatch(callback: Callback, pin: unknown, options?: { repeat?: boolean; edge?: string }) {
      const number = on(pin, (one) => {
        // The ESP32 port makes a watched pin an input with pull-up.
        if (!world.family.inputOnlyPins.includes(one)) pins.mode(one, 'input_pullup');
        return one;
      });
      const id = ++lastWatch;
      const edge = options?.edge === 'falling' ? 0 : options?.edge === 'both' ? undefined : 1;
      let lastTime = NaN;
      watches.add(id);
      pins.observe(number, (level) => {
        if (!session.alive() || !watches.has(id) || level === undefined || (edge !== undefined && level !== edge)) return;
        if (!options?.repeat) watches.delete(id);
        const event = { state: level === 1, time: world.clock.now() / 1000, lastTime, pin: new EspruinoPin(number) };
        lastTime = event.time;
        session.scheduler.queue(() => callback(event));
      }, true);
      return id;
    },
    clearWatch(id?: number) {
      spend(COST_MS.call);
      if (id === undefined) watches.clear();
      else watches.delete(id);
    },
  };
}

/** Serial1 or Bluetooth: pieces wait for a listener (512 bytes at most), then arrive one by one. */
export function streamObject(session: Session, stream: Stream, toConsole: (piece: string) => boolean): Record<string, unknown> {
  let listeners: Callback[] = [];
  let waiting: string[] = [];
  stream.listener = (piece) => {
    if (toConsole(piece)) return;
    if (!listeners.length) {
      if (waiting.join('').length + piece.length <= 512) waiting.push(piece);
      return;
    }
    session.scheduler.queue(() => listeners.forEach((listener) => listener(piece)));
  };
  const write = (...args: unknown[]): void => {
    session.spend(COST_MS.call);
    stream.write(textOf(bytesOf(args.length === 1 ? args[0] : args)));
  };
  const self: Record<string, unknown> = {
    on(event: string, listener: Callback) {
      session.spend(COST_MS.call);
      if (event !== 'data') return;
      listeners.push(listener);
      // Where Espruino keeps its listeners, for everybody to see (jsutils.h, JS_EVENT_PREFIX).
      self['#ondata'] = listener;
      for (const piece of waiting) session.scheduler.queue(() => listener(piece));
      waiting = [];
    },
    removeAllListeners() {
      listeners = [];
      delete self['#ondata'];
    },
    setup: () => session.spend(COST_MS.call),
    setConsole: () => session.spend(COST_MS.call),
    write,
    print: (text: unknown) => write(String(text)),
    println: (text: unknown) => write(`${String(text)}\r\n`),
  };
  return self;
}

const LARGEST_DATAGRAM = 1472;
const DEFAULT_RECEIVE_BYTES = 536;

export function dgramModule(session: Session): object {
  const { network } = session.world;
  return {
    createSocket(type: unknown, callback?: Callback) {
      session.spend(COST_MS.call);
      const options = typeof type === 'object' && type ? (type as { recvBufferSize?: number }) : {};
      const limit = Math.min(LARGEST_DATAGRAM, options.recvBufferSize ?? DEFAULT_RECEIVE_BYTES);
      const handlers: Record<string, Callback[]> = { message: [], close: [] };
      const end: LockSocket = {
        port: 0,
        received({ message, address, port }) {
          const rinfo = { address, port, size: message.length };
          session.scheduler.queue(() => handlers['message']!.forEach((handler) => handler(message.substring(0, limit), rinfo)));
        },
      };
      let close = (): void => undefined;
      const socket = {
        on(event: string, handler: Callback) {
          handlers[event]?.push(handler);
        },
        bind(port: number, bound?: Callback) {
          session.spend(COST_MS.call);
          end.port = port;
          close = network.open(end);
          if (bound) session.scheduler.queue(() => bound(socket));
          return socket;
        },
        send(buffer: unknown, ...rest: unknown[]) {
          session.spend(COST_MS.call);
          const all = textOf(bytesOf(buffer));
          const [offset, length, port, address] = rest.length >= 4 ? rest : [0, all.length, rest[0], rest[1]];
          const message = all.substring(Number(offset), Number(offset) + Number(length));
          network.send(end, { message, port: Number(port), address: String(address) });
        },
        addMembership: () => session.spend(COST_MS.call),
        close() {
          session.spend(COST_MS.call);
          close();
          session.scheduler.queue(() => handlers['close']!.forEach((handler) => handler(false)));
        },
      };
      if (callback) session.scheduler.queue(() => callback(socket));
      return socket;
    },
  };
}

export function wifiModule(session: Session): object {
  const { world } = session;
  const handlers: Record<string, Callback[]> = {};
  let connected = false;
  const fire = (event: string, details: unknown): void => session.scheduler.queue(() => (handlers[event] ?? []).forEach((handler) => handler(details)));
  const address = { ip: '192.168.1.50', netmask: '255.255.255.0', gw: '192.168.1.1', mac: '24:0a:c4:00:00:01' };
  return {
    on(event: string, handler: Callback) {
      (handlers[event] ??= []).push(handler);
    },
    connect(ssid: string, options?: unknown, callback?: Callback) {
      session.spend(COST_MS.call);
      const done = typeof options === 'function' ? (options as Callback) : callback;
      world.battery.load('radio', 150);
      session.scheduler.setTimeout(() => {
        connected = world.network.up;
        if (connected) fire('connected', address);
        else fire('disconnected', { ssid, reason: 201 });
        done?.(connected ? null : 'no_ap_found');
      }, 1500);
    },
    disconnect(callback?: Callback) {
      session.spend(COST_MS.call);
      connected = false;
      world.battery.load('radio', 0);
      if (callback) session.scheduler.queue(() => callback(null));
    },
    startAP: () => world.battery.load('radio', 150),
    stopAP: () => session.spend(COST_MS.call),
    setHostname: () => session.spend(COST_MS.call),
    getHostname: () => 'espressif',
    getIP: () => (connected ? address : { ip: '0.0.0.0', netmask: '0.0.0.0', gw: '0.0.0.0', mac: address.mac }),
    getStatus: () => ({ mode: 'sta', station: connected ? 'connected' : 'off', ap: 'disabled' }),
    getDetails: () => ({ status: connected ? 'connected' : 'off', rssi: connected ? -60 : undefined }),
    save: () => world.violate('storage-write', 'Wifi.save on a provisioned board'),
    setSNTP: () => world.violate('forbidden-call', 'Wifi.setSNTP makes the clock jump'),
  };
}
