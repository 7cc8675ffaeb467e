/** Labels to be glued inside locks: sheets of A4 in SVG, 21 labels of 63.5 x 38.1 mm as they are sold (3 columns of 7). */
import { qrCodeOf, qrPath, QUIET_MODULES } from './qr-code.js';

export interface Label {
  serial: string;
  model: string;
  ownerUri: string;
}

/** Millimetres. */
const SHEET = { width: 210, height: 297, left: 7.25, top: 15.15, columnStep: 66, rowStep: 38.1 };
const LABEL = { width: 63.5, height: 38.1, qr: 34, text: 36, textWidth: 26 };
const COLUMNS = 3;
const ROWS = 7;
export const LABELS_ON_SHEET = COLUMNS * ROWS;
const WARNING = 'Keep this inside: who reads it owns this lock.';
const FONT = { serial: 2.8, model: 2.4, warning: 2.4, lineHeight: 1.25 };
/** Of a line of this font: an average character is a little more than half as wide as high. */
const CHARACTER = 0.58;

/** One text of SVG a sheet. */
export function labelSheets(labels: Label[]): string[] {
  const sheets: string[] = [];
  for (let at = 0; at < labels.length; at += LABELS_ON_SHEET) {
    const body = labels.slice(at, at + LABELS_ON_SHEET).map((label, index) => drawn(label, index % COLUMNS, Math.floor(index / COLUMNS)));
    sheets.push([
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<svg xmlns="http://www.w3.org/2000/svg" width="${SHEET.width}mm" height="${SHEET.height}mm" viewBox="0 0 ${SHEET.width} ${SHEET.height}" font-family="sans-serif">`,
      `<title>Labels of locks. ${WARNING}</title>`,
      `<rect width="${SHEET.width}" height="${SHEET.height}" fill="#fff"/>`, ...body, '</svg>', '',
    ].join('\n'));
  }
  return sheets;
}

function drawn(label: Label, column: number, row: number): string {
  const code = qrCodeOf(label.ownerUri);
  const side = code.size + 2 * QUIET_MODULES;
  const scale = (LABEL.qr / side).toFixed(4);
  const margin = (LABEL.height - LABEL.qr) / 2;
  let y = margin + FONT.serial;
  const text = (line: string, size: number, more = ''): string => {
    const drawnLine = `<text x="${LABEL.text}" y="${y.toFixed(2)}" font-size="${size}"${more}>${escaped(line)}</text>`;
    y += size * FONT.lineHeight;
    return drawnLine;
  };
  const lines = wrapped(label.serial, FONT.serial).map((line) => text(line, FONT.serial, ' font-weight="bold"'));
  y += 1;
  lines.push(...wrapped(label.model, FONT.model).map((line) => text(line, FONT.model)));
  y += 1;
  lines.push(...wrapped(WARNING, FONT.warning).map((line) => text(line, FONT.warning)));
  const x = (SHEET.left + column * SHEET.columnStep).toFixed(2);
  return [
    `<g transform="translate(${x} ${(SHEET.top + row * SHEET.rowStep).toFixed(2)})">`,
    `<rect width="${LABEL.width}" height="${LABEL.height}" rx="1.5" fill="none" stroke="#ccc" stroke-width="0.1"/>`,
    `<g transform="translate(${margin / 2} ${margin}) scale(${scale}) translate(${QUIET_MODULES} ${QUIET_MODULES})"><path d="${qrPath(code)}" shape-rendering="crispEdges"/></g>`,
    ...lines, '</g>',
  ].join('\n');
}

/** At spaces, and inside words that are longer than a line. */
function wrapped(text: string, size: number): string[] {
  const most = Math.floor(LABEL.textWidth / (size * CHARACTER));
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${most}}`, 'g')) ?? []);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
