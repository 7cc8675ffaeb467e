import { describe, expect, it } from 'vitest';
import type { Wiring } from '../../boards/wiring.js';
import {
  BOLT_JAMMED, BOLT_SENSOR_FAULT, CODES_DISABLED, MOTOR_HOT, OUTSIDE_SCHEDULE, TIME_UNKNOWN, USER_DISABLED, WRONG_CODE,
} from '../../firmware/errors.js';
import { storeSchedule, weekDaySchedule } from '../../firmware/lock/schedules.js';
import {
  LOCKED, LOG_FORCED_USER, LOG_JAMMED, LOG_LOCK, LOG_MASTER_CHANGED, LOG_MENU, LOG_NON_ACCESS_USER, LOG_REFUSED, LOG_UNLOCK, LOG_WINDOW,
  LOG_WRONG_CODE_LIMIT, MASTER_USER, RECOVERY_USER, SOURCE_KEYPAD, SOURCE_MANUAL, SOURCE_PROPRIETARY_REMOTE, UNLOCKED,
} from '../../firmware/lock/states.js';
import { BEEPER, IN1, IN2, LED, MASTER_CODE, RECOVERY, World } from './world.js';

const lockState = (world: World) => world.door.status().lockState;
const what = (world: World) => world.flash.log().map((entry) => entry.what);

describe('A person at the door', () => {
  it('types 1234# and the bolt goes in', () => {
    const world = World.provisioned();
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.door.status()).toMatchObject({ motorIdle: true, fault: 0, wrongCodes: 0, failures: 0 });
    expect(world.flash.log()).toMatchObject([{ sequence: 1, what: LOG_UNLOCK, source: SOURCE_KEYPAD, user: 1, code: 0 }]);
  });

  it('waits at most 150 ms and the stretching between # and the motor', () => {
    const world = World.provisioned();
    world.type('1234');
    world.down.add('#');
    const pressed = world.now;
    while (!world.level(IN1)) world.pass(1);
    expect(world.now - pressed).toBeLessThanOrEqual(100);
  });

  it('types a wrong code and the bolt stays where it is', () => {
    const world = World.provisioned();
    world.type('1235#');
    world.pass(1500);
    expect(world.bolt).toBe(0);
    expect(world.motorMs).toBe(0);
    expect(world.heard()).toBe('kkkk' + 'sss');
    expect(world.flash.log()).toMatchObject([{ what: LOG_REFUSED, code: WRONG_CODE }]);
  });

  it('corrects herself with *', () => {
    const world = World.provisioned();
    world.type('12*1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('who stops for ten seconds begins anew', () => {
    const world = World.provisioned();
    world.type('12');
    world.pass(10000);
    world.type('34#');
    world.pass(1000);
    expect(world.bolt).toBe(0);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('locks with one touch of #', () => {
    const world = World.provisioned((w) => { w.bolt = 1; });
    world.type('#');
    world.pass(1500);
    expect(lockState(world)).toBe(LOCKED);
    expect(what(world)).toEqual([LOG_LOCK]);
  });

  it('may type fast, the next key before the last is released', () => {
    const world = World.provisioned();
    for (const [at, key] of [...'1234#'].entries()) {
      world.down.add(key);
      world.pass(60);
      if (at) world.down.delete('1234#'.charAt(at - 1));
      world.pass(60);
    }
    world.down.clear();
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('may press as briefly as 60 ms, even the first key after hours', () => {
    const world = World.provisioned();
    for (let offset = 0; offset < 50; offset += 7) {
      world.pass(11000 + offset);
      for (const key of '1234#') world.press(key, 60);
      world.pass(1500);
      expect(lockState(world), `${offset} ms`).toBe(UNLOCKED);
      world.type('#');
      world.pass(1500);
    }
  });

  it('leans on the keypad: keys that nobody can tell apart do nothing', () => {
    const world = World.provisioned();
    for (const key of '1245') world.down.add(key);
    world.pass(300);
    world.down.delete('5');
    world.pass(300);
    world.down.clear();
    world.pass(300);
    expect(world.heard()).toBe('');
    // Three corners of a rectangle make the matrix show the fourth.
    for (const key of '124') world.down.add(key);
    world.pass(300);
    world.down.clear();
    world.pass(300);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('with a key that sticks, opens all the same', () => {
    const world = World.provisioned();
    world.down.add('9');
    world.pass(20000);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('types more digits than any code has, and is refused without a try', () => {
    const world = World.provisioned();
    world.type('1234567890123#');
    world.pass(1000);
    expect(world.door.status().wrongCodes).toBe(0);
    expect(world.motorMs).toBe(0);
  });

  it('turns the bolt by hand, and the log knows', () => {
    const world = World.provisioned();
    world.pass(5000);
    world.bolt = 1;
    world.pass(200);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.flash.log()).toMatchObject([{ what: LOG_UNLOCK, source: SOURCE_MANUAL }]);
  });
});

describe('Wrong codes', () => {
  const wrong = (world: World, times: number) => {
    for (let i = 0; i < times; i++) {
      world.type('5555#');
      world.pass(1000);
    }
  };

  it('five of them disable codes for 10 s, with a refusal of its own', () => {
    const world = World.provisioned();
    wrong(world, 5);
    expect(world.door.status().wrongCodes).toBe(5);
    expect(what(world)).toEqual([LOG_REFUSED, LOG_REFUSED, LOG_REFUSED, LOG_REFUSED, LOG_WRONG_CODE_LIMIT]);
    expect(world.flash.log()[4]!.code).toBe(CODES_DISABLED);
    world.heard();
    world.type('1234#');
    world.pass(1500);
    expect(world.bolt).toBe(0);
    expect(world.heard()).toMatch(/ssl$/);
    world.pass(10000);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.door.status().wrongCodes).toBe(0);
  });

  it('each further one doubles the wait, up to 255 s', () => {
    const world = World.provisioned();
    wrong(world, 4);
    for (const seconds of [10, 20, 40, 80, 160, 255, 255]) {
      world.type('5555#');
      world.pass(20);
      expect(Math.abs(world.door.status().disabledMs - seconds * 1000)).toBeLessThan(200);
      world.pass(seconds * 1000);
    }
  });

  it('a power cut does not shorten the wait: it begins again', () => {
    let world = World.provisioned();
    wrong(world, 5);
    world.pass(9000);
    wrong(world, 1);
    world.pass(15000);
    world = world.powerCut();
    expect(world.door.status()).toMatchObject({ wrongCodes: 6, disabledMs: 20000 });
    world.type('1234#');
    world.pass(15000);
    expect(world.bolt).toBe(0);
    world.pass(5000);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.powerCut().door.status().disabledMs).toBe(0);
  });

  it('cutting the power before the answer is no free try', () => {
    let world = World.provisioned(undefined, 1000);
    for (let i = 0; i < 5; i++) {
      world.type('5555');
      world.down.add('#');
      while (!world.door.busy() || world.door.status().lastKeyMs < world.now) world.pass(1);
      world.pass(2);
      expect(world.door.status().wrongCodes).toBe(i + 1);
      world.down.clear();
      world = world.powerCut();
    }
    expect(world.door.status().disabledMs).toBe(10000);
  });

  it('count and delay are one for user, master and recovery codes', () => {
    const world = World.provisioned();
    wrong(world, 5);
    world.type(MASTER_CODE + '#');
    world.type(RECOVERY + '#');
    world.pass(500);
    expect(world.bolt).toBe(0);
    expect(what(world)).not.toContain(LOG_MENU);
  });

  it('still count when flash cannot be written, and a right code still opens', () => {
    let world = World.provisioned();
    world.flash.works = false;
    wrong(world, 5);
    expect(world.door.status().disabledMs).toBeGreaterThan(8000);
    world.pass(10000);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    world = world.powerCut();
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.door.status().failures).toBe(0);
  });

  it('go on being counted when marks run out: a year of openings', () => {
    let world = World.provisioned();
    for (let day = 0; day < 45; day++) {
      wrong(world, day % 3);
      expect(world.door.status().wrongCodes).toBe(day % 3);
      if (day % 4 === 1) world = world.powerCut();
      expect(world.door.status().wrongCodes).toBe(day % 3);
      world.type('1234#');
      world.pass(800);
      expect(world.door.status().wrongCodes).toBe(0);
      if (day % 5 === 2) world = world.powerCut();
      expect(world.door.status().wrongCodes).toBe(0);
    }
  });
});

describe('The master code', () => {
  it('opens a menu in which 1# opens the door', () => {
    const world = World.provisioned();
    world.type(MASTER_CODE + '#');
    world.pass(600);
    expect(world.heard()).toMatch(/ls$/);
    expect(world.motorMs).toBe(0);
    world.type('1#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.flash.log()).toMatchObject([{ what: LOG_MENU }, { what: LOG_UNLOCK, user: MASTER_USER }]);
  });

  it('and 8# the update window', () => {
    const world = World.provisioned();
    world.type(MASTER_CODE + '#8#');
    world.pass(1000);
    expect(world.windows).toBe(1);
    expect(what(world)).toEqual([LOG_MENU, LOG_WINDOW]);
    world.type('8#');
    world.pass(1000);
    expect(world.windows).toBe(1);
  });

  it('the menu ends with * and after 30 s', () => {
    const world = World.provisioned();
    world.type(MASTER_CODE + '#*8#');
    world.pass(1000);
    world.type(MASTER_CODE + '#');
    world.pass(30100);
    world.type('8#');
    world.pass(1000);
    expect(world.windows).toBe(0);
  });
});

describe('The recovery code', () => {
  it('opens, and sets a new master code typed twice', () => {
    let world = World.provisioned();
    world.type(RECOVERY + '#');
    world.pass(2500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.heard()).toMatch(/llss$/);
    world.type('424242#');
    world.pass(1000);
    world.type('424242#');
    world.pass(1000);
    expect(what(world)).toEqual([LOG_UNLOCK, LOG_MASTER_CHANGED]);
    expect(world.flash.log()[0]!.user).toBe(RECOVERY_USER);
    world = world.powerCut();
    world.type(MASTER_CODE + '#8#');
    world.pass(1000);
    expect(world.windows).toBe(0);
    world.type('424242#8#');
    world.pass(1000);
    expect(world.windows).toBe(1);
  });

  it('asks again when the two differ, are too short, or are somebody else\'s code', () => {
    const world = World.provisioned();
    const before = world.flash.values.get(2);
    world.type(RECOVERY + '#');
    world.pass(2500);
    for (const pair of ['424242#424243#', '123#123#', '1234#1234#', `${RECOVERY}#${RECOVERY}#`]) {
      world.type(pair);
      world.pass(3000);
      expect(world.flash.values.get(2)).toEqual(before);
    }
    world.type('424242#');
    world.pass(1000);
    world.type('424242#');
    world.pass(1000);
    expect(world.flash.values.get(2)).not.toEqual(before);
  });
});

describe('Users of other types', () => {
  it('under duress the door opens and says so in the log', () => {
    const world = World.provisioned((w) => { w.addUser('4321', 2, 5); });
    world.type('4321#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.flash.log()).toMatchObject([{ what: LOG_FORCED_USER, user: 2 }]);
  });

  it('a code without access does not open, a scheduled one only when it is known to be time', () => {
    const NOON = 1767009600;
    const world = World.provisioned((w) => {
      w.addUser('4321', 2, 4);
      w.addUser('5678', 3, 2, 1);
      storeSchedule(w.platform, w.flash.records, weekDaySchedule(3, 1, 127, 11 * 60, 13 * 60));
    });
    world.type('4321#');
    world.pass(1000);
    world.type('5678#');
    world.pass(6000);
    expect(world.bolt).toBe(0);
    expect(world.flash.log()).toMatchObject([{ what: LOG_NON_ACCESS_USER, code: USER_DISABLED }, { what: LOG_REFUSED, user: 3, code: TIME_UNKNOWN }]);
    world.time = NOON - 7200;
    world.type('5678#');
    world.pass(6000);
    expect(world.bolt).toBe(0);
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_REFUSED, user: 3, code: OUTSIDE_SCHEDULE });
    world.time = NOON;
    world.type('5678#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.door.status().wrongCodes).toBe(0);
  });

  it('a hundred users all get in', () => {
    const world = World.provisioned((w) => { for (let i = 2; i <= 101; i++) expect(w.addUser(String(5000 + i), i)).toBe(0); });
    for (const user of [2, 50, 51, 52, 53, 101]) {
      world.type(`${5000 + user}#`);
      world.pass(1500);
      expect(lockState(world)).toBe(UNLOCKED);
      world.type('#');
      world.pass(1500);
    }
    expect(world.flash.log().filter((entry) => entry.what === LOG_UNLOCK).map((entry) => entry.user)).toEqual([2, 50, 51, 52, 53, 101]);
  });
});

describe('The bolt', () => {
  it('whose motor is too hot to try again is refused, not jammed', () => {
    const world = World.provisioned((w) => { w.blockedAbove = 0.4; });
    for (let tries = 0; world.door.status().fault !== MOTOR_HOT; tries++) {
      expect(tries).toBeLessThan(60);
      world.type('1234#');
      world.pass(5000);
    }
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_REFUSED, code: MOTOR_HOT, user: 1 });
    expect(world.flash.log().at(-2)).toMatchObject({ what: LOG_JAMMED, code: BOLT_JAMMED, user: 1 });
  });

  it('that jams is tried three times, then left alone and told', () => {
    const world = World.provisioned((w) => { w.blockedAbove = 0.4; });
    world.type('1234#');
    world.pass(8000);
    expect(world.door.status()).toMatchObject({ fault: BOLT_JAMMED, motorIdle: true, lockState: 0 });
    expect(world.level(IN1) + world.level(IN2)).toBe(0);
    expect(world.heard()).toMatch(/lll$/);
    expect(world.flash.log()).toMatchObject([{ what: LOG_JAMMED, code: BOLT_JAMMED, user: 1 }]);
    const before = world.motorMs;
    world.pass(10000);
    expect(world.motorMs).toBe(before);
    world.blockedAbove = 1;
    world.type('1234#');
    world.pass(1500);
    expect(world.door.status()).toMatchObject({ fault: 0, lockState: UNLOCKED });
  });

  it('that comes free at the second try opens', () => {
    const world = World.provisioned((w) => { w.blockedAbove = 0.4; });
    world.type('1234#');
    world.pass(1700);
    world.blockedAbove = 1;
    world.pass(4000);
    expect(world.door.status()).toMatchObject({ fault: 0, lockState: UNLOCKED });
  });

  it('is never moved by a restart, wherever it stands', () => {
    for (const bolt of [0, 0.5, 1]) {
      const world = World.provisioned((w) => { w.bolt = bolt; });
      const again = world.powerCut();
      again.pass(20000);
      expect(again.motorMs).toBe(0);
    }
  });

  it('cut in the middle of a throw stays there until somebody asks', () => {
    let world = World.provisioned();
    world.type('1234#');
    world.pass(100);
    expect(world.bolt).toBeGreaterThan(0);
    world = world.powerCut();
    world.pass(5000);
    expect(lockState(world)).toBe(0);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('has no current a tenth of a second after the interpreter hangs', () => {
    for (let into = 1; into < 250; into += 9) {
      const world = World.provisioned((w) => { w.blockedAbove = 0.9; });
      world.type('1234#');
      while (!world.level(IN1)) world.pass(1);
      world.pass(into);
      world.hung = true;
      world.pass(100);
      expect(world.level(IN1) + world.level(IN2), `hung after ${into} ms`).toBe(0);
      const before = world.motorMs;
      world.pass(10000);
      expect(world.motorMs).toBe(before);
    }
  });

  it('is driven nearly all of the time of a throw', () => {
    const world = World.provisioned();
    world.type('1234');
    world.down.add('#');
    while (!world.level(IN1)) world.pass(1);
    const since = world.now;
    while (world.bolt < 1) world.pass(1);
    expect(world.now - since).toBeLessThan(430);
  });

  it('already where it should be does not move', () => {
    const world = World.provisioned((w) => { w.bolt = 1; });
    world.type('1234#');
    world.pass(1500);
    expect(world.motorMs).toBe(0);
    expect(what(world)).toEqual([LOG_UNLOCK]);
  });

  it('with both end stops active goes for one throw and reports them', () => {
    const world = World.provisioned((w) => { w.stopsBroken = true; });
    world.type('1234#');
    world.pass(3000);
    expect(world.bolt).toBe(1);
    expect(world.door.status()).toMatchObject({ fault: BOLT_SENSOR_FAULT, lockState: 0 });
  });

  it('without end stops runs for its time and claims nothing', () => {
    const world = World.provisioned((w) => { delete w.wiring.sensors; });
    world.type('1234#');
    world.pass(2500);
    expect(world.bolt).toBe(1);
    expect(world.door.status()).toMatchObject({ fault: 0, lockState: 255, motorIdle: true });
  });

  it('turns round when somebody locks while it opens', () => {
    const world = World.provisioned();
    world.door.operate(LOG_UNLOCK, SOURCE_PROPRIETARY_REMOTE, 1);
    world.pass(250);
    world.door.operate(LOG_LOCK, SOURCE_PROPRIETARY_REMOTE, 1);
    world.pass(2500);
    expect(lockState(world)).toBe(LOCKED);
    expect(what(world)).toEqual([LOG_UNLOCK, LOG_LOCK]);
  });

  it('writes its log only when the motor is off', () => {
    const world = World.provisioned();
    world.door.operate(LOG_UNLOCK, SOURCE_PROPRIETARY_REMOTE, 1);
    const before = world.flash.writes;
    world.pass(1);
    while (!world.door.status().motorIdle) {
      expect(world.flash.writes).toBe(before);
      expect(world.door.busy()).toBe(true);
      world.pass(1);
    }
    world.pass(200);
    expect(world.flash.writes).toBe(before + 1);
    expect(world.door.busy()).toBe(false);
  });
});

describe('The lock', () => {
  it('on a bench, without bolt, sensors, light or beeper, still checks codes', () => {
    const world = World.provisioned((w) => {
      const full = w.wiring;
      w.wiring = {
        name: full.name, family: full.family, hardware: 1, stretch: 100, keypad: full.keypad, bolt: { type: 'none' },
        onPowerLoss: 'failSecure', battery: full.battery,
      } satisfies Wiring;
    });
    world.type('1234#');
    world.pass(500);
    expect(what(world)).toEqual([LOG_UNLOCK]);
    expect(world.level(LED) + world.level(BEEPER)).toBe(0);
  });

  it('tells whoever listens what people see', () => {
    const seen: number[] = [];
    const world = World.provisioned((w) => { w.hooks.changed = (status) => seen.push(status.lockState * 10 + status.doorState); });
    world.type('1234#');
    world.pass(1500);
    world.doorClosed = false;
    world.pass(100);
    expect(seen).toEqual([1, 21, 20]);
  });

  it('survives a listener that throws, and keys still work', () => {
    const world = World.provisioned((w) => { w.hooks.changed = () => { throw new Error('listener'); }; });
    world.type('1234#');
    world.pass(1500);
    world.type('#');
    world.pass(1500);
    expect(world.bolt).toBe(0);
    expect(world.door.status().failures).toBeGreaterThan(0);
    expect(world.lines[0]).toContain('listener');
  });

  it('goes into safe mode for * and # held right after power-on, and not later', () => {
    for (const [waitMs, expected] of [[500, 1], [11000, 0]] as const) {
      let asked = 0;
      const world = World.provisioned((w) => { w.hooks.requestSafeMode = () => { asked++; }; });
      world.pass(waitMs);
      world.down.add('*');
      world.pass(30);
      world.down.add('#');
      world.pass(2900);
      expect(asked).toBe(0);
      world.pass(2000);
      expect(asked).toBe(expected);
      expect(world.motorMs).toBe(0);
    }
  });

  it('does not take a restart by software for a power-on', () => {
    let asked = 0;
    const world = World.provisioned((w) => {
      w.cause = 'software';
      w.hooks.requestSafeMode = () => { asked++; };
    });
    world.down.add('*').add('#');
    world.pass(6000);
    expect(asked).toBe(0);
  });

  it('reads few pins while nobody is there, and no turn hashes more than 290 times', () => {
    const world = World.provisioned(undefined, 1000);
    world.mostHashesInATurn = 0;
    world.pass(12000);
    world.pinReads = 0;
    world.pass(10000);
    expect(world.pinReads).toBeLessThan(10 * 20 * 8);
    world.type('1234#');
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.mostHashesInATurn).toBeLessThanOrEqual(290);
  });

  it('keeps flash operations away while somebody types', () => {
    const world = World.provisioned();
    world.type('12');
    expect(world.door.busy()).toBe(true);
    world.pass(3000);
    expect(world.door.busy()).toBe(false);
  });

  it('drives only one side of the bridge', () => {
    const world = World.provisioned((w) => { w.blockedAbove = 0.5; });
    world.type('1234#');
    world.pass(8000);
    expect(world.level(IN1) & world.level(IN2)).toBe(0);
  });
});
