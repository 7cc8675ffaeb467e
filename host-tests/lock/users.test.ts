/** Users, their codes and schedules, against a model that is a plain Map, with power cuts before and after each write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAD_CODE, BAD_SETTING, CODE_IN_USE, FLASH_READ_BACK, NO_SUCH_USER, RECORDS_FULL, USERS_FULL } from '../../firmware/errors.js';
import { CODES, SCHEDULES } from '../../firmware/flash/keys.js';
import { addCode, removeCodes, setMaster } from '../../firmware/lock/codes-table.js';
import { CARD_CODE, DISABLED_USER, holderOf, TAG_BYTES, USED_UP } from '../../firmware/lock/codes.js';
import { markUsedUp } from '../../firmware/lock/access.js';
import { clearSchedules, expiryOf, isScheduled, storeExpiry, timeSchedule, weekDaySchedule, YEAR_DAY } from '../../firmware/lock/schedules.js';
import { DISPOSABLE_USER, EXPIRING_USER, MASTER_USER, NOBODY, RECOVERY_USER } from '../../firmware/lock/states.js';
import { CODE_ENTRY_BYTES, tableKey, tablesOf, type WritableRecords } from '../../firmware/lock/tables.js';
import {
  clearUser, countUsers, freeUser, markUsers, removeCode, replaceCode, setUser, storeUserSchedule, userOf,
} from '../../firmware/lock/users.js';
import { Flash, sha256, World } from './world.js';

const { platform } = new World();
const RECOVERY = sha256('recovery');
const value = (seed: number) => sha256(`code ${seed}`);
const holder = (records: WritableRecords, code: number) => holderOf(platform, records, RECOVERY, value(code));

class Cut extends Error {}

/** Records whose power fails at a write, before or after it. */
function cutting(flash: Flash, writesLeft: number, after: boolean): WritableRecords {
  let left = writesLeft;
  return {
    get: flash.records.get,
    set: (key, bytes) => {
      if (left-- > 0) return flash.records.set(key, bytes);
      if (after) flash.records.set(key, bytes);
      throw new Cut();
    },
  };
}

interface Person {
  type: number;
  status: number;
  schedule: number;
  /** Code -> is it a card. */
  codes: Map<number, boolean>;
}
type Model = Map<number, Person>;

const USERS = 6;
const CODES_TRIED = 24;

type Step =
  | { what: 'add'; user: number; code: number; card: boolean; type: number; schedule: number }
  | { what: 'replace'; user: number; code: number; card: boolean }
  | { what: 'remove'; user: number; code: number }
  | { what: 'set'; user: number; type: number; disabled: boolean; schedule: number }
  | { what: 'use'; user: number }
  | { what: 'clear'; user: number };

const user = fc.integer({ min: 1, max: USERS });
const code = fc.nat(CODES_TRIED - 1);
const type = fc.nat(9);
const schedule = fc.constantFrom(0, 1, 0x1234);
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant('add' as const), user, code, card: fc.boolean(), type, schedule }),
  fc.record({ what: fc.constant('add' as const), user, code, card: fc.boolean(), type, schedule }),
  fc.record({ what: fc.constant('replace' as const), user, code, card: fc.boolean() }),
  fc.record({ what: fc.constant('remove' as const), user, code }),
  fc.record({ what: fc.constant('set' as const), user, type, disabled: fc.boolean(), schedule }),
  fc.record({ what: fc.constant('use' as const), user }),
  fc.record({ what: fc.constant('clear' as const), user }),
);

function perform(records: WritableRecords, step: Step): number {
  switch (step.what) {
    case 'add': return addCode(platform, records, RECOVERY, value(step.code), step.user, step.type | (step.card ? CARD_CODE : 0), step.schedule);
    case 'replace': return replaceCode(platform, records, RECOVERY, value(step.code), step.user, step.card);
    case 'remove': return removeCode(platform, records, RECOVERY, value(step.code), step.user);
    case 'set': return setUser(platform, records, step.user, step.type, step.disabled, step.schedule);
    case 'use': return markUsedUp({ platform, records }, step.user, userOf(platform, records, step.user)?.type ?? 0);
    case 'clear': return clearUser(platform, records, step.user);
  }
}

const ownerOf = (model: Model, wanted: number) => [...model].find(([, person]) => person.codes.has(wanted));

/** The order of a user's codes is the order they were added in. */
function replaced(codes: Map<number, boolean>, old: number, next: number): Map<number, boolean> {
  return new Map([...codes].map(([each, card]) => [each === old ? next : each, card]));
}

/** What the step makes of the model, and what it answers. */
function expected(model: Model, step: Step): { model: Model; answer: number } {
  const next: Model = new Map([...model].map(([number, person]) => [number, { ...person, codes: new Map(person.codes) }]));
  const person = next.get(step.user);
  const same = (answer: number) => ({ model, answer });
  if (step.what === 'add') {
    if (ownerOf(model, step.code)) return same(CODE_IN_USE);
    if (person) person.codes.set(step.code, step.card);
    else next.set(step.user, { type: step.type, status: 0, schedule: step.schedule, codes: new Map([[step.code, step.card]]) });
  } else if (step.what === 'replace') {
    const owner = ownerOf(model, step.code);
    if (owner) return same(owner[0] === step.user ? 0 : CODE_IN_USE);
    const old = person && [...person.codes].find(([, card]) => card === step.card);
    if (!person || !old) return same(NO_SUCH_USER);
    person.codes = replaced(person.codes, old[0], step.code);
  } else if (step.what === 'remove') {
    if (!person?.codes.delete(step.code)) return same(NO_SUCH_USER);
    if (!person.codes.size) next.delete(step.user);
  } else if (step.what === 'use') {
    if (person) person.status |= USED_UP;
  } else if (!person) return same(NO_SUCH_USER);
  else if (step.what === 'clear') next.delete(step.user);
  else {
    const anew = person.type !== step.type || (person.status & USED_UP && !step.disabled);
    person.status = (anew ? 0 : person.status & USED_UP) | (step.disabled ? DISABLED_USER : 0);
    person.type = step.type;
    person.schedule = step.schedule;
  }
  return { model: next, answer: 0 };
}

/** What the tables say, as a model. */
function read(records: WritableRecords): Model {
  const model: Model = new Map();
  for (let number = 1; number <= USERS; number++) {
    const found = userOf(platform, records, number);
    if (!found) continue;
    model.set(number, { type: found.type, status: found.status, schedule: found.schedule, codes: new Map() });
  }
  for (let each = 0; each < CODES_TRIED; each++) {
    const found = holder(records, each);
    if (found.user === NOBODY) continue;
    const person = model.get(found.user)!;
    expect([found.type, found.status & ~CARD_CODE, found.schedule]).toEqual([person.type, person.status, person.schedule]);
    person.codes.set(each, (found.status & CARD_CODE) !== 0);
  }
  for (const [number, person] of model) {
    const found = userOf(platform, records, number)!;
    const cards = [...person.codes.values()].filter((card) => card).length;
    expect([found.pins, found.cards]).toEqual([person.codes.size - cards, cards]);
  }
  return model;
}

const plain = (model: Model) => [...model].sort(([a], [b]) => a - b)
  .map(([number, person]) => ({ number, ...person, codes: [...person.codes].sort(([a], [b]) => a - b) }));

describe('Users', () => {
  it('are what a Map of users would be, and after a cut at any write the old ones or the new ones', () => {
    const cut = fc.option(fc.record({ writes: fc.nat(2), after: fc.boolean() }), { nil: undefined, freq: 2 });
    fc.assert(fc.property(fc.array(fc.record({ step: stepArbitrary, cut }), { maxLength: 60 }), (steps) => {
      const flash = new Flash();
      let model: Model = new Map();
      for (const { step, cut: at } of steps) {
        const after = expected(model, step);
        let answer: number | undefined;
        try {
          answer = perform(at ? cutting(flash, at.writes, at.after) : flash.records, step);
        } catch (error) {
          if (!(error instanceof Cut)) throw error;
        }
        const now = read(flash.records);
        if (answer !== undefined) {
          expect(answer).toBe(after.answer);
          expect(plain(now)).toEqual(plain(after.model));
        } else expect([plain(model), plain(after.model)]).toContainEqual(plain(now));
        model = answer === undefined && JSON.stringify(plain(now)) === JSON.stringify(plain(model)) ? model : after.model;
      }
    }), { numRuns: 300 });
  });

  it('whose codes lie in several full tables: each code is old or new after a cut, and the same call finishes', () => {
    const flash = new Flash();
    const add = (seed: number, number: number) => addCode(platform, flash.records, RECOVERY, value(seed), number, DISPOSABLE_USER, 0);
    // 51 entries fill the first table; user 1's card has to go to the second.
    for (let number = 1; number <= 51; number++) expect(add(number, number)).toBe(0);
    expect(add(1000, 1)).toBe(0);
    expect(() => clearUser(platform, cutting(flash, 1, false), 1)).toThrow(Cut);
    expect([holder(flash.records, 1).user, holder(flash.records, 1000).user]).toEqual([NOBODY, 1]);
    expect(clearUser(platform, flash.records, 1)).toBe(0);
    expect(holder(flash.records, 1000).user).toBe(NOBODY);
    for (let number = 2; number <= 51; number++) expect(holder(flash.records, number).user).toBe(number);
  });

  it('have codes that nobody else has: no other user, not the master, not the recovery code', () => {
    const { records } = new Flash();
    expect(setMaster(platform, records, RECOVERY, value(1))).toBe(0);
    expect(addCode(platform, records, RECOVERY, value(2), 2, 0, 0)).toBe(0);
    expect(addCode(platform, records, RECOVERY, value(3), 3, 0, 0)).toBe(0);
    for (const taken of [value(1), value(2), RECOVERY]) {
      expect(addCode(platform, records, RECOVERY, taken, 4, 0, 0)).toBe(CODE_IN_USE);
      expect(replaceCode(platform, records, RECOVERY, taken, 3, false)).toBe(CODE_IN_USE);
    }
    expect(replaceCode(platform, records, RECOVERY, value(3), 3, false)).toBe(0);
    expect(removeCode(platform, records, RECOVERY, value(1), 1)).toBe(NO_SUCH_USER);
    expect(removeCode(platform, records, RECOVERY, value(2), 3)).toBe(NO_SUCH_USER);
    expect(holderOf(platform, records, RECOVERY, RECOVERY).user).toBe(RECOVERY_USER);
    expect(holder(records, 1).user).toBe(MASTER_USER);
  });

  it('find the lowest free number, and none when all 250 are taken', () => {
    const { records } = new Flash();
    const users = () => {
      const marks = new Uint8Array(251);
      for (let table = 0; table < tablesOf(CODES); table++) markUsers(records, table, marks);
      return [countUsers(marks), freeUser(marks)];
    };
    expect(users()).toEqual([0, 1]);
    for (let number = 1; number <= 250; number++) expect(addCode(platform, records, RECOVERY, value(number), number, 0, 0)).toBe(0);
    expect(users()).toEqual([250, 0]);
    for (let extra = 251; extra <= 255; extra++) expect(addCode(platform, records, RECOVERY, value(extra), 9, CARD_CODE, 0)).toBe(0);
    expect(addCode(platform, records, RECOVERY, value(256), 9, CARD_CODE, 0)).toBe(USERS_FULL);
    expect(replaceCode(platform, records, RECOVERY, value(256), 9, true)).toBe(0);
    for (const number of [200, 77]) expect(clearUser(platform, records, number)).toBe(0);
    expect(users()).toEqual([248, 77]);
    expect(addCode(platform, records, RECOVERY, value(77), 77, 0, 0)).toBe(0);
    expect(users()).toEqual([249, 200]);
    for (let number = 1; number <= 250; number++) expect(holder(records, number).user).toBe(number === 200 ? NOBODY : number);
  });

  it('have numbers from 1 to 250 and types that exist', () => {
    const { records } = new Flash();
    for (const wrong of [0, 251, 254, 255, 256, -1]) {
      expect(addCode(platform, records, RECOVERY, value(1), wrong, 0, 0)).toBe(BAD_CODE);
      expect(clearUser(platform, records, wrong)).toBe(NO_SUCH_USER);
      expect(setUser(platform, records, wrong, 0, false, 0)).toBe(NO_SUCH_USER);
      expect(userOf(platform, records, wrong)).toBeUndefined();
      expect(storeUserSchedule(platform, records, weekDaySchedule(wrong, 1, 1, 0, 1))).toBe(NO_SUCH_USER);
    }
    expect(addCode(platform, records, RECOVERY, value(1), 1, 0xff, 0)).toBe(0);
    expect(holder(records, 1)).toMatchObject({ user: 1, type: 15, status: CARD_CODE });
    for (const wrong of [10, 16, -1, NaN]) expect(setUser(platform, records, 1, wrong, false, 0)).toBe(BAD_SETTING);
  });

  it('leave nothing to a later user of the same number, wherever the removal was cut', () => {
    for (let cut = 0; cut < 3; cut++) {
      for (const after of [false, true]) {
        const flash = new Flash();
        expect(addCode(platform, flash.records, RECOVERY, value(1), 5, EXPIRING_USER, 0)).toBe(0);
        expect(addCode(platform, flash.records, RECOVERY, value(2), 6, 0, 0)).toBe(0);
        expect(storeExpiry(flash.records, 5, 10, 20)).toBe(0);
        for (const number of [5, 6]) expect(storeUserSchedule(platform, flash.records, timeSchedule(number, YEAR_DAY, 1, 0, 4e9))).toBe(0);
        try {
          clearUser(platform, cutting(flash, cut, after), 5);
        } catch (error) {
          if (!(error instanceof Cut)) throw error;
        }
        if (holder(flash.records, 1).user === 5) continue;
        expect(addCode(platform, flash.records, RECOVERY, value(3), 5, EXPIRING_USER, 0)).toBe(0);
        expect(expiryOf(platform, flash.records, 5)).toBeUndefined();
        expect(isScheduled(platform, flash.records, 5, 0, 100)).toBe(false);
        expect(isScheduled(platform, flash.records, 6, 0, 100)).toBe(true);
      }
    }
  });

  it('who are renewed begin anew, and are used up still when the renewal was cut', () => {
    for (const after of [false, true]) {
      for (let cut = 0; cut < 3; cut++) {
        const flash = new Flash();
        addCode(platform, flash.records, RECOVERY, value(1), 5, EXPIRING_USER, 0);
        storeExpiry(flash.records, 5, 10, 20);
        markUsedUp({ platform, records: flash.records }, 5, EXPIRING_USER);
        const isCut = (() => {
          try {
            return setUser(platform, cutting(flash, cut, after), 5, EXPIRING_USER, false, 0) !== 0;
          } catch { return true; }
        })();
        const { status } = holder(flash.records, 1);
        if (!isCut || (cut === 1 && after)) expect([status, expiryOf(platform, flash.records, 5)]).toEqual([0, undefined]);
        else expect(status).toBe(USED_UP);
      }
    }
  });

  it('are not renewed where the old end stays', () => {
    const flash = new Flash();
    addCode(platform, flash.records, RECOVERY, value(1), 5, EXPIRING_USER, 0);
    storeExpiry(flash.records, 5, 10, 20);
    markUsedUp({ platform, records: flash.records }, 5, EXPIRING_USER);
    let refusals = 1;
    const records = { get: flash.records.get, set: (key: number, bytes: Uint8Array) => (refusals-- > 0 ? FLASH_READ_BACK : flash.records.set(key, bytes)) };
    expect(setUser(platform, records, 5, EXPIRING_USER, false, 0)).toBe(FLASH_READ_BACK);
    expect(holder(flash.records, 1).status).toBe(USED_UP);
    expect(setUser(platform, records, 5, EXPIRING_USER, false, 0)).toBe(0);
    expect(holder(flash.records, 1).status).toBe(0);
  });

  it('have their codes in one table where there is room, so that a change of them is one write', () => {
    const flash = new Flash();
    for (let number = 1; number <= 60; number++) expect(addCode(platform, flash.records, RECOVERY, value(number), number, 0, 0)).toBe(0);
    expect(clearUser(platform, flash.records, 1)).toBe(0);
    expect(addCode(platform, flash.records, RECOVERY, value(155), 55, CARD_CODE, 0)).toBe(0);
    expect(addCode(platform, flash.records, RECOVERY, value(102), 2, CARD_CODE, 0)).toBe(0);
    for (const number of [55, 2]) {
      const before = flash.writes;
      expect(setUser(platform, flash.records, number, DISPOSABLE_USER, false, 0)).toBe(0);
      expect(flash.writes - before).toBe(1);
    }
  });

  it('lose nothing when flash refuses a change, and hear why', () => {
    const flash = new Flash();
    for (let number = 1; number <= 3; number++) addCode(platform, flash.records, RECOVERY, value(number), number, 0, 0);
    const before = plain(read(flash.records));
    flash.works = false;
    const steps: Step[] = [
      { what: 'add', user: 4, code: 9, card: false, type: 0, schedule: 0 }, { what: 'replace', user: 1, code: 9, card: false },
      { what: 'remove', user: 1, code: 1 }, { what: 'set', user: 1, type: 3, disabled: true, schedule: 0 }, { what: 'clear', user: 2 },
      { what: 'use', user: 1 },
    ];
    for (const step of steps) expect(perform(flash.records, step), step.what).toBe(FLASH_READ_BACK);
    expect(plain(read(flash.records))).toEqual(before);
  });
});

describe('A damaged table of codes', () => {
  const entry = (seed: number, ...rest: number[]) => [...value(seed).subarray(0, TAG_BYTES), ...rest];

  it('opens for nobody it should not, works for the others, and the next change keeps them', () => {
    const { records, values } = new Flash();
    values.set(CODES, new Uint8Array([
      ...entry(1, 1, 0, 0, 0), ...entry(2, 0, 0, 0, 0), ...entry(3, 254, 0, 0, 0), ...entry(4, 255, 3, 0, 0), ...entry(5, 251, 0, 0, 0),
      ...entry(6, 6, 14, 0, 0), ...entry(7, 7, 0, 0, 0), ...entry(8),
    ]));
    const users = () => [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => holder(records, seed).user);
    expect(users()).toEqual([1, 0, 0, 0, 0, 6, 7, 0]);
    expect(addCode(platform, records, RECOVERY, value(3), 9, 0, 0)).toBe(0);
    expect(users()).toEqual([1, 0, 9, 0, 0, 6, 7, 0]);
    expect(values.get(CODES)!.length).toBe(8 * CODE_ENTRY_BYTES);
    values.set(CODES, new Uint8Array([...values.get(CODES)!, 1, 2, 3]));
    expect(removeCodes(platform, records, 1)).toBe(0);
    expect(values.get(CODES)!.length).toBe(7 * CODE_ENTRY_BYTES);
    expect(users()).toEqual([0, 0, 9, 0, 0, 6, 7, 0]);
  });

  it('of any bytes at all: nobody but 1 to 250 comes out, and a code that is added afterwards is found', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1024 }), fc.nat(4), (bytes, table) => {
      const { records, values } = new Flash();
      values.set(tableKey(CODES, table), bytes);
      for (let at = 0; at + TAG_BYTES <= bytes.length; at += 7) {
        const tag = new Uint8Array(32);
        tag.set(bytes.subarray(at, at + TAG_BYTES));
        const found = holderOf(platform, records, RECOVERY, tag);
        if (found.user) expect(at % CODE_ENTRY_BYTES).toBe(0);
        expect(found.user).toBeLessThanOrEqual(250);
      }
      expect(addCode(platform, records, RECOVERY, value(1), 200, 0, 0)).toBe(0);
      expect(holder(records, 1).user).toBe(200);
      for (const [, stored] of values) expect(stored.length).toBeLessThanOrEqual(1024);
    }), { numRuns: 100 });
  });
});

describe('Schedules of users', () => {
  it('are named by user, kind and index: stored again they are replaced, cleared they are gone, and 100 fit', () => {
    const { records, values } = new Flash();
    for (let number = 1; number <= 10; number++) addCode(platform, records, RECOVERY, value(number), number, 0, 0);
    for (let i = 0; i < 100; i++) expect(storeUserSchedule(platform, records, timeSchedule(1 + (i % 10), YEAR_DAY, 1 + Math.floor(i / 10), 100 * i, 100 * i + 50))).toBe(0);
    expect(storeUserSchedule(platform, records, weekDaySchedule(1, 1, 1, 0, 60))).toBe(RECORDS_FULL);
    for (let number = 1; number <= 100; number++) expect(storeExpiry(records, number, 1, 2)).toBe(0);
    const covers = (i: number) => isScheduled(platform, records, 1 + (i % 10), YEAR_DAY, 100 * i + 25);
    for (let i = 0; i < 100; i++) expect(covers(i)).toBe(true);
    expect(storeUserSchedule(platform, records, timeSchedule(4, YEAR_DAY, 3, 1, 2))).toBe(0);
    expect(covers(23)).toBe(false);
    expect(clearSchedules(platform, records, 5, YEAR_DAY, 2)).toBe(0);
    expect(clearSchedules(platform, records, 6, YEAR_DAY)).toBe(0);
    for (let i = 0; i < 100; i++) expect(covers(i), `${i}`).toBe(i !== 23 && i !== 14 && i % 10 !== 5);
    expect(expiryOf(platform, records, 6)).toEqual({ from: 1, until: 2 });
    expect(clearSchedules(platform, records, 7)).toBe(0);
    expect(expiryOf(platform, records, 7)).toBeUndefined();
    for (const [key, stored] of values) if (key >= SCHEDULES) expect(stored.length).toBeLessThanOrEqual(1024);
  });
});
