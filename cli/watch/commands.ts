/** `deadlatch watch`: every save becomes the next version of a development lock. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readPrivateKey } from '../image/key-file.js';
import { askPassphrase } from '../image/passphrase.js';
import { refusable } from '../refusable.js';
import { connectorFor, VIA_HELP } from '../smp/connector.js';
import { realTime } from '../smp/link.js';
import { createTerminal } from '../terminal.js';
import { buildFirmware } from '../virtual/firmware.js';
import { watchFolders, type Changes } from './changes.js';
import { createRounds } from './round.js';

interface WatchOptions {
  via: string;
  key?: string;
  folder: string;
  counter: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['boards', 'firmware'];
/** Somebody who programs is at the computer, and the keypad may not be. */
const WINDOW_MINUTES = 10;

export function registerWatchCommand(program: Command): void {
  program.command('watch')
    .description('build, sign and update on every save under boards/ and firmware/, and say the verdict')
    .requiredOption('--via <way>', VIA_HELP)
    .option('-k, --key <file>', 'private key that the lock knows (default: dev.key in the folder)')
    .option('--folder <name>', 'where the development key is', '.deadlatch')
    .option('--counter <n>', 'security counter, where the lock has seen a higher one', '1')
    .addHelpText('after', `
The version is the next patch of what the lock runs. Each update needs the update window, as any other: it says which keys open it.
Ctrl-C ends it; an upload that it cuts goes on where it stopped.`)
    .action(refusable(watch));
}

async function watch({ via, key: keyFile, folder, counter }: WatchOptions): Promise<void> {
  const connector = connectorFor(via);
  const key = await readPrivateKey(keyFile ?? join(folder, 'dev.key'), askPassphrase);
  const screen = createTerminal();
  process.once('SIGINT', () => {
    screen.stopProgress();
    screen.say('\nStopped. The lock works with what it has.');
    process.exit(0);
  });
  const changes = watchFolders(ROOT, FOLDERS);
  const about = { channel: key.dev ? 'dev' as const : 'stable' as const, counter: Number(counter) };
  const round = createRounds({
    connector, time: realTime, screen, key, windowWaitMs: WINDOW_MINUTES * 60_000, build: (family, version) => buildFirmware({ family, version, about }),
  });
  screen.say(`Watching ${FOLDERS.join(' and ')} for the lock at ${via}: save a file. Ctrl-C ends it.`);
  await eachSave(changes, round, (text) => screen.say(text));
}

/** Never ends. One round at a time: what is saved meanwhile is the next one. */
export async function eachSave(changes: Changes, round: () => Promise<unknown>, say: (text: string) => void): Promise<never> {
  for (;;) {
    const files = await changes.next();
    const startedMs = performance.now();
    say(`\n${new Date().toTimeString().slice(0, 8)}  Saved: ${files.slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}.`);
    await round();
    say(`Took ${((performance.now() - startedMs) / 1000).toFixed(0)} s. Waiting for the next save.`);
  }
}
