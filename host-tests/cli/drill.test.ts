/** The drill: on the virtual lock with a person who does what is asked, or something else; at a "real" lock with one who says what they see. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { CHAPTERS } from '../../cli/drill/chapters.js';
import { boardGround } from '../../cli/drill/board-ground.js';
import { playDrill, summary, type Result } from '../../cli/drill/drill.js';
import { virtualGround } from '../../cli/drill/virtual-ground.js';
import { factoryLock, makerKey, prepareCast, type Cast } from '../../cli/story/cast.js';
import { FRESH_CELLS, MASTER_CODE, PIN, RECOVERY_CODE } from '../../cli/story/stage.js';
import { createTeller } from '../../cli/story/tell.js';
import { linkTo } from '../../cli/virtual/client.js';
import { wiring } from '../../cli/virtual/lock.js';
import { enter, keepTyping } from '../../cli/virtual/person.js';
import { boot } from '../../virtual-board/run.js';
import { createWorld } from '../../virtual-board/world.js';
import { runScript } from './commands.js';

let cast: Cast;

// Building and signing take seconds the first time.
beforeAll(async () => {
  cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
}, 240_000);

interface Played {
  results: Result[];
  lines: string[];
}

/** `person`: what is typed, given what would be right and how often was asked before. */
async function play(seed: number, person: (right: string, asked: number) => string = (right) => right): Promise<Played> {
  const lines: string[] = [];
  let asked = 0;
  const teller = createTeller({ print: (line) => void lines.push(line), terminal: false });
  const { ground, nowMs } = await virtualGround({ teller, cast, seed, person: { types: (right) => Promise.resolve(person(right, asked++)) } });
  return { results: await playDrill(ground, nowMs), lines };
}

const outcomes = (results: Result[]): string[] => results.map(({ outcome }) => outcome);

describe('on the virtual lock', () => {
  test('every step holds where a person does what is asked, wherever the power cut tears a page', async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { results, lines } = await play(seed);
      expect(outcomes(results), `npm run drill -- --auto --seed ${seed}\n${lines.join('\n')}`).toEqual(CHAPTERS.map(() => 'passed'));
      expect(lines.filter((line) => /^ {2}ok /.test(line)).length).toBeGreaterThan(45);
    }
  }, 120_000);

  test('what a person does besides happens too, and the right thing is asked for again', async () => {
    const { results, lines } = await play(1, (right, asked) => ['h', '1470#', ` ${right} `, 'skip'][asked] ?? 'q');
    expect(outcomes(results)).toEqual(['left out', 'left out', 'left out', 'left out', 'left out', 'left out', 'left out']);
    const told = lines.join('\n');
    expect(told).toMatch(/skip {7}leave this part out\n.*q {10}end the drill\n {2}you {6}Now: Type the PIN/);
    expect(told).toMatch(/three short beeps: refused[^]*That happened too[^]*UNLOCKED/);
  }, 60_000);

  test('what is not as it should be is told with what to do, and the next part is played', async () => {
    // Somebody jams the bolt before the first PIN, and frees it before the second part.
    let jams = 0;
    const { results, lines } = await play(1, (right, asked) => {
      if (asked === 0 || right.startsWith(MASTER_CODE) && jams === 1) {
        jams++;
        return 'j';
      }
      return jams === 2 && right === 'b' ? 'q' : right;
    });
    expect(outcomes(results)).toEqual(['differed', ...CHAPTERS.slice(1).map(() => 'left out')]);
    expect(lines.join('\n')).toMatch(/DIFFERED at rest: one long beep, .*\n {2}you {6}What to do: Type the PIN again/);
    const page = summary(results, 'here', 'today');
    expect(page).toMatch(/DIFFERED {2}1\. The door, before anything else\n {12}not so: at rest.*\n {12}do: Type the PIN again/);
    expect(page).toMatch(/left out {2}2\. Power fails/);
    expect(page).toMatch(/Keep the recovery code/);
  }, 60_000);
});

describe('at a lock on the network', () => {
  test('a person does it and says what they see; what the lock tells is checked', async () => {
    const world = createWorld({ seed: 3, wiring, flash: await factoryLock(cast) });
    const board = boot(world);
    board.run(5000);
    const { link, time } = linkTo(board);
    let running = true;
    const go = (): void => {
      if (!running) return;
      const next = world.clock.now() + 20;
      if (!board.pump(next)) world.clock.advanceTo(next);
      setImmediate(go);
    };
    setImmediate(go);

    const CODES: [RegExp, string][] = [
      [/the PIN and #\./, `${PIN}#`], [/the recovery code and #\./, `${RECOVERY_CODE}#`], [/a new master code and #\.|same again|the new master code\./, '951753#'],
      [/the master code and #\./, `${MASTER_CODE}#`], [/8#\./, '8#'], [/menu: \*\./, '*'],
    ];
    const keysOf = (question: string): string | undefined => (question.includes('yes/no') ? undefined : CODES.find(([words]) => words.test(question))?.[1]);
    const asked: string[] = [];
    const acts: [RegExp, () => void][] = [
      [/pull the battery/, () => world.battery.pull()],
      [/Put the battery back/, () => world.battery.replace(FRESH_CELLS)],
      [/Touch # alone/, () => void keepTyping(board, '#', world.bolt.locked, 5000)],
      [/weak cells/, () => world.battery.set({ openCircuitMv: 4600, internalMilliohm: 1000 })],
      [/fresh cells/, () => world.battery.set(FRESH_CELLS)],
      [/Press reset .*hold/, () => {
        for (const key of '*#') world.keypad.press(key, 6000);
        board.pressReset();
        board.run(9000);
      }],
      [/without keys/, () => {
        board.pressReset();
        board.run(4000);
      }],
    ];
    const terminal = {
      ask(question: string): Promise<string> {
        asked.push(question);
        const keys = keysOf(question);
        if (keys === `${PIN}#`) keepTyping(board, keys, world.bolt.unlocked, 5000);
        else if (keys !== undefined) enter(board, keys);
        else if (!question.includes('yes/no')) acts.find(([words]) => words.test(question))![1]();
        board.run(1000);
        return Promise.resolve(question.includes('yes/no') ? 'yes' : '');
      },
    };
    const lines: string[] = [];
    try {
      const teller = createTeller({ print: (line) => void lines.push(line), terminal: false });
      const connector = { name: 'udp:virtual', causes: '', open: () => Promise.resolve({ link, frameBytes: 1472 }), close: () => Promise.resolve() };
      const { ground, nowMs } = await boardGround({ teller, terminal, connector, time, key: makerKey() });
      const results = await playDrill(ground, nowMs);
      expect(outcomes(results), lines.join('\n')).toEqual(CHAPTERS.map(() => 'passed'));
      expect(asked.join('\n')).not.toMatch(/\([bwsr]\)/);
      expect(asked[0]).toMatch(/loses its power on purpose.*door open, a key at hand/);
      expect(world.violations).toEqual([]);
    } finally {
      running = false;
    }
  }, 120_000);
});

describe('the command', () => {
  test('plays by itself, ends with 0, and keeps its page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deadlatch-drill-'));
    try {
      const file = join(folder, 'drill.txt');
      const { code, output, error } = await runScript('scripts/drill.ts', ['--auto', '--out', file]);
      expect([code, error]).toEqual([0, '']);
      expect(output).toContain(await readFile(file, 'utf8'));
      expect(output).toMatch(/passed {4}7\. Safe mode, and the recovery code/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);

  test('refuses in one sentence', async () => {
    const usage = 'usage: npm run drill -- [--auto] [--seed N] [--via WAY [--key FILE]] [--out FILE]';
    for (const [given, sentence] of [
      [[], 'there is no terminal to ask at; "npm run drill -- --auto" does the person\'s part by itself'],
      [['--seed', 'x'], '--seed: "x" is not a whole number of up to 9 digits'],
      [['--auto', '--via', 'udp:127.0.0.1'], '--auto: nobody can pull a real battery but a person; leave out --via'],
    ] as const) {
      const { code, error, output } = await runScript('scripts/drill.ts', [...given]);
      expect([code, error, output]).toEqual([1, `drill: ${sentence}; ${usage}\n`, '']);
    }
  }, 60_000);
});
