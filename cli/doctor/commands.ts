/** The command doctor: what is wrong with a board and its wires. */
import type { Command } from 'commander';
import { refusable } from '../refusable.js';
import { createTerminal } from '../terminal.js';
import { doctor, type DoctorOptions } from './doctor.js';
import { isWrong, SKIPPABLE } from './findings.js';

export function registerDoctorCommand(program: Command): void {
  program.command('doctor')
    .description('find out what is wrong with a board and its wires: keypad, contacts, motor, battery, light, beeper')
    .requiredOption('--via <port>', 'where its console is: serial:/dev/ttyUSB0, serial:COM3 or tcp:192.168.1.20:23')
    .option('-w, --wiring <name>', 'name of a reference wiring, or path of a board file (default: what the lock on the board was made with)')
    .option('--skip <parts...>', `do not look at these: ${SKIPPABLE.join(', ')}`)
    .addHelpText('after', `
Somebody has to be at the board: to press keys, to watch the bolt, to say whether the light blinks.
The motor is run only with the door open, in pulses of a tenth of a second. A development lock is out of service meanwhile, and restarts at the
end; a production lock has no console and cannot be looked into. Ends with 0 only if nothing is wrong.`)
    .action(refusable(async (options: DoctorOptions) => {
      if ((await doctor(options, createTerminal())).some(isWrong)) process.exitCode = 1;
    }));
}
