/** Where the real interpreter is, if there is one on this machine. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Found {
  /** Path of an Espruino for Linux. */
  path?: string;
  /** One sentence, where there is none. */
  missing?: string;
}

/** `ESPRUINO` names it; without that, `espruino` on PATH. The npm package of that name brings a command too, which is another program. */
export function findEspruino(environment: NodeJS.ProcessEnv = process.env): Found {
  const named = environment.ESPRUINO;
  if (named) return isProgram(named) ? { path: named } : { missing: `ESPRUINO names ${named}, which is not a program.` };
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'espruino');
    if (folder && !folder.endsWith(join('node_modules', '.bin')) && isProgram(path)) return { path };
  }
  return { missing: 'There is no espruino on PATH, and ESPRUINO does not name one.' };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
