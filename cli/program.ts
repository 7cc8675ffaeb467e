/** The program `deadlatch` and its commands. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerBuildCommand } from './build/commands.js';
import { registerDoctorCommand } from './doctor/commands.js';
import { registerFlashCommand } from './flash/commands.js';
import { registerImageCommands } from './image/commands.js';
import { registerLogCommand } from './log/commands.js';
import { registerProvisionCommand } from './provision/commands.js';
import { registerServeCommand } from './serve/commands.js';
import { registerUpdateCommand } from './update/commands.js';
import { registerWatchCommand } from './watch/commands.js';

export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('deadlatch')
    .description('Lock firmware that no update can turn into a locked door: build it, sign it, try it on a virtual lock.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'explain a command')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(oneSentence(text)) })
    .addHelpText('after', EXAMPLES);
  registerServeCommand(program);
  registerImageCommands(program);
  registerBuildCommand(program);
  registerFlashCommand(program);
  registerProvisionCommand(program);
  registerDoctorCommand(program);
  registerUpdateCommand(program);
  registerLogCommand(program);
  registerWatchCommand(program);
  for (const command of program.commands) command.copyInheritedSettings(program).helpOption('-h, --help', 'print this');
  return program;
}

const EXAMPLES = `
An update from beginning to end, on the virtual lock that "deadlatch serve" keeps running:
  deadlatch build 1.1.0 --channel dev -o lock.img
  deadlatch sign lock.img --key .deadlatch/dev.key
  deadlatch verify lock.signed.img --key .deadlatch/dev.pub
  deadlatch update lock.signed.img --via udp:127.0.0.1
  it says what to press at the keypad: master code, #, then 8#`;

/** Commander's message as one sentence that also says where to look. */
function oneSentence(text: string): string {
  const [message = '', hint] = text.trim().split('\n');
  const words = message.replace(/^error: /, '').replace(/\.$/, '');
  return `deadlatch: ${words}${hint ? ` ${hint.trim()}` : ''}; "deadlatch --help" tells what there is.\n`;
}
