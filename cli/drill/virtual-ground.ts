/** A drill at a virtual lock: the person types what they do, the drill sees what becomes of it, and time stands still while they think. */
import { createHands, HELP } from '../virtual/hands.js';
import { UDP_FRAME_BYTES } from '../smp/way.js';
import { factoryLock, type Cast } from '../story/cast.js';
import { MASTER_CODE, openStage, PIN, RECOVERY_CODE, DOOR_LIMIT_MS } from '../story/stage.js';
import type { Teller } from '../story/tell.js';
import { openTalk } from '../update/talk.js';
import { linkTo } from '../virtual/client.js';
import { enter, keepTyping } from '../virtual/person.js';
import { Differed, Ended, LeftOut, type Ground, type Hand } from './ground.js';

/** What a person at the terminal types when told to do something. */
export interface Person {
  /** `right`: what the drill waits for. */
  types(right: string): Promise<string>;
}

export interface VirtualParts {
  teller: Teller;
  cast: Cast;
  seed: number;
  person: Person;
}

const START_MS = 10_000;
const SLICE_MS = 50;
/** The cells are pulled in the middle of the next write, or after this long without one. */
const NEXT_WRITE_MS = 3000;
const AFTER_KEYS_MS = 1500;
const NEW_MASTER_CODE = '951753';

export async function virtualGround({ teller, cast, seed, person }: VirtualParts): Promise<{ ground: Ground; nowMs: () => number }> {
  const stage = openStage(teller, await factoryLock(cast), seed);
  const { board, world } = stage;
  const hands = createHands(board);
  let heard = '';

  async function drive(work: Promise<unknown>, until: () => boolean = () => false): Promise<void> {
    let settled = false;
    work.then(() => (settled = true), () => (settled = true));
    for (;;) {
      // What an answer sets off comes in a turn of its own.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled || until()) return;
      stage.pass(SLICE_MS, until);
    }
  }

  function type(keys: string, until: Extract<Hand, { keys: string }>['until']): true {
    if (until) keepTyping(board, keys, () => until(stage), DOOR_LIMIT_MS);
    else heard = enter(board, keys);
    stage.pass(AFTER_KEYS_MS);
    return true;
  }

  function handle(letter: string): boolean {
    if (letter === 'b' && world.battery.present()) {
      world.onFlash = (operation) => {
        if (operation.kind !== 'program') return;
        world.onFlash = undefined;
        world.battery.pull();
      };
      const pulled = stage.pass(NEXT_WRITE_MS, () => !world.battery.present());
      world.onFlash = undefined;
      if (pulled) {
        teller.say('you', 'You pull the cells out, in the middle of a write.');
        return true;
      }
    }
    const done = hands.act(letter);
    if (done === undefined) return false;
    teller.say('you', done);
    stage.pass(AFTER_KEYS_MS);
    return true;
  }

  async function act(what: string, hand: Hand): Promise<void> {
    teller.say('you', what);
    const right = 'keys' in hand ? hand.keys : hand.letter;
    for (;;) {
      const typed = (await person.types(right)).replace(/\s/g, '').toLowerCase();
      if (typed === right) break;
      if (typed === 'q' || typed === 'quit') throw new Ended();
      if (typed === 'skip') throw new LeftOut();
      const happened = /^[0-9*#]+$/.test(typed) ? type(typed, undefined) : handle(typed);
      if (!happened) for (const line of [...HELP.slice(0, -2), 'skip       leave this part out', 'q          end the drill']) teller.say('you', line);
      teller.say('you', `${happened ? 'That happened too. ' : ''}Now: ${what}`);
    }
    if ('keys' in hand) type(hand.keys, hand.until);
    else handle(hand.letter);
  }

  stage.pass(START_MS);
  const { link, time } = linkTo(board);
  const opening = openTalk(
    { name: 'the virtual lock', causes: '', open: () => Promise.resolve({ link, frameBytes: UDP_FRAME_BYTES }), close: () => Promise.resolve() }, time, () => undefined,
  );
  await drive(opening);
  const ground: Ground = {
    teller, act, drive,
    codes: { pin: PIN, masterCode: MASTER_CODE, recoveryCode: RECOVERY_CODE, newMasterCode: NEW_MASTER_CODE },
    images: { running: cast.first.version, good: cast.good, bad: cast.bad, next: cast.next },
    talk: await opening,
    wants: () => Promise.resolve(true),
    see({ what, otherwise, holds, withinMs = 0 }) {
      const held = holds(stage, heard) || stage.pass(withinMs, () => holds(stage, heard));
      heard = '';
      if (!held) return Promise.reject(new Differed(what, otherwise));
      teller.step(what, true);
      return Promise.resolve();
    },
  };
  return { ground, nowMs: world.clock.now };
}
