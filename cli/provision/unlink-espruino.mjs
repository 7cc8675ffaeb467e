/**
 * Runs after every install. The package `espruino` brings a command of the same name, which npm puts in front of PATH: `espruino` would no
 * longer be the interpreter for Linux that tests look for there. Only the package's library is used, so its command goes.
 */
import { rmSync } from 'node:fs';

for (const ending of ['', '.cmd', '.ps1']) rmSync(new URL(`../../node_modules/.bin/espruino${ending}`, import.meta.url), { force: true });
