/** A passphrase from the environment, or from the terminal without showing it. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Refusal } from './refusal.js';

export const PASSPHRASE_VARIABLE = 'DEADLATCH_PASSPHRASE';

/** The passphrase for `file`. Refuses where there is neither the variable nor a terminal. */
export async function askPassphrase(file: string): Promise<string> {
  return process.env[PASSPHRASE_VARIABLE] ?? await askTerminal(`Passphrase for ${file}: `, file);
}

/** A new passphrase: from the environment, or typed twice. */
export async function askNewPassphrase(file: string): Promise<string> {
  const given = process.env[PASSPHRASE_VARIABLE];
  const passphrase = given ?? await askTerminal(`New passphrase for ${file}: `, file);
  if (!passphrase) throw new Refusal(`${file}: an empty passphrase protects nothing; type at least one character`);
  if (given === undefined && passphrase !== await askTerminal('The same again: ', file)) {
    throw new Refusal(`${file}: the two passphrases differ, nothing was written; run the command again`);
  }
  return passphrase;
}

function askTerminal(question: string, file: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Refusal(`${file}: it needs a passphrase and there is no terminal to ask at; set ${PASSPHRASE_VARIABLE}`);
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  // Only now: the terminal itself echoes until somebody reads from it.
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    reader.once('SIGINT', () => {
      reject(new Refusal(`${file}: no passphrase was given, nothing was written; run the command again`));
      reader.close();
    });
    reader.question('', (answer) => {
      resolve(answer);
      reader.close();
    });
    reader.once('close', () => process.stderr.write('\n'));
  });
}
