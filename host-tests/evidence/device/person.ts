/** Somebody at the keypad in the timed world: types PINs, locks again, and looks at the clock when it beeps and when the motor runs. */
import type { TimedClock } from './clock.js';
import type { Sample, TimedSettings } from './protocol.js';

export type When = (press: () => void) => void;

export interface Person {
  /** Keys that had to be pressed again. */
  lost(): number;
  /** The beeper begins to sound, the motor gets current. */
  beeped(): void;
  motorRan(): void;
  boltIs(state: string): void;
  /** Types without looking; `then` a while after the last key. */
  type(keys: string, then: () => void): void;
  /** A PIN, its throw, `#`, its throw. `when` decides when the first key and the second `#` go down, `whenSubmit` when the PIN's does. */
  enter(when: When, whenSubmit: When, then: (beeps: Sample[], submit: Sample, alone: Sample, aloneBeep: Sample) => void): void;
  /** A digit, and `*`. */
  tap(when: When, then: (beep: Sample) => void): void;
}

/** What does not happen for this long does not happen. */
const LOST_MS = 5000;
/** A key nobody answers for this long is pressed again: the firmware has not seen it. */
const AGAIN_MS = 1500;
const HOLD_MS = [80, 200] as const;
const GAP_MS = [60, 250] as const;

/** `hold` closes the switches given; `fail` ends it all. */
export function openPerson(
  clock: TimedClock, settings: TimedSettings, hold: (switches: [number, number][]) => void, random: () => number, fail: (words: string) => void,
): Person {
  let pressedMs = 0;
  let pressedScript = 0;
  let downMs = 0;
  let beep: Sample | undefined;
  let motor: Sample | undefined;
  let bolt = '';
  let lost = 0;

  function between(range: readonly [number, number]): number {
    return range[0] + random() * (range[1] - range[0]);
  }

  /** Looks every so often, at no cost, whether it is so. */
  function until(what: string, isSo: () => boolean, then: () => void, fromMs = clock.nowMs()): void {
    if (isSo()) return then();
    if (clock.nowMs() - fromMs > LOST_MS) return fail(what);
    clock.later(5, () => until(what, isSo, then, fromMs));
  }

  /** A key that has to be pressed again has waited since it was pressed first. */
  function press(key: string, isAnswered: () => boolean, then: () => void): void {
    pressedMs = clock.nowMs();
    pressedScript = clock.javascriptMs();
    beep = motor = undefined;
    down(key, isAnswered, then);
  }

  function down(key: string, isAnswered: () => boolean, then: () => void): void {
    downMs = clock.nowMs();
    hold([settings.keys[key]!]);
    clock.later(between(HOLD_MS), () => {
      hold([]);
      until('an answer to ' + key, () => isAnswered() || isLost(), () => {
        if (isAnswered()) return clock.later(between(GAP_MS), then);
        lost++;
        down(key, isAnswered, then);
      });
    });
  }

  function isLost(): boolean {
    return !beep && !motor && clock.nowMs() - downMs > AGAIN_MS;
  }

  const answered = () => beep !== undefined;
  const moved = () => motor !== undefined;

  function type(keys: string, then: () => void): void {
    if (!keys) {
      clock.later(500, then);
      return;
    }
    const key = keys.charAt(0);
    press(key, answered, () => clock.later(key === '#' ? 1500 : 0, () => type(keys.substr(1), then)));
  }

  function come(state: string, then: () => void): void {
    until('the bolt ' + state, () => bolt === state, then);
  }

  function sample(): Sample {
    return [tenths(clock.nowMs() - pressedMs), tenths(clock.javascriptMs() - pressedScript)];
  }

  return {
    lost: () => lost,
    beeped: () => {
      beep = beep || sample();
    },
    motorRan: () => {
      motor = motor || sample();
    },
    boltIs: (state) => {
      bolt = state;
    },
    type,
    tap: (when, then) => when(() => press(digitOf(), answered, () => {
      const heard = beep!;
      press('*', answered, () => then(heard));
    })),
    enter: (when, whenSubmit, then) => {
      const pin = '' + (settings.firstPin + Math.floor(random() * settings.users));
      const beeps: Sample[] = [];
      let submit: Sample;
      function digit(): void {
        const at = beeps.length;
        if (at === pin.length) return whenSubmit(submitted);
        press(pin.charAt(at), answered, () => {
          beeps.push(beep!);
          digit();
        });
      }
      function submitted(): void {
        press('#', moved, opened);
      }
      function opened(): void {
        submit = motor!;
        come('unlocked', () => when(alone));
      }
      function alone(): void {
        press('#', () => answered() && moved(), () => {
          const heard = beep!;
          const ran = motor!;
          come('locked', () => then(beeps, submit, ran, heard));
        });
      }
      when(digit);
    },
  };

  function digitOf(): string {
    return '' + Math.floor(random() * 10);
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
