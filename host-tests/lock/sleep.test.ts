/** Deep sleep: when it may be, and the shipped bundle asleep and awake on the virtual board. */
import { beforeAll, describe, expect, it } from 'vitest';
import { makerKey } from '../../cli/story/cast.js';
import { MASTER_CODE, PIN } from '../../cli/story/stage.js';
import { buildLockFlash } from '../../cli/provision/lock-flash.js';
import { buildFirmware, signFirmware } from '../../cli/virtual/firmware.js';
import { wiring as virtual } from '../../cli/virtual/lock.js';
import { AWAKE_S, LEASE_MS, maySleep, type Going } from '../../firmware/lock/sleep.js';
import { buildBootloader } from '../../scripts/build-bootloader.js';
import { boot, type Board } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';

const IDLE: Going = { nowMs: 500_000, awakeS: AWAKE_S, lastKeyMs: 0, lastFrameMs: 0, windowUntilMs: 0, unproven: false, doorRests: true, disabledMs: 0 };

describe('A lock may sleep', () => {
  it('when nobody wants anything', () => {
    expect(maySleep(IDLE)).toBe(true);
    expect(maySleep({ ...IDLE, lastKeyMs: IDLE.nowMs - AWAKE_S * 1000, lastFrameMs: IDLE.nowMs - LEASE_MS, windowUntilMs: IDLE.nowMs })).toBe(true);
  });

  const AWAKE: [string, Partial<Going>][] = [
    ['it has only just started', { nowMs: AWAKE_S * 1000 - 1 }],
    ['a key was pressed lately', { lastKeyMs: IDLE.nowMs - AWAKE_S * 1000 + 1 }],
    ['a client was heard lately', { lastFrameMs: IDLE.nowMs - LEASE_MS + 1 }],
    ['the update window is open', { windowUntilMs: IDLE.nowMs + 1 }],
    ['its image is on trial, or not yet healthy', { unproven: true }],
    ['the door waits for something', { doorRests: false }],
    ['codes are disabled for a while', { disabledMs: 1 }],
    ['its wiring says never', { awakeS: 0 }],
  ];
  it.each(AWAKE)('but not while %s', (_, change) => {
    expect(maySleep({ ...IDLE, ...change })).toBe(false);
  });
});

describe('An ESP32 on four cells', () => {
  const wiring = { ...virtual, awakeS: undefined };
  let flash: Uint8Array;

  beforeAll(async () => {
    const maker = makerKey();
    const firmware = await signFirmware(await buildFirmware({ version: '1.0.0' }), maker, '1.0.0');
    const bootloader = await buildBootloader({ family: 'virtual' });
    flash = buildLockFlash({
      wiring, boot0Text: bootloader.text, image: firmware.file, production: true, keys: [maker.publicKey], masterCode: MASTER_CODE, pins: [PIN],
      recoveryCode: '314159265358', serial: 'DL-sleep', deviceId: new Uint8Array(8), codeSalt: new Uint8Array(16),
    }).bytes;
  }, 400_000);

  const isAsleep = (board: Board) => board.ended() === 'deepSleep';

  /** Asleep, and proven: started once and let alone. */
  function asleep(): Board {
    const board = boot(createWorld({ seed: 11, wiring, flash }));
    expect(board.pump(() => isAsleep(board), 50_000), 'before it is healthy').toBe(false);
    expect(board.pump(() => isAsleep(board), 30_000)).toBe(true);
    return board;
  }

  /** Presses the wake key and waits for the ready beep; gives milliseconds from the press. */
  function wake(board: Board): number {
    const { world } = board;
    const pressedMs = world.clock.now();
    const before = world.beeper.length;
    world.wake.set(true);
    world.clock.after(120, () => world.wake.set(false));
    const beeps = () => world.beeper.slice(before).filter(({ on }) => on);
    expect(board.pump(() => beeps().length === 2, 5000)).toBe(true);
    // A tick and a short one: READY.
    board.run(500);
    const heard = world.beeper.slice(before);
    expect(heard.map(({ on }) => on)).toEqual([true, false, true, false]);
    expect(world.led.at(-1)!.on).toBe(false);
    return heard[0]!.atMs - pressedMs;
  }

  it('is asleep within 80 s of its first start, wakes by its key in 2.5 s, and opens', () => {
    const board = asleep();
    board.run(3_600_000);
    expect(isAsleep(board)).toBe(true);
    expect(wake(board)).toBeLessThanOrEqual(2500);
    board.world.keypad.type(`${PIN}#`);
    board.run(5000);
    expect(board.world.bolt.unlocked()).toBe(true);
    expect(board.pump(() => isAsleep(board), 30_000), 'and asleep again').toBe(true);
    expect(board.world.violations).toEqual([]);
    expect(board.uncaught).toEqual([]);
  });

  it('a wake that nobody follows up writes nothing and ends after 20 s', () => {
    const board = asleep();
    const operations = board.world.nor.operations;
    for (let night = 0; night < 10; night++) {
      wake(board);
      const awakeMs = board.world.clock.now();
      expect(board.pump(() => isAsleep(board), 30_000)).toBe(true);
      expect(board.world.clock.now() - awakeMs).toBeGreaterThan(15_000);
    }
    expect(board.world.nor.operations).toBe(operations);
    expect(board.runs.map(({ cause }) => cause)).toEqual(['powerOn', ...new Array<string>(10).fill('deepSleep')]);
  });

  it('a key that was down at the wake is no digit, and those after the beep are none less', () => {
    const board = asleep();
    board.world.keypad.press('7', 3000);
    wake(board);
    board.run(1500);
    board.world.keypad.type(`${PIN}#`);
    board.run(5000);
    expect(board.world.bolt.unlocked()).toBe(true);
  });

  it('stays awake while the update window is open', () => {
    const board = asleep();
    wake(board);
    board.world.keypad.type(`${MASTER_CODE}#`);
    board.run(5000);
    board.world.keypad.type('8#');
    expect(board.pump(() => isAsleep(board), 500_000)).toBe(false);
    expect(board.pump(() => isAsleep(board), 150_000)).toBe(true);
  });

  it('with an empty battery taken out and back starts as after any loss of power', () => {
    const board = asleep();
    board.powerCut();
    board.powerOn();
    board.run(8000);
    board.world.keypad.type(`${PIN}#`);
    board.run(5000);
    expect(board.world.bolt.unlocked()).toBe(true);
  });
});
