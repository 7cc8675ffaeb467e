/**
 * Which requirements (docs/requirements.md) are met, and by which tests. A row is met only if every test named here ran and passed;
 * `rows.test.ts` holds that they all exist.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Progress } from './index.js';
import { SHOWN_BY } from './shown-by.js';

export interface RowsEvidence {
  met: number;
  /** Row number -> names of its tests. */
  rows: Record<string, string[]>;
}

/** Tests of one file that show something: `describe > test`, as in the source. `%s` and the like stand for any words. */
export interface Shown {
  file: string;
  tests: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the tests that rows name, and counts the rows whose tests all passed. */
export async function rows(progress: Progress): Promise<RowsEvidence> {
  const files = [...new Set(Object.values(SHOWN_BY).flatMap((shown) => shown.map(({ file }) => `host-tests/${file}`)))];
  const results = await run(files, progress);
  const met: RowsEvidence['rows'] = {};
  for (const [row, shown] of Object.entries(SHOWN_BY)) {
    const names = namesOf(shown, results);
    if (names) met[row] = names;
    else console.error(`rows: row ${row} is not met: a test that shows it did not pass`);
  }
  return { met: Object.keys(met).length, rows: met };
}

export interface Result {
  /** Below host-tests. */
  file: string;
  /** `describe > test`. */
  name: string;
  passed: boolean;
}

/** Names of the tests that ran for a row; undefined unless each named test is among them and all passed. */
export function namesOf(shown: readonly Shown[], results: readonly Result[]): string[] | undefined {
  const names: string[] = [];
  for (const { file, tests } of shown) {
    for (const test of tests) {
      const pattern = patternOf(test);
      const ran = results.filter((result) => result.file === file && pattern.test(result.name));
      if (!ran.length || ran.some(({ passed }) => !passed)) return undefined;
      names.push(...ran.map(({ name }) => name));
    }
  }
  return names;
}

function patternOf(test: string): RegExp {
  return new RegExp(`^${test.split(/%[sdij]/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`, 's');
}

interface Report {
  testResults: {
    name: string;
    /** What failed outside of its tests. */
    message?: string;
    assertionResults: { ancestorTitles: string[]; title: string; status: string; failureMessages?: string[] }[];
  }[];
}

async function run(files: readonly string[], progress: Progress): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-rows-'));
  const output = join(folder, 'report.json');
  try {
    // One file after the other: some use every core by themselves, and tests have time limits.
    await runVitest(['run', '--no-file-parallelism', '--reporter=json', '--reporter=default', `--outputFile.json=${output}`, ...files], files.length, progress);
    const report = JSON.parse(await readFile(output, 'utf8')) as Report;
    for (const { name, message, assertionResults } of report.testResults) {
      for (const words of [message, ...assertionResults.flatMap(({ failureMessages }) => failureMessages ?? [])]) {
        if (words) console.error(`rows: ${relative(ROOT, name)}: ${words.split('\n')[0]}`);
      }
    }
    return report.testResults.flatMap(({ name, assertionResults }) => assertionResults.map(({ ancestorTitles, title, status }) => ({
      file: relative(join(ROOT, 'host-tests'), name), name: [...ancestorTitles, title].join(' > '), passed: status === 'passed',
    })));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ends when vitest has ended, whatever came of the tests. A file that is through is a line with its name. */
function runVitest(given: readonly string[], files: number, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    const vitest = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...given], {
      cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NO_COLOR: '1' },
    });
    const through = new Set<string>();
    progress(0, `running the tests of ${files} files`);
    vitest.stdout.on('data', (data: Buffer) => {
      for (const [name] of data.toString('utf8').matchAll(/host-tests\/\S+\.test\.ts/g)) through.add(name);
      progress(Math.min(0.99, through.size / files), `${through.size} of ${files} files of tests`);
    });
    vitest.once('error', reject);
    vitest.once('exit', () => resolve());
  });
}
