/** What a door does besides opening for a code: it locks behind people, tells when it stands open, and lets them out. */
import { describe, expect, it } from 'vitest';
import { DOOR_FORCED, DOOR_LEFT_OPEN, DOOR_NOT_CLOSED, FRONT_REMOVED, MODE_RESTRICTS } from '../../firmware/errors.js';
import { AUTO_RELOCK, DOOR_OPEN_PERIOD, ONE_TOUCH, OPERATING_MODE, PRIVACY_BUTTON as PRIVACY_ALLOWED } from '../../firmware/lock/settings.js';
import {
  DOOR_AJAR, DOOR_CLOSED, DOOR_FORCED_OPEN, DOOR_OPEN, LOCKED, LOG_DOOR_AJAR, LOG_DOOR_FORCED_OPEN, LOG_FRONT_REMOVED, LOG_LOCK, LOG_MODE, LOG_REFUSED,
  LOG_UNLOCK, MODE_NO_REMOTE, MODE_NORMAL, MODE_PASSAGE, MODE_PRIVACY, SOURCE_AUTO, SOURCE_BUTTON, SOURCE_KEYPAD, SOURCE_MANUAL, SOURCE_REMOTE, UNLOCKED,
} from '../../firmware/lock/states.js';
import { FRONT_CONTACT, PRIVACY_BUTTON, RELEASE_BUTTON, World } from './world.js';

const lockState = (world: World) => world.door.status().lockState;
const doorState = (world: World) => world.door.status().doorState;
const modeOf = (world: World) => world.flash.records.get(3)?.[OPERATING_MODE];

function withButtons(world: World): void {
  world.wiring.sensors = {
    ...world.wiring.sensors, release: { pin: RELEASE_BUTTON, active: 1 }, privacy: { pin: PRIVACY_BUTTON, active: 1 }, front: { pin: FRONT_CONTACT, active: 1 },
  };
}

/** Through the door: it opens, and closes `ms` later. */
function passThrough(world: World, ms = 3000): void {
  world.doorClosed = false;
  world.pass(ms);
  world.doorClosed = true;
  world.pass(1000);
}

function opened(change?: (world: World) => void): World {
  const world = World.provisioned(change);
  world.type('1234#');
  world.pass(2000);
  expect(lockState(world)).toBe(UNLOCKED);
  return world;
}

describe('Locking by itself', () => {
  const relocking = (world: World) => world.store([AUTO_RELOCK, 10]);

  it('happens after the time that is set, and is logged as such', () => {
    const world = opened(relocking);
    world.pass(7000);
    expect(lockState(world)).toBe(UNLOCKED);
    world.pass(3500);
    expect(lockState(world)).toBe(LOCKED);
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_LOCK, source: SOURCE_AUTO });
  });

  it('waits for a closed door, however long', () => {
    const world = opened(relocking);
    world.doorClosed = false;
    const before = world.motorMs;
    world.pass(60_000);
    expect(world.motorMs).toBe(before);
    world.doorClosed = true;
    world.pass(1500);
    expect(lockState(world)).toBe(UNLOCKED);
    world.pass(3000);
    expect(lockState(world)).toBe(LOCKED);
  });

  it('a door that swings open again right after closing is not locked into', () => {
    const world = opened(relocking);
    world.doorClosed = false;
    world.pass(20_000);
    world.doorClosed = true;
    world.pass(1500);
    world.doorClosed = false;
    const before = world.motorMs;
    world.pass(20_000);
    expect(world.motorMs).toBe(before);
  });

  it('begins anew with each opening, and does not happen in passage mode', () => {
    const world = opened(relocking);
    world.pass(6000);
    world.type('1234#');
    world.pass(6000);
    expect(lockState(world)).toBe(UNLOCKED);
    const passage = opened((w) => w.store([AUTO_RELOCK, 10], [OPERATING_MODE, MODE_PASSAGE]));
    passage.pass(60_000);
    passThrough(passage);
    passage.pass(60_000);
    expect(lockState(passage)).toBe(UNLOCKED);
  });

  it('a restart moves nothing; the next one who comes through starts the time again', () => {
    const world = opened(relocking);
    const again = world.powerCut();
    again.pass(60_000);
    expect(again.motorMs).toBe(0);
    passThrough(again);
    again.pass(15_000);
    expect(lockState(again)).toBe(LOCKED);
  });

  it('also after the bolt was turned in by hand', () => {
    const world = World.provisioned(relocking);
    world.pass(5000);
    world.bolt = 1;
    world.pass(14_000);
    expect(lockState(world)).toBe(LOCKED);
  });
});

describe('Locking with # alone', () => {
  it('at an open door waits until it is closed', () => {
    const world = opened();
    world.doorClosed = false;
    world.pass(1000);
    const before = world.motorMs;
    world.type('#');
    world.pass(5000);
    expect(world.motorMs).toBe(before);
    world.doorClosed = true;
    world.pass(5000);
    expect(lockState(world)).toBe(LOCKED);
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_LOCK, source: SOURCE_KEYPAD });
  });

  it('can be switched off, and says so', () => {
    const world = opened((w) => w.store([ONE_TOUCH, 0]));
    world.heard();
    world.type('#');
    world.pass(3000);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.heard()).toBe('sss');
  });
});

describe('The door', () => {
  it('left open is reported once, and forgotten when it is closed', () => {
    const world = opened((w) => w.store([DOOR_OPEN_PERIOD, 30]));
    world.doorClosed = false;
    world.pass(2000);
    expect(doorState(world)).toBe(DOOR_OPEN);
    world.pass(60_000);
    expect(doorState(world)).toBe(DOOR_AJAR);
    expect(world.door.alarm()).not.toBe('');
    expect(world.flash.log().filter((entry) => entry.what === LOG_DOOR_AJAR)).toMatchObject([{ code: DOOR_LEFT_OPEN }]);
    world.doorClosed = true;
    world.pass(2000);
    expect(doorState(world)).toBe(DOOR_CLOSED);
    expect(world.door.alarm()).toBe('');
  });

  it('that opens although the bolt is out was forced', () => {
    const world = World.provisioned();
    world.pass(5000);
    world.doorClosed = false;
    world.pass(2000);
    expect(doorState(world)).toBe(DOOR_FORCED_OPEN);
    expect(world.flash.log()).toMatchObject([{ what: LOG_DOOR_FORCED_OPEN, code: DOOR_FORCED }]);
    world.type('1234#');
    world.pass(3000);
    expect(lockState(world)).toBe(UNLOCKED);
    world.doorClosed = true;
    world.pass(2000);
    expect(doorState(world)).toBe(DOOR_CLOSED);
  });

  it('that rattles while it is locked has not been forced', () => {
    const world = World.provisioned();
    world.pass(5000);
    for (let i = 0; i < 200; i++) {
      world.doorClosed = i % 2 > 0;
      world.pass(3);
    }
    world.doorClosed = true;
    world.pass(2000);
    expect(world.flash.log()).toEqual([]);
  });

  it('whose outer part is taken off says so', () => {
    const world = World.provisioned(withButtons);
    world.pass(5000);
    world.hold(FRONT_CONTACT, 1);
    world.pass(2000);
    expect(world.flash.log()).toMatchObject([{ what: LOG_FRONT_REMOVED, code: FRONT_REMOVED }]);
  });
});

describe('From inside', () => {
  it('the button opens, at once, whatever the mode and however many wrong codes were typed', () => {
    const world = World.provisioned((w) => {
      withButtons(w);
      w.store([OPERATING_MODE, MODE_PRIVACY]);
    });
    for (let i = 0; i < 6; i++) world.type('9999#');
    world.pass(3000);
    world.hold(RELEASE_BUTTON, 1);
    world.pass(100);
    expect(world.motorMs).toBeGreaterThan(0);
    world.hold(RELEASE_BUTTON, 0);
    world.pass(2000);
    expect(lockState(world)).toBe(UNLOCKED);
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_UNLOCK, source: SOURCE_BUTTON });
    expect(modeOf(world)).toBe(MODE_NORMAL);
  });

  it('a button that is stuck when the lock starts moves nothing', () => {
    const world = World.provisioned((w) => {
      withButtons(w);
      w.hold(RELEASE_BUTTON, 1);
    });
    world.pass(30_000);
    expect(world.motorMs).toBe(0);
  });

  it('privacy locks, refuses remotes, survives a power cut, and ends when somebody turns the bolt', () => {
    const world = opened(withButtons);
    world.hold(PRIVACY_BUTTON, 1);
    world.pass(300);
    world.hold(PRIVACY_BUTTON, 0);
    world.pass(3000);
    expect(lockState(world)).toBe(LOCKED);
    const again = world.powerCut();
    expect(again.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 1)).toBe(MODE_RESTRICTS);
    again.pass(5000);
    expect(again.flash.log().at(-1)).toMatchObject({ what: LOG_REFUSED, source: SOURCE_REMOTE, code: MODE_RESTRICTS });
    again.bolt = 1;
    again.pass(3000);
    expect(again.flash.log().slice(-2)).toMatchObject([{ what: LOG_UNLOCK, source: SOURCE_MANUAL }, { what: LOG_MODE }]);
    expect(again.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 1)).toBe(0);
  });

  it('the privacy button can be switched off', () => {
    const world = opened((w) => {
      withButtons(w);
      w.store([PRIVACY_ALLOWED, 0]);
    });
    world.heard();
    world.hold(PRIVACY_BUTTON, 1);
    world.pass(3000);
    expect(world.heard()).toBe('sss');
    expect(lockState(world)).toBe(UNLOCKED);
  });

  it('a mode that flash does not take is not in force', () => {
    const world = opened(withButtons);
    world.flash.works = false;
    world.heard();
    world.hold(PRIVACY_BUTTON, 1);
    world.pass(3000);
    expect(world.heard()).toBe('sss');
    expect(world.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 1)).toBe(0);
  });
});

describe('A remote', () => {
  it('is refused where remotes are off, and locks an open door when it closes', () => {
    const off = World.provisioned((w) => w.store([OPERATING_MODE, MODE_NO_REMOTE]));
    expect(off.door.operate(LOG_UNLOCK, SOURCE_REMOTE, 3)).toBe(MODE_RESTRICTS);
    off.pass(3000);
    expect(off.motorMs).toBe(0);
    const world = opened();
    world.doorClosed = false;
    world.pass(1000);
    expect(world.door.operate(LOG_LOCK, SOURCE_REMOTE, 3)).toBe(DOOR_NOT_CLOSED);
    world.doorClosed = true;
    world.pass(6000);
    expect(lockState(world)).toBe(LOCKED);
    expect(world.flash.log().at(-1)).toMatchObject({ what: LOG_LOCK, source: SOURCE_REMOTE, user: 3 });
  });
});
