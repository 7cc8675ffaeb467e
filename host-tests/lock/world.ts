/**
 * A door with a keypad, a motor and a person, in simulated time. Flash is two records that survive a power cut. The pulse behaves as
 * Espruino's does: a pulse asked for while another runs only moves the end, it does not raise the pin again.
 */
import { createHash } from 'node:crypto';
import type { Wiring } from '../../boards/wiring.js';
import { FLASH_READ_BACK, JOURNAL_FULL } from '../../firmware/errors.js';
import { LOG_FIRST, SETTINGS } from '../../firmware/flash/keys.js';
import { parseLogEntry, type LogEntry } from '../../firmware/lock/access-log.js';
import type { Battery } from '../../firmware/lock/battery.js';
import { addCode, setMaster, stretchCode } from '../../firmware/lock/codes-table.js';
import { newClock } from '../../firmware/lock/clock.js';
import type { TryJournal } from '../../firmware/lock/codes.js';
import type { Door, DoorHooks } from '../../firmware/lock/door-parts.js';
import { openDoor } from '../../firmware/lock/door.js';
import { changeSetting, readSettings } from '../../firmware/lock/settings.js';
import { openSignals } from '../../firmware/lock/signals.js';
import type { WritableRecords } from '../../firmware/lock/tables.js';
import type { Pins, Platform, ResetCause } from '../../firmware/platform/types.js';

export const ROWS = [16, 17, 4, 5];
export const COLUMNS = [32, 33, 34];
export const KEYS = '123456789*0#';
export const IN1 = 23;
export const IN2 = 2;
export const LED = 13;
export const BEEPER = 14;
const LOCKED_STOP = 35;
const UNLOCKED_STOP = 36;
const DOOR_SENSOR = 39;
export const RELEASE_BUTTON = 25;
export const PRIVACY_BUTTON = 26;
export const FRONT_CONTACT = 27;

export function wiring(): Wiring {
  return {
    name: 'test door', family: 'virtual', hardware: 1, stretch: 100,
    keypad: { type: 'matrix', rows: ROWS, columns: COLUMNS, keys: KEYS },
    bolt: { type: 'motor', in1: IN1, in2: IN2, throwMs: 1500 },
    sensors: {
      locked: { pin: LOCKED_STOP, active: 0, pull: 'up' }, unlocked: { pin: UNLOCKED_STOP, active: 0, pull: 'up' },
      door: { pin: DOOR_SENSOR, active: 1 },
    },
    led: { pin: LED, active: 1 }, beeper: { pin: BEEPER, hz: 0 },
    onPowerLoss: 'failSecure', battery: { chemistry: 'mains' },
  };
}

export function sha256(data: Uint8Array | string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data).digest());
}

/** What survives a power cut. */
export class Flash {
  readonly values = new Map<number, Uint8Array>();
  private tries?: { payload: Uint8Array; marks: number[] };
  /** False: nothing can be written any more. */
  works = true;
  writes = 0;

  readonly records: WritableRecords = {
    get: (key) => this.values.get(key)?.slice(),
    set: (key, bytes) => {
      if (!this.works) return FLASH_READ_BACK;
      if (bytes.length > 1024) throw new Error('record too long');
      this.writes++;
      if (bytes.length) this.values.set(key, bytes.slice());
      else this.values.delete(key);
      return 0;
    },
  };

  readonly journal: TryJournal = {
    read: () => this.tries?.payload,
    append: (_kind, payload, markWords) => {
      if (!this.works) return FLASH_READ_BACK;
      this.writes++;
      this.tries = { payload: payload.slice(), marks: new Array<number>(markWords ?? 8).fill(-1) };
      return 0;
    },
    mark: (_kind, index, value) => {
      if (!this.works) return FLASH_READ_BACK;
      if (this.tries?.marks[index] !== -1) return JOURNAL_FULL;
      this.writes++;
      this.tries.marks[index] = value ?? 0;
      return 0;
    },
    markAt: (_kind, index) => this.tries?.marks[index] ?? -1,
    firstUnused: () => {
      const marks = this.tries?.marks ?? [];
      const first = marks.indexOf(-1);
      return first < 0 ? marks.length : first;
    },
  };

  log(): LogEntry[] {
    return [...this.values].filter(([key]) => key >= LOG_FIRST).map(([, bytes]) => parseLogEntry(bytes))
      .sort((a, b) => a.sequence - b.sequence);
  }
}

const SALT = sha256('salt').slice(0, 16);
export const RECOVERY = '271828182845';
export const MASTER_CODE = '998877';

interface Timer { id: number; at: number; turn: () => void }

export class World {
  readonly flash: Flash;
  readonly salt = SALT;
  wiring: Wiring = wiring();
  now = 0;
  cause: ResetCause = 'powerOn';
  door!: Door;
  hooks: DoorHooks = { openWindow: () => { this.windows++; }, restart: () => { this.restarts++; }, bootable: () => true };
  battery?: Battery;
  windows = 0;
  restarts = 0;
  readonly clock = newClock();
  /** 0 = fully out (locked), 1 = fully in (unlocked). */
  bolt = 0;
  /** The motor cannot push the bolt beyond these. */
  blockedBelow = 0;
  blockedAbove = 1;
  doorClosed = true;
  stopsBroken = false;
  /** The interpreter does nothing any more; hardware goes on. */
  hung = false;
  analog = 0.5;
  readonly down = new Set<string>();
  readonly lines: string[] = [];
  /** Milliseconds with current in the motor, and the longest run of them. */
  motorMs = 0;
  pinReads = 0;
  hashesThisTurn = 0;
  mostHashesInATurn = 0;
  beeps: string[] = [];
  private levels = new Map<number, number>();
  private ends = new Map<number, number[]>();
  private watches = new Map<number, (level: 0 | 1, atMs: number) => void>();
  private timers: Timer[] = [];
  private nextId = 1;
  private beepSince = -1;

  constructor(flash: Flash = new Flash()) {
    this.flash = flash;
  }

  /** A lock with user 1 (1234), a master and a recovery code, running. */
  static provisioned(change?: (world: World) => void, stretch = 100): World {
    const world = new World();
    world.wiring.stretch = stretch;
    const value = (code: string) => stretchCode(world.platform, SALT, code, world.wiring.stretch);
    addCode(world.platform, world.flash.records, world.recoveryHash(), value('1234'), 1, 0, 0);
    setMaster(world.platform, world.flash.records, world.recoveryHash(), value(MASTER_CODE));
    change?.(world);
    world.start();
    return world;
  }

  addUser(code: string, user: number, type = 0, schedule = 0): number {
    return addCode(this.platform, this.flash.records, this.recoveryHash(), stretchCode(this.platform, SALT, code, this.wiring.stretch), user, type, schedule);
  }

  recoveryHash(): Uint8Array {
    return stretchCode(this.platform, SALT, RECOVERY, this.wiring.stretch);
  }

  start(): void {
    this.door = openDoor({
      platform: this.platform, wiring: this.wiring, journal: this.flash.journal, records: this.flash.records,
      clock: this.clock, identity: { deviceId: SALT.slice(0, 8), codeSalt: SALT, recoveryHash: this.recoveryHash() },
      signals: openSignals(this.platform, this.wiring.led, this.wiring.beeper), hooks: this.hooks, battery: this.battery,
      settings: readSettings(this.flash.records.get(SETTINGS)),
    });
  }

  /** The power goes and comes back; flash, bolt and keys stay as they are. */
  powerCut(): World {
    const next = new World(this.flash);
    next.bolt = this.bolt;
    next.wiring = this.wiring;
    next.cause = this.cause;
    next.start();
    return next;
  }

  /** Something outside sets the level of a pin. */
  hold(pin: number, level: 0 | 1): void {
    this.levels.set(pin, level);
  }

  /** Stored before the lock starts. */
  store(...settings: (readonly [at: number, value: number])[]): void {
    const changed = readSettings(this.flash.records.get(SETTINGS));
    for (const [at, value] of settings) changeSetting(this.flash.records, changed, at, value);
  }

  /** Seconds since 1970, 0 = not known. */
  set time(seconds: number) {
    this.clock.base = seconds && seconds - Math.floor(this.now / 1000);
  }

  level(pin: number): number {
    return this.levels.get(pin) ?? 0;
  }

  private set(pin: number, level: number): void {
    this.levels.set(pin, level);
    if (this.level(IN1) && this.level(IN2)) throw new Error('both inputs of the bridge are driven');
    if (pin !== BEEPER) return;
    if (level && this.beepSince < 0) this.beepSince = this.now;
    if (!level && this.beepSince >= 0) {
      const ms = this.now - this.beepSince;
      this.beeps.push(ms < 70 ? 'k' : ms < 300 ? 's' : 'l');
      this.beepSince = -1;
    }
  }

  /** Everything sounded since the last call. */
  heard(): string {
    const heard = this.beeps.join('');
    this.beeps = [];
    return heard;
  }

  /** Level of a column: low when a pressed key, or a path over several, joins it to a row driven low. */
  private column(pin: number): 0 | 1 {
    const joined = new Set([`c${COLUMNS.indexOf(pin)}`]);
    for (let size = 0; size !== joined.size;) {
      size = joined.size;
      for (const key of this.down) {
        const at = KEYS.indexOf(key);
        const ends = [`r${Math.floor(at / 3)}`, `c${at % 3}`];
        if (ends.some((end) => joined.has(end))) ends.forEach((end) => joined.add(end));
      }
    }
    return ROWS.some((row, r) => joined.has(`r${r}`) && !this.level(row)) ? 0 : 1;
  }

  private readonly pins: Pins = {
    mode: () => undefined,
    write: (pin, level) => this.set(pin, level),
    pulse: (pin, level, ms) => {
      const ends = this.ends.get(pin) ?? [];
      const last = ends[ends.length - 1];
      if (last === undefined) this.set(pin, level);
      this.ends.set(pin, [...ends, (last ?? this.now) + ms]);
    },
    read: (pin) => {
      this.pinReads++;
      if (COLUMNS.includes(pin)) return this.column(pin);
      if (pin === LOCKED_STOP) return this.bolt <= 0 || this.stopsBroken ? 0 : 1;
      if (pin === UNLOCKED_STOP) return this.bolt >= 1 || this.stopsBroken ? 0 : 1;
      if (pin === DOOR_SENSOR) return this.doorClosed ? 1 : 0;
      return this.level(pin) ? 1 : 0;
    },
    // Of these pins: a test may have put others in their place.
    readAll(pins) {
      return pins.reduce((levels, pin) => levels << 1 | this.read(pin), 0);
    },
    writeAll(pins, levels) {
      for (const [at, pin] of pins.toReversed().entries()) this.write(pin, levels >> at & 1 ? 1 : 0);
    },
    analog: () => this.analog,
    tone: (pin, hz) => this.set(pin, hz ? 1 : 0),
    watch: (pin, edge) => { this.watches.set(pin, edge); },
  };

  readonly platform: Platform = {
    flash: { read: () => { throw new Error('no raw flash here'); }, write: () => undefined, erase: () => undefined, text: () => '' },
    nowMs: () => this.now,
    after: (delayMs, turn) => {
      const id = this.nextId++;
      this.timers.push({ id, at: this.now + Math.max(1, Math.ceil(delayMs)), turn });
      return id;
    },
    cancel: (id) => { this.timers = this.timers.filter((timer) => timer.id !== id); },
    sha256: (data) => {
      this.mostHashesInATurn = Math.max(this.mostHashesInATurn, ++this.hashesThisTurn);
      return sha256(data);
    },
    digest: (data) => this.platform.sha256(data),
    crc32: () => 0,
    toWire: (bytes) => String.fromCharCode(...bytes),
    toBytes: (wire) => Uint8Array.from(wire, (c) => c.charCodeAt(0)),
    startCause: () => this.cause,
    reboot: () => undefined,
    armWatchdog: () => undefined,
    feedWatchdog: () => undefined,
    collect: () => undefined,
    freeVars: () => 1000,
    log: (line) => { this.lines.push(line); },
    pins: this.pins,
  };

  /** Lets time pass, a millisecond at a time. */
  pass(ms: number): void {
    for (const until = this.now + ms; this.now < until;) {
      this.now++;
      for (const [pin, ends] of this.ends) {
        while (ends.length && ends[0]! <= this.now) {
          ends.shift();
          this.set(pin, 0);
        }
        if (!ends.length) this.ends.delete(pin);
      }
      const due = this.hung ? [] : this.timers.filter((timer) => timer.at <= this.now);
      this.timers = this.timers.filter((timer) => !due.includes(timer));
      for (const timer of due) {
        this.hashesThisTurn = 0;
        timer.turn();
      }
      const force = this.level(IN1) - this.level(IN2);
      if (!force) continue;
      this.motorMs++;
      this.bolt = Math.min(this.blockedAbove, Math.max(this.blockedBelow, this.bolt + force / 400));
    }
  }

  press(key: string, ms = 80): void {
    this.down.add(key);
    this.pass(ms);
    this.down.delete(key);
    this.pass(80);
  }

  type(keys: string): void {
    for (const key of keys) this.press(key);
  }

  /** A Wiegand keypad sends a key. Its bits come 2 ms apart; `lateMs` ago where the interpreter was busy meanwhile. */
  wiegand(frame: number, bits: number, d0: number, d1: number, lateMs = 0): void {
    this.wiegandBits(frame.toString(2).padStart(bits, '0'), d0, d1, lateMs);
  }

  wiegandBits(bits: string, d0: number, d1: number, lateMs = 0): void {
    for (const [index, bit] of [...bits].entries()) {
      const edge = this.watches.get(bit === '1' ? d1 : d0);
      const atMs = lateMs ? this.now - lateMs + index * 2 : this.now;
      edge?.(0, atMs);
      edge?.(1, atMs + 0.05);
      if (!lateMs) this.pass(2);
    }
  }
}
