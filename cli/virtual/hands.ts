/** What somebody at the door can do to the virtual lock, by letter or word. */
import type { Board } from '../../virtual-board/run.js';
import type { BatteryOptions } from '../../virtual-board/battery.js';
import { CELLS } from '../../virtual-board/world.js';

/** Of the voltage of new cells, and what weak ones have inside. */
const WEAK_SHARE = 0.767;
const WEAK_MILLIOHM = 1000;
const HOLD_MS = 100;
const KEY_MS = 200;
/** Longer than the chord has to be held, the start included. */
const CHORD_MS = 6000;

export interface Hands {
  /** Types keys, after those still to be typed. */
  type(keys: string): void;
  /** Does what a letter or word says; undefined where there is no such thing. The sentence says what was done. */
  act(command: string): string | undefined;
}

export const HELP = [
  '0-9 * #    the keypad: PIN and # opens, # alone locks, * clears',
  'b          battery: pull the cells out, put them back in',
  'w          weak cells, fresh cells',
  'j          jam the bolt, free it',
  'r          press the reset button',
  's          press reset and hold * and #: safe mode (r leaves it)',
  'h          this help',
  'q          stop (for the lock: the battery is pulled)',
];

/** Words for line mode; letters do one or the other, whichever makes sense. */
const WORDS: Record<string, string> = { battery: 'b', reset: 'r', safe: 's' };

export function createHands(board: Board): Hands {
  const { world } = board;
  const { clock, keypad, battery, bolt } = world;
  const fresh = CELLS[world.wiring.battery.chemistry];
  const empty: BatteryOptions = { openCircuitMv: Math.round(fresh.openCircuitMv * WEAK_SHARE), internalMilliohm: WEAK_MILLIOHM };
  let freeAtMs = 0;
  let jammed = false;
  let weak = false;

  const acts: Record<string, () => string> = {
    pull() {
      if (!battery.present()) return 'The cells are out already.';
      battery.pull();
      return 'You pull the cells out.';
    },
    put() {
      if (battery.present()) return 'The cells are in already.';
      battery.replace(weak ? empty : fresh);
      return `You put the ${weak ? 'weak ' : ''}cells back in.`;
    },
    weak() {
      weak = true;
      if (battery.present()) battery.set(empty);
      return `The cells are almost empty: ${volts(empty.openCircuitMv)} without a load.`;
    },
    fresh() {
      weak = false;
      if (battery.present()) battery.set(fresh);
      return `Fresh cells: ${volts(fresh.openCircuitMv)} without a load.`;
    },
    jam() {
      jammed = true;
      bolt.jam();
      return 'Something holds the bolt where it is.';
    },
    free() {
      jammed = false;
      bolt.free();
      return 'The bolt is free again.';
    },
    r() {
      if (!world.chip.running) return 'You press reset; without power nothing happens.';
      board.pressReset();
      return 'You press reset.';
    },
    s() {
      if (!world.chip.running) return 'Without power nothing happens.';
      keypad.press('*', CHORD_MS);
      keypad.press('#', CHORD_MS);
      board.pressReset();
      return 'You press reset, and hold * and # for six seconds.';
    },
    b: () => (battery.present() ? acts['pull']!() : acts['put']!()),
    w: () => (weak ? acts['fresh']!() : acts['weak']!()),
    j: () => (jammed ? acts['free']!() : acts['jam']!()),
  };

  return {
    type(keys) {
      for (const key of keys) {
        freeAtMs = Math.max(freeAtMs, clock.now());
        clock.at(freeAtMs, () => keypad.press(key, HOLD_MS));
        freeAtMs += KEY_MS;
      }
    },
    act(command) {
      const name = WORDS[command] ?? command;
      return Object.hasOwn(acts, name) ? acts[name]!() : undefined;
    },
  };
}

function volts(mv: number): string {
  return `${(mv / 1000).toFixed(1)} V`;
}
