import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(`${ROOT}${name}`, 'utf8');

describe('the repository', () => {
  test('its lock file names no place to download from', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved"|registry/);
    expect(read('.npmrc')).not.toMatch(/:\/\//);
  });

  test('every command of package.json names a file that exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const command of Object.values(scripts)) {
      for (const file of command.match(/\b[\w/-]+\.ts\b/g) ?? []) expect(existsSync(`${ROOT}${file}`), file).toBe(true);
    }
  });

  test('it holds no private key and no generated file', () => {
    const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
    expect(files.filter((name) => /(^|\/)(dist|node_modules)\/|\.key$|espruino\.flash$/.test(name))).toEqual([]);
  });
});
