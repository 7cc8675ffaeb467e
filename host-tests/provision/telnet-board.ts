/** An empty board as a maker has it on the desk, but real: Espruino for Linux with its console on a TCP port, and its flash in a folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../../virtual-board/interpreter/end-process.js';
import { findEspruino } from '../../virtual-board/interpreter/find.js';

/** Without anything to do, Espruino for Linux sleeps for 50 ms whenever it has looked at its console, and an answer of a chip's takes less. */
const KEPT_AWAKE = 'setInterval(function(){},2);\n';

export interface TelnetBoard {
  /** Starts the interpreter on the flash file of before, as a board is switched on; resolves when its console is there. */
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
  /** What is in flash now. */
  flash(): Promise<Uint8Array>;
}

export function telnetBoard(folder: string): TelnetBoard {
  let child: ChildProcess | undefined;
  return {
    async powerOn() {
      const started = spawn(findEspruino().path!, ['--telnet'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
      child = started;
      await new Promise<void>((resolve, reject) => {
        let printed = '';
        for (const stream of [started.stdout, started.stderr]) {
          stream.on('data', (text: Buffer) => {
            printed += text.toString('latin1');
            if (printed.includes('Interactive mode')) resolve();
          });
        }
        started.stdin.write(KEPT_AWAKE);
        started.on('error', reject);
        started.on('close', (code, signal) => reject(new Error(`the interpreter ended with ${code ?? signal}: ${printed}`)));
      });
    },
    async powerOff() {
      const ending = child;
      child = undefined;
      await endProcess(ending);
    },
    flash: async () => new Uint8Array(await readFile(join(folder, 'espruino.flash'))),
  };
}
