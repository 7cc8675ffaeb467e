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
 * Between scans every row is driven low, so that one reading of the columns tells whether anything is pressed. Rows are open drain:
 * two pressed keys never short two outputs.
 */
function openMatrix(pins: Pins, wiring: MatrixWiring): Keypad {
  const rows = wiring.rows;
  const columns = wiring.columns;
  const state: KeyState = { last: 0, down: 0, refused: false };
  const chordMask = (1 << wiring.keys.indexOf('*')) | (1 << wiring.keys.indexOf('#'));
  function driveRows(level: 0 | 1): void {
    for (let r = 0; r < rows.length; r++) pins.write(rows[r]!, level);
  }
  function readColumns(): number {
    let mask = 0;
    for (let c = 0; c < columns.length; c++) if (!pins.read(columns[c]!)) mask |= 1 << c;
    return mask;
  }
  function scan(): number {
    let mask = 0;
    driveRows(1);
    for (let r = 0; r < rows.length; r++) {
      pins.write(rows[r]!, 0);
      mask |= readColumns() << (r * columns.length);
      pins.write(rows[r]!, 1);
    }
    driveRows(0);
    return mask;
  }
  for (let r = 0; r < rows.length; r++) pins.mode(rows[r]!, 'opendrain');
  for (let c = 0; c < columns.length; c++) pins.mode(columns[c]!, 'input_pullup');
  driveRows(0);
  // What is held down already was pressed for somebody else: to wake the chip, or for the bootloader, which said "wait".
  state.last = state.down = readColumns() && scan();
  return {
    poll: () => {
      const key = stepKeys(state, readColumns() && scan());
      return key < 0 || state.down === chordMask ? '' : keyNamed(wiring.keys.charAt(key));
    },
    anyDown: () => readColumns() > 0,
    unsettled: () => (state.last | state.down) > 0,
    chord: () => state.down === chordMask,
  };
}

function keyNamed(name: string): string {
  return '0123456789*#'.indexOf(name) < 0 ? '' : name;
}

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
  const anyDown = () => keys.length > 0 || nowMs() - lastMs < 100;
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
