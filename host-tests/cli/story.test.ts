import { beforeAll, describe, expect, it } from 'vitest';
import { prepareCast, type Cast } from '../../cli/story/cast.js';
import { playStory } from '../../cli/story/story.js';
import { createTeller, StepFailed } from '../../cli/story/tell.js';
import { runCli, runScript } from './commands.js';

let cast: Cast;

async function play(seed: number): Promise<{ lines: string[]; steps: number }> {
  const lines: string[] = [];
  const teller = createTeller({ print: (line) => void lines.push(line), terminal: false });
  try {
    await playStory({ seed, teller, cast });
  } catch (error) {
    throw new Error(`${String(error)}; repeat it with: npm run story -- --seed ${seed}\n${lines.join('\n')}`, { cause: error });
  }
  return { lines, steps: teller.steps() };
}

// Building and signing take seconds the first time.
beforeAll(async () => {
  cast = await prepareCast(createTeller({ print: () => undefined, terminal: false }));
}, 240_000);

describe('the story of an update', () => {
  it('holds from the first start to the refused strangers, and is the same whenever it is told again', async () => {
    const first = await play(1);
    const again = await play(1);
    expect(first.steps).toBeGreaterThan(50);
    expect(again.lines).toEqual(first.lines);
  }, 120_000);

  it('holds wherever the power cut tears the page that is being written', async () => {
    for (let seed = 2; seed <= 12; seed++) expect((await play(seed)).steps).toBeGreaterThan(50);
  }, 120_000);

  it('ends at the first step that does not hold', () => {
    const lines: string[] = [];
    const teller = createTeller({ print: (line) => void lines.push(line), terminal: false });
    teller.step('water is wet', true);
    expect(() => teller.step('pigs fly', false)).toThrow(StepFailed);
    expect(lines).toEqual(['  ok       water is wet', '  FAILED   pigs fly']);
  });

  it('refuses a seed that is none, in one sentence', async () => {
    const { code, error } = await runScript('scripts/story.ts', ['--seed', 'x']);
    expect(code).toBe(1);
    expect(error.trim().split('\n')).toEqual(['--seed: "x" is not a whole number of up to 9 digits; usage: npm run story -- [--seed N]']);
  });
});

describe('the command line', () => {
  it('tells in one sentence what was wrong with a command and where to look', async () => {
    const wrong: [string[], RegExp][] = [
      [['fly'], /^deadlatch: unknown command 'fly'; "deadlatch --help" tells what there is\.$/],
      [['serve', '--prot', '5'], /^deadlatch: unknown option '--prot' \(Did you mean --port\?\); .*$/],
      [['serve', '--port', '99999'], /^deadlatch: .*'99999' is invalid\. Give a number from 1 to 65535; .*$/],
      [['build'], /^deadlatch: missing required argument 'version'; .*$/],
      [['build', '1.x'], /^deadlatch: version: "1\.x" is not a version; write it like 1\.2\.3 .*$/],
      [['inspect', 'nowhere.img'], /^deadlatch: nowhere\.img: .* does not exist; .*$/],
    ];
    for (const [given, sentence] of wrong) {
      const { code, error, output } = await runCli(given);
      expect(error.trim(), given.join(' ')).toMatch(sentence);
      expect([code, output], given.join(' ')).toEqual([1, '']);
    }
  }, 60_000);

  it('explains itself: every command of the example is there', async () => {
    const { code, output } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'new-key', 'build', 'sign', 'inspect', 'verify']) expect(output).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});
