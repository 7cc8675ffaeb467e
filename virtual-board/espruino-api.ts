/**
 * The Espruino globals that the shipped bundles see, over one run in the world. Natives cost simulated time, flash accesses can be
 * cut, and what Espruino lacks (Map, Promise, setImmediate ...) is not there.
 */
import type { ResetCause } from '../firmware/platform/types.js';
import { bytesOf, COST_MS, EspruinoUint8Array, byteHelpers, cryptoModule, flashModule, storageModule } from './api-flash.js';
import { EspruinoPin, dgramModule, pinFunctions, streamObject, wifiModule } from './api-io.js';
import type { Session } from './session.js';
import type { Storage } from './storage.js';
import type { World } from './world.js';

export interface EspruinoApi {
  /** All of it, and what programs put into `global`. */
  globals: Record<string, unknown>;
  names: readonly string[];
  values: readonly unknown[];
}

/** The reset-cause register of the ESP32 (RTC_CNTL_RESET_STATE). A task watchdog ends in a software reset of the CPU there. */
export const RESET_CAUSE_REGISTER = 0x3ff48034;
const RESET_CAUSES: Record<ResetCause, number> = { powerOn: 1, pin: 1, software: 12, watchdog: 12, brownOut: 15, deepSleep: 5, unknown: 0 };
/** The hardware random number register of the ESP32. */
export const RANDOM_REGISTER = 0x60035144;

const SERIAL = '240ac400-0001';
const TOTAL_VARS = 9000;
/** What the firmware leaves free on an ESP32; V8's memory says nothing about JsVars, so this is a constant. */
const FREE_VARS = 7000;

/** Globals of Node and of newer JavaScript that Espruino does not have: shadowed, so that a bundle that uses one fails. */
const ABSENT = [
  'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Symbol', 'Proxy', 'Reflect', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Promise', 'Intl',
  'Buffer', 'globalThis', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'structuredClone', 'fetch', 'URL', 'TextEncoder', 'TextDecoder',
  'crypto', 'performance', 'navigator', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'module', 'exports', 'Date',
] as const;

export function createApi(session: Session, storage: Storage, evaluate: (text: string) => unknown, makeFunction: (text: string) => unknown): EspruinoApi {
  const { world, spend, scheduler } = session;
  const { chip } = world;
  const modules: Record<string, object> = {
    Flash: flashModule(session), Storage: storageModule(session, storage), crypto: cryptoModule(session),
    dgram: dgramModule(session), Wifi: wifiModule(session),
    TelnetServer: {
      setOptions(options: { mode?: string }) {
        spend(COST_MS.call);
        session.telnet = options.mode ?? session.telnet;
      },
    },
  };

  /** Ends this run; the native throws, as nothing after a restart is executed. */
  function end(cause: 'software' | 'deepSleep'): never {
    chip.end(cause);
    spend(0);
    throw new Error('unreachable');
  }

  function forbidden(name: string): () => void {
    return () => {
      spend(COST_MS.call);
      world.violate(name === 'setTime' ? 'forbidden-call' : 'storage-write', `${name}() on a provisioned board`);
    };
  }

  function sleep(wakeAt: typeof chip.wakeAt): never {
    chip.wakeAt = wakeAt;
    return end('deepSleep');
  }

  function clearTimer(...ids: unknown[]): void {
    spend(COST_MS.timer);
    if (ids.length) scheduler.clear(ids[0]);
    else scheduler.clearAll();
  }

  const memory = (collect?: boolean): object => {
    spend(collect === false ? COST_MS.call : 2);
    return { free: FREE_VARS, usage: TOTAL_VARS - FREE_VARS, total: TOTAL_VARS, history: 0, stackFree: 20000, rx: { used: 0, total: 4096 } };
  };

  const E = {
    ...byteHelpers(session),
    on(event: string, handler: (...args: unknown[]) => void) {
      spend(COST_MS.call);
      session.events.set(event, [...(session.events.get(event) ?? []), handler]);
    },
    removeAllListeners: (event: string) => session.events.delete(event),
    setConsole(device: unknown, options?: { force?: boolean }) {
      spend(COST_MS.call);
      session.console = { device, forced: options?.force === true };
    },
    getConsole: () => session.console.device,
    enableWatchdog(seconds: number, automatic?: boolean) {
      spend(COST_MS.call);
      session.armWatchdog(seconds, automatic !== false);
    },
    kickWatchdog() {
      spend(COST_MS.call);
      session.kickWatchdog();
    },
    reboot(): never {
      spend(COST_MS.call);
      session.events.get('kill')?.forEach((handler) => handler());
      return end('software');
    },
    getErrorFlags: () => session.takeErrorFlags(),
    setFlags: () => spend(COST_MS.call),
    defrag: () => spend(5),
    // A constant from every start, as on the ESP32 (hazard H6).
    hwRand: () => 2002641757,
    getTemperature: () => 21,
    getAnalogVRef: () => NaN,
    setBootCode(code: string, always?: boolean) {
      world.violate('storage-write', 'E.setBootCode() on a provisioned board');
      session.flash(() => storage.setBootCode(code, always === true));
    },
    setTimeZone: () => spend(COST_MS.call),
  };

  /** The console takes what arrives where it is: by name after a start, as an object once a program moved it. */
  const isConsole = (name: string, port: unknown): boolean => session.console.device === name || session.console.device === port;
  const Serial1: object = streamObject(session, world.serial, (piece) => {
    const mine = session.consoleOnWire();
    if (mine) session.wireConsole?.take(piece);
    return mine;
  });
  session.consoleOnWire = () => isConsole('Serial1', Serial1);
  const Bluetooth: object = streamObject(session, world.bluetooth, () => isConsole('Bluetooth', Bluetooth));
  const print = (...args: unknown[]): void => {
    spend(COST_MS.call);
    const line = args.map(String).join(' ');
    if (!world.byHand) session.printed.push(line);
    session.wireConsole?.print(line);
  };

  const globals: Record<string, unknown> = {
    E, Serial1, Bluetooth, print, console: { log: print, warn: print, error: print, info: print },
    ...pinFunctions(session),
    require(name: string) {
      spend(COST_MS.call);
      const found = Object.prototype.hasOwnProperty.call(modules, name) ? modules[name] : undefined;
      if (!found) throw new Error(`Module "${name}" not found`);
      return found;
    },
    process: {
      memory,
      env: { BOARD: boardName(world.family.name), VERSION: '2v29.277', MODULES: 'Flash,Storage,net,dgram,tls,crypto,Wifi,TelnetServer', CONSOLE: 'Serial1', SERIAL },
      on: () => undefined,
    },
    getSerial: () => SERIAL,
    getTime() {
      spend(0.02);
      return world.clock.now() / 1000;
    },
    setTime: forbidden('setTime'),
    setTimeout(turn: unknown, delayMs: unknown, ...args: unknown[]) {
      spend(COST_MS.timer);
      // Text runs at the root, where what a program put into `global` is a name.
      return scheduler.setTimeout(typeof turn === 'string' ? () => void makeFunction(`(function(){with(global){${turn}}})()`) : turn, delayMs, ...args);
    },
    setInterval(turn: unknown, delayMs: unknown, ...args: unknown[]) {
      spend(COST_MS.timer);
      return scheduler.setInterval(turn, delayMs, ...args);
    },
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    peek32: (address: number) => {
      spend(0.02);
      if (address === RANDOM_REGISTER) return world.random.int(0x1_0000_0000);
      if (address === RESET_CAUSE_REGISTER) return RESET_CAUSES[chip.resetCause];
      return 0;
    },
    ESP32: {
      getWakeupCause: () => chip.wakeCause,
      deepSleep: (us: number) => sleep({ timeMs: world.clock.now() + us / 1000 }),
      deepSleepExt0: (pin: unknown, level: number) => sleep({ timeMs: Infinity, pin: { pin: Number(pin), level: level ? 1 : 0 } }),
      reboot: () => end('software'),
      setAtten: () => spend(COST_MS.call),
    },
    NRF: bluetoothStub(session),
    save: forbidden('save'), load: forbidden('load'), reset: forbidden('reset'),
    atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
    btoa: (data: unknown) => Buffer.from(bytesOf(data)).toString('base64'),
    eval: (text: unknown) => {
      spend(COST_MS.call);
      return typeof text === 'string' ? evaluate(text) : text;
    },
    /** `new Function(...parameters, body)`: a function that sees the globals and nothing else. */
    Function: function (...given: string[]): unknown {
      return makeFunction(`(function(${given.slice(0, -1).join(',')}){${given.at(-1) ?? ''}})`);
    },
    HIGH: 1, LOW: 0,
    Uint8Array: EspruinoUint8Array,
    Math: mathOf(world),
  };
  for (const pin of PINS) globals[`D${pin.number}`] = pin;
  for (const name of ABSENT) globals[name] = undefined;
  // What a bundle stores here lives as long as the run.
  globals['global'] = globals;
  return { globals, names: Object.keys(globals), values: Object.values(globals) };
}

/** `process.env.BOARD` of the build a family runs. */
function boardName(family: string): string {
  return family === 'esp32c3' ? 'ESP32C3_IDF4' : family === 'xiaoble' ? 'XIAOBLE' : family === 'linux' ? 'LINUX_DL' : 'ESP32';
}

const PINS = Array.from({ length: 40 }, (_, number) => new EspruinoPin(number));
const maths = new WeakMap<World, object>();

/** Math without its only source of chance: firmware takes random numbers from the hardware. */
function mathOf(world: World): object {
  const known = maths.get(world);
  if (known) return known;
  const own = Object.fromEntries(Object.getOwnPropertyNames(Math).map((name) => [name, Reflect.get(Math, name) as unknown]));
  own['random'] = () => {
    world.violate('forbidden-call', 'Math.random() is the same after every start');
    return 0.5;
  };
  maths.set(world, own);
  return own;
}

/** Enough of Bluetooth to advertise. */
function bluetoothStub(session: Session): object {
  const call = (): void => session.spend(COST_MS.call);
  return {
    setServices: call, updateServices: call, setAdvertising: call, setScanResponse: call, setTxPower: call,
    sleep: call, wake: call, restart: call, disconnect: call, on: call,
    getSecurityStatus: () => ({ advertising: true, connected: false }), getAddress: () => '24:0a:c4:00:00:02',
  };
}
