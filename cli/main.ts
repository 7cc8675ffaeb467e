/** Entry of the command line: `deadlatch <command>`. */
import { createProgram } from './program.js';

await createProgram().parseAsync();
