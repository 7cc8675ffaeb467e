/** The command provision: a lock made of a board on a cable. */
import type { Command } from 'commander';
import { refusable } from '../refusable.js';
import { BATCH_HELP } from './batch-file.js';
import { provisionBatch } from './batch.js';
import { provision, type ProvisionOptions } from './provision.js';
import { createTerminal } from '../terminal.js';

type Choice = ProvisionOptions & { batch?: string };

export function registerProvisionCommand(program: Command): void {
  program.command('provision')
    .description('make a lock of a board that runs Espruino: bootloader, wiring, codes, first firmware')
    .requiredOption('--via <port>', 'where its console is: serial:/dev/ttyUSB0, serial:COM3 or tcp:192.168.1.20:23')
    .option('-w, --wiring <name>', 'name of a reference wiring, or path of a board file (asked for)')
    .option('--production', 'for a door: its console is shut for good (default: a development board)')
    .option('--master <code>', 'master code, 4 to 10 digits (asked for; made where nobody can be asked)')
    .option('--pin <code>', 'code of the first user, 4 to 10 digits (default: made)')
    .option('--key <file>', 'private key that signs its firmware, now and later (default: a development key in the folder)')
    .option('--serial <text>', 'serial number (default: made)')
    .option('--wifi <name>', 'Wi-Fi network that it joins (asked for; "": none); its password is asked for')
    .option('--wifi-password-file <file>', 'where the password is, in a file that only you can read')
    .option('--battery-mv <millivolts>', 'what a multimeter shows at the pack now: calibrates the battery reading (asked for)')
    .option('--batch <file>', 'many boards, one after the other: a list of them, CSV')
    .option('-y, --yes', 'erase what is on the board, and make it a production lock with --production, without asking')
    .option('--folder <name>', 'where the development key and the codes of an unfinished lock are kept', '.deadlatch')
    .addHelpText('after', `
It can be cut at any point: run it again, and it goes on with the same codes. They are shown once, at the end.
A code on the command line can be read by other users of this computer while the command runs; typed when asked, it cannot.
${BATCH_HELP}

Beside the list it writes labels (SVG, A4) and codes (CSV), after each board, and what is made: run it again to go on with what is missing.
With --yes nobody is asked: a board is taken as soon as one with another chip is on the port.`)
    .action(refusable((options: Choice) => (options.batch === undefined
      ? provision(options, createTerminal()) : provisionBatch({ ...options, batch: options.batch }, createTerminal()))));
}
