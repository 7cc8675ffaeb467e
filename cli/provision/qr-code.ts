/** A text as a QR code: in a terminal, and as a path of SVG. Error correction L: it is scanned from a screen or a clean label, and smaller. */
import qrcode from 'qrcode-generator';

export interface QrCode {
  /** Modules of a side, without the margin. */
  readonly size: number;
  isDark(row: number, column: number): boolean;
}

/** Empty modules around it: the standard wants four. */
export const QUIET_MODULES = 4;

const BLACK_ON_WHITE = '\x1b[30;107m';
const AS_BEFORE = '\x1b[0m';

/** `text`: ASCII. */
export function qrCodeOf(text: string): QrCode {
  const code = qrcode(0, 'L');
  code.addData(text, 'Byte');
  code.make();
  const size = code.getModuleCount();
  return { size, isDark: (row, column) => row >= 0 && row < size && column >= 0 && column < size && code.isDark(row, column) };
}

/** Two modules a character, one above the other, black on white whatever the terminal's own colours are. */
export function qrInTerminal(code: QrCode): string {
  const lines: string[] = [];
  for (let row = -QUIET_MODULES; row < code.size + QUIET_MODULES; row += 2) {
    let line = '';
    for (let column = -QUIET_MODULES; column < code.size + QUIET_MODULES; column++) {
      line += ' ▄▀█'[(code.isDark(row, column) ? 2 : 0) + (code.isDark(row + 1, column) ? 1 : 0)]!;
    }
    lines.push(`${BLACK_ON_WHITE}${line}${AS_BEFORE}`);
  }
  return lines.join('\n');
}

/** The `d` of an SVG path in modules, from the first dark module of the first row on; no margin. Runs of a row are one rectangle. */
export function qrPath(code: QrCode): string {
  let path = '';
  for (let row = 0; row < code.size; row++) {
    for (let column = 0; column < code.size; column++) {
      if (!code.isDark(row, column) || code.isDark(row, column - 1)) continue;
      let end = column;
      while (code.isDark(row, end)) end++;
      path += `M${column} ${row}h${end - column}v1h${column - end}z`;
    }
  }
  return path;
}
