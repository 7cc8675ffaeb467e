/** The page about the keypad, held against what the menu does. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addCode, PIN_MAX, PIN_MIN } from '../../firmware/lock/codes-table.js';
import { USERS_MAX } from '../../firmware/lock/codes.js';
import { changeSetting, LOCAL_PROGRAMMING } from '../../firmware/lock/settings.js';
import { ACCEPTED, AGAIN, CLOSED, HOLD, KEY, MENU, NEW_CODE, REFUSED, VALUE, WHICH } from '../../firmware/lock/signals.js';
import { MASTER_USER } from '../../firmware/lock/states.js';
import { identity, Keypad, platform, valueOf } from '../lock/menu-keypad.js';

describe('docs/keypad.md', () => {
  const page = readFileSync(new URL('../../docs/keypad.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\d+)#`( ★)? \| (.*?) ?\| (.*?) \|$/gm)].map(([, choice, star, then, what]) => (
    { choice: choice!, masterOnly: star !== undefined, then: then!, what: what! }));
  const listed = (choice: string): { number: number; masterOnly: boolean }[] => (
    rows.find((row) => row.choice === choice)!.what.split(' · ').map((each) => ({ number: Number(/^\d+/.exec(each)![0]), masterOnly: each.endsWith('★') })));
  const numbers = Array.from({ length: 256 }, (_, number) => number);
  const taken = (before: string, number: number, user = MASTER_USER): boolean => {
    const each = new Keypad(user, true, ({ flash }) => {
      addCode(platform, flash.records, identity.recoveryHash, valueOf('7777'), 7, 3, 0);
    }).type(before);
    return !each.type(`${number}#`).menu.play.startsWith(REFUSED);
  };

  it('lists every choice that the menu takes and no other, and marks those of the master', () => {
    expect(rows.map(({ choice }) => Number(choice))).toEqual(numbers.filter((number) => taken('', number)));
    expect(rows.filter((row) => !row.masterOnly).map(({ choice }) => Number(choice))).toEqual(numbers.filter((number) => taken('', number, 7)));
  });

  it('says what each choice asks for', () => {
    const words: [string, string][] = [[WHICH, 'user|mode|setting|digits'], [NEW_CODE, 'code'], [AGAIN, 'again|98'], [VALUE, 'kind|value'], [HOLD, 'hold `#`']];
    const answers: Record<string, string> = { user: '1#', mode: '0#', setting: '1#', digits: '1234567890#', code: '4444#', kind: '0#', value: '0#', '98': '98#' };
    for (const { choice, then } of rows) {
      const each = new Keypad().type(`${choice}#`);
      let answer = '';
      for (const name of then.split(', ').map((part) => part.replace(/^new |`(?=98)|(?<=98)`/g, '')).filter((part) => part)) {
        const pattern = each.menu.play.split('-').at(-1)!;
        expect(words.find(([prompt]) => prompt === pattern)?.[1].split('|'), `${choice}#: ${name}`).toContain(name);
        if (name === 'hold `#`') each.hold(5);
        else each.type(answer = name === 'again' ? answer : answers[name]!);
      }
      expect(each.menu.play.split('-')[0], choice).toBe(ACCEPTED);
    }
  });

  it('lists every kind of user and every mode, and no other', () => {
    expect(listed('5').map(({ number }) => number)).toEqual(numbers.filter((number) => taken('5# 1#', number)));
    expect(listed('5').filter((each) => !each.masterOnly).map(({ number }) => number)).toEqual(numbers.filter((number) => taken('5# 1#', number, 7)));
    expect(listed('6').map(({ number }) => number)).toEqual(numbers.filter((number) => taken('6#', number)));
  });

  it('lists every setting with its values and what it is at first', () => {
    const settings = [...page.matchAll(/^\| (\d+) \| .* \| (\d+)-(\d+) \| (\d+) \|$/gm)].map(([, ...each]) => each.map(Number));
    expect(settings.map(([number]) => number)).toEqual(numbers.filter((number) => taken('7#', number)));
    for (const [number, least, most, first] of settings as [number, number, number, number][]) {
      const fits = (value: number): boolean => taken(`7# ${number}#`, value);
      expect([fits(least), fits(most), least ? fits(least - 1) : false, most < 65535 ? fits(most + 1) : false], `${number}`).toEqual([true, true, false, false]);
      const each = new Keypad();
      const untouched = each.settings.slice();
      each.type(`7# ${number}# ${first}#`);
      expect(each.settings, `${number}`).toEqual(untouched);
    }
  });

  it('gives the limits that the code has', () => {
    expect(page).toContain(`1 to ${USERS_MAX}, a code has ${PIN_MIN} to ${PIN_MAX} digits`);
  });

  it('names every prompt and answer of the menu, as it sounds', () => {
    const words = (pattern: string): string => [...pattern].map((symbol) => ({ k: 'tick', s: 'short', l: 'long' })[symbol]).join(' ');
    for (const pattern of [KEY, ACCEPTED, REFUSED, MENU, WHICH, VALUE, NEW_CODE, AGAIN, HOLD, CLOSED]) expect(page).toContain(`| *${words(pattern)}* |`);
  });

  it('fits one printed page: at 11 points, 100 characters a line and 60 lines', () => {
    const lines = page.split('\n').filter((line) => line && !/^\|[-|]+$/.test(line));
    const printed = lines.reduce((sum, line) => sum + Math.ceil(line.replace(/\]\([^)]*\)|[`*[\]|]/g, '').length / 100), 0);
    expect(printed).toBeLessThanOrEqual(60);
  });

  it('without local programming only the door and the window are left', () => {
    const left = numbers.filter((number) => {
      const each = new Keypad();
      expect(changeSetting(each.flash.records, each.settings, LOCAL_PROGRAMMING, 0)).toBe(0);
      return each.type(`${number}#`).menu.play !== REFUSED;
    });
    expect(left).toEqual([1, 2, 8]);
  });
});
