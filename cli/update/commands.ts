/** `deadlatch update`: a signed file onto a lock, up to the lock's verdict. */
import { InvalidArgumentError, type Command } from 'commander';
import { readInput } from '../image/files.js';
import { readPublicKey } from '../image/key-file.js';
import { Refusal } from '../image/refusal.js';
import { refusable } from '../refusable.js';
import { SmpError } from '../smp/client.js';
import { connectorFor, VIA_HELP } from '../smp/connector.js';
import { realTime } from '../smp/link.js';
import type { Connector } from '../smp/way.js';
import { createTerminal } from '../terminal.js';
import { updateImageOf } from './image.js';
import { runUpdate } from './session.js';

interface UpdateOptions {
  via: string;
  key?: string;
  /** Minutes; false: `--no-wait`; undefined: as long as somebody sits there. */
  wait?: number | false;
}

/** For somebody who has to walk to the door. */
export const WINDOW_MINUTES = 5;
/** What shells make of a process that Ctrl-C ended. */
const INTERRUPTED = 130;

export function registerUpdateCommand(program: Command): void {
  program.command('update')
    .description('put a signed file onto a lock, and say what the lock made of it')
    .argument('<file>', 'signed image')
    .requiredOption('--via <way>', VIA_HELP)
    .option('-k, --key <file>', 'key file: refuse what this key did not sign, before anybody is asked')
    .option('--wait <minutes>', `wait so long for the update window to be opened (default: ${WINDOW_MINUTES} at a terminal, 0 elsewhere)`, minutesIn)
    .option('--no-wait', 'do not wait for it')
    .addHelpText('after', `
Ctrl-C, a lost connection and a power cut harm nothing: run it again, and it goes on where it stopped.
It ends with 0 only when the lock has confirmed the version, or ran it before.`)
    .action(refusable(update));
}

async function update(file: string, options: UpdateOptions): Promise<void> {
  const image = updateImageOf(await readInput(file, 'an image'), file, options.key === undefined ? undefined : await readPublicKey(options.key));
  const connector = connectorFor(options.via);
  const screen = createTerminal();
  process.once('SIGINT', () => {
    screen.stopProgress();
    screen.say('\nStopped. The lock works as before; run the same command again, and it goes on where it stopped.');
    process.exit(INTERRUPTED);
  });
  const minutes = options.wait === false ? 0 : options.wait ?? (screen.asks ? WINDOW_MINUTES : 0);
  try {
    const { done } = await unlessSilent(connector, runUpdate({ image, connector, time: realTime, screen, windowWaitMs: minutes * 60_000 }));
    if (done !== 'applied' && done !== 'running') process.exitCode = 1;
  } finally {
    screen.stopProgress();
    await connector.close();
  }
}

/** A lock that says nothing is refused in one sentence; what it had received stays with it. */
export async function unlessSilent<T>(connector: Connector, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SmpError)) throw error;
    throw new Refusal(`${connector.name}: ${error.message}. ${connector.causes} Run the command again: an update goes on where it stopped`);
  }
}

function minutesIn(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('Give minutes, as a whole number.');
  return Number(text);
}
