/** The menu of the keypad: its items, what each stores and when, and the page that tells people about it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CODE_IN_USE, FLASH_READ_BACK, NO_BOOTABLE_IMAGE, NO_SUCH_USER, USERS_FULL } from '../../firmware/errors.js';
import { MASTER, OWNERS, PENDING, SETTINGS } from '../../firmware/flash/keys.js';
import { addCode, PIN_MAX, PIN_MIN, setMaster } from '../../firmware/lock/codes-table.js';
import { DISABLED_USER, holderOf, USERS_MAX } from '../../firmware/lock/codes.js';
import { DID_NOTHING, openMenu, WANTS_CODE, WANTS_HOLD, WANTS_NOTHING, WANTS_NUMBER, type Menu } from '../../firmware/lock/menu.js';
import { endPairing, OWNER_KEY_BYTES, PAIRING_MS, pairingSecret, startPairing, takePairing, withOwner } from '../../firmware/lock/owners.js';
import { HARD_RESET } from '../../firmware/lock/resets.js';
import {
  AUTO_RELOCK, changeSetting, LOCAL_PROGRAMMING, OPERATING_MODE, readSettings, SOUND_VOLUME, wordSetting,
} from '../../firmware/lock/settings.js';
import { ACCEPTED, AGAIN, CLOSED, errorPattern, HOLD, KEY, MENU, NEW_CODE, numberPattern, REFUSED, VALUE, WHICH } from '../../firmware/lock/signals.js';
import {
  DISPOSABLE_USER, FORCED_USER, LOG_FACTORY_RESET, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MODE, LOG_PAIRING, LOG_SETTING, LOG_SOFT_RESET, LOG_UNLOCK,
  LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED, LOG_WINDOW, MASTER_USER, MODE_PRIVACY, NOBODY, RECOVERY_USER,
} from '../../firmware/lock/states.js';
import { userOf } from '../../firmware/lock/users.js';
import { Flash, sha256, World } from './world.js';

const platform = new World().platform;
const valueOf = (code: string): Uint8Array => sha256(`stretched ${code}`);
const identity = { deviceId: new Uint8Array(8).fill(7), recoveryHash: valueOf('271828182845') };
const MASTER_CODE = '998877';

/** A lock with a master code and user 1, and a menu that its master has just opened. */
class Keypad {
  readonly flash = new Flash();
  readonly settings: Uint8Array;
  menu: Menu;
  bootable = true;
  played: string[] = [];
  did: number[] = [];

  constructor(user = MASTER_USER, canHold = true, prepare?: (keypad: Keypad) => void) {
    const { records } = this.flash;
    setMaster(platform, records, identity.recoveryHash, valueOf(MASTER_CODE));
    addCode(platform, records, identity.recoveryHash, valueOf('1234'), 1, 0, 0);
    prepare?.(this);
    this.settings = readSettings(records.get(SETTINGS));
    this.menu = openMenu({ platform, records, identity, settings: this.settings, user, canHold, bootable: () => this.bootable });
    this.heard();
  }

  private heard(): void {
    if (this.menu.play) this.played.push(this.menu.play);
    if (this.menu.did !== DID_NOTHING) this.did.push(this.menu.did);
  }

  /** As the door does: what ends with `#` goes to the menu in the way it wants, `*` goes back. */
  type(keys: string): this {
    for (const [, digits, end] of keys.replaceAll(' ', '').matchAll(/(\d*)([#*])/g)) {
      if (end === '*') this.menu.back();
      else if (this.menu.wants === WANTS_CODE) this.menu.code(valueOf(digits!));
      else this.menu.typed(digits!);
      this.heard();
    }
    return this;
  }

  hold(seconds: number, from = 1000): void {
    for (let ms = 0; ms <= seconds * 1000; ms += 20) {
      this.menu.hold(true, from + ms);
      this.heard();
      if (this.menu.wants !== WANTS_HOLD) return;
    }
    this.menu.hold(false, from + seconds * 1000 + 20);
    this.heard();
  }

  opensFor(code: string): number {
    return holderOf(platform, this.flash.records, identity.recoveryHash, valueOf(code)).user;
  }

  user(user: number): ReturnType<typeof userOf> {
    return userOf(platform, this.flash.records, user);
  }
}

let keypad: Keypad;
beforeEach(() => { keypad = new Keypad(); });

describe('the menu', () => {
  it('opens the door, locks it and opens the window, and is closed then', () => {
    for (const [choice, did] of [['1#', LOG_UNLOCK], ['2#', LOG_LOCK], ['8#', LOG_WINDOW]] as const) {
      const each = new Keypad().type(choice);
      expect(each.did).toEqual([did]);
      expect(each.played).toEqual([MENU, ACCEPTED]);
      expect(each.menu.wants).toBe(WANTS_NOTHING);
    }
  });

  it('refuses what is no choice, and stays open', () => {
    keypad.type('11# 08# 77# # 123456#');
    expect(keypad.played).toEqual([MENU, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED]);
    expect(keypad.menu.wants).toBe(WANTS_NUMBER);
  });

  it('goes back with *, leaves with a second one, and closes by itself', () => {
    keypad.type('3# 5# 4444# * *');
    expect(keypad.played).toEqual([MENU, WHICH, NEW_CODE, AGAIN, MENU, CLOSED]);
    expect(keypad.menu.wants).toBe(WANTS_NOTHING);
    expect(keypad.opensFor('4444')).toBe(NOBODY);
    const left = new Keypad().type('6#');
    left.menu.close();
    expect(left.menu.play).toBe(CLOSED);
    expect(left.menu.wants).toBe(WANTS_NOTHING);
  });

  it('gives a new user a code, and another one later', () => {
    keypad.type('3# 7# 5555# 5555#');
    expect(keypad.played).toEqual([MENU, WHICH, NEW_CODE, AGAIN, `${ACCEPTED}-${MENU}`]);
    expect(keypad.did).toEqual([LOG_USER_ADDED]);
    expect(keypad.menu.user).toBe(7);
    expect(keypad.opensFor('5555')).toBe(7);
    keypad.type('3# 7# 6666# 6666#');
    expect(keypad.did).toEqual([LOG_USER_ADDED, LOG_USER_MODIFIED]);
    expect([keypad.opensFor('5555'), keypad.opensFor('6666')]).toEqual([NOBODY, 7]);
  });

  it('finds the next free number for # alone, and tells it', () => {
    keypad.type('3# 2# 5555# 5555# 3# #');
    expect(keypad.played.at(-1)).toBe(`${numberPattern(3)}-${NEW_CODE}`);
    keypad.type('6666# 6666#');
    expect(keypad.opensFor('6666')).toBe(3);
  });

  it('says so when all numbers are taken, or the code is', () => {
    const full = new Keypad(MASTER_USER, true, ({ flash }) => {
      for (let user = 2; user <= USERS_MAX; user++) addCode(platform, flash.records, identity.recoveryHash, valueOf(`n${user}`), user, 0, 0);
    }).type('3# #');
    expect(full.played.at(-1)).toBe(`${errorPattern(USERS_FULL)}-${MENU}`);
    keypad.type(`3# 4# 1234# 1234# ${MASTER_CODE}# ${MASTER_CODE}# 4321# 4321#`);
    expect(keypad.played.filter((pattern) => pattern === `${errorPattern(CODE_IN_USE)}-${NEW_CODE}`)).toHaveLength(2);
    expect(keypad.opensFor('4321')).toBe(4);
    expect(keypad.opensFor('1234')).toBe(1);
  });

  it('takes no code that was typed in two ways', () => {
    keypad.type('3# 4# 5555# 5556#');
    expect(keypad.played.at(-1)).toBe(`${REFUSED}-${NEW_CODE}`);
    keypad.type('5556# 5556#');
    expect([keypad.opensFor('5555'), keypad.opensFor('5556')]).toEqual([NOBODY, 4]);
  });

  it('removes a user whose number is typed twice', () => {
    keypad.type('4# 1# 2#');
    expect(keypad.played.at(-1)).toBe(`${REFUSED}-${MENU}`);
    expect(keypad.opensFor('1234')).toBe(1);
    keypad.type('4# 1# 1#');
    expect(keypad.did).toEqual([LOG_USER_CLEARED]);
    expect(keypad.opensFor('1234')).toBe(NOBODY);
    keypad.type('4# 1#');
    expect(keypad.played.at(-1)).toBe(`${errorPattern(NO_SUCH_USER)}-${MENU}`);
  });

  it('changes what kind of user somebody is, shuts out and lets in again', () => {
    keypad.type('5# 1# 5#');
    expect(keypad.user(1)).toMatchObject({ type: FORCED_USER, status: 0 });
    keypad.type('5# 1# 6# 5# 1# 10#');
    expect(keypad.user(1)).toMatchObject({ type: DISPOSABLE_USER, status: DISABLED_USER });
    keypad.type('5# 1# 11#');
    expect(keypad.user(1)).toMatchObject({ type: DISPOSABLE_USER, status: 0 });
    expect(keypad.played.slice(0, 4)).toEqual([MENU, WHICH, VALUE, `${ACCEPTED}-${MENU}`]);
    keypad.type('5# 1# 2#');
    expect(keypad.played.at(-1)).toBe(REFUSED);
  });

  it('sets mode and settings, in force at once and after a restart', () => {
    keypad.type('6# 2# 7# 1# 30# 7# 2# 1#');
    expect(keypad.did).toEqual([LOG_MODE, LOG_SETTING, LOG_SETTING]);
    for (const settings of [keypad.settings, readSettings(keypad.flash.records.get(SETTINGS))]) {
      expect(settings[OPERATING_MODE]).toBe(MODE_PRIVACY);
      expect(wordSetting(settings, AUTO_RELOCK)).toBe(30);
      expect(settings[SOUND_VOLUME]).toBe(1);
    }
    keypad.type('7# 2# 3#');
    expect(keypad.played.at(-1)).toBe(REFUSED);
    keypad.type('0#');
    expect(keypad.settings[SOUND_VOLUME]).toBe(0);
  });

  it('changes the master code', () => {
    keypad.type('0# 112233# 112233#');
    expect(keypad.did).toEqual([LOG_MASTER_CHANGED]);
    expect([keypad.opensFor('112233'), keypad.opensFor(MASTER_CODE)]).toEqual([MASTER_USER, NOBODY]);
  });

  it('after the recovery code asks for a new master code and for nothing else', () => {
    const recovered = new Keypad(RECOVERY_USER);
    expect(recovered.played).toEqual([`${ACCEPTED}-${NEW_CODE}`]);
    recovered.type('1111# 2222# 1234# 1234# 445566# 445566#');
    expect(recovered.played.slice(1)).toEqual([AGAIN, `${REFUSED}-${NEW_CODE}`, AGAIN, `${errorPattern(CODE_IN_USE)}-${NEW_CODE}`, AGAIN, ACCEPTED]);
    expect(recovered.opensFor('445566')).toBe(MASTER_USER);
    expect(recovered.menu.wants).toBe(WANTS_NOTHING);
    expect(new Keypad(RECOVERY_USER).type('1111# *').menu.wants).toBe(WANTS_NOTHING);
  });

  it('says what flash refuses, and the old code stays', () => {
    keypad.flash.works = false;
    keypad.type('3# 4# 5555# 5555# 6# 1# 0# 112233# 112233#');
    expect(keypad.played).toContain(`${errorPattern(FLASH_READ_BACK)}-${MENU}`);
    expect(keypad.did).toEqual([]);
    expect(keypad.settings[OPERATING_MODE]).toBe(0);
    expect(keypad.opensFor(MASTER_CODE)).toBe(MASTER_USER);
  });
});

describe('an owner of a new phone', () => {
  it('is let in by the digits that the phone shows, for five minutes and three tries', () => {
    keypad.type('9# 123456789#');
    expect(keypad.played.at(-1)).toBe(REFUSED);
    keypad.type('1234567890#');
    expect(keypad.did).toEqual([LOG_PAIRING]);
    const secret = keypad.menu.secret!;
    expect(secret).toEqual(sha256(Buffer.concat([Buffer.from('deadlatch pairing'), identity.deviceId, Buffer.from('1234567890')])));
    expect(pairingSecret(platform, new Uint8Array(8), '1234567890')).not.toEqual(secret);
    const late = startPairing(secret.slice(), 500);
    expect(takePairing(late, 500 + PAIRING_MS)).toBeUndefined();
    const pairing = startPairing(secret.slice(), 500);
    for (let attempt = 0; attempt < 3; attempt++) expect(takePairing(pairing, 600)).toEqual(secret);
    expect(takePairing(pairing, 600)).toBeUndefined();
    const enrolled = startPairing(secret.slice(), 500);
    endPairing(enrolled);
    expect(takePairing(enrolled, 600)).toBeUndefined();
    expect(enrolled.secret).toEqual(new Uint8Array(32));
    expect(takePairing(undefined, 0)).toBeUndefined();
  });

  it('is not let in while eight have a key', () => {
    const full = new Keypad(MASTER_USER, true, ({ flash }) => {
      let record: Uint8Array | undefined;
      for (let owner = 1; owner <= 8; owner++) record = withOwner(record, owner, new Uint8Array(OWNER_KEY_BYTES));
      flash.records.set(OWNERS, record!);
    }).type('9#');
    expect(full.played.at(-1)).toBe(`${errorPattern(USERS_FULL)}-${MENU}`);
  });
});

describe('resets', () => {
  it('a soft one wants its number twice', () => {
    keypad.type('98# 97#');
    expect(keypad.played.at(-1)).toBe(`${REFUSED}-${MENU}`);
    keypad.type('98# 98#');
    expect(keypad.did).toEqual([LOG_SOFT_RESET]);
    expect(keypad.menu.wants).toBe(WANTS_NOTHING);
  });

  it('a hard one wants # held for five seconds, counts aloud, and is cancelled by letting go', () => {
    keypad.type('99#');
    expect(keypad.played.at(-1)).toBe(HOLD);
    keypad.menu.hold(false, 500);
    expect(keypad.menu.wants).toBe(WANTS_HOLD);
    keypad.type('#');
    keypad.hold(4.9);
    expect(keypad.played.slice(2)).toEqual([KEY, KEY, KEY, KEY, `${REFUSED}-${MENU}`]);
    expect(keypad.flash.values.has(PENDING)).toBe(false);
    keypad.type('99#').hold(5);
    expect(keypad.did).toEqual([LOG_FACTORY_RESET]);
    expect(keypad.flash.values.get(PENDING)![0]).toBe(HARD_RESET);
    expect(keypad.menu.wants).toBe(WANTS_NOTHING);
  });

  it('where holding cannot be told, # is pressed five times; any other key ends it', () => {
    const wiegand = new Keypad(MASTER_USER, false).type('99# # # # #');
    expect(wiegand.did).toEqual([]);
    wiegand.type('5#');
    expect(wiegand.played.at(-1)).toBe(`${REFUSED}-${MENU}`);
    wiegand.type('99# # # # # #');
    expect(wiegand.did).toEqual([LOG_FACTORY_RESET]);
  });

  it('are refused while no image could start', () => {
    keypad.bootable = false;
    keypad.type('98# 99#');
    expect(keypad.played.slice(1)).toEqual([`${errorPattern(NO_BOOTABLE_IMAGE)}-${MENU}`, `${errorPattern(NO_BOOTABLE_IMAGE)}-${MENU}`]);
    keypad.bootable = true;
    keypad.type('99#');
    keypad.bootable = false;
    keypad.hold(6);
    expect(keypad.did).toEqual([]);
    expect(keypad.flash.values.has(PENDING)).toBe(false);
  });
});

describe('whoever types whatever', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '98', '99', '') },
    { weight: 3, arbitrary: fc.constantFrom('4444', '5555', '1234', MASTER_CODE, '1234567890') },
    { weight: 1, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fc.constant('hold') },
    { weight: 1, arbitrary: fc.nat(999999).map(String) },
  );

  it('nothing is stored by a step that did not say so, nothing is half done, and digits are nowhere', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(MASTER_USER, 7), (steps, user) => {
      const each = new Keypad(user);
      for (const digits of steps) {
        if (each.menu.wants === WANTS_NOTHING) break;
        const before = new Map(each.flash.values);
        const settings = each.settings.slice();
        const writes = each.flash.writes;
        const did = each.did.length;
        if (digits === 'hold') each.hold(6);
        else each.type(digits === '*' ? '*' : `${digits}#`);
        if (each.did.length === did) {
          expect(each.flash.values).toEqual(before);
          expect(each.settings).toEqual(settings);
        } else expect(each.flash.writes - writes).toBeLessThanOrEqual(1);
        expect(each.menu.play).not.toBe(undefined);
        for (const value of Object.values(each.menu)) if (typeof value === 'string') expect(value).not.toMatch(/\d/);
        expect(each.flash.values.get(MASTER)).toBeDefined();
      }
    }), { numRuns: 400 });
  });
});

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
