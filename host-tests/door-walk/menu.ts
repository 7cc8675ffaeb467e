/** What the menu makes of what is typed in it, as docs/keypad.md tells it. */
import * as states from '../../firmware/lock/states.js';
import type { World } from './device/parts.js';
import { ownerOf, peopleIn } from './register.js';

/** What a `#` in the menu comes to. */
export interface Deed {
  what: 'nothing' | 'unlock' | 'lock' | 'window' | 'user' | 'setting' | 'mode' | 'master' | 'pairing' | 'restart';
  /** Expected in the log. */
  log: number;
  /** Whom the log names, and, of `user`, whose codes change. */
  user: number;
  value: number;
  /** Whether what was asked for stands in flash. */
  isDone?: () => boolean;
  closes: boolean;
}

export interface MenuModel {
  readonly user: number;
  typed(digits: string): Deed;
  /** `#` was held for so long. */
  held(ms: number): 'nothing' | 'maybe' | 'reset';
}

type Step = 'choice' | 'user' | 'kind' | 'again' | 'mode' | 'setting' | 'value' | 'sure' | 'hold' | 'digits' | 'code' | 'codeAgain';

const HOLD_MS = 5000;
/** Where a keypad cannot tell that a key is held. */
const RESET_PRESSES = 5;
/** Least and most of each setting, by the number people know it by. */
const SETTINGS: readonly (readonly [number, number])[] = [
  [0, 0], [0, 3600], [0, 2], [0, 2], [0, 1], [0, 3600], [1, 255], [1, 255], [0, 1], [1, 65535], [1, 30],
];

export function openMenuModel(world: World, opener: number): MenuModel {
  const isMaster = opener === states.MASTER_USER;
  let step: Step = opener === states.RECOVERY_USER ? 'code' : 'choice';
  let item = 0;
  let user = states.MASTER_USER;
  let first = '';
  /** `#` at the place where a hard reset is ordered. */
  let presses = 0;

  const nothing = (next: Step = step): Deed => {
    if (next !== 'hold' || step !== 'hold') presses = 0;
    step = next;
    return { what: 'nothing', log: -1, user: opener, value: 0, closes: false };
  };
  const deed = (what: Deed['what'], log: number, given: Partial<Deed> = {}): Deed => ({ ...nothing('choice'), what, log, ...given });

  function choose(choice: string): Deed {
    item = Number(choice);
    if (choice === '1') return deed('unlock', states.LOG_UNLOCK, { closes: true });
    if (choice === '2') return deed('lock', states.LOG_LOCK, { closes: true });
    if (choice === '8' && isMaster) return deed('window', states.LOG_WINDOW, { closes: true });
    if (['3', '4', '5'].includes(choice)) return nothing('user');
    if (choice === '6') return nothing('mode');
    if (choice === '7') return nothing('setting');
    if (choice === '98') return nothing('sure');
    if (!isMaster) return nothing();
    user = states.MASTER_USER;
    return nothing(choice === '0' ? 'code' : choice === '9' ? 'digits' : choice === '99' ? 'hold' : 'choice');
  }
  function onUser(digits: string, number: number): Deed {
    const people = peopleIn(world);
    user = number;
    if (item === 3 && !digits) for (user = 1; people.has(user);) user++;
    if (user < 1 || user > 250) return nothing();
    if (item === 3) return nothing('code');
    return nothing(!people.has(user) ? 'choice' : item === 4 ? 'again' : 'kind');
  }
  function onKind(kind: number): Deed {
    const type = kind === 10 || kind === 11 ? peopleIn(world).get(user)!.type : kind;
    if (![0, 5, 6, 7, 10, 11].includes(kind) && !(kind === 3 && isMaster)) return nothing();
    return deed('user', states.LOG_USER_MODIFIED, {
      user,
      isDone: () => {
        const person = peopleIn(world).get(user);
        return person?.type === type && person.disabled === (kind === 10);
      },
    });
  }
  function onCode(digits: string): Deed {
    if (digits.length < 4 || digits.length > 10) return nothing();
    const holder = ownerOf(world, digits);
    if (step === 'code') {
      first = digits;
      return nothing('codeAgain');
    }
    if (digits !== first) return nothing('code');
    const known = peopleIn(world).get(user);
    if (holder !== states.NOBODY && (holder !== user || user !== states.MASTER_USER && !known)) return nothing('code');
    const whose = user;
    const isDone = (): boolean => ownerOf(world, digits) === whose;
    if (user === states.MASTER_USER) return deed('master', states.LOG_MASTER_CHANGED, { isDone, closes: !isMaster });
    return deed('user', known ? states.LOG_USER_MODIFIED : states.LOG_USER_ADDED, { user, isDone });
  }

  return {
    user: opener,
    held: (ms) => (world.readerBits ? (step === 'hold' && presses === RESET_PRESSES - 1 ? 'reset' : 'nothing') : step !== 'hold' || ms < HOLD_MS - 300 ? 'nothing' : ms < HOLD_MS + 300 ? 'maybe' : 'reset'),
    typed(digits) {
      const value = digits && digits.length < 6 ? Number(digits) : -1;
      switch (step) {
        case 'choice': return choose(digits);
        case 'user': return onUser(digits, value);
        case 'kind': return onKind(value);
        case 'again': {
          const gone = user;
          return value === user ? deed('user', states.LOG_USER_CLEARED, { user, isDone: () => !peopleIn(world).has(gone) }) : nothing('choice');
        }
        case 'mode': return value >= 0 && value <= 4 ? deed('mode', states.LOG_MODE, { value, isDone: () => world.settings[4] === value }) : nothing();
        case 'setting':
          item = value;
          return nothing(value > 0 && value < SETTINGS.length ? 'value' : 'setting');
        case 'value': return value >= SETTINGS[item]![0] && value <= SETTINGS[item]![1] ? deed('setting', states.LOG_SETTING) : nothing();
        case 'sure': return value === 98 ? deed('restart', states.LOG_SOFT_RESET, { closes: true }) : nothing('choice');
        case 'hold':
          presses++;
          return nothing(digits ? 'choice' : 'hold');
        case 'digits': return digits.length >= 10 ? deed('pairing', states.LOG_PAIRING) : nothing();
        default: return onCode(digits);
      }
    },
  };
}
