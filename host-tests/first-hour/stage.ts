/** A folder of its own with a virtual board beside it, and somebody who types what the guide says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, runCli, startCommand, type Ended, type Served } from '../cli/commands.js';

export const SERIAL = 'serial:/dev/ttyUSB0';
const ENVIRONMENT = { DEADLATCH_PASSPHRASE: 'first hour' };

export interface Stage {
  folder: string;
  /** The virtual lock or board that runs now. */
  served(): Served;
  /** Starts it, after ending what ran before. */
  serve(...given: string[]): Promise<void>;
  /** Types a command of the guide, with the ports of this stage; `more`: what a person would answer. Gives what it printed; throws where it failed. */
  type(command: string, ...more: string[]): Promise<string>;
  /** Such a command that goes on until it is ended. */
  start(command: string): { until: Served['until']; end(): Promise<number | null> };
  /** Reads the codes that a lock was made with. */
  learn(text: string): void;
  /** The PIN opens, `#` locks. */
  opens(): Promise<void>;
  openWindow(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'deadlatch-hour-'));
  const ports = { udp: await freePort(), wire: await freePort() };
  let served: Served | undefined;
  let pin = '';
  let masterCode = '';

  async function stop(): Promise<void> {
    served?.kill('SIGKILL');
    await served?.ended;
    served = undefined;
  }

  const wordsOf = (command: string): string[] => command.replace(/^npx deadlatch /, '').split(' ').map((word) => (
    word === SERIAL ? `tcp:127.0.0.1:${ports.wire}` : word === 'udp:127.0.0.1' ? `udp:127.0.0.1:${ports.udp}` : word));

  async function press(keys: string, words: string): Promise<void> {
    served!.type(keys);
    await served!.until(words);
  }

  return {
    folder,
    served: () => served!,
    async serve(...given) {
      await stop();
      served = startCommand(['serve', '--speed', '8', '--folder', join(folder, '.deadlatch'), '--port', String(ports.udp), '--wire', String(ports.wire), ...given]);
    },
    type: async (command, ...more) => outputOf(await runCli([...wordsOf(command), ...more], folder, ENVIRONMENT)),
    start(command) {
      const running = startCommand(wordsOf(command), folder);
      return {
        until: running.until,
        end() {
          running.kill('SIGINT');
          return running.ended;
        },
      };
    },
    learn(text) {
      pin = find(text, /PIN(?: of user 1)? +(\d+)/);
      masterCode = find(text, /master code +(\d+)/);
    },
    async opens() {
      await press(`${pin}#`, 'UNLOCKED');
      await press('#', 'LOCKED');
    },
    async openWindow() {
      await press(`${masterCode}#`, 'the master code opened the menu');
      await press('8#', 'update window is open');
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function outputOf({ code, output, error }: Ended): string {
  if (code !== 0) throw new Error(`it ended with ${code}: ${error || output}`);
  return output + error;
}

export function expectText(text: string, words: RegExp): void {
  if (!words.test(text)) throw new Error(`${words} is not in what it printed: ${text.slice(-500)}`);
}

function find(text: string, words: RegExp): string {
  const found = words.exec(text);
  if (!found) throw new Error(`${words} is not in: ${text.slice(-500)}`);
  return found[1]!;
}
