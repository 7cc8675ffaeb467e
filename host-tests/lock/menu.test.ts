/** The menu of the keypad: its items, what each stores, and when. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CODE_IN_USE, FLASH_READ_BACK, NO_BOOTABLE_IMAGE, NO_SUCH_USER, USERS_FULL } from '../../firmware/errors.js';
import { MASTER, OWNERS, PENDING, SETTINGS } from '../../firmware/flash/keys.js';
import { addCode } from '../../firmware/lock/codes-table.js';
import { DISABLED_USER, USERS_MAX } from '../../firmware/lock/codes.js';
import { WANTS_HOLD, WANTS_NOTHING, WANTS_NUMBER } from '../../firmware/lock/menu.js';
import { endPairing, OWNER_KEY_BYTES, PAIRING_MS, pairingSecret, startPairing, takePairing, withOwner } from '../../firmware/lock/owners.js';
import { HARD_RESET } from '../../firmware/lock/resets.js';
import { AUTO_RELOCK, OPERATING_MODE, readSettings, SOUND_VOLUME, wordSetting } from '../../firmware/lock/settings.js';
import { ACCEPTED, AGAIN, CLOSED, errorPattern, HOLD, KEY, MENU, NEW_CODE, numberPattern, REFUSED, VALUE, WHICH } from '../../firmware/lock/signals.js';
import {
  DISPOSABLE_USER, FORCED_USER, LOG_FACTORY_RESET, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MODE, LOG_PAIRING, LOG_SETTING, LOG_SOFT_RESET, LOG_UNLOCK,
  LOG_USER_ADDED, LOG_USER_CLEARED, LOG_USER_MODIFIED, LOG_WINDOW, MASTER_USER, MODE_PRIVACY, NOBODY, RECOVERY_USER,
} from '../../firmware/lock/states.js';
import { identity, Keypad, MASTER_CODE, platform, valueOf } from './menu-keypad.js';
import { sha256 } from './world.js';

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
    for (let ms = 0; ms < 9000; ms += 20) keypad.menu.hold(ms % 100 > 20, ms);
    expect(keypad.menu.wants).toBe(WANTS_HOLD);
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
