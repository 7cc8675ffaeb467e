/** Runs of firmware on the virtual board: how they begin, what natives cost, and how they end. */
import { describe, expect, it } from 'vitest';
import { boot } from '../../virtual-board/run.js';
import { FIRST_SLOT_AT, bootWith, geometry, kinds, motor, worldWith } from './support.js';

const POWER_UP = 'var F=require("Flash"),S=require("Storage");';
const SLOT_IN_FILE = FIRST_SLOT_AT - geometry.base - geometry.bootPages * 4096 - 32;

describe('a start', () => {
  it('checks Storage, then runs .boot0 from flash', () => {
    const board = bootWith(`${POWER_UP}print(S.getFree(),S.list().join(),getTime()>0.1)`);
    expect(board.printed).toEqual(['0 .boot0,deadlatch true']);
    expect(board.world.violations).toEqual([]);
  });

  it('evaluates code from flash in place, and eval sees the same globals', () => {
    const world = worldWith(`${POWER_UP}print(eval(S.read("deadlatch",${SLOT_IN_FILE},40))(41))`);
    world.nor.bytes.set(Buffer.from('(function(n){return n+(E?1:0)})'.padEnd(40)), FIRST_SLOT_AT - geometry.base);
    expect(boot(world).printed).toEqual(['42']);
  });

  it('erases all of Storage when a file header is gone, as Espruino does', () => {
    const world = worldWith('print(1)');
    world.nor.bytes.fill(0xff, geometry.bootPages * 4096, geometry.bootPages * 4096 + 4096);
    world.nor.bytes[geometry.bootPages * 4096 + 4096 + 10] = 0;
    expect(boot(world).printed).toEqual([]);
    expect(kinds(world)).toContain('storage-erased');
    expect(world.nor.bytes.every((byte) => byte === 0xff)).toBe(true);
  });

  it('notes an exception and goes on, as Espruino prints "Uncaught"', () => {
    const board = bootWith('setTimeout(function(){print("later")},10);setTimeout(function(){throw new Error("one")},5);throw new Error("two")');
    board.run(50);
    expect(board.printed).toEqual(['later']);
    expect(board.uncaught.map(({ error }) => String(error))).toEqual(['Error: two', 'Error: one']);
  });

  it('lacks what Espruino lacks', () => {
    expect(bootWith('print([typeof Map,typeof Promise,typeof Symbol,typeof Buffer,typeof Date,typeof setImmediate].join())').printed)
      .toEqual(['undefined,undefined,undefined,undefined,undefined,undefined']);
  });
});

describe('time', () => {
  it('passes through natives: an erase takes 45 ms, a program of 256 bytes half a millisecond', () => {
    const board = bootWith(`${POWER_UP}var a=getTime();F.erasePage(${FIRST_SLOT_AT});var b=getTime();F.write(new Uint8Array(4096),${FIRST_SLOT_AT});
      var c=getTime();print(Math.round((b-a)*1000),Math.round((c-b)*1000))`);
    expect(board.printed).toEqual(['45 8']);
  });

  it('delays later timers by the turn before them, as one thread does', () => {
    const board = bootWith(`${POWER_UP}var t=getTime();setTimeout(function(){F.erasePage(${FIRST_SLOT_AT})},10);setTimeout(function(){print(Math.round((getTime()-t)*1000)>=55)},11)`);
    board.run(100);
    expect(board.printed).toEqual(['true']);
  });

  it('gives the same history for the same seed', () => {
    const history = (): string => {
      const board = bootWith('var n=0;(function t(){setTimeout(t,7);print(peek32(0x60035144),digitalRead(16),Math.round(analogRead(33)*4096));if(++n>20)E.reboot()})()');
      board.run(2000);
      return `${board.printed.join()} ${board.runs.length}`;
    };
    expect(history()).toBe(history());
  });
});

describe('the end of a run', () => {
  it('cannot be caught: after a power cut every native throws, and nothing reaches flash', () => {
    const world = worldWith(`${POWER_UP}try{F.write("abcd",${FIRST_SLOT_AT})}catch(e){}try{F.write("abcd",${FIRST_SLOT_AT + 256})}catch(e){}try{print("alive")}catch(e){}`);
    const board = boot(world, { cut: { at: 0, how: 'before' } });
    expect(board.ended()).toBe('powerCut');
    expect(board.printed).toEqual([]);
    expect(world.nor.operations).toBe(1);
    expect(board.uncaught).toEqual([]);
    expect(board.pump(() => false)).toBe(false);
    board.powerOn();
    expect(board.printed).toEqual(['alive']);
    expect(board.runs.map(({ cause, ended }) => [cause, ended])).toEqual([['powerOn', 'powerCut'], ['powerOn', undefined]]);
  });

  it('tears an operation when the cells are pulled in the middle of it, and starts again with new ones', () => {
    const world = worldWith(`${POWER_UP}setTimeout(function(){F.erasePage(${FIRST_SLOT_AT});print("erased")},50)`);
    world.nor.bytes.fill(0, FIRST_SLOT_AT - geometry.base, FIRST_SLOT_AT - geometry.base + 4096);
    const board = boot(world);
    world.clock.after(70, () => world.battery.pull());
    world.clock.after(5000, () => world.battery.replace({ openCircuitMv: 6200, internalMilliohm: 500 }));
    board.run(1000);
    expect(board.ended()).toBe('powerCut');
    expect(board.printed).toEqual([]);
    board.run(10_000);
    expect(board.ended()).toBeUndefined();
    expect(board.printed).toEqual(['erased']);
    expect(world.nor.bytes[FIRST_SLOT_AT - geometry.base]).toBe(0xff);
  });

  it('restarts after E.reboot() with the cause the ESP32 shows, and nothing after it runs', () => {
    const board = bootWith('print(peek32(0x3FF48034)&63);if((peek32(0x3FF48034)&63)==1)setTimeout(function(){E.reboot();print("never")},20)');
    board.run(1000);
    expect(board.printed).toEqual(['1', '12']);
    expect(board.runs.map(({ cause }) => cause)).toEqual(['powerOn', 'software']);
  });

  it('bites by watchdog when the firmware hangs or forgets to kick', () => {
    const board = bootWith('E.enableWatchdog(2,false);var n=0;(function t(){if(n++<30){setTimeout(t,100);E.kickWatchdog()}})()');
    board.run(4500);
    expect(board.runs.length).toBe(1);
    board.run(1000);
    expect(board.runs.map(({ cause }) => cause)).toEqual(['powerOn', 'watchdog']);
    const hung = bootWith('E.enableWatchdog(2,false);for(;;)try{getTime()}catch(e){throw e}');
    hung.run(100);
    expect(hung.runs[0]!.ended).toBe('watchdog');
  });

  it('is a brown-out when a load drags the cells down, and the next start tells', () => {
    const board = bootWith(
      `if((peek32(0x3FF48034)&63)==15)print("brown-out");else setTimeout(function(){digitalPulse(${motor.in1},1,100)},50)`,
      { battery: { openCircuitMv: 3500, internalMilliohm: 2000 } },
    );
    board.run(1000);
    expect(board.printed).toEqual(['brown-out']);
    expect(board.world.bolt.energisedMs()).toBeLessThan(1);
  });

  it('sleeps deeply and wakes by the pin', () => {
    const board = bootWith('print(ESP32.getWakeupCause());if(!ESP32.getWakeupCause())setTimeout(function(){ESP32.deepSleepExt0(27,0)},10)');
    board.world.pins.pull(27, 1);
    board.run(5000);
    expect(board.ended()).toBe('deepSleep');
    board.world.pins.drive(27, 0);
    board.run(1000);
    expect(board.printed).toEqual(['0', '2']);
    expect(board.runs.at(-1)!.cause).toBe('deepSleep');
  });
});

describe('trouble in the interpreter', () => {
  it('is heard once for each flag, until the flags are taken', () => {
    const board = bootWith('E.on("errorFlag",function(f){print(f.join());if(f[0]=="FIFO_FULL")E.getErrorFlags()})');
    for (const flag of ['FIFO_FULL', 'MEMORY', 'MEMORY', 'FIFO_FULL']) {
      board.session.raiseErrorFlag(flag);
      board.run(20);
    }
    expect(board.printed).toEqual(['FIFO_FULL', 'MEMORY', 'FIFO_FULL']);
  });
});

describe('what must never happen is reported', () => {
  const after = (statement: string, ms = 300): string[] => {
    const board = bootWith(`${POWER_UP}setTimeout(function(){${statement}},50)`);
    board.world.motor.excuse();
    board.run(ms);
    return kinds(board.world);
  };

  it('a flash operation while the motor has current', () => {
    expect(after(`digitalPulse(${motor.in1},1,100);F.write("abcd",${FIRST_SLOT_AT})`)).toEqual(['flash-while-motor']);
  });
  it('a motor that only the interpreter would switch off', () => {
    expect(after(`digitalWrite(${motor.in1},1)`)).toEqual(['motor-unbounded']);
    expect(after(`digitalPulse(${motor.in1},1,150)`)).toEqual(['motor-unbounded']);
    expect(after(`digitalPulse(${motor.in1},1,[50,10,50])`)).toEqual(['motor-unbounded']);
    expect(after(`digitalPulse(${motor.in1},1,100)`)).toEqual([]);
  });
  it('both inputs of the bridge high', () => {
    expect(after(`digitalPulse(${motor.in1},1,50);digitalPulse(${motor.in2},1,50)`)).toEqual(['bridge-both-high']);
  });
  it('motion that nobody asked for since the start', () => {
    const board = bootWith(`digitalPulse(${motor.in1},1,50)`);
    expect(kinds(board.world)).toEqual(['motor-without-cause']);
  });
  it('any change of Storage, and writes to what is not to change', () => {
    expect(after('try{S.write("a","b")}catch(e){}')).toEqual(['storage-write']);
    expect(after('try{E.setBootCode("1")}catch(e){}')).toEqual(['storage-write']);
    expect(after('save()')).toEqual(['storage-write']);
    expect(after(`F.write("abcd",${geometry.base + 4096})`)).toEqual(['flash-outside']);
    const board = bootWith(`${POWER_UP}setTimeout(function(){F.write("abcd",${FIRST_SLOT_AT})},5)`);
    board.world.protect.push({ address: FIRST_SLOT_AT, pages: 64 });
    board.run(50);
    expect(kinds(board.world)).toEqual(['flash-outside']);
  });
});

describe('links to the firmware', () => {
  it('delivers datagrams with the sender, and carries the answer back', () => {
    const board = bootWith(`var s=require("dgram").createSocket({type:"udp4",recvBufferSize:1500});
      s.on("message",function(m,r){s.send("<"+m.length+m[0],r.port,r.address)});s.bind(1337)`);
    const client = board.world.network.client();
    client.send(`\xff${'x'.repeat(1400)}`);
    board.run(100);
    expect(client.received).toEqual(['<1401\xff']);
  });

  it('cuts serial data into pieces of 64 bytes, and gives the console nothing to evaluate once it is null', () => {
    const board = bootWith('E.setConsole(null,{force:true});Serial1.on("data",function(d){Serial1.write(d.length+";")})');
    board.world.serial.send('y'.repeat(150));
    board.run(100);
    expect(board.world.serial.output).toBe('64;64;22;');
  });
});
