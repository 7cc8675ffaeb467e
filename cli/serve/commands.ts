/** The command serve: a virtual lock that stays. */
import { InvalidArgumentError, type Command } from 'commander';
import { SMP_UDP_PORT } from '../../firmware/transports/udp.js';
import { refusable } from '../refusable.js';
import { serve, type ServeOptions } from './serve.js';
import { WIRE_PORT } from './wire.js';

export function registerServeCommand(program: Command): void {
  program.command('serve')
    .description('keep a virtual lock running: keypad in the terminal, updates over SMP on UDP')
    .option('-p, --port <number>', 'UDP port on 127.0.0.1', portIn, SMP_UDP_PORT)
    .option('--wire <number>', 'TCP port on 127.0.0.1 for its wire, as for a USB cable', portIn, WIRE_PORT)
    .option('--board <wiring>', 'instead of a ready lock a board with this wiring and nothing but Espruino on it, for "deadlatch provision"')
    .option('--speed <times>', 'let the lock\'s time run so many times as fast as the clock on the wall', speedIn, 1)
    .option('--fresh', 'forget the lock of before and make a new one: other codes, empty history')
    .option('--folder <name>', 'where the lock, its codes and the development key are kept', '.deadlatch')
    .option('--key <file>', 'private key of whoever makes its firmware, when a lock is made (default: a development key in the folder)')
    .addHelpText('after', `
The lock's flash is a file that is written at every flash operation: stopping this command is pulling the battery.
Keys go to the keypad, letters are for everything else at the door: h tells. With input from a pipe, one line is one code or command.`)
    .action(refusable(async (options: ServeOptions) => {
      process.exitCode = await serve(options);
    }));
}

function portIn(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new InvalidArgumentError('Give a number from 1 to 65535.');
  return port;
}

function speedIn(text: string): number {
  const speed = Number(text);
  if (!/^\d{1,2}$/.test(text) || speed < 1 || speed > 50) throw new InvalidArgumentError('Give a whole number from 1 to 50.');
  return speed;
}
