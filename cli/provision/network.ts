/** The Wi-Fi network of a lock: asked for, checked, and as the record that `firmware/platform/wifi.ts` joins. */
import { readFile, stat } from 'node:fs/promises';
import type { FamilyName } from '../../boards/families.js';
import { reasonOf, Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';

export interface Network {
  name: string;
  /** Empty: an open network. */
  password: string;
}

/** By IEEE 802.11: bytes of a name, characters of a password. */
const NAME_MOST_BYTES = 32;
const PASSWORD_LEAST = 8;
const PASSWORD_MOST = 63;
const WITH_WIFI: readonly FamilyName[] = ['esp32', 'esp32c3'];

export const hasWifi = (family: FamilyName): boolean => WITH_WIFI.includes(family);

/** The record: name, NUL, password. */
export function networkRecord({ name, password }: Network): Uint8Array {
  return new Uint8Array(Buffer.from(`${name}\0${password}`));
}

/** What is wrong with a name, in words that follow it. */
export function wrongName(name: string): string | undefined {
  const length = Buffer.byteLength(name);
  if (!length || length > NAME_MOST_BYTES) return `the name of a network has 1 to ${NAME_MOST_BYTES} bytes, and this one has ${length}`;
  return name.includes('\0') ? 'the name of a network has no NUL character' : undefined;
}

export function wrongPassword(password: string): string | undefined {
  if (password === '') return undefined;
  if (!/^[ -~]*$/.test(password)) return 'a password has plain characters only, without accents';
  return password.length < PASSWORD_LEAST || password.length > PASSWORD_MOST
    ? `a password has ${PASSWORD_LEAST} to ${PASSWORD_MOST} characters, and this one has ${password.length}` : undefined;
}

/** From the first line of a file that only its owner can read. */
export async function readPasswordFile(file: string): Promise<string> {
  let text: string;
  try {
    const { mode, size } = await stat(file);
    if (process.platform !== 'win32' && mode & 0o077) throw new Refusal(`${file}: mode: others can read this password; run "chmod 600 ${file}"`);
    text = size > 1024 ? 'x'.repeat(PASSWORD_MOST + 1) : await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${file}: cannot read the Wi-Fi password: ${reasonOf(error)}; name an existing file`);
  }
  const password = text.replace(/\r?\n$/, '');
  const wrong = wrongPassword(password);
  if (wrong) throw new Refusal(`${file}: ${wrong}; write the password of the network into it, or nothing for an open network`);
  return password;
}

/** The password of a network whose name is known. */
export async function passwordFor(name: string, file: string | undefined, terminal: Terminal): Promise<string> {
  if (file !== undefined) return readPasswordFile(file);
  for (;;) {
    const password = await terminal.ask(`Password of the network ${name} (it is not shown; Enter alone: it has none):`, '--wifi-password-file FILE', 'hidden');
    const wrong = wrongPassword(password);
    if (!wrong) return password;
    terminal.say(`${wrong[0]!.toUpperCase()}${wrong.slice(1)}.`);
  }
}

/** Asks for name and password. */
export async function askNetwork(terminal: Terminal): Promise<Network | undefined> {
  for (;;) {
    const name = await terminal.ask('Wi-Fi network (Enter alone: none):', '--wifi NAME');
    if (name === '') return undefined;
    const wrong = wrongName(name);
    if (!wrong) return { name, password: await passwordFor(name, undefined, terminal) };
    terminal.say(`${wrong[0]!.toUpperCase()}${wrong.slice(1)}.`);
  }
}
