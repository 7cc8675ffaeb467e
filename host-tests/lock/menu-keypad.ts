/** Somebody at a keypad whose menu is open, without a door around it. */
import { SETTINGS } from '../../firmware/flash/keys.js';
import { addCode, setMaster } from '../../firmware/lock/codes-table.js';
import { holderOf } from '../../firmware/lock/codes.js';
import { DID_NOTHING, openMenu, WANTS_CODE, WANTS_HOLD, WANTS_TIME, type Menu } from '../../firmware/lock/menu.js';
import { readSettings } from '../../firmware/lock/settings.js';
import { MASTER_USER } from '../../firmware/lock/states.js';
import { userOf } from '../../firmware/lock/users.js';
import { Flash, sha256, World } from './world.js';

export const platform = new World().platform;
export const valueOf = (code: string): Uint8Array => sha256(`stretched ${code}`);
export const identity = { deviceId: new Uint8Array(8).fill(7), recoveryHash: valueOf('271828182845') };
export const MASTER_CODE = '998877';

/** A lock with a master code and user 1, and a menu that its master has just opened. */
export class Keypad {
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
      while (this.menu.wants === WANTS_TIME) {
        const { writes } = this.flash;
        this.menu.work();
        if (this.flash.writes > writes + 1) throw new Error('a turn wrote twice');
        this.heard();
      }
    }
    return this;
  }

  /** Presses `#` and holds it. */
  hold(seconds: number, from = 1000): void {
    this.type('#');
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
