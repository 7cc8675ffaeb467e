/** Keypads: a matrix read row by row, or a Wiegand keypad that sends 4 or 8 bits a key. Both give one key at a time. */
import type { KeypadWiring, MatrixWiring, WiegandWiring } from '../../boards/wiring.js';
import type { Pins } from '../platform/types.js';

export interface Keypad {
  /** The key pressed since the last call (`0`..`9`, `*`, `#`), or `''`. Call every 20 to 50 ms. */
  poll(): string;
  /** Something is pressed, or was just now. Reads the columns: for a caller that does not poll. */
  anyDown(): boolean;
  /** The last `poll` saw a key that is still down or half read: poll fast. Reads no pin. */
  unsettled(): boolean;
  /** `*` and `#` are held together; on a Wiegand keypad, which tells no holding: the last four keys were `*#*#`. */
  chord(): boolean;
}

export function openKeypad(pins: Pins, nowMs: () => number, wiring: KeypadWiring): Keypad {
  if (wiring.type === 'matrix') return openMatrix(pins, wiring);
  if (wiring.type === 'wiegand') return openWiegand(pins, nowMs, wiring);
  const no = () => false;
  return { poll: () => '', anyDown: no, unsettled: no, chord: no };
}

/** The caller's record, changed in place by `stepKeys`. Masks have one bit a key, row by row. */
export interface KeyState {
  /** The scan before. */
  last: number;
  /** Keys that were down in two scans in a row. */
  down: number;
  /** Keys are refused until all are released. */
  refused: boolean;
}

/**
 * Debounces one scan. Returns the number of the key that went down, or -1. Two keys can be told apart (fast typing); from three on a
 * matrix without diodes may show a fourth that nobody pressed, so nothing counts until all are released.
 */
export function stepKeys(state: KeyState, mask: number): number {
  const same = mask === state.last;
  state.last = mask;
  if (!same) return -1;
  const fresh = mask & ~state.down;
  state.down = mask;
  if (!mask) state.refused = false;
  const two = mask & (mask - 1);
  if (two & (two - 1) || fresh & (fresh - 1)) state.refused = true;
  if (!fresh || state.refused) return -1;
  let key = 0;
  while (!(fresh & (1 << key))) key++;
  return key;
}

/**
 * Sets a matrix up and gives whether anything is pressed. Between scans every row is driven low, so that one reading of the columns tells.
 * Rows are open drain: two pressed keys never short two outputs.
 */
export function matrixDown(pins: Pins, wiring: MatrixWiring): boolean {
  const rows = wiring.rows;
  const columns = wiring.columns;
  for (let r = 0; r < rows.length; r++) {
    pins.mode(rows[r]!, 'opendrain');
    pins.write(rows[r]!, 0);
  }
  for (let c = 0; c < columns.length; c++) pins.mode(columns[c]!, 'input_pullup');
  return columnsDown(pins, columns) > 0;
}

/** One bit for each column that is low. */
function columnsDown(pins: Pins, columns: readonly number[]): number {
  let mask = 0;
  for (let c = 0; c < columns.length; c++) if (!pins.read(columns[c]!)) mask |= 1 << c;
  return mask;
}

/** One bit for each key that is down, row by row. */
function scanMatrix(pins: Pins, wiring: MatrixWiring): number {
  const rows = wiring.rows;
  let mask = 0;
  if (!columnsDown(pins, wiring.columns)) return 0;
  for (let r = 0; r < rows.length; r++) pins.write(rows[r]!, 1);
  for (let r = 0; r < rows.length; r++) {
    pins.write(rows[r]!, 0);
    mask |= columnsDown(pins, wiring.columns) << (r * wiring.columns.length);
    pins.write(rows[r]!, 1);
  }
  for (let r = 0; r < rows.length; r++) pins.write(rows[r]!, 0);
  return mask;
}

function chordOf(wiring: MatrixWiring): number {
  return (1 << wiring.keys.indexOf('*')) | (1 << wiring.keys.indexOf('#'));
}

/** `*` and `#` are down now, and nothing else. */
export function chordDown(pins: Pins, wiring: MatrixWiring): boolean {
  return scanMatrix(pins, wiring) === chordOf(wiring);
}

/** For a caller that reads no keys: a function that says whether something is pressed, or was just now. A matrix has been set up by `matrixDown`. */
export function openPresence(pins: Pins, nowMs: () => number, wiring: KeypadWiring): () => boolean {
  let lastMs = -1000;
  function watch(pin: number): void {
    pins.mode(pin, 'input_pullup');
    pins.watch(pin, function () {
      lastMs = nowMs();
    });
  }
  if (wiring.type === 'matrix') return () => columnsDown(pins, wiring.columns) > 0;
  if (wiring.type === 'wiegand') {
    watch(wiring.d0);
    watch(wiring.d1);
  }
  return () => nowMs() - lastMs < PRESENT_MS;
}

function openMatrix(pins: Pins, wiring: MatrixWiring): Keypad {
  const chordMask = chordOf(wiring);
  const state: KeyState = { last: 0, down: 0, refused: false };
  // What is held down already was pressed for somebody else: to wake the chip, or for the bootloader, which said "wait".
  matrixDown(pins, wiring);
  state.last = state.down = scanMatrix(pins, wiring);
  return {
    poll: () => {
      const key = stepKeys(state, scanMatrix(pins, wiring));
      return key < 0 || state.down === chordMask ? '' : keyNamed(wiring.keys.charAt(key));
    },
    anyDown: () => columnsDown(pins, wiring.columns) > 0,
    unsettled: () => (state.last | state.down) > 0,
    chord: () => state.down === chordMask,
  };
}

function keyNamed(name: string): string {
  return '0123456789*#'.indexOf(name) < 0 ? '' : name;
}

/** Something was pressed just now: so long after the last bit of a Wiegand keypad. */
const PRESENT_MS = 100;
/** The longest pause between two bits of one key; bits come about 2 ms apart. */
const FRAME_GAP_MS = 25;

/** The key of one frame, or `''`. 8 bits: the key inverted, then the key. 10 is `*`, 11 is `#`. */
export function wiegandKey(frame: number, bits: number): string {
  const key = frame & 15;
  return bits === 8 && (frame >> 4) !== (key ^ 15) ? '' : '0123456789*#'.charAt(key);
}

/** D0 and D1 idle high; a bit is a low pulse on its line. The key is complete by its count of bits, a gap drops half a key. */
function openWiegand(pins: Pins, nowMs: () => number, wiring: WiegandWiring): Keypad {
  let frame = 0;
  let count = 0;
  let lastMs = -1000;
  let keys = '';
  let recent = '';
  function line(pin: number, bit: number): void {
    pins.mode(pin, 'input_pullup');
    pins.watch(pin, (level) => {
      if (level) return;
      const now = nowMs();
      if (now - lastMs > FRAME_GAP_MS) frame = count = 0;
      lastMs = now;
      frame = frame * 2 + bit;
      if (++count < wiring.bits) return;
      if (keys.length < 16) keys += wiegandKey(frame, wiring.bits);
      frame = count = 0;
    });
  }
  line(wiring.d0, 0);
  line(wiring.d1, 1);
  const anyDown = () => keys.length > 0 || nowMs() - lastMs < PRESENT_MS;
  return {
    poll: () => {
      const key = keys.charAt(0);
      keys = keys.substr(1);
      if (key) recent = (recent + key).substr(-4);
      return key;
    },
    anyDown,
    unsettled: anyDown,
    chord: () => recent === '*#*#',
  };
}
