/**
 * Safe mode on the real interpreter, with nothing but the keypad and the wire: the bundle that ships, the console framing over a serial
 * port of 115200 baud. One lock lives through the first story, so its tests build on each other.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Commands } from '../../cli/smp/commands.js';
import type { SignedFirmware } from '../../cli/virtual/firmware.js';
import { NO_WINDOW } from '../../firmware/errors.js';
import { VERDICT } from '../../firmware/flash/kinds.js';
import { decodeVerdict, SAFE_MODE } from '../../firmware/update/boot-state.js';
import type { Interpreter } from '../../virtual-board/interpreter/interpreter.js';
import { interpreterVars } from './interpreter-vars.js';
import { boltMoved, doorReady, refusal, reported, startUp, storesOf } from './lock-waits.js';
import { linuxFirmware, linuxLock, MASTER_CODE, PIN, smpClient, wireClient, wiring } from './locks.js';
import { describeWithInterpreter } from './with-interpreter.js';

/**
 * Without what the prelude takes. An ESP32 has up to 16,383 variables, a XIAO 14,000, and an ESP32-C3 4,095 at most, of which some have to
 * stay free. This keeps it from growing.
 */
const MOST_REST_VARS = 2600;
const MOST_VARS = 3600;
/** How often the peak is looked at while the upload runs, milliseconds; and the variables that looking takes. */
const SAMPLE_MS = 3;
const SAMPLER_VARS = 20;
const SAMPLER = `(function(){var m=process.memory;global.peak=0;(function sample(){setTimeout(sample,${SAMPLE_MS});var u=m().usage;if(u>peak)peak=u;})();})()`;
const USED = 'process.memory().usage';

describeWithInterpreter('safe mode on the real interpreter, both slots empty', () => {
  let lock: Interpreter;
  let wire: Commands;
  let newer: SignedFirmware;
  let restVars = 0;

  beforeAll(async () => {
    newer = await linuxFirmware('2.0.0');
    lock = await linuxLock(newer, { emptySlots: true });
    wire = wireClient(lock);
  }, 180_000);

  afterAll(async () => {
    wire?.close();
    await lock?.close();
  });

  test('the lock starts into safe mode once, and stays there', async () => {
    await startUp(lock);
    const { journal } = await storesOf(lock);
    expect(decodeVerdict(journal.read(VERDICT)!).result).toBe(SAFE_MODE);
    let kicks = 0;
    await lock.waitFor('five seconds of life', (report) => report[0] === 'kick' && ++kicks === 5);
    restVars = Number(await lock.evaluate(USED)) - (await interpreterVars()).preludeVars;
    expect(restVars).toBeLessThan(MOST_REST_VARS);
    expect(lock.starts).toBe(1);
    expect(lock.reports.filter((report) => report[0] === 'uncaught')).toEqual([]);
  }, 20_000);

  test('the PIN opens the door and a key locks it; a wrong one moves nothing', async () => {
    await boltMoved(lock, 'unlocked', `${PIN}#`);
    await boltMoved(lock, 'locked', '#');
    const from = lock.reports.length;
    await lock.type('9999#');
    await lock.type(PIN);
    expect(lock.reports.slice(from).filter((each) => each[0] === 'pulse' || each[0] === 'bolt')).toEqual([]);
    await boltMoved(lock, 'unlocked', '#');
    await boltMoved(lock, 'locked', '#');
  }, 30_000);

  test('the wire answers who it is and that there is no image, between text for people and damaged lines', async () => {
    lock.wire.write('boot> hello?\r\n\x06\x09AAAA\n\x04\x14!!\n\0\xff\x03');
    expect(await wire.echo('Grüße')).toBe('Grüße');
    expect((await wire.list()).map(({ version, bootable, active }) => ({ version, bootable, active })))
      .toEqual([{ version: '0.0.0', bootable: false, active: false }]);
    expect(await wire.info('s')).toBe('Deadlatch');
  }, 20_000);

  test('an upload without a window is refused with its words, and nothing is written', async () => {
    const before = await lock.readFlash();
    const refused = await refusal(wire.upload(newer.file));
    expect([refused.rc, refused.entry?.code, refused.message]).toEqual([11, NO_WINDOW, '0x11 the update window is closed']);
    expect(Buffer.compare(await lock.readFlash(), before)).toBe(0);
  }, 20_000);

  test('with the master code a whole image comes over the wire, and is checked, in no more memory than is known', async () => {
    const { preludeVars, emptyVars } = await interpreterVars();
    await lock.type(`${MASTER_CODE}#8#`);
    await lock.evaluate(SAMPLER);
    const { match } = await wire.upload(newer.file);
    expect(match).toBe(true);
    expect((await wire.list()).map((image) => image.version)).toEqual(['2.0.0']);
    const uploadVars = Number(await lock.evaluate('peak')) - preludeVars - SAMPLER_VARS;
    await lock.evaluate('global.peak=0');
    await wire.test(newer.hash);
    const testVars = Number(await lock.evaluate('peak')) - preludeVars - SAMPLER_VARS;
    console.log(`safe mode: ${restVars} variables at rest, ${uploadVars} at the peak of an upload over the wire, ${testVars} of its check; `
      + `an empty interpreter has ${emptyVars} of them`);
    expect(Math.max(uploadVars, testVars)).toBeLessThan(MOST_VARS);
  }, 90_000);

  test('after the restart it runs, confirms itself, and opens to the same PIN', async () => {
    const confirmed = reported(lock, 'the confirmation', ['log', 'complete: version 2.0.0 confirmed']);
    await wire.restart();
    await confirmed;
    expect(lock.starts).toBe(2);
    await boltMoved(lock, 'unlocked', `${PIN}#`);
    const network = await smpClient(lock);
    expect((await network.list()).map((image) => [image.version, image.active, image.confirmed])).toEqual([['2.0.0', true, true]]);
    network.close();
  }, 40_000);
});

describeWithInterpreter('the strap inside the door, on the real interpreter', () => {
  let lock: Interpreter | undefined;
  afterEach(() => lock?.close());

  test('closed, it opens the wire without a code, and only the wire; open again, the lock runs its image', async () => {
    const newer = await linuxFirmware('2.0.0');
    const strapped = await linuxLock(await linuxFirmware('1.0.0'));
    lock = strapped;
    strapped.setLevel(wiring.strap!.pin, wiring.strap!.active);
    await startUp(strapped);
    const wire = wireClient(strapped);
    let sent = 0;
    await refusal(wire.upload(newer.file, { onProgress: (bytes) => { sent = bytes; }, stopped: () => sent > 5000 }));
    expect(sent).toBeGreaterThan(5000);
    const from = strapped.reports.length;
    await strapped.type('9999#');
    await strapped.type(PIN);
    expect(strapped.reports.slice(from).filter((each) => each[0] === 'pulse' || each[0] === 'bolt')).toEqual([]);
    await boltMoved(strapped, 'unlocked', '#');

    strapped.setLevel(wiring.strap!.pin, wiring.strap!.active ? 0 : 1);
    const again = strapped.waitFor('the start', (report) => report[0] === 'hello');
    await wire.restart();
    await again;
    await doorReady(strapped);
    const network = await smpClient(strapped);
    expect((await network.list()).filter((image) => image.active).map((image) => image.version)).toEqual(['1.0.0']);
    network.close();
    wire.close();
  }, 180_000);
});
