/** Shapes of a picture as SVG text. Coordinates are rounded, so that the same picture is always the same bytes. */

const n = (value: number): string => String(Math.round(value * 10) / 10);

export interface TextStyle {
  weight?: 'normal' | 'bold';
  anchor?: 'start' | 'middle' | 'end';
  fill?: string;
}

export function text(x: number, y: number, words: string, size: number, { weight = 'normal', anchor = 'start', fill = '#1a1a1a' }: TextStyle): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const bold = weight === 'bold' ? ' font-weight="bold"' : '';
  return `<text x="${n(x)}" y="${n(y)}" font-size="${size}"${bold} text-anchor="${anchor}" fill="${fill}">${escaped}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, width: number): string {
  return `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${stroke}" stroke-width="${width}"/>`;
}

export function rect(x: number, y: number, width: number, height: number, fill: string, stroke: string, radius: number): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${radius}" fill="${fill}" stroke="${stroke}"/>`;
}

export function circle(x: number, y: number, radius: number, fill: string, stroke: string): string {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${radius}" fill="${fill}" stroke="${stroke}"/>`;
}

/** A label with round ends, centred at `x`, `y`. */
export function pill(x: number, y: number, words: string, fill: string, stroke: string, ink: string, width: number): string {
  return rect(x - width / 2, y - 10, width, 20, fill, stroke, 9) + text(x, y + 4.2, words, 12, { anchor: 'middle', weight: 'bold', fill: ink });
}
