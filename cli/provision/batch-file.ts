/** The list of boards that a batch makes: CSV, checked as a whole before the first board is touched. */
import { CsvError, parse } from 'csv-parse/sync';
import type { Wiring } from '../../boards/wiring.js';
import { readInput } from '../image/files.js';
import { Refusal } from '../image/refusal.js';
import type { Terminal } from '../terminal.js';
import { hasWifi, wrongName } from './network.js';
import { wiringFor, wrongCode, wrongSerial } from './questions.js';

export interface BatchLine {
  /** Of the file, from 1. */
  line: number;
  serial: string;
  wiring: Wiring;
  pin?: string;
  master?: string;
  /** Name of its network. */
  wifi?: string;
}

const COLUMNS = ['serial', 'wiring', 'pin', 'master', 'wifi'] as const;
type Column = (typeof COLUMNS)[number];
/** What people call them, too. */
const ALIASES: Record<string, Column> = { model: 'wiring' };
const MOST_LINES = 1000;
/** Said at once of a file that has many. */
const MOST_PROBLEMS = 20;

export const BATCH_HELP = `
A list of boards is CSV with a first line that names its columns, in any order:
  serial   serial number, 1 to 32 plain characters, each one once
  wiring   name of a reference wiring or path of a board file ("model" is the same); without it, --wiring for all
  pin      code of the first user, 4 to 10 digits (empty: made)
  master   master code, 4 to 10 digits (empty: made)
  wifi     Wi-Fi network (empty: none); each network's password is asked for once, or comes from --wifi-password-file
for example:
  serial,wiring,pin,master,wifi
  DL-0001,esp32-devkit,,,workshop
  DL-0002,xiao-wiegand,4711,,`;

/** Refuses with everything that is wrong, a line each: file, line, column, what to do. `wiringName`: for all, where no column says it. */
export async function readBatch(file: string, wiringName: string | undefined, terminal: Terminal): Promise<BatchLine[]> {
  const [head, ...rows] = rowsOf(await textOf(file), file);
  const columns = columnsOf(head, wiringName, file);
  if (!rows.length) throw new Refusal(`${file}: there is no board in it; write a line for each below the names of the columns`);
  if (rows.length > MOST_LINES) throw new Refusal(`${file}: it has ${rows.length} boards, and at most ${MOST_LINES} are made in a batch; make several files of it`);
  const problems: string[] = [];
  const lines: BatchLine[] = [];
  const seen = new Map<string, number>();
  const wirings = new Map<string, Wiring | string>();
  for (const { line, values } of rows) {
    const at = (column: Column): string => values[columns.indexOf(column)] ?? '';
    const wrong = (column: Column, what: string): void => void problems.push(`${file}: line ${line}, column ${column}: ${what}`);
    if (values.length !== columns.length) {
      problems.push(`${file}: line ${line}: it has ${values.length} fields, the first line ${columns.length}; put text with a comma or semicolon in quotes`);
      continue;
    }
    const [serial, pin, master, wifi] = (['serial', 'pin', 'master', 'wifi'] as const).map(at) as [string, string, string, string];
    const wrongText = wrongSerial(serial);
    if (wrongText) wrong('serial', `${wrongText}; write another`);
    const first = seen.get(serial);
    if (first !== undefined && !wrongText) wrong('serial', `"${serial}" is in line ${first} already; write another`);
    seen.set(serial, first ?? line);
    for (const [column, code] of [['pin', pin], ['master', master]] as const) {
      const wrongDigits = code && wrongCode(code);
      if (wrongDigits) wrong(column, `${wrongDigits}; write another, or nothing to have one made`);
    }
    if (pin && pin === master) wrong('pin', 'it is the master code; write another, or nothing to have one made');
    const wiring = await wiringIn(at('wiring') || wiringName || '');
    if (typeof wiring === 'string') {
      wrong('wiring', wiring);
      continue;
    }
    const wrongNetwork = wifi && (hasWifi(wiring.family) ? wrongName(wifi) : `${wiring.name} has no Wi-Fi`);
    if (wrongNetwork) wrong('wifi', `${wrongNetwork}; write another, or nothing`);
    lines.push({ line, serial, wiring, ...(pin ? { pin } : {}), ...(master ? { master } : {}), ...(wifi ? { wifi } : {}) });
  }
  if (problems.length) {
    const more = problems.length - MOST_PROBLEMS;
    throw new Refusal([...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`${file}: and ${more} more; no board was touched`] : [])].join('\n'));
  }
  return lines;

  /** Or what is wrong with it. */
  async function wiringIn(name: string): Promise<Wiring | string> {
    if (!name) return 'it is empty; write the name of a wiring, or give --wiring for all';
    const known = wirings.get(name) ?? await wiringFor(name, terminal).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      const first = error.message.split('\n')[0]!.replace(/\.$/, '');
      return first.includes(';') ? first : `${first}; write another, or mend the board file`;
    });
    wirings.set(name, known);
    return known;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readInput(file, 'a list of boards'));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${file}: it is no text in UTF-8; save it as CSV with that encoding`);
  }
}

interface Row {
  line: number;
  values: string[];
}

/** Semicolons where the first line has them and no comma, as spreadsheets of many countries write it. */
function rowsOf(text: string, file: string): Row[] {
  const first = text.split(/\r?\n/).find((line) => line.trim()) ?? '';
  const delimiter = !first.includes(',') && first.includes(';') ? ';' : ',';
  try {
    const records = parse(text, {
      bom: true, delimiter, trim: true, info: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_empty_values: true,
    });
    return (records as unknown as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({ line: info.lines, values: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as unknown as { lines?: number }).lines);
    throw new Refusal(`${file}: line ${line}: its quotes do not match; close each one, and write a quote in a text twice`);
  }
}

function columnsOf(head: Row | undefined, wiringName: string | undefined, file: string): Column[] {
  const columns = (head?.values ?? []).map((name, index) => {
    const lower = name.toLowerCase();
    const column = COLUMNS.find((each) => each === lower) ?? ALIASES[lower];
    if (!column) throw new Refusal(`${file}: line ${head!.line}, column ${index + 1}: "${name}" is no column; name them ${COLUMNS.join(', ')}`);
    return column;
  });
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice) throw new Refusal(`${file}: line ${head!.line}: the column ${twice} is there twice; remove one`);
  const missing = columns.includes('serial') ? (columns.includes('wiring') || wiringName !== undefined ? undefined : 'wiring') : 'serial';
  if (missing) throw new Refusal(`${file}: line ${head?.line ?? 1}: there is no column ${missing}; its first line names the columns ${COLUMNS.join(', ')}`);
  return columns;
}
