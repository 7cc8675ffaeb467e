/**
 * Expressions evaluated by a board's console (Espruino's REPL). Each is one line between two marks: the first character switches the echo
 * off, the marks find the answer among whatever else is printed. One at a time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../image/refusal.js';
import type { Port } from './port.js';

export interface Connection {
  readonly name: string;
  /** The value of an expression: ASCII, one line, its value JSON of at most some 400 characters. Refuses when nothing comes or the board throws. */
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** Restarts the chip and lets go of the port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The board threw: what it said. */
export class BoardThrew extends Refusal {}

/** Nothing came back in time, or the port is gone. */
export class NoAnswer extends Refusal {}

const ANSWER_TIMEOUT_MS = 5000;
/** Opening a serial port restarts many boards: tries, and what each may take. */
const FIRST_TRIES = 5;
const FIRST_TIMEOUT_MS = 1500;
/** Of what arrives without ever being an answer: so much that is no text means that the two ends count bits at different speeds. */
const GARBAGE_LEAST = 4;
const GARBAGE_PART = 0.3;
/** Until a restart has left the board. */
const RESTART_MS = 300;
/** A lock on cells sleeps between uses. */
const ASLEEP = 'a lock on cells sleeps: press its wake key';

/** Waits until the console answers. Throws `NoAnswer` where none does. `wait`: how the board's time goes by. */
export async function connect(
  port: Port, tries = FIRST_TRIES, firstTimeoutMs = FIRST_TIMEOUT_MS, wait: (ms: number) => Promise<void> = pause,
): Promise<Connection> {
  let received = '';
  let heard = 0;
  let garbage = 0;
  let look: () => void = () => undefined;
  let gone = false;
  let count = 0;
  port.listen((text) => {
    received += text;
    heard += text.length;
    garbage += text.length - textIn(text);
    look();
  }, () => {
    gone = true;
    look();
  });

  function evaluate(expression: string, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
    const id = ++count;
    const answer = new RegExp(`<${id} ([^]*?) ${id}>`);
    received = '';
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        look = () => undefined;
        finish();
      };
      const timer = setTimeout(() => end(() => reject(new NoAnswer(`${port.name}: the board does not answer any more; check cable and supply (${ASLEEP}), then run the command again`))), timeoutMs);
      look = () => {
        const found = answer.exec(received);
        const threw = /Uncaught ([^\r\n]*)[\r\n]/.exec(received);
        if (found) end(() => resolve(valueOf(found[1]!)));
        else if (threw) end(() => reject(new BoardThrew(`${port.name}: the board refused a step: ${threw[1]!}; restart it and run the command again`)));
        else if (gone) end(() => reject(new NoAnswer(`${port.name}: the connection broke; check cable and supply, then run the command again`)));
      };
      port.write(`\x10print("<${id}",JSON.stringify(${expression}),"${id}>")\n`);
      look();
    });
  }

  const connection: Connection = {
    name: port.name,
    evaluate,
    async restart() {
      port.write('\x10E.reboot()\n');
      await wait(RESTART_MS);
      await port.close();
    },
    close: () => port.close(),
  };
  for (let attempt = 0; ; attempt++) {
    // Ends a line that somebody left half typed; from the second try on, what runs in the foreground too.
    port.write(attempt ? '\x03\n' : '\n');
    try {
      await evaluate('1', firstTimeoutMs);
      return connection;
    } catch (error) {
      if (!(error instanceof Refusal) || attempt + 1 < tries && !gone) continue;
      if (garbage >= GARBAGE_LEAST && garbage > heard * GARBAGE_PART) {
        throw new NoAnswer(`${port.name}: what arrives is no text, as when the board's console runs at another speed than 115200 baud; restart the board without a program on it, or flash Espruino again, and run the command again`);
      }
      throw new NoAnswer(`${port.name}: no Espruino console answers; check cable and port (${ASLEEP}), close other programs that use it, and put Espruino on the board as its page in docs/boards says`);
    }
  }
}

/** How many of the characters a console prints: ASCII, line ends, bell, backspace, tab, escape. */
function textIn(text: string): number {
  let count = 0;
  for (const character of text) if ((character >= ' ' && character <= '~') || '\r\n\x07\b\t\x1b'.includes(character)) count++;
  return count;
}

function valueOf(text: string): unknown {
  return text === 'undefined' ? undefined : JSON.parse(text);
}
