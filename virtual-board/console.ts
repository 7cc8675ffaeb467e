/**
 * Espruino's console (its REPL) on the virtual board's wire, as far as hosts speak to it: a line is evaluated at the root and its value printed,
 * what the program prints goes the same way, DLE in front of a line switches its echo off, Ctrl-C drops what is half typed
 * (facts: src/jsinteractive.c). What a person does by hand there is not held against the firmware.
 */
import type { Session } from './session.js';

export interface BoardConsole {
  /** Characters that arrive for it. */
  take(piece: string): void;
  /** A line printed by the program, or by Espruino about it; lost while the console is elsewhere. */
  print(line: string): void;
}

const ECHO_OFF = '\x10';
const CTRL_C = '\x03';
/** The smallest input buffer of a port: more at once is lost where it is not read in time. Here a line is read as it arrives. */
const LINE_MOST = 8191;

/** What every JavaScript has, and the API does not replace. */
const BUILT_IN = new Set<PropertyKey>([
  'undefined', 'NaN', 'Infinity', 'Object', 'Array', 'String', 'Number', 'Boolean', 'RegExp', 'Error', 'TypeError', 'SyntaxError', 'ReferenceError', 'JSON', 'parseInt', 'parseFloat',
  'isNaN', 'isFinite', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array',
  'encodeURIComponent', 'decodeURIComponent',
]);

/** Called by its name, the real `eval` sees the scope around it. */
const evaluateIn = new Function('scope', 'lineOfConsole', 'with(scope){return eval(lineOfConsole)}') as (scope: object, line: string) => unknown;

/**
 * @param globals the API, and what programs put beside it
 * @param turn runs something as a turn of the interpreter
 * @param write sends characters over the wire
 */
export function createConsole(
  session: Session, globals: Record<string, unknown>, turn: (act: () => void) => void, write: (text: string) => void,
): BoardConsole {
  const builtIns = globalThis as Record<PropertyKey, unknown>;
  const scope = new Proxy(globals, {
    has: (_, name) => name !== 'eval' && name !== 'lineOfConsole',
    get: (_, name) => (Object.hasOwn(globals, name) ? globals[name as string] : BUILT_IN.has(name) ? builtIns[name] : undefined),
  });
  let line = '';

  function evaluate(text: string): void {
    const silent = text.startsWith(ECHO_OFF);
    const { world } = session;
    turn(() => {
      // A frame that comes this way is the firmware's business, and held against it.
      world.byHand = !/\bsmp\(/.test(text);
      try {
        const value = evaluateIn(scope, silent ? text.slice(1) : text);
        if (!silent) write(`=${show(value)}\r\n`);
      } catch (error) {
        if (!session.alive()) throw error;
        write(`Uncaught ${String(error)}\r\n`);
      } finally {
        world.byHand = false;
      }
      if (!silent) write('>');
    });
  }

  return {
    print(text) {
      if (session.consoleOnWire()) write(`${text}\r\n`);
    },
    take(piece) {
      for (const character of piece) {
        if (character === CTRL_C) line = '';
        else if (character !== '\n' && character !== '\r') {
          if (line.length < LINE_MOST) line += character;
          if (!line.startsWith(ECHO_OFF)) write(character);
        } else {
          const text = line;
          line = '';
          if (!text.startsWith(ECHO_OFF)) write('\r\n');
          if (text.trim()) session.scheduler.queue(() => evaluate(text));
        }
      }
    },
  };
}

function show(value: unknown): string {
  return typeof value === 'function' ? 'function (...) {...}' : JSON.stringify(value) ?? 'undefined';
}
