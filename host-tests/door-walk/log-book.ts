/** What has to be in the access log by and by, and what is. */
import { BATTERY_EMPTY, MOTOR_HOT } from '../../firmware/errors.js';
import { LOG_FIRST } from '../../firmware/flash/keys.js';
import type { LogEntry } from '../../firmware/lock/access-log.js';
import { LOG_FORCED_USER, LOG_JAMMED, LOG_REFUSED, LOG_UNLOCK, NOBODY, SOURCE_KEYPAD, SOURCE_REMOTE, SOURCE_RFID } from '../../firmware/lock/states.js';
import type { Invariant } from './invariants.js';

/** An event of which nothing is known any more is told within this, once nobody types. */
export const LOGGED_MS = 13_000;
/** Whoever it was. */
export const ANYBODY = -1;

interface Expected {
  what: number[];
  source: number;
  user: number;
  since: number;
  /** May or may not come. */
  maybe: boolean;
}

export interface LogBook {
  expect(time: number, what: number[], source: number, user: number, maybe: boolean): void;
  /** `isExplained`: it came about without anybody asking now. */
  logged(entry: LogEntry, key: number, code: number, isExplained: () => boolean): void;
  /** Everything that happened before has been logged by now; `storeWorks`: or would have been. */
  quiet(time: number, storeWorks: boolean): void;
  cut(): void;
  wiped(): void;
}

export function openLogBook(violate: (invariant: Invariant, words: string) => void): LogBook {
  let expected: Expected[] = [];
  let lastSequence = 0;
  return {
    expect: (time, what, source, user, maybe) => {
      expected.push({ what, source, user, since: time, maybe });
    },
    logged(entry, key, code, isExplained) {
      const isOfThrow = entry.code === BATTERY_EMPTY || entry.code === MOTOR_HOT;
      const fits = ({ what, source, user }: Expected): boolean =>
        what.includes(entry.what) && source === entry.source && (user === entry.user || user === ANYBODY)
        // A throw is refused for want of power, or by a hot motor; a code for other reasons, or, if it is somebody's, for these too.
        && (entry.what !== LOG_REFUSED || (what.includes(LOG_JAMMED) ? isOfThrow : entry.user !== NOBODY || !isOfThrow));
      const sure = expected.findIndex((each) => !each.maybe && fits(each));
      const place = sure >= 0 ? sure : expected.findIndex(fits);
      if (place >= 0) expected.splice(place, 1);
      else if (!isExplained() && [SOURCE_KEYPAD, SOURCE_REMOTE, SOURCE_RFID].includes(entry.source)) {
        violate('logged without a cause', `entry ${entry.what.toString(16)} of user ${entry.user}, source ${entry.source}`);
      }
      if (code) return;
      if (entry.sequence !== lastSequence + 1 || key !== LOG_FIRST + lastSequence % 256) {
        violate('log out of order', `entry ${entry.sequence} under key ${key} follows ${lastSequence}`);
      }
      lastSequence = entry.sequence;
    },
    quiet(time, storeWorks) {
      const lost = storeWorks && expected.find(({ maybe, since }) => !maybe && time - since > LOGGED_MS);
      if (lost) {
        const isUnlock = lost.what.includes(LOG_UNLOCK) || lost.what.includes(LOG_FORCED_USER);
        violate(isUnlock ? 'cause not logged' : 'log entry lost', `${lost.what.map((each) => each.toString(16)).join(' or ')} of user ${lost.user}, source ${lost.source}`);
      }
      expected = expected.filter(({ since }) => time - since <= LOGGED_MS);
    },
    cut: () => {
      expected = [];
    },
    wiped: () => {
      lastSequence = 0;
    },
  };
}
