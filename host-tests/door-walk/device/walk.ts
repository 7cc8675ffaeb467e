/**
 * A walk: a door is set up, then one event after the other happens to it. What can be seen of it goes into a hash, so that the same walk on
 * another interpreter can be compared.
 */
import { LOG_LOCK, LOG_UNLOCK } from '../../../firmware/lock/states.js';
import { setClock } from '../../../firmware/lock/clock.js';
import { changeUser, enrol, type Codes } from './codes.js';
import {
  BATTERY, CARD, CLOCK, CUT_AT_WRITE, CUT_LATER, DOOR, HAND, HANG, HOURS, IDLE, JAM, KEY, KEYS_TOGETHER, OFFICE, POWER_BACK, POWER_CUT, PRIVACY, RELEASE,
  REMOTE, SENSORS, STORE, STUCK, WATCHDOG, type Happening,
} from './events.js';
import { hold } from './keys.js';
import { wakes, type Board, type Natives, type World } from './parts.js';
import { decide, type People } from './people.js';
import { cardBits, cardNumber, keyBits, misread, TAKEN_MS } from './reader.js';
import { newRandom } from './random.js';
import { isHidden, type See } from './seen.js';
import { KEYS } from './wired.js';
import { openWorld } from './world.js';

const HOUR_MS = 3600000;

/** One for everything that is seen, in order. */
export type Note = (what: number, a: number, b: number) => void;

export interface Walk {
  world: World;
  board: Board;
  codes: Codes;
  happening: Happening;
  /** Decides on the next event; `perform` lets it happen. */
  decide(): void;
  perform(): void;
  /** Of everything seen since the last call. */
  takeHash(): number;
}

export function openWalk(natives: Natives, seed: number, watch: See | undefined, note: Note | undefined): Walk {
  let hash = 0;
  function fold(value: number): void {
    hash = ((hash << 5) + hash ^ value) | 0;
  }
  function seen(what: number, a: number, b: number): void {
    fold(what);
    fold(a);
    fold(b);
    fold(Math.floor(world.time * 2));
    if (note) note(what, a, b);
  }
  function see(what: number, a: number, b: number, bytes?: Uint8Array): void {
    if (!isHidden(what)) {
      seen(what, a, b);
      if (bytes) for (let i = 0; i < bytes.length; i++) fold(bytes[i]!);
    }
    if (watch) watch(what, a, b, bytes);
  }
  // Nothing is seen before the door is set up.
  let begun = false;
  const board = openWorld(natives, (what, a, b, bytes) => {
    if (begun) see(what, a, b, bytes);
  }, readerOf(seed));
  const world = board.world;
  world.dead = false;
  const codes = enrol(world, seed);
  world.time = world.cutAt > world.time ? Math.floor(world.time) + 1 : world.time;
  world.dead = true;
  begun = true;
  const people: People = { random: newRandom(seed), codes, plan: '', repairIn: 5 };
  world.bolt = seed & 1;
  const happening: Happening = { kind: IDLE, a: 0, b: 0, c: 0 };
  return {
    world, board, codes, happening,
    decide: () => decide(people, world, happening),
    perform: () => {
      seen(100 + happening.kind, happening.a, happening.b);
      perform(board, codes, happening);
      if (world.dead) return;
      const status = world.door.status();
      fold(status.lockState);
      fold(status.wrongCodes);
      fold(Math.floor(status.disabledMs));
      fold(Math.floor(world.bolt * 1000));
    },
    takeHash: () => {
      const taken = hash;
      hash = 0;
      return taken;
    },
  };
}

/** One door of five has a Wiegand keypad. */
function readerOf(seed: number): 0 | 4 | 8 {
  return seed % 5 !== 3 ? 0 : seed % 2 ? 8 : 4;
}

/** As the rest of the lock does: no flash operation while the door is busy. */
function standsStill(board: Board): boolean {
  const w = board.world;
  for (let i = 0; i < 200 && !w.dead && !w.hung && w.door.busy(); i++) board.advance(w.time + 100);
  return !w.dead && !w.hung && !w.door.busy();
}

/** A quiet time, as far as the next look at the clock: the lock does nothing in it but ask whether somebody is there. */
function passHours(board: Board, hours: number): void {
  const w = board.world;
  const status = w.door.status();
  w.hoursPassed = status.rests && !status.disabledMs && !w.door.busy();
  if (!w.hoursPassed) return;
  const up = w.time - w.startedAt;
  w.time += (Math.floor(up / HOUR_MS) + hours) * HOUR_MS - 700 - up;
  board.advance(w.time + 1400);
}

function perform(board: Board, codes: Codes, happening: Happening): void {
  const w = board.world;
  const a = happening.a;
  const b = happening.b;
  switch (happening.kind) {
    case KEY:
      if (w.readerBits) {
        board.send(keyBits(a, w.readerBits));
        board.advance(w.time + TAKEN_MS + happening.c);
        break;
      }
      w.keys.bounceMs = b > 60 ? a % 4 * 2 : 0;
      hold(w.keys, a, w.time, w.time + b);
      board.advance(w.time + b + happening.c);
      break;
    case KEYS_TOGETHER:
      // Noise on the lines.
      if (w.readerBits) {
        board.send(misread('101100111000', a));
        board.advance(w.time + TAKEN_MS);
      } else for (let key = 0; key < KEYS.length; key++) if (a & 1 << key) hold(w.keys, key, w.time + key, w.time + b);
      board.advance(w.time + b + happening.c);
      break;
    case IDLE: board.advance(w.time + a); break;
    case HAND:
      board.advance(w.time + 1);
      if (!w.dead && !board.force() && a / 1000 >= w.blockedBelow && a / 1000 <= w.blockedAbove) w.bolt = a / 1000;
      board.advance(w.time + b);
      break;
    case DOOR: w.doorClosed = a === 1; break;
    case JAM:
      board.advance(w.time + 1);
      w.blockedAbove = Math.max(a / 1000, w.bolt);
      w.blockedBelow = Math.min(b / 1000, w.bolt);
      break;
    case SENSORS:
      w.stopsFault = a;
      w.doorSensorFault = b;
      break;
    case POWER_CUT: board.cut(); break;
    case CUT_LATER: w.cutAt = w.time + a; break;
    case CUT_AT_WRITE:
      w.fuse = a;
      w.fuseMode = b;
      break;
    case POWER_BACK:
      w.time += a;
      board.start(wakes(b));
      break;
    case HANG:
      if (a) w.hangOnPulse = true;
      else w.hung = true;
      break;
    case WATCHDOG:
      board.advance(w.time + a);
      if (!w.dead) board.start('watchdog');
      break;
    case CLOCK:
      w.clockCode = -1;
      if (standsStill(board)) w.clockCode = setClock({ platform: w.platform, records: w.stores.records }, w.clock, a * 1000 + b);
      break;
    case BATTERY: w.analog = a / 1000; break;
    case STORE: w.refusing = a === 1; break;
    case STUCK:
      if (w.readerBits) {
        board.send('0');
        board.advance(w.time + TAKEN_MS);
      } else hold(w.keys, a, w.time, w.time + b);
      break;
    case CARD:
      board.send(misread(cardBits(cardNumber(a)), b));
      board.advance(w.time + TAKEN_MS + happening.c);
      break;
    case HOURS: passHours(board, a); break;
    case OFFICE:
      w.officeCode = -1;
      if (standsStill(board)) w.officeCode = changeUser(w, codes, a, b, happening.c);
      break;
    case PRIVACY:
      w.privacyUntil = w.time + a;
      board.advance(w.time + a + 60);
      break;
    case RELEASE:
      w.releaseUntil = w.time + a;
      board.advance(w.time + a + 60);
      break;
    case REMOTE: if (a === 1) w.door.operate(LOG_LOCK, 7, b); else w.door.operate(LOG_UNLOCK, 7, b);
  }
}
