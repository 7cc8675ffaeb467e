import { createSocket } from 'node:dgram';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FAMILIES } from '../../boards/families.js';
import { REFERENCE } from '../../boards/reference/index.js';
import { definesOf } from '../../scripts/defines.js';
import { bundleDevice } from '../../scripts/bundle-device.js';
import { calibrate } from '../../virtual-board/interpreter/calibrate.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';
import { createInterpreter, PRELUDE, type Interpreter, type InterpreterOptions } from '../../virtual-board/interpreter/interpreter.js';
import { runScript } from '../../virtual-board/interpreter/script.js';
import { storageImage } from '../../virtual-board/provision.js';
import { describeWithInterpreter } from './with-interpreter.js';

const wiring = REFERENCE.linux!;
const linux = FAMILIES.find((family) => family.name === 'linux')!;
const { geometry } = linux;

describe('looking for the interpreter', () => {
  test('ESPRUINO comes before PATH, and what is missing is said', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deadlatch-find-'));
    const program = join(folder, 'espruino');
    await writeFile(program, '');
    expect(findEspruino({ PATH: folder }).missing).toMatch(/no espruino on PATH/);
    await chmod(program, 0o755);
    expect(findEspruino({ PATH: `/nowhere:${folder}` })).toEqual({ path: program });
    expect(findEspruino({ PATH: folder, ESPRUINO: join(folder, 'other') }).missing).toMatch(/ESPRUINO names .*other, which is not a program/);
    expect(findEspruino({ PATH: '', ESPRUINO: folder }).missing).toMatch(/not a program/);
    await rm(folder, { recursive: true });
  });
});

describeWithInterpreter('scripts on the real interpreter', () => {
  test('print what they print, and one that never ends is ended', async () => {
    expect(await runScript('print("sum "+(1+2))')).toContain('sum 3');
    await expect(runScript('for(;;);', { timeoutMs: 300 })).rejects.toThrow(/did not end within 300 ms/);
  });

  test('a calibration gives the factors to an ESP32', async () => {
    const { javascript, hashing, idlePassMs, hereMs } = await calibrate();
    expect(hereMs.every((ms) => ms > 0)).toBe(true);
    expect(javascript).toBeGreaterThan(1);
    expect(hashing).toBeGreaterThan(1);
    // Less than what the turns of this piece are put off by.
    expect(idlePassMs).toBeGreaterThan(0);
    expect(idlePassMs).toBeLessThan(0.1);
  });
});

describeWithInterpreter('a lock on the real interpreter', () => {
  let lock: Interpreter | undefined;
  afterEach(() => lock?.close());

  async function powered(options: Partial<InterpreterOptions> = {}): Promise<Interpreter> {
    const boot0Text = PRELUDE + (await bundleDevice('host-tests/interpreter/device/parts.ts', { define: definesOf(linux, '1.0.0') }));
    lock = await createInterpreter({ flash: storageImage({ geometry, boot0Text }), wiring, ...options });
    await lock.powerOn();
    await logged(lock, /^starts 0/, 0);
    return lock;
  }

  function logged(from: Interpreter, says: RegExp, since?: number): Promise<unknown> {
    return from.waitFor(`a line like ${says}`, (report) => report[0] === 'log' && says.test(report[1]), since === undefined ? {} : { from: since });
  }

  test('the keypad, LED, beeper, battery and strap are those of the wiring', async () => {
    const board = await powered({ batteryMv: 5200 });
    await board.type('0*#9');
    const keys = board.reports.filter((report) => report[0] === 'log' && report[1].startsWith('key')).map((report) => report[1]);
    expect(keys).toEqual(['key 0', 'key *', 'key #', 'key 9']);
    await Promise.all([logged(board, /^battery 5200$/), board.type('3')]);
    board.setBattery(4400);
    await Promise.all([logged(board, /^battery 4400$/), board.type('3')]);
    await board.type('45');
    expect(board.reports).toContainEqual(['out', wiring.led!.pin, 1]);
    expect(board.reports).toContainEqual(['tone', wiring.beeper!.pin, 2700]);
    board.setLevel(13, 0);
    await logged(board, /^strap 0$/, 0);
    board.setLevel(13, 1);
    await logged(board, /^strap 1$/, 0);
  });

  test('the motor moves the bolt from end stop to end stop, unless it jams, and where it is outlives a restart', async () => {
    const board = await powered({ travelMs: 150 });
    expect(board.bolt).toBe('locked');
    await Promise.all([logged(board, /^stopped at the end$/), board.type('1')]);
    expect(board.bolt).toBe('unlocked');
    expect(board.reports.filter((report) => report[0] === 'pulse' && report[1] === 16).length).toBeGreaterThanOrEqual(3);
    await board.powerOff();
    await board.powerOn();
    expect(board.bolt).toBe('unlocked');
    await logged(board, /^starts 1/, 0);
    board.jamBolt(true);
    await Promise.all([logged(board, /^stopped by time$/), board.type('2')]);
    expect(board.bolt).toBe('unlocked');
  });

  test('flash survives a restart by the firmware, a power cut and a hang that the watchdog ends', async () => {
    const board = await powered();
    await Promise.all([logged(board, /^starts 1 random true cause unknown/), board.type('6')]);
    await board.powerOff();
    expect(board.starts).toBe(2);
    await Promise.all([logged(board, /^starts 2/), board.powerOn()]);
    await Promise.all([logged(board, /^starts 3/), board.type('7')]);
    expect(board.watchdogStarts).toBe(1);
    const flash = await board.readFlash();
    expect([...flash.subarray(40 * 4096, 40 * 4096 + 20)]).toEqual([...new Uint8Array(16), 255, 255, 255, 255]);
  });

  test('its UDP port answers, expressions are evaluated, and exceptions are reported', async () => {
    const board = await powered();
    const client = createSocket('udp4');
    const answer = new Promise<string>((resolve) => {
      client.on('message', (message) => resolve(message.toString('latin1')));
    });
    client.send('hello', board.smpPort, '127.0.0.1');
    expect(await answer).toBe('hello!');
    client.close();
    expect(await board.evaluate('1 + 2')).toBe(3);
    expect(await board.evaluate('process.memory().total')).toBeGreaterThan(1000);
    await expect(board.evaluate('nothing.there')).rejects.toThrow(/nothing\.there: /);
    await board.type('8');
    await board.waitFor('the exception', (report) => report[0] === 'uncaught' && /on purpose/.test(report[1]), { from: 0 });
  });

  test('flash can be made to block as long as a real part does', async () => {
    const board = await powered({ flashTimes: { eraseMs: 40, write256Ms: 1 } });
    const seconds = await board.evaluate("(function(){var t=getTime();require('Flash').erasePage(0x10000000+41*4096);return getTime()-t;})()");
    expect(seconds).toBeGreaterThan(0.04);
  });

  test('a flash whose Storage is damaged never says hello, and that is said', async () => {
    lock = await createInterpreter({ flash: new Uint8Array(geometry.pages * 4096).fill(0xff), wiring });
    const waiting = lock.powerOn();
    await expect(Promise.race([waiting, quickly(lock)])).rejects.toThrow(/waiting for/);
    waiting.catch(() => undefined);
  });

  function quickly(board: Interpreter): Promise<unknown> {
    return board.waitFor('hello', (report) => report[0] === 'hello', { timeoutMs: 500 });
  }
});
