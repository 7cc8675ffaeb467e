/** What a person reads in `deadlatch log`. */
import { describe, expect, it } from 'vitest';
import { logInWords, operationErrorOf } from '../../cli/flash/log-words.js';
import { ERRORS } from '../../firmware/error-table.js';
import { BATTERY_EMPTY, BOLT_JAMMED, KEY_STUCK, OUTSIDE_SCHEDULE, TIME_UNKNOWN, USER_DISABLED, WRONG_CODE } from '../../firmware/errors.js';
import type { LogEntry } from '../../firmware/lock/access-log.js';
import * as states from '../../firmware/lock/states.js';

const entry = (what: number, rest: Partial<LogEntry> = {}): LogEntry => ({ sequence: 1, time: 0, uptime: 5, what, source: states.SOURCE_KEYPAD, user: 3, code: 0, ...rest });

describe('An entry of the access log', () => {
  const byReason = ['LOG_JAMMED', 'LOG_KEYPAD', 'LOG_DOOR_STATE'];
  it.each(Object.entries(states).filter(([name]) => name.startsWith('LOG_') && !byReason.includes(name)))('%s has words', (_name, what) => {
    expect(logInWords(entry(what))).not.toMatch(/^0x/);
  });

  it('about the bolt or the keypad is told by its code', () => {
    expect(logInWords(entry(states.LOG_JAMMED, { code: BOLT_JAMMED }))).toMatch(/^0x53, the bolt is jammed/);
    expect(logInWords(entry(states.LOG_KEYPAD, { code: KEY_STUCK }))).toMatch(/^0x70, a key stays down/);
  });

  it('says who, and how', () => {
    const unlock = (rest: Partial<LogEntry>) => logInWords(entry(states.LOG_UNLOCK, rest));
    expect(unlock({})).toBe('opened by the PIN of user 3.');
    expect(unlock({ source: states.SOURCE_RFID })).toBe('opened by the card of user 3.');
    expect(unlock({ source: states.SOURCE_MANUAL, user: 0 })).toBe('opened by hand.');
    expect(unlock({ source: states.SOURCE_BUTTON, user: 0 })).toBe('opened by the button inside.');
    expect(unlock({ source: states.SOURCE_REMOTE })).toBe('opened by radio, by user 3.');
    expect(unlock({ user: states.RECOVERY_USER })).toBe('opened by the recovery code.');
    expect(logInWords(entry(states.LOG_LOCK, { source: states.SOURCE_AUTO, user: 0 }))).toBe('locked by itself.');
  });

  it('says what each level of the battery means', () => {
    expect([0, 1, 2, 3].map((level) => logInWords(entry(states.LOG_BATTERY, { code: level })))).toEqual([
      'the battery is in order.', 'the battery is low: fit fresh cells soon.', 'the battery is nearly empty: fit fresh cells now.',
      'the battery is empty: nothing moves any more until fresh cells are fitted.',
    ]);
  });

  it('gives the reason of a refusal, with its name in Matter', () => {
    expect(logInWords(entry(states.LOG_REFUSED, { code: OUTSIDE_SCHEDULE }))).toBe('the PIN of user 3 refused: not at this time (Restricted).');
    expect(logInWords(entry(states.LOG_REFUSED, { user: 0, code: WRONG_CODE }))).toBe('refused: wrong code.');
    expect([WRONG_CODE, USER_DISABLED, TIME_UNKNOWN, BATTERY_EMPTY].map(operationErrorOf))
      .toEqual(['InvalidCredential', 'DisabledUserDenied', 'Restricted', 'InsufficientBattery']);
    expect(ERRORS.filter(({ code }) => operationErrorOf(code) !== 'Unspecified').map(({ name }) => name)).toEqual([
      'WRONG_CODE', 'CODES_DISABLED', 'USER_DISABLED', 'CODE_USED_UP', 'OUTSIDE_SCHEDULE', 'TIME_UNKNOWN', 'MODE_RESTRICTS', 'BATTERY_EMPTY',
    ]);
  });
});
