/**
 * A matrix keypad judged by which of its lines conduct to each other: with nobody at it, and while each key is pressed. Lines are numbered
 * rows first, then columns, as the wiring names them.
 */
import type { MatrixWiring } from '../../boards/wiring.js';
import { good, listed, wrong, type Finding } from './findings.js';

/** Nobody touches a key. Bit n of a mask is line n. */
export interface LineReadings {
  /** Levels with every line pulled up. */
  pulledUp: number;
  /** Levels with every line pulled down. */
  pulledDown: number;
  /** For each line, driven low, the others that go low with it. */
  joined: readonly number[];
}

/** Two lines that conduct to each other, the lower number first. */
export type Pair = readonly [number, number];

export const linesOf = ({ rows, columns }: MatrixWiring): number[] => [...rows, ...columns];

export function pairsIn(joined: readonly number[]): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < joined.length; a++) {
    for (let b = a + 1; b < joined.length; b++) if (joined[a]! >> b & 1 || joined[b]! >> a & 1) pairs.push([a, b]);
  }
  return pairs;
}

/** The lines of a key. */
export function pairOf({ rows, columns, keys }: MatrixWiring, key: string): Pair {
  const at = keys.indexOf(key);
  return [Math.floor(at / columns.length), rows.length + at % columns.length];
}

const isPair = ([a, b]: Pair, [c, d]: Pair): boolean => a === c && b === d;

/** `column 2 (D26)` */
function nameOf(wiring: MatrixWiring, line: number): string {
  const { rows } = wiring;
  return `${line < rows.length ? `row ${line + 1}` : `column ${line - rows.length + 1}`} (D${linesOf(wiring)[line]!})`;
}

const keysOn = (wiring: MatrixWiring, line: number): string[] => [...wiring.keys].filter((key) => pairOf(wiring, key).includes(line));

/** What is wrong with the lines themselves. Nothing can be said about keys before that is repaired. */
export function diagnoseLines(wiring: MatrixWiring, { pulledUp, pulledDown, joined }: LineReadings): Finding[] {
  const lines = linesOf(wiring);
  const having = (mask: number): number[] => lines.map((_, line) => line).filter((line) => mask >> line & 1);
  const grounded = having(~pulledUp);
  const powered = having(pulledDown).filter((line) => !grounded.includes(line));
  const findings: Finding[] = [];
  const held = (which: number[], to: string): void => {
    if (which.length === 0) return;
    const [wires, are] = which.length === 1 ? ['wire', 'is'] : ['wires', 'are'];
    findings.push(wrong('keypad', `the ${wires} of ${listed(which.map((line) => nameOf(wiring, line)))} ${are} joined to ${to}: look along ${which.length === 1 ? 'it' : 'them'} for a bridge of solder or a wire in the wrong hole.`));
  };
  held(grounded, 'GND');
  held(powered, '3V3');
  const free = pairsIn(joined).filter((pair) => !pair.some((line) => grounded.includes(line) || powered.includes(line)));
  for (const group of groupsOf(free)) {
    const key = group.length === 2 ? [...wiring.keys].find((each) => isPair(pairOf(wiring, each), [group[0]!, group[1]!])) : undefined;
    const names = listed(group.map((line) => nameOf(wiring, line)));
    findings.push(wrong('keypad', key !== undefined
      ? `key ${key} is down all the time, or the wires of ${names} touch: free the key; if it is free, look for a bridge of solder.`
      : `the wires of ${names} touch: look for a bridge of solder or bare wire between them.`));
  }
  return findings;
}

/** Lines that hang together. */
function groupsOf(pairs: readonly Pair[]): number[][] {
  const groups: number[][] = [];
  for (const pair of pairs) {
    const touched = groups.filter((group) => pair.some((line) => group.includes(line)));
    const merged = [...new Set([...touched.flat(), ...pair])].sort((a, b) => a - b);
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(merged);
  }
  return groups;
}

/** `seen`: what conducted while a key was pressed, for every key that a person was asked to press; nothing at all = it never came. */
export function diagnoseKeys(wiring: MatrixWiring, seen: ReadonlyMap<string, readonly Pair[]>): Finding[] {
  const asked = [...seen.keys()];
  const missing = asked.filter((key) => seen.get(key)!.length === 0);
  if (missing.length === asked.length) {
    return [wrong('keypad', `no key came at all: the keypad is not connected, or its plug sits the wrong way round or one place off; its lines belong on ${linesOf(wiring).map((pin) => `D${pin}`).join(', ')}.`)];
  }
  const findings: Finding[] = [];
  const open = linesOf(wiring).map((_, line) => line).filter((line) => {
    const keys = keysOn(wiring, line).filter((key) => seen.has(key));
    return keys.length > 1 && keys.every((key) => missing.includes(key));
  });
  for (const line of open) {
    findings.push(wrong('keypad', `keys ${keysOn(wiring, line).join(', ')} never came: the wire of ${nameOf(wiring, line)} is open; check it from the keypad to the board.`));
  }
  for (const key of missing.filter((each) => !pairOf(wiring, each).some((line) => open.includes(line)))) {
    findings.push(wrong('keypad', `key ${key} never came, and its row and column work with other keys: the key itself makes no contact; clean or replace the keypad.`));
  }
  findings.push(...diagnosePlaces(wiring, seen, open));
  for (const [key, pairs] of seen) {
    if (pairs.length > 1) findings.push(wrong('keypad', `key ${key} joins more than two lines: ${pairs.map(([a, b]) => `${nameOf(wiring, a)} with ${nameOf(wiring, b)}`).join(', ')}; two keys go down together, or wires touch when it is pressed.`));
  }
  return findings.some(({ level }) => level === 'wrong') ? findings : [good('keypad', `all ${asked.length} keys came, each from its place.`)];
}

/** Wires on each other's pins, and keys that are not where the board file says. */
function diagnosePlaces(wiring: MatrixWiring, seen: ReadonlyMap<string, readonly Pair[]>, open: readonly number[]): Finding[] {
  const single = new Map([...seen].filter(([, pairs]) => pairs.length === 1).map(([key, pairs]) => [key, pairs[0]!]));
  const strangers = [...single].filter(([key, pair]) => !isPair(pair, pairOf(wiring, key)));
  if (strangers.length === 0) return [];

  const arrives = linesOf(wiring).map((_, line) => placeOf(wiring, line, single));
  const explained = strangers.every(([key, pair]) => pairOf(wiring, key).every((line) => arrives[line] !== undefined && pair.includes(arrives[line])));
  if (!explained) return keysElsewhere(wiring, strangers);

  const moved = arrives.flatMap((at, line) => (at === undefined || at === line ? [] : [{ line, at }]));
  const pins = linesOf(wiring);
  const asWired = arrives.every((at, line) => at !== undefined || open.includes(line)) && open.length === 0
    ? ` Or leave the wires and write into the board file: rows: [${wiring.rows.map((_, row) => pins[arrives[row]!]!).join(', ')}], columns: [${wiring.columns.map((_, column) => pins[arrives[wiring.rows.length + column]!]!).join(', ')}].`
    : '';
  const swapped = moved.length === 2 && moved[0]!.at === moved[1]!.line;
  const words = swapped
    ? `the wires of ${nameOf(wiring, moved[0]!.line)} and ${nameOf(wiring, moved[1]!.line)} are swapped: exchange them at the board.`
    : `${moved.length} wires are on the wrong pins: ${moved.map(({ line, at }) => `${nameOf(wiring, line).replace(/ \(.*/, '')} is on D${pins[at]!} and belongs on D${pins[line]!}`).join(', ')}.`;
  return [wrong('keypad', words + asWired)];
}

/** Where the wire of a line ends: on the line that all its keys have in common. Undefined where too little was seen. */
function placeOf(wiring: MatrixWiring, line: number, single: ReadonlyMap<string, Pair>): number | undefined {
  const pairs = keysOn(wiring, line).flatMap((key) => (single.has(key) ? [single.get(key)!] : []));
  if (pairs.length < 2) return undefined;
  const common = pairs[0]!.filter((each) => pairs.every((pair) => pair.includes(each)));
  return common.length === 1 ? common[0] : undefined;
}

function keysElsewhere(wiring: MatrixWiring, strangers: readonly [string, Pair][]): Finding[] {
  const nameAt = (pair: Pair): string | undefined => [...wiring.keys].find((key) => isPair(pairOf(wiring, key), pair));
  const each = strangers.map(([key, pair]) => {
    const came = nameAt(pair);
    return came === undefined ? `${key} joined ${nameOf(wiring, pair[0])} and ${nameOf(wiring, pair[1])}` : `${key} came as ${came}`;
  });
  return [wrong('keypad', `${listed(each)}: if these are the keys that were pressed, this keypad has them in other places; put them into "keys" of the board file, row by row.`)];
}
