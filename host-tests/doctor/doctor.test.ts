/**
 * The doctor against the virtual board: a development lock that is wired otherwise than its board file says, and a person who does what is
 * asked. Every fault is told once, with its pin; a healthy lock has none.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { doctor } from '../../cli/doctor/doctor.js';
import { openWirePort } from '../../cli/virtual/wire-port.js';
import { createHostPlatform } from '../../cli/host-platform.js';
import { REFERENCE } from '../../boards/reference/index.js';
import type { Wiring } from '../../boards/wiring.js';
import { openJournal } from '../../firmware/flash/journal.js';
import { partsOf } from '../../firmware/flash/open.js';
import type { Platform } from '../../firmware/platform/types.js';
import { TRIAL } from '../../firmware/flash/kinds.js';
import { encodeTrial } from '../../firmware/update/boot-state.js';
import { bootLog, type BootLogEntry } from '../../firmware/update/boots.js';
import type { World } from '../../virtual-board/world.js';
import { runCli } from '../cli/commands.js';
import { developmentLock, opens, patient, visit, WIRING, type Patient } from './patient.js';

let flash: Uint8Array;

beforeAll(async () => {
  flash = await developmentLock();
}, 120_000);

/** A lock that has run for a while, wired like this. */
function lock(wired: Partial<Wiring> = {}, answers?: Patient['answers']): Patient {
  const who = patient({ flash }, wired);
  if (answers) who.answers = answers;
  who.board.run(5000);
  return who;
}

function starts({ nor, layout }: World): BootLogEntry[] {
  const platform = createHostPlatform(nor.bytes, nor.base) as Platform;
  return bootLog(openJournal(partsOf(platform, layout, layout.journal)));
}

const matrix = WIRING.keypad.type === 'matrix' ? WIRING.keypad : undefined;
const motor = WIRING.bolt.type === 'motor' ? WIRING.bolt : undefined;

describe('a lock that is wired as it should be', () => {
  test('has nothing wrong, and works again afterwards', async () => {
    const who = lock();
    const { findings, wrong, said } = await visit(who);
    expect(wrong).toEqual([]);
    expect(findings.map(({ part }) => part)).toEqual(expect.arrayContaining(['port', 'build', 'wiring', 'keypad', 'contacts', 'motor', 'battery', 'light', 'beeper']));
    expect(said).toMatch(/Nothing is wrong with what was looked at: .*\.$/);
    expect(said).toMatch(/5\.9\d V at rest, 5\.7\d V while the motor turns/);
    who.board.run(10_000);
    expect(opens(who)).toBe(true);
    expect(who.world.violations).toEqual([]);
    expect(who.board.uncaught).toEqual([]);
  }, 30_000);

  test('counts the restart as wanted, however often the doctor comes', async () => {
    const who = lock();
    for (let time = 0; time < 6; time++) {
      await visit(who, { skip: ['keypad', 'contacts', 'motor', 'light', 'beeper'] });
      who.board.run(3000);
    }
    const log = starts(who.world);
    expect(log).toHaveLength(7);
    expect(log.slice(0, -1).every(({ planned }) => planned === 1)).toBe(true);
    expect(log.at(-1)!.ran).toBe(0);
  }, 30_000);

  test('starts by itself when the doctor is gone in the middle, with the motor off', async () => {
    const who = lock();
    const before = who.world.chip.starts;
    await expect(visit(Object.assign(who, { answers: (question: string) => {
      if (/Where is the bolt|Did it blink/.test(question)) throw new Error('gone');
      return undefined;
    } }))).rejects.toThrow('gone');
    expect(who.world.chip.starts).toBe(before + 1);

    const port = openWirePort(who.board);
    const gone = new Error('the cable was pulled');
    const asked: string[] = [];
    const terminal = {
      asks: true, say: () => undefined, progress: () => undefined, stopProgress: () => undefined,
      ask(question: string): Promise<string> {
        asked.push(question);
        if (!/hands off/.test(question)) return Promise.resolve('yes');
        void port.close();
        return Promise.reject(gone);
      },
    };
    await expect(doctor({ via: 'virtual' }, terminal, { open: () => Promise.resolve(port), time: { wait: (ms) => Promise.resolve(void who.board.run(ms)) } })).rejects.toThrow();
    const { starts: ended } = who.world.chip;
    who.board.run(10_000);
    expect(who.world.chip.starts).toBe(ended + 1);
    expect(who.world.chip.resetCause).toBe('watchdog');
    expect(opens(who)).toBe(true);
  }, 30_000);

  test('waits for a person as long as it takes: the watchdog is fed meanwhile', async () => {
    const who = lock();
    who.thinksMs = 60_000;
    const fromMs = who.world.clock.now();
    const { wrong, said } = await visit(who, { skip: ['contacts', 'motor', 'light', 'beeper'] });
    expect(wrong).toEqual([]);
    expect(who.world.clock.now() - fromMs).toBeGreaterThan(120_000);
    // It slept while the first question was read, and was woken by its key.
    expect(said.match(/fallen asleep/g)).toHaveLength(1);
    expect(who.board.runs.map(({ cause }) => cause)).toEqual(['powerOn', 'deepSleep', 'software']);
    expect(starts(who.world).at(-2)!.planned).toBe(1);
  }, 30_000);

  test('is left alone while it tries a new version', async () => {
    const who = lock();
    const { nor, layout } = who.world;
    const platform = createHostPlatform(nor.bytes, nor.base) as Platform;
    const trial = { slot: 1 as const, version: { major: 0, minor: 2, revision: 0, build: 0 }, imageId: new Uint8Array(32) };
    expect(openJournal(partsOf(platform, layout, layout.journal)).append(TRIAL, encodeTrial(trial))).toBe(0);
    await expect(visit(who)).rejects.toThrow(/^virtual: the lock is trying a new version; nothing was changed; run the doctor again when/);
    expect(opens(who)).toBe(true);
    expect(who.world.chip.starts).toBe(1);
  }, 30_000);

  test('is left alone where its owner says no', async () => {
    const who = lock({}, (question) => (/out of service/.test(question) ? 'no' : undefined));
    await expect(visit(who)).rejects.toThrow(/nothing was changed, the lock works on/);
    expect(opens(who)).toBe(true);
    expect(who.world.chip.starts).toBe(1);
  }, 30_000);
});

const SKIP_REST = ['contacts', 'light', 'beeper'];

describe('one fault is one sentence', () => {
  test.each<[string, Partial<Wiring>, RegExp]>([
    ['an open column wire', { keypad: { ...matrix!, columns: [25, 5, 27] } }, /^keypad: keys 2, 5, 8, 0 never came: the wire of column 2 \(D26\) is open/],
    ['an open row wire', { keypad: { ...matrix!, rows: [18, 19, 21, 5] } }, /^keypad: keys \*, 0, # never came: the wire of row 4 \(D22\) is open/],
    ['two columns swapped', { keypad: { ...matrix!, columns: [26, 25, 27] } },
      /^keypad: the wires of column 1 \(D25\) and column 2 \(D26\) are swapped: exchange them at the board\. Or .*: rows: \[18, 19, 21, 22\], columns: \[26, 25, 27\]\.$/],
    ['a row and a column swapped', { keypad: { ...matrix!, rows: [27, 19, 21, 22], columns: [25, 26, 18] } },
      /^keypad: the wires of row 1 \(D18\) and column 3 \(D27\) are swapped: .* rows: \[27, 19, 21, 22\], columns: \[25, 26, 18\]/],
    ['a keypad that is not there', { keypad: { type: 'none' } }, /^keypad: no key came at all: the keypad is not connected/],
  ])('%s', async (_title, wired, sentence) => {
    const who = lock(wired);
    if (wired.keypad?.type === 'none') who.weakKeys = '0123456789*#';
    const { wrong } = await visit(who, { skip: ['motor', 'battery', ...SKIP_REST] });
    expect(wrong).toEqual([expect.stringMatching(sentence)]);
  }, 30_000);

  test('two shorted lines, before anybody presses a key', async () => {
    const who = lock();
    who.world.pins.join(26, 27);
    const { wrong, said } = await visit(who, { skip: ['motor', 'battery', ...SKIP_REST] });
    expect(wrong).toEqual([expect.stringMatching(/^keypad: the wires of column 2 \(D26\) and column 3 \(D27\) touch/)]);
    expect(said).not.toMatch(/Press 1/);
  }, 30_000);

  test.each<[string, (world: World) => void, RegExp]>([
    ['a line on GND', ({ pins }) => pins.pull(19, 0), /the wire of row 2 \(D19\) is joined to GND/],
    ['a line on 3V3', ({ pins }) => pins.pull(25, 1), /the wire of column 1 \(D25\) is joined to 3V3/],
    ['a stuck key', ({ pins }) => pins.join(19, 26), /key 5 is down all the time, or the wires of row 2 \(D19\) and column 2 \(D26\) touch/],
  ])('%s', async (_title, happens, sentence) => {
    const who = lock();
    happens(who.world);
    expect((await visit(who, { skip: ['motor', 'battery', ...SKIP_REST] })).wrong).toEqual([expect.stringMatching(sentence)]);
  }, 30_000);

  test.each(['servo', 'strike'])('leaves a %s alone, and says so', async (kind) => {
    const wiring = `esp32-${kind}`;
    const who = patient({}, REFERENCE[wiring]);
    const { findings, wrong } = await visit(who, { wiring, skip: ['keypad', 'contacts', 'battery', ...SKIP_REST] });
    expect(wrong).toEqual([]);
    expect(findings.find(({ part }) => part === 'motor')!.text).toMatch(new RegExp(`^this wiring has a ${kind}, which is not run here`));
    expect(who.world.violations).toEqual([]);
  }, 30_000);

  test('one key without contact', async () => {
    const who = Object.assign(lock(), { weakKeys: '8' });
    expect((await visit(who, { skip: ['motor', 'battery', ...SKIP_REST] })).wrong).toEqual([expect.stringMatching(/^keypad: key 8 never came, and its row and column work/)]);
  }, 30_000);

  test.each<[string, Partial<Wiring>, RegExp[]]>([
    ['wired right', {}, []],
    ['with its lines swapped', { keypad: { type: 'wiegand', d0: 19, d1: 18, bits: 4 } }, [/^keypad: D0 and D1 of the keypad are swapped: its D0 belongs on pin D18, its D1 on pin D19/]],
    ['with D1 open', { keypad: { type: 'wiegand', d0: 18, d1: 5, bits: 4 } }, [/^keypad: only D0 of the keypad sends: the wire from its D1 to pin D19 is open/]],
    ['that sends 8 bits', { keypad: { type: 'wiegand', d0: 18, d1: 19, bits: 8 } }, [/^keypad: the keypad sends 8 bits a key and the board file says 4/]],
  ])('a Wiegand keypad %s, on a board that is no lock yet', async (_title, wired, sentences) => {
    const folder = await mkdtemp(join(tmpdir(), 'deadlatch-doctor-'));
    try {
      const wiring = join(folder, 'board.json');
      const keypad = { type: 'wiegand', d0: 18, d1: 19, bits: 4 } as const;
      await writeFile(wiring, JSON.stringify({ ...WIRING, keypad }));
      const { wrong } = await visit(patient({}, { keypad, ...wired }), { wiring, skip: ['motor', 'battery', ...SKIP_REST] });
      expect(wrong).toEqual(sentences.map((sentence) => expect.stringMatching(sentence) as string));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 30_000);

  const sensors = WIRING.sensors!;
  test.each<[string, Partial<Wiring>, RegExp]>([
    ['swapped motor leads', { bolt: { ...motor!, in1: 17, in2: 16 } }, /^motor: the motor turns the wrong way: exchange its two wires .*in1: 17, in2: 16/],
    ['a motor without current', { bolt: { ...motor!, in1: 2, in2: 5 } }, /^motor: the motor gets no current: .*D16 to IN1 and D17 to IN2/],
    ['IN1 open', { bolt: { ...motor!, in1: 5 } }, /^motor: towards "unlocked" the motor gets no current, the other way it does: the wire from D16 to IN1/],
    ['IN2 open', { bolt: { ...motor!, in2: 5 } }, /^motor: towards "locked" the motor gets no current, the other way it does: the wire from D17 to IN2/],
    ['swapped end stops', { sensors: { locked: sensors.unlocked!, unlocked: sensors.locked! } }, /^motor: the end stops are swapped: with the bolt out it is "unlocked" \(D33\) that says yes/],
    ['the end stop "unlocked" open', { sensors: { locked: sensors.locked! } }, /^motor: end stop "unlocked" \(D33\) does not say yes although the bolt is in/],
    ['the end stop "locked" open', { sensors: { unlocked: sensors.unlocked! } }, /^motor: end stop "locked" \(D32\) does not say yes although the bolt is out/],
  ])('%s', async (_title, wired, sentence) => {
    const who = lock(wired);
    const { wrong } = await visit(who, { skip: ['keypad', 'battery', ...SKIP_REST] });
    expect(wrong).toEqual([expect.stringMatching(sentence)]);
    expect(who.world.motor.energised()).toBe(false);
    expect(who.world.violations.filter(({ kind }) => kind !== 'pins-fight')).toEqual([]);
  }, 30_000);

  test('a jammed bolt is let go of after a few pulses', async () => {
    const who = lock();
    who.world.bolt.jam();
    const { wrong, findings } = await visit(who, { skip: ['keypad', ...SKIP_REST] });
    expect(wrong).toEqual([expect.stringMatching(/^motor: the motor pulls and the bolt does not move: it is jammed/)]);
    expect(findings.find(({ part }) => part === 'battery')!.text).toMatch(/while the motor is held/);
    expect(who.world.bolt.energisedMs()).toBeLessThan(1000);
  }, 30_000);

  test('a bolt that stops half-way', async () => {
    const who = lock();
    who.world.bolt.jam(0.5, 1);
    expect((await visit(who, { skip: ['keypad', 'battery', ...SKIP_REST] })).wrong)
      .toEqual([expect.stringMatching(/^motor: the bolt sets off towards "unlocked" and does not arrive within \d+ ms of current/)]);
  }, 30_000);

  test.each<[string, (who: Patient) => void, RegExp, string[]]>([
    ['cells that give way', ({ world }) => world.battery.set({ openCircuitMv: 5000, internalMilliohm: 2500 }), /^battery: the cells give way under load: 4\.8\d V at rest, .* while the motor turns, and an update needs 4\.82 V \(a little more than usual, because the divider is not calibrated\)/, []],
    ['... while flash is erased, without the motor', ({ world }) => world.battery.set({ openCircuitMv: 5250, internalMilliohm: 7000 }), /^battery: the cells give way under load: 4\.\d\d V at rest, .* while flash is erased/, ['motor']],
    ['empty cells', ({ world }) => world.battery.set({ openCircuitMv: 4300 }), /^battery: the cells are almost empty: 4\.2\d V at rest, and an update needs 4\.77 V/, ['motor']],
  ])('%s', async (_title, happens, sentence, skip) => {
    const who = lock();
    happens(who);
    const { wrong } = await visit(who, { skip: ['keypad', ...SKIP_REST, ...skip] });
    expect(wrong).toEqual([expect.stringMatching(sentence)]);
    expect(who.world.violations).toEqual([]);
  }, 30_000);

  test('a divider that is not connected, and one with other resistors', async () => {
    const skip = ['keypad', 'motor', ...SKIP_REST];
    const open = await visit(lock({ battery: { ...WIRING.battery, pin: 36 } }), { skip });
    expect(open.wrong).toEqual([expect.stringMatching(/^battery: the divider on D35 reads \d+ % of full scale, which no 4xAA cells can give: the divider is not connected/)]);
    const other = await visit(lock({ battery: { ...WIRING.battery, fullScaleMv: 9000 } }, (question) => (/multimeter/.test(question) ? '5,96' : undefined)), { skip });
    expect(other.wrong).toEqual([expect.stringMatching(/^battery: the divider reads 4\.7\d V, your meter 5\.96 V: more than resistors .* fullScaleMv: (89|90)\d\d into/)]);
  }, 30_000);

  test('a lock that was calibrated reads what the meter reads, with resistors that are off', async () => {
    const skip = ['keypad', 'motor', ...SKIP_REST];
    const who = patient({ flash: await developmentLock({ calibration: 10800 }) }, { battery: { ...WIRING.battery, fullScaleMv: 7200 * 1.08 } });
    who.board.run(5000);
    who.answers = (question) => (/multimeter/.test(question) ? '5.93 V' : undefined);
    const { wrong, said } = await visit(who, { skip });
    expect(wrong).toEqual([]);
    expect(said).toMatch(/the divider reads 5\.9\d V, your meter 5\.93 V: near enough\.\n.*5\.9\d V at rest, 5\.9\d V while flash is erased/);
  }, 30_000);

  test('contacts, light and beeper', async () => {
    const who = lock({ wakePin: { pin: 39, active: 0 }, led: { pin: 4, active: 0 }, beeper: { pin: 5, hz: 2700 } }, (question) => {
      // The strap is a switch that opens when it should close.
      if (/the recovery strap/.test(question)) who.world.pins.drive(13, /^Close/.test(question) ? undefined : 0);
      return undefined;
    });
    who.world.pins.pull(34, 1);
    const { wrong, said } = await visit(who, { skip: ['keypad', 'motor', 'battery'] });
    expect(wrong).toEqual([
      expect.stringMatching(/^contacts: recovery strap \(D13\) is the wrong way round: .*active: 1/),
      expect.stringMatching(/^contacts: wake key \(D34\) never says yes: its wire or the one to GND is open/),
      expect.stringMatching(/^light: it is lit when it should be dark: .*D4.*active: 0/),
      expect.stringMatching(/^beeper: nothing is heard: check the wire from D23/),
    ]);
    expect(said).toMatch(/4 things are wrong:\n {2}1\. contacts: .*\n {2}2\. .*\n {2}3\. .*\n {2}4\. [^]*repair the first one first/);
  }, 30_000);
});

describe('what the doctor cannot look into', () => {
  test('a production lock has no console: one sentence', async () => {
    const who = patient({ flash: await developmentLock({ production: true }) });
    who.board.run(5000);
    await expect(visit(who)).rejects.toThrow(/^virtual: no Espruino console answers; .*; if it is a production lock, it has no console and the doctor cannot look into it$/);
  }, 120_000);

  test('a board that is no lock yet is looked at with the wiring that was named', async () => {
    const { wrong, said, findings } = await visit(patient(), { wiring: 'esp32-4xaa', skip: ['keypad', ...SKIP_REST] });
    expect(wrong).toEqual([]);
    expect(findings.map(({ part }) => part)).toContain('motor');
    expect(said).not.toMatch(/out of service/);
    const wrongBoard = await visit(patient(), { wiring: 'xiao-wiegand' });
    expect(wrongBoard.wrong).toEqual([expect.stringMatching(/^build: this is Espruino for the board ESP32, and the wiring is for Seeed XIAO/)]);
  }, 30_000);

  test('options that make no sense are refused in one sentence', async () => {
    const { code, error } = await runCli(['doctor', '--via', 'serial:/dev/null', '--skip', 'door']);
    expect([code, error]).toEqual([1, 'deadlatch: --skip "door": there is no such part; take one of keypad, contacts, motor, battery, light, beeper\n']);
  }, 30_000);
});
